//! How a run of a rotation ended, in words and for programs.

use hallpass_app::lifecycle::{Outcome, Spoken, Stop, WallTime};
use serde::Serialize;

use crate::exit::Exit;

/// How it ended.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Ended<'a> {
    integration: &'a str,
    /// `rotated`, `undone`, `abandoned`, `superseded`, `revoked`, `nothing`, `not-due`, `waiting`, `held`, `lease-held`, `stuck`, `refused` or `failed`.
    ended: &'static str,
    /// Seconds until there is something to do again, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    again_in_seconds: Option<u64>,
    /// What stands in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<String>,
}

impl<'a> Ended<'a> {
    pub(in crate::commands) fn of(integration: &'a str, stop: &Stop, now: WallTime) -> Self {
        let mut findings = Vec::new();
        let (ended, again) = match stop {
            Stop::Finished(outcome) => (outcome.name(), None),
            Stop::Nothing => ("nothing", None),
            Stop::NotDue(at) => ("not-due", Some(*at)),
            Stop::Waiting(until, open) => {
                findings.extend(open.iter().map(ToString::to_string));
                ("waiting", Some(*until))
            }
            Stop::Held(hold) => {
                findings.push(hold.reason.clone());
                ("held", None)
            }
            Stop::LeaseHeld(holder, until) => {
                findings.push(holder.clone());
                ("lease-held", Some(*until))
            }
            Stop::Stuck(stuck) => {
                findings.push(format!("{}: {}", stuck.cause.words(), stuck.detail));
                ("stuck", None)
            }
            Stop::Refused(trouble) => {
                findings.push(trouble.detail.clone());
                ("refused", None)
            }
            Stop::Failed(trouble) => {
                findings.push(trouble.detail.clone());
                ("failed", None)
            }
        };
        let again_in_seconds = again.map(|at| at.since(now).as_secs());
        Self { integration, ended, again_in_seconds, findings }
    }

    pub(super) fn in_words(&self) -> String {
        let Self { integration, ended, again_in_seconds, findings } = self;
        let left =
            again_in_seconds.map(|seconds| Spoken(std::time::Duration::from_secs(seconds)).to_string());
        let left = left.unwrap_or_default();
        let mut words = match *ended {
            "rotated" => format!("{integration}: the new secret is in use and the old one is gone"),
            "undone" => format!("{integration}: the old secret is in use again and the new one is gone"),
            "abandoned" => format!("{integration}: nothing was promoted, and what was made is gone"),
            "superseded" => {
                format!("{integration}: somebody stored another secret; nothing more was touched")
            }
            "revoked" => format!("{integration}: what leaked is gone, and the secret in use is another"),
            "not-due" => format!("{integration}: not due for {left}"),
            "waiting" => format!("{integration}: time has to pass; go on in {left} with the same command"),
            _ => format!("{integration}: nothing to do"),
        };
        for finding in findings {
            words.push_str(&format!("\n  {finding}"));
        }
        words
    }
}

/// The exit code of a run that ended without a fault.
pub(in crate::commands) fn exit_of(stop: &Stop) -> Exit {
    match stop {
        Stop::Finished(Outcome::Superseded) => Exit::Refused,
        Stop::Nothing | Stop::NotDue(_) => Exit::NothingDue,
        Stop::Waiting(..) => Exit::Waiting,
        _ => Exit::Done,
    }
}
