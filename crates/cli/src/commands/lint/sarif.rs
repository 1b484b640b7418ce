//! A report as SARIF 2.1.0 (OASIS, docs.oasis-open.org/sarif/sarif/v2.1.0), for tools that show findings beside the lines.

use std::path::Path;

use hallpass_app::{LintReport, LintRule, Reported};
use serde_json::{Value, json};

/// The whole log: one run.
pub(super) fn log(report: &LintReport) -> Value {
    let open = report.findings.iter().map(|finding| result(finding, None));
    let borne = report
        .accepted
        .iter()
        .map(|borne| result(&borne.finding, Some(format!("{} (until {})", borne.reason, borne.until))));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "hallpass",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": LintRule::ALL.iter().map(|rule| described(*rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": open.chain(borne).collect::<Vec<_>>(),
        }],
    })
}

fn described(rule: LintRule) -> Value {
    json!({
        "id": rule.code(),
        "shortDescription": { "text": rule.title() },
        "fullDescription": { "text": rule.reason() },
        "help": { "text": rule.remedy() },
        "defaultConfiguration": { "level": rule.severity().name() },
    })
}

fn result(finding: &Reported, suppressed: Option<String>) -> Value {
    let of = finding.integration.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    let mut result = json!({
        "ruleId": finding.rule.code(),
        "ruleIndex": LintRule::ALL.iter().position(|rule| *rule == finding.rule),
        "level": finding.severity.name(),
        "message": { "text": format!("{of}{}: {}", finding.rule.title(), finding.detail) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&finding.place.file) },
            "region": { "startLine": finding.place.line },
        }}],
    });
    if let Some(reason) = suppressed {
        result["suppressions"] =
            json!([{ "kind": "external", "status": "accepted", "justification": reason }]);
    }
    result
}

/// A path as a URI reference (RFC 3986 section 4.1): relative to where the tool runs unless the path is absolute.
fn uri(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encoded: String = text
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    if path.is_absolute() { format!("file://{encoded}") } else { encoded.trim_start_matches("./").to_owned() }
}

#[cfg(test)]
mod tests {
    use super::uri;
    use std::path::Path;

    #[test]
    fn a_path_is_a_uri_reference() {
        assert_eq!(uri(Path::new("./a b/ü.toml")), "a%20b/%C3%BC.toml");
        assert_eq!(uri(Path::new("/etc/hallpass.toml")), "file:///etc/hallpass.toml");
        assert_eq!(uri(Path::new("C:x")), "C%3Ax");
    }
}
