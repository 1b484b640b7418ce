//! Two pictures: how old secrets are, and when they were and will be replaced. Bars are boxes with a width, so they print, scale and need no script.

use std::time::Duration;

use hallpass_app::{Inventory, LIMIT, Row};
use maud::{Markup, html};

use crate::commands::inventory::text::{age, day, next, owner};

/// How old each secret is, against the line of its period.
pub(super) fn ages(inventory: &Inventory) -> Markup {
    let now = inventory.taken();
    let mut rows: Vec<&Row> =
        inventory.rows.iter().filter(|row| row.owner.is_some() && row.age(now).is_some()).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.age(now)));
    let oldest = rows.first().and_then(|row| row.age(now)).unwrap_or_default();
    // The line of ninety days stands where it can be seen, also while everything is young.
    let scale = oldest.max(LIMIT + LIMIT / 3);
    html! {
        section aria-labelledby="ages" {
            h2 id="ages" { "Age of secrets" }
            @if rows.is_empty() { p { "No age is known." } } @else {
                figure aria-label="How old each secret is, in days, against a line at 90 days" {
                    ul class="bars" { @for row in &rows {
                        @let overdue = row.is_overdue(now, LIMIT) == Some(true);
                        li class="bar" {
                            span class="name" { (owner(row)) }
                            span class="track" aria-hidden="true" {
                                span class=(if overdue { "fill bad" } else { "fill good" }) style=(width(row.age(now).unwrap_or_default(), scale)) {}
                                span class="line" style=(left(LIMIT, scale)) {}
                            }
                            span class="value" { (age(row, now)) @if overdue { strong { " overdue" } } }
                        }
                    } }
                    figcaption { span class="swatch line" {} " 90 days: a policy, not a law. Each secret is overdue when it is older than its own period." }
                }
            }
        }
    }
}

/// When each was replaced last and will be next, half a year to either side of today.
pub(super) fn rotations(inventory: &Inventory) -> Markup {
    let now = inventory.taken();
    let rows: Vec<&Row> = inventory.rows.iter().filter(|row| row.period_seconds.is_some()).collect();
    html! {
        section aria-labelledby="rotations" {
            h2 id="rotations" { "Rotations" }
            @if rows.is_empty() { p { "No secret is replaced by a schedule." } } @else {
                figure aria-label="When each secret was stored and when the next rotation is due, half a year to either side of today" {
                    ul class="bars" { @for row in &rows {
                        @let written = row.entry.as_ref().and_then(|entry| entry.written_at);
                        li class="bar" {
                            span class="name" { (owner(row)) }
                            span class="track" aria-hidden="true" {
                                @if let Some(at) = written { span class="dot past" style=(position(at, now)) {} }
                                @if let Some(at) = row.due_at { span class="dot next" style=(position(at, now)) {} }
                                span class="line today" style="left:50%" {}
                            }
                            span class="value" {
                                (written.map_or_else(|| "not known".to_owned(), day)) " → " (next(row, now))
                            }
                        }
                    } }
                    figcaption {
                        span class="swatch past" {} " last stored "
                        span class="swatch next" {} " next due "
                        span class="swatch line" {} " today; the track is a year"
                    }
                }
            }
        }
    }
}

fn width(of: Duration, scale: Duration) -> String {
    format!("width:{:.1}%", percent(of, scale))
}

fn left(of: Duration, scale: Duration) -> String {
    format!("left:{:.1}%", percent(of, scale))
}

fn percent(of: Duration, scale: Duration) -> f64 {
    (of.as_secs_f64() / scale.as_secs_f64().max(1.0) * 100.0).clamp(0.5, 100.0)
}

/// On a track of a year around `now`; what lies beyond stands at the end.
fn position(at: u64, now: Duration) -> String {
    let from_now = Duration::from_secs(at).as_secs_f64() - now.as_secs_f64();
    format!("left:{:.1}%", (50.0 + from_now / YEAR * 100.0).clamp(1.0, 99.0))
}

const YEAR: f64 = 365.0 * 86_400.0;
