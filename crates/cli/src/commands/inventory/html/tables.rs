//! What is read row by row.

use std::collections::BTreeSet;

use hallpass_app::{Evidence, Inventory, Row, Source};
use maud::{Markup, html};

use crate::commands::inventory::text::{age, client, last_use, next, owner};

/// What `lint` found, with what to do about it.
pub(super) fn findings(inventory: &Inventory) -> Markup {
    html! {
        section aria-labelledby="findings" {
            h2 id="findings" { "Findings" }
            @if inventory.findings.is_empty() { p { "None." } } @else {
                div class="wide" { table {
                    thead { tr { th scope="col" { "Finding" } th scope="col" { "Where" } th scope="col" { "What was seen" } th scope="col" { "What to do" } } }
                    tbody { @for one in &inventory.findings {
                        tr {
                            th scope="row" { span class=(format!("badge {}", one.severity.name())) { (one.severity.name()) } " " (one.rule.title()) }
                            td { (one.integration.clone().unwrap_or_else(|| one.place.file.display().to_string())) ":" (one.place.line) }
                            td { (one.detail) }
                            td { (one.hint) }
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
                                    Some(access) => td class=(access.word()) { (access.word()) },
                                    None => td class="none" { "–" },
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
                        td { span class=(if row.kind.is_orphan() { "badge error" } else { "badge" }) { (row.kind.words()) } @for what in &row.drift { br; (what) } }
                        td { (row.platform) " " (row.place) }
                        td { (client(row)) }
                        td { (row.client.as_ref().map(|client| client.roles.join(", ")).unwrap_or_default()) }
                        td { (age(row, now)) }
                        td { (last_use(row)) }
                        td { (next(row, now)) }
                        td { @if let Some(entry) = &row.entry { (entry.references.join(", ")) br; code { (entry.fingerprint) } } @else { "–" } }
                    }
                } }
            } }
        }
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
                        td { (one.asks) }
                        td { @match &one.evidence {
                            Evidence::Of(said) => { @for (index, text) in said.iter().enumerate() { @if index > 0 { "; " } (text) } },
                            Evidence::None(missing) => {
                                span class="badge warning" { "no evidence" } " "
                                (missing.iter().map(|source| lacking(*source)).collect::<Vec<_>>().join("; "))
                            },
                        } }
                    }
                } }
            } }
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
                        tbody { @for [when, who, what] in &excerpt.events { tr { td { (when) } td { (who) } td { (what) } } } }
                    } }
                },
            }
        }
    }
}
