//! What is read row by row.

use std::collections::BTreeSet;

use hallpass_app::{Evidence, Inventory, Reported, Row, Source};
use maud::{Markup, html};

use crate::commands::inventory::text::{age, client, last_use, next, owner};

/// A cell. On a telephone, where a row is a card and there is no head above it, it stands beside its label.
fn cell(label: &str, content: &Markup) -> Markup {
    html! { td data-label=(label) { div { (content) } } }
}

/// A cell of few words, which are not broken.
fn short(label: &str, text: &str) -> Markup {
    html! { td class="short" data-label=(label) { div { (text) } } }
}

/// Text in which what stands between backticks is to be typed or was seen word for word.
pub(super) fn coded(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// What `lint` found, the gravest first, with what to do about it.
pub(super) fn findings(inventory: &Inventory) -> Markup {
    let mut findings: Vec<&Reported> = inventory.findings.iter().collect();
    findings.sort_by_key(|one| {
        ["error", "warning"].iter().position(|name| *name == one.severity.name()).unwrap_or(2)
    });
    html! {
        section aria-labelledby="findings" {
            h2 id="findings" { "Findings" }
            @if findings.is_empty() { p { "None." } } @else {
                div class="wide" { table {
                    thead { tr { th scope="col" { "Finding" } th scope="col" { "Where" } th scope="col" { "What was seen" } th scope="col" { "What to do" } } }
                    tbody { @for one in findings {
                        tr {
                            th scope="row" { span class=(format!("badge {}", one.severity.name())) { (one.severity.name()) } " " (one.rule.title()) }
                            (cell("Where", &html! { (one.integration.clone().unwrap_or_else(|| one.place.file.display().to_string())) ":" (one.place.line) }))
                            (cell("What was seen", &coded(&one.detail)))
                            (cell("What to do", &coded(one.hint)))
                        }
                    } }
                } }
            }
            @if inventory.accepted > 0 { p { (inventory.accepted) " more are accepted, each with a reason and a last day." } }
        }
    }
}

/// Which integration may do what in which area of the platform.
pub(super) fn reach(inventory: &Inventory) -> Markup {
    let rows: Vec<&Row> =
        inventory.rows.iter().filter(|row| row.owner.is_some() && !row.reach.is_empty()).collect();
    let areas: BTreeSet<&String> = rows.iter().flat_map(|row| row.reach.keys()).collect();
    html! {
        section aria-labelledby="reach" {
            h2 id="reach" { "Reach" }
            @if rows.is_empty() { p { "What the platforms grant is not known." } } @else {
                div class="wide" { table class="matrix" {
                    thead { tr { th scope="col" { "Integration" } @for area in &areas { th scope="col" { (area) } } } }
                    tbody { @for row in rows {
                        tr {
                            th scope="row" { (owner(row)) @if row.kind.words() == "standby" { " (standby)" } }
                            @for area in &areas {
                                @match row.reach.get(*area) {
                                    Some(access) => td class=(access.word()) data-label=(area) { (access.word()) },
                                    None => td class="none" data-label=(area) { "–" },
                                }
                            }
                        }
                    } }
                } }
            }
        }
    }
}

/// Every line.
pub(super) fn inventory(inventory: &Inventory) -> Markup {
    let now = inventory.taken();
    html! {
        section aria-labelledby="inventory" {
            h2 id="inventory" { "Inventory" }
            div class="wide" { table {
                thead { tr {
                    @for name in ["Owner", "State", "Platform", "Client", "Roles", "Age", "Last use", "Next rotation", "Secret"] { th scope="col" { (name) } }
                } }
                tbody { @for row in &inventory.rows {
                    tr {
                        th scope="row" { (owner(row)) }
                        (cell("State", &state(row)))
                        (cell("Platform", &html! { (row.platform) " " (row.place) }))
                        (cell("Client", &html! { (client(row)) }))
                        (cell("Roles", &roles(row)))
                        (short("Age", &age(row, now)))
                        (short("Last use", &last_use(row)))
                        (short("Next rotation", &next(row, now)))
                        (cell("Secret", &secret(row)))
                    }
                } }
            } }
        }
    }
}

fn state(row: &Row) -> Markup {
    html! {
        span class=(if row.kind.is_orphan() { "badge error" } else { "badge" }) { (row.kind.words()) }
        @for what in &row.drift { br; (coded(what)) }
    }
}

fn roles(row: &Row) -> Markup {
    let roles = row.client.as_ref().map(|client| client.roles.join(", ")).unwrap_or_default();
    html! { @if roles.is_empty() { "–" } @else { (roles) } }
}

fn secret(row: &Row) -> Markup {
    html! {
        @if let Some(entry) = &row.entry {
            (entry.references.join(", "))
            @if !entry.fingerprint.is_empty() { br; code { (entry.fingerprint) } }
        } @else { "–" }
    }
}

/// The controls of the standards, with the evidence that there is.
pub(super) fn controls(inventory: &Inventory) -> Markup {
    html! {
        section aria-labelledby="controls" {
            h2 id="controls" { "Controls" }
            p { "Requirements are told in short; the standard's own text rules. What a control asks for may take more than this report can show." }
            div class="wide" { table {
                thead { tr { th scope="col" { "Control" } th scope="col" { "It asks that" } th scope="col" { "Evidence" } } }
                tbody { @for one in &inventory.controls {
                    tr {
                        th scope="row" { (one.standard) " " (one.number) }
                        (cell("It asks that", &html! { (one.asks) }))
                        (cell("Evidence", &evidence(&one.evidence)))
                    }
                } }
            } }
        }
    }
}

fn evidence(evidence: &Evidence) -> Markup {
    html! {
        @match evidence {
            Evidence::Of(said) => (coded(&said.join("; "))),
            Evidence::None(missing) => {
                span class="badge warning" { "no evidence" } " "
                (missing.iter().map(|source| lacking(*source)).collect::<Vec<_>>().join("; "))
            },
        }
    }
}

fn lacking(source: Source) -> &'static str {
    match source {
        Source::Configuration => "there is no configuration",
        Source::Platform => "not every platform could be looked at",
        Source::Stores => "not every secret has a date",
        Source::Rotations => "nothing is known of rotations",
        Source::Files => "no files were looked through",
        Source::Audit => "there is no audit log whose chain was verified",
    }
}

/// The end of the audit log.
pub(super) fn audit(inventory: &Inventory) -> Markup {
    html! {
        section aria-labelledby="audit" {
            h2 id="audit" { "Audit log" }
            @match &inventory.audit {
                None => p { span class="badge warning" { "no evidence" } " There is no audit log whose chain was verified." },
                Some(excerpt) => {
                    p { (excerpt.verdict) "." }
                    div class="wide" { table {
                        thead { tr { th scope="col" { "When" } th scope="col" { "Integration" } th scope="col" { "What" } } }
                        tbody { @for [when, who, what] in &excerpt.events { tr { (cell("When", &html! { (when) })) (cell("Integration", &html! { @if who.is_empty() { "–" } @else { (who) } })) (cell("What", &html! { (what) })) } } }
                    } }
                },
            }
        }
    }
}
