//! The evidence, in words and for programs.

use hallpass_app::SlotId;
use hallpass_app::lifecycle::{Evidence, Leaked, Outcome, Spoken, Stop, Stranger, WallTime, Word};
use serde::Serialize;

use crate::commands::rotate::Ended;
use crate::failure::Failure;
use crate::printer::Printer;

/// The evidence as JSON.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    #[serde(flatten)]
    ended: Option<Ended<'a>>,
    revocation: &'a str,
    reason: &'a str,
    /// `new-first` or `disable-first`.
    order: &'static str,
    despite_hold: bool,
    begun_ms: u64,
    /// None while something of it is left.
    ended_ms: Option<u64>,
    leaked: Vec<Line<'a>>,
    current: Option<Current<'a>>,
    consumers: Vec<Consumer<'a>>,
    /// At the platform, and in no record.
    strangers: Vec<Unnamed<'a>>,
    /// Where nobody could look for such.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unseen: &'a [String],
}

#[derive(Debug, Serialize)]
struct Unnamed<'a> {
    slot: &'a str,
    active: bool,
    why: String,
    made_ms: Option<u64>,
    last_use: String,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    slot: &'a str,
    fingerprint: String,
    off_ms: Option<u64>,
    gone_ms: Option<u64>,
    proof: String,
    proof_ms: Option<u64>,
    /// A date and time, `never`, or that the platform does not say.
    last_use: String,
    tokens_until_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Current<'a> {
    version: &'a str,
    fingerprint: Option<String>,
    slot: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Consumer<'a> {
    consumer: &'a str,
    fingerprint: Option<String>,
    said_ms: Option<u64>,
    on_current: bool,
}

impl<'a> Report<'a> {
    pub(super) fn of(
        integration: &'a str,
        stop: Option<&Stop>,
        evidence: &'a Evidence,
        now: WallTime,
    ) -> Self {
        let revocation = &evidence.revocation;
        let leaked = revocation.leaked.iter().zip(&evidence.tokens_until);
        Self {
            ended: stop.map(|stop| Ended::of(integration, stop, now)),
            revocation: &revocation.id,
            reason: &revocation.reason,
            order: if revocation.disable_first { "disable-first" } else { "new-first" },
            despite_hold: revocation.despite.is_some(),
            begun_ms: millis(revocation.at),
            ended_ms: revocation.ended.map(millis),
            leaked: leaked.map(|(leaked, until)| Line::of(leaked, *until)).collect(),
            current: evidence.current.as_ref().map(|held| Current {
                version: held.version.as_str(),
                fingerprint: held.fingerprint.map(|fingerprint| fingerprint.to_string()),
                slot: held.slot.as_ref().map(SlotId::as_str),
            }),
            consumers: evidence.consumers.iter().map(Consumer::of).collect(),
            strangers: evidence.strangers.iter().map(Unnamed::of).collect(),
            unseen: &evidence.unseen,
        }
    }

    /// To standard output: a line of JSON, or the text for a ticket.
    pub(super) fn print(&self, evidence: &Evidence, json: bool, printer: &Printer) -> Result<(), Failure> {
        if json { printer.json(self) } else { printer.data(&evidence.to_string()) }
    }
}

impl<'a> Line<'a> {
    fn of(leaked: &'a Leaked, until: Option<WallTime>) -> Self {
        Self {
            slot: leaked.slot.as_str(),
            fingerprint: leaked.fingerprint.to_string(),
            off_ms: leaked.off.map(millis),
            gone_ms: leaked.gone.map(millis),
            proof: leaked.proof(),
            proof_ms: leaked.tried.as_ref().map(|tried| millis(tried.at)),
            last_use: leaked.used(),
            tokens_until_ms: until.map(millis),
        }
    }
}

impl<'a> Unnamed<'a> {
    fn of(stranger: &'a Stranger) -> Self {
        Self {
            slot: stranger.slot.as_str(),
            active: stranger.active,
            why: stranger.why.to_string(),
            made_ms: stranger.made.map(millis),
            last_use: stranger.used(),
        }
    }
}

impl<'a> Consumer<'a> {
    fn of(word: &'a Word) -> Self {
        Self {
            consumer: &word.consumer,
            fingerprint: word.uses.map(|(fingerprint, _)| fingerprint.to_string()),
            said_ms: word.uses.map(|(_, at)| millis(at)),
            on_current: word.on_current,
        }
    }
}

fn millis(at: WallTime) -> u64 {
    u64::try_from(at.since_epoch().as_millis()).unwrap_or(u64::MAX)
}

/// How it ended, for the person who typed it.
pub(super) fn in_words(stop: &Stop, over: bool, now: WallTime) -> String {
    match stop {
        Stop::Finished(Outcome::Revoked) => "what leaked is gone, and the secret in use is another".into(),
        Stop::Nothing if over => "another machine came to its end with it".into(),
        Stop::Waiting(until, _) => {
            format!(
                "time has to pass; type it again in {}, or leave it to `rotate due`",
                Spoken(until.since(now))
            )
        }
        _ => "it is not over; type it again".into(),
    }
}
