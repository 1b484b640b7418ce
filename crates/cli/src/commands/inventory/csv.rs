//! The inventory as comma-separated values (RFC 4180), for a spreadsheet.

use hallpass_app::{Inventory, Row};

use super::text;

/// A line of names, and one for each row; CRLF ends each (RFC 4180 section 2).
pub(super) fn document(inventory: &Inventory) -> String {
    let head: Vec<String> = HEAD.iter().map(|name| (*name).to_owned()).collect();
    let rows = inventory.rows.iter().map(|row| cells(row, inventory));
    std::iter::once(head).chain(rows).map(|cells| format!("{}\r\n", cells.join(","))).collect()
}

const HEAD: [&str; 19] = [
    "owner",
    "state",
    "platform",
    "place",
    "client_id",
    "client_name",
    "active",
    "grant_type",
    "token_lifetime_seconds",
    "last_use",
    "roles",
    "reach",
    "secret",
    "version",
    "fingerprint",
    "age",
    "period_days",
    "next_rotation",
    "remarks",
];

fn cells(row: &Row, inventory: &Inventory) -> Vec<String> {
    let client = row.client.as_ref();
    let entry = row.entry.as_ref();
    let remarks: Vec<_> = row.drift.iter().chain(&row.unknown).map(String::as_str).collect();
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let plain = [
        row.owner.clone().unwrap_or_default(),
        row.kind.words().to_owned(),
        row.platform.clone(),
        row.place.clone(),
        client.map(|client| client.id.clone()).unwrap_or_default(),
        client.map(|client| client.name.clone()).unwrap_or_default(),
        client.map(|client| client.active.to_string()).unwrap_or_default(),
        client.and_then(|client| client.grant_type.clone()).unwrap_or_default(),
        number(client.and_then(|client| client.token_lifetime_seconds)),
        text::last_use(row),
        client.map(|client| client.roles.join("; ")).unwrap_or_default(),
        text::reach(row),
        entry.map(|entry| entry.references.join("; ")).unwrap_or_default(),
        entry.map(|entry| entry.version.clone()).unwrap_or_default(),
        entry.map(|entry| entry.fingerprint.clone()).unwrap_or_default(),
        text::age(row, inventory.taken()),
        number(row.period_seconds.map(|seconds| seconds / 86_400)),
        text::next(row, inventory.taken()),
        remarks.join("; "),
    ];
    plain.iter().map(|cell| quoted(cell)).collect()
}

/// A cell that no spreadsheet takes for a formula: whoever names a client at the platform would otherwise run something at the auditor's desk
/// (owasp.org, "CSV Injection").
fn quoted(cell: &str) -> String {
    let guarded = match cell.chars().next() {
        Some('=' | '+' | '@' | '\t' | '\r') => format!("'{cell}"),
        Some('-') if cell.len() > 1 => format!("'{cell}"),
        _ => cell.to_owned(),
    };
    if guarded.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", guarded.replace('"', "\"\""));
    }
    guarded
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_cell_is_quoted_where_it_has_to_be_and_is_never_a_formula() {
        let cells =
            ["a b", "a,b", "say \"a\"", "two\nlines", "=1+1", "-", "-1", "@x", "", "+a,b"].map(quoted);
        assert_eq!(
            cells,
            [
                "a b",
                "\"a,b\"",
                "\"say \"\"a\"\"\"",
                "\"two\nlines\"",
                "'=1+1",
                "-",
                "'-1",
                "'@x",
                "",
                "\"'+a,b\""
            ]
        );
    }
}
