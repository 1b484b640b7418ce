//! The inventory for a terminal, and how its words are made for all forms.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hallpass_app::lifecycle::Spoken;
use hallpass_app::{Date, Inventory, LIMIT, LastUse, Row, RowKind, ShelfSeen};

use crate::printer::{Printer, columns};

/// What is being done, on one line of a terminal; nothing elsewhere.
#[derive(Debug, Default)]
pub(super) struct Progress(AtomicBool);

impl Progress {
    pub(super) fn tell(&self, printer: &Printer, what: &str) {
        if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            printer.wait(what, self.0.swap(true, Ordering::Relaxed));
        }
    }
}

/// A line each, what is to be known of some of them, and the sum.
pub(super) fn table(inventory: &Inventory, printer: &Printer) -> String {
    let now = inventory.taken();
    let head = ["OWNER", "STATE", "CLIENT", "AGE", "LAST USE", "NEXT ROTATION", "REACH"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(inventory.rows.iter().map(|row| line(row, now)));
    let mut text = format!(
        "{}\n{}",
        printer.heading(&format!("inventory of {}, {}", inventory.environment, day(inventory.taken_at))),
        columns(&rows)
    );
    for row in &inventory.rows {
        let what = row.drift.iter().map(|one| format!("differs: {one}"));
        let what = what.chain(row.unknown.iter().map(|one| format!("not known: {one}")));
        text.extend(what.map(|what| format!("\n{}: {what}", owner(row))));
    }
    text.extend(inventory.stores.iter().filter_map(not_seen).map(|what| format!("\nnot seen: {what}")));
    format!("{text}\n{}", sum(inventory))
}

/// What else a store holds, where that is not known.
pub(super) fn not_seen(store: &ShelfSeen) -> Option<String> {
    let why = store.not_seen.as_ref()?;
    Some(format!("what else `{}` holds: {why}", shelf(store)))
}

/// A store by its scheme, and by its place where it has one.
pub(super) fn shelf(store: &ShelfSeen) -> String {
    let place = Some(store.place.as_str()).filter(|place| !place.is_empty());
    place.map_or_else(|| store.store.to_owned(), |place| format!("{} {place}", store.store))
}

fn line(row: &Row, now: Duration) -> [String; 7] {
    [
        owner(row),
        row.kind.words().to_owned(),
        thing(row),
        age(row, now),
        last_use(row),
        next(row, now),
        reach(row),
    ]
}

/// How many of what.
pub(super) fn sum(inventory: &Inventory) -> String {
    let count = |kind: RowKind| inventory.rows.iter().filter(|row| row.kind == kind).count();
    let orphans = inventory.rows.iter().filter(|row| row.kind.is_orphan()).count();
    let overdue = inventory.rows.iter().filter(|row| row.is_overdue(inventory.taken(), LIMIT) == Some(true));
    format!(
        "in use: {}, standby: {}, not ours: {}, not verified: {}, without secret: {}, orphans: {orphans}, overdue: {}, findings: {}",
        count(RowKind::InUse),
        count(RowKind::Standby),
        count(RowKind::Foreign),
        count(RowKind::NotVerified),
        count(RowKind::NoSecret),
        overdue.count(),
        inventory.findings.len()
    )
}

pub(super) fn owner(row: &Row) -> String {
    row.owner.clone().unwrap_or_else(|| "-".to_owned())
}

/// The client; where there is none and the row is of an entry alone, its reference.
fn thing(row: &Row) -> String {
    let entry = row.entry.as_ref().filter(|_| row.owner.is_none() && row.client.is_none());
    entry.map_or_else(|| client(row), |entry| entry.references.join(", "))
}

/// The client's name and the beginning of its id.
pub(super) fn client(row: &Row) -> String {
    let Some(client) = &row.client else { return "-".to_owned() };
    let id: String = client.id.chars().take(8).collect();
    let off = if client.active { "" } else { " (off)" };
    match client.name.as_str() {
        "" => format!("{id}{off}"),
        name => format!("{name} {id}{off}"),
    }
}

pub(super) fn age(row: &Row, now: Duration) -> String {
    row.age(now).map_or_else(|| "not known".to_owned(), |age| format!("{} d", age.as_secs() / DAY))
}

pub(super) fn last_use(row: &Row) -> String {
    match row.client.as_ref().map(|client| client.last_used) {
        None => "-".to_owned(),
        Some(LastUse::Unknown) => "not known".to_owned(),
        Some(LastUse::Never) => "never".to_owned(),
        Some(LastUse::At(at)) => day(at),
    }
}

pub(super) fn next(row: &Row, now: Duration) -> String {
    match (&row.rotation_step, row.due_at) {
        (Some(step), _) => step.clone(),
        (None, None) if row.period_seconds.is_none() => "none".to_owned(),
        (None, None) => "not known".to_owned(),
        (None, Some(due)) => match now.checked_sub(Duration::from_secs(due)) {
            Some(late) if late.as_secs() > 0 => format!("{} overdue", Spoken(late)),
            _ => day(due),
        },
    }
}

pub(super) fn reach(row: &Row) -> String {
    if row.reach.is_empty() {
        return "-".to_owned();
    }
    let all: Vec<_> = row.reach.iter().map(|(area, access)| format!("{area}:{}", access.word())).collect();
    all.join(" ")
}

/// The day of a time in seconds since the Unix epoch.
pub(super) fn day(at: u64) -> String {
    Date::of(Duration::from_secs(at)).to_string()
}

const DAY: u64 = 86_400;
