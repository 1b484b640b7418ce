//! The report for auditors: one file, no network, no script.

mod charts;
mod style;
mod tables;

use hallpass_app::{Evidence, Inventory, LIMIT, Row, RowKind};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::text::day;

/// The whole page. Everything that comes from a platform or a configuration is escaped by the macro that writes it.
pub(super) fn page(inventory: &Inventory) -> String {
    let title = format!("Access of {}", inventory.environment);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Nothing is fetched, whatever somebody calls a client.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(style::CSS)) }
            }
            body {
                header {
                    h1 { (title) }
                    p {
                        "Taken on " time datetime=(day(inventory.taken_at)) { (day(inventory.taken_at)) }
                        " by hallpass " (env!("CARGO_PKG_VERSION"))
                        ". Clients and keys on the platforms, secrets in the stores, and who reaches what. No value of a secret is in this file."
                    }
                }
                main {
                    (summary(inventory))
                    (tables::findings(inventory))
                    (charts::ages(inventory))
                    (charts::rotations(inventory))
                    (tables::reach(inventory))
                    (tables::inventory(inventory))
                    (tables::controls(inventory))
                    (tables::audit(inventory))
                    (sources(inventory))
                }
            }
        }
    }
    .into_string()
}

/// The first look: what somebody has to see to.
fn summary(inventory: &Inventory) -> Markup {
    let count = |wanted: &dyn Fn(&Row) -> bool| inventory.rows.iter().filter(|row| wanted(row)).count();
    let overdue = count(&|row| row.is_overdue(inventory.taken(), LIMIT) == Some(true));
    let orphans = count(&|row| row.kind.is_orphan());
    let unverified = count(&|row| matches!(row.kind, RowKind::NotVerified | RowKind::NoSecret));
    let errors = inventory.findings.iter().filter(|one| one.severity.name() == "error").count();
    let bare = inventory.controls.iter().filter(|one| matches!(one.evidence, Evidence::None(_))).count();
    let tile = |number: usize, what: &str, good: bool| {
        html! {
            li class=(if good { "tile good" } else { "tile bad" }) {
                strong { (number) }
                span { (what) }
                em { (if good { "in order" } else { "see to it" }) }
            }
        }
    };
    html! {
        section aria-labelledby="summary" {
            h2 id="summary" { "Risk" }
            ul class="tiles" {
                (tile(errors, "errors", errors == 0))
                (tile(overdue, "secrets over their period", overdue == 0))
                (tile(orphans, "orphans", orphans == 0))
                (tile(unverified, "not verified", unverified == 0))
                (tile(bare, "controls without evidence", bare == 0))
            }
        }
    }
}

/// What this report rests on.
fn sources(inventory: &Inventory) -> Markup {
    html! {
        section aria-labelledby="sources" {
            h2 id="sources" { "What was looked at" }
            ul { @for said in inventory.sources.values() { li { (tables::coded(said)) "." } } }
            ul {
                @for store in &inventory.stores {
                    li {
                        @match (store.unnamed, super::text::not_seen(store)) {
                            (Some(unnamed), _) => { (super::text::shelf(store)) ": " (unnamed) " entries that no integration names." },
                            (None, Some(why)) => { span class="badge warning" { "not seen" } " " (tables::coded(&why)) "." },
                            (None, None) => {},
                        }
                    }
                }
            }
            @let silent: Vec<_> = inventory.rows.iter().filter(|row| !row.unknown.is_empty()).collect();
            @if !silent.is_empty() {
                p { "What is not known, and counts as evidence for nothing:" }
                ul {
                    @for row in silent {
                        @for what in &row.unknown { li { strong { (super::text::owner(row)) } ": " (tables::coded(what)) } }
                    }
                }
            }
        }
    }
}
