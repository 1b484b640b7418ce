//! `/-/metrics`: the counters of every integration and the phases of the start, in the text format of Prometheus (version 0.0.4).

use std::fmt::Write;

use hallpass_core::{Counter, Gauge, IntegrationStatus, Phase, StatusSource};
use hallpass_outbound::Body;
use http::Response;

use super::Doors;
use crate::respond::text;

pub(super) fn answer(doors: &Doors) -> Response<Body> {
    let all: Vec<_> = doors.integrations.sorted().into_iter().map(StatusSource::status).collect();
    let mut page = String::new();
    for counter in Counter::ALL {
        let name = counter.name();
        let lines = all.iter().map(|one| {
            let value = one.counters.get(name).copied().unwrap_or_default();
            (format!("integration=\"{}\"", one.name), value.to_string())
        });
        family(&mut page, name, "counter", counter.help(), lines);
    }
    for gauge in Gauge::ALL {
        let name = gauge.name();
        let line = |one: &IntegrationStatus| labelled(one, one.gauges.get(name).copied());
        family(&mut page, name, "gauge", gauge.help(), all.iter().filter_map(line));
    }
    let gauge = |read: fn(&IntegrationStatus) -> Option<u64>| {
        all.iter().filter_map(move |one| labelled(one, read(one)))
    };
    let expires = "Seconds until the token in use expires.";
    family(
        &mut page,
        "token_expires_in_seconds",
        "gauge",
        expires,
        gauge(|one| one.token.expires_in_seconds),
    );
    let refused = "1 while the platform refuses the credential and requests with it are held back.";
    let is_refused = |one: &IntegrationStatus| Some(u64::from(one.credential.as_ref()?.refused));
    family(&mut page, "credential_refused", "gauge", refused, gauge(is_refused));
    let phases = Phase::ALL.into_iter().filter_map(|phase| {
        let after = doors.start.after(phase)?.as_secs_f64();
        Some((format!("phase=\"{}\"", phase.name()), format!("{after:.6}")))
    });
    let help = "Seconds from the start of the process to the end of a phase of its cold start.";
    family(&mut page, "start_seconds", "gauge", help, phases);
    text(page)
}

/// The line of one integration, if there is a value.
fn labelled(one: &IntegrationStatus, value: Option<u64>) -> Option<(String, String)> {
    Some((format!("integration=\"{}\"", one.name), value?.to_string()))
}

/// One metric with its lines; none at all where it has no value.
fn family(
    page: &mut String,
    name: &str,
    kind: &str,
    help: &str,
    lines: impl Iterator<Item = (String, String)>,
) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    // Writing to a String does not fail. Names of integrations and phases need no escape.
    write!(page, "# HELP hallpass_{name} {help}\n# TYPE hallpass_{name} {kind}\n").ok();
    for (labels, value) in lines {
        writeln!(page, "hallpass_{name}{{{labels}}} {value}").ok();
    }
}
