//! Whether the old secret may be retired: arithmetic, what the platform saw, what the consumers say.
//!
//! Every consumer must be proved to be off the old secret, not the deployment to have succeeded: the costliest outage of this kind deleted a
//! secret that production still used, because the new one had gone to another environment.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use hallpass_core::{Environment, Fingerprint, LastUsed, Slot};
use serde::{Deserialize, Serialize};

use super::time::{Spoken, WallTime};

/// How long a consumer may go on with the old secret after promotion, term by term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// How far a replica of the store may lag behind.
    pub store_lag: Duration,
    /// How long a consumer may keep what it read.
    pub cache: Duration,
    /// The longest life of a token: a job that holds one does not look at the secret.
    pub token_lifetime: Duration,
    /// The largest difference between two clocks.
    pub skew: Duration,
    /// How long the new secret may be refused here and there.
    pub activation: Duration,
    /// The longest life of a sandbox that read its secret once, when it started.
    pub sandbox_life: Duration,
}

impl Overlap {
    /// The longest life of a sandbox reckoned with by default: no vendor promises an upper bound, and instances of 14 hours have been seen.
    pub const SANDBOX_LIFE: Duration = Duration::from_secs(14 * 3600);

    /// Its terms by name, for printing.
    #[must_use]
    pub fn terms(&self) -> [(&'static str, Duration); 6] {
        [
            ("store lag", self.store_lag),
            ("cache", self.cache),
            ("token lifetime", self.token_lifetime),
            ("clock difference", self.skew),
            ("activation", self.activation),
            ("longest life of a sandbox", self.sandbox_life),
        ]
    }

    /// Their sum.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.terms().iter().fold(Duration::ZERO, |sum, (_, term)| sum.saturating_add(*term))
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, term)) in self.terms().iter().enumerate() {
            let plus = if index == 0 { "" } else { " + " };
            write!(f, "{plus}{name} {}", Spoken(*term))?;
        }
        write!(f, " = {}", Spoken(self.total()))
    }
}

/// What the consumers say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AckReport {
    /// Who must say something.
    pub registered: BTreeSet<String>,
    /// What was said, in any order; the last of each consumer counts.
    pub acks: Vec<Ack>,
}

/// A consumer's word about the secret it uses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ack {
    /// Who.
    pub consumer: String,
    /// Which secret.
    pub fingerprint: Fingerprint,
    /// Where it runs.
    pub environment: Environment,
    /// When it said so.
    pub at: WallTime,
}

/// What a judgement is about.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// When the new secret was promoted.
    pub promoted: WallTime,
    /// Its fingerprint.
    pub new: Fingerprint,
    /// Where we are.
    pub environment: &'a Environment,
    /// The old slot as the platform shows it; none when it is gone.
    pub old: Option<&'a Slot>,
    /// Whether the platform shows when a slot was last used.
    pub shows_last_use: bool,
    /// See [`Overlap::total`].
    pub overlap: Duration,
    /// See [`super::Plan::quiet`].
    pub quiet: Duration,
    /// See [`super::Plan::arithmetic_suffices`].
    pub arithmetic_suffices: bool,
    /// What the consumers say.
    pub acks: &'a AckReport,
    /// When.
    pub now: WallTime,
}

/// One reason why the old secret must live on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// Somebody may still have it in memory, until then.
    OverlapRunning(WallTime),
    /// The platform saw it being used; quiet for long enough at the second time, if nobody uses it again.
    StillUsed(WallTime, WallTime),
    /// A registered consumer said nothing since the promotion.
    Silent(String),
    /// A consumer uses another secret than the new one.
    OnAnother(String, Fingerprint),
    /// A consumer runs elsewhere than the secret belongs.
    Elsewhere(String, Environment),
    /// The platform says nothing of its last use, and no consumer is registered.
    NothingToGoBy,
}

impl Finding {
    /// When it goes away by itself, if time alone does it.
    #[must_use]
    pub fn passes_at(&self) -> Option<WallTime> {
        match self {
            Self::OverlapRunning(until) | Self::StillUsed(_, until) => Some(*until),
            _ => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OverlapRunning(_) => f.write_str("consumers may still hold the old secret"),
            Self::StillUsed(..) => f.write_str("the platform saw the old secret being used"),
            Self::Silent(who) => write!(f, "`{who}` has not said which secret it uses"),
            Self::OnAnother(who, fingerprint) => {
                write!(f, "`{who}` uses {fingerprint}, which is not the new secret")
            }
            Self::Elsewhere(who, environment) => write!(f, "`{who}` says it runs in `{environment}`"),
            Self::NothingToGoBy => f.write_str(
                "the platform does not say when the old secret was last used, and no consumer is registered",
            ),
        }
    }
}

/// Every reason why the old secret may not be retired yet; none means that it may.
#[must_use]
pub fn judge(question: &Question<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let end = question.promoted.after(question.overlap);
    if question.now < end {
        findings.push(Finding::OverlapRunning(end));
    }
    let used = question.old.map(|slot| slot.last_used).filter(|_| question.shows_last_use);
    let platform_speaks = match used {
        Some(LastUsed::At(at)) => {
            let at = WallTime::at(at);
            // A use before the promotion was anybody's right; the quiet counts from the promotion then.
            let quiet_at = at.max(question.promoted).after(question.quiet);
            if question.now < quiet_at {
                findings.push(Finding::StillUsed(at, quiet_at));
            }
            true
        }
        Some(LastUsed::Never) => true,
        Some(LastUsed::Unknown) | None => question.old.is_none(),
    };
    for consumer in &question.acks.registered {
        findings.extend(about(consumer, question));
    }
    let proved = platform_speaks || !question.acks.registered.is_empty();
    if !proved && !question.arithmetic_suffices {
        findings.push(Finding::NothingToGoBy);
    }
    findings.extend(strangers(question));
    findings
}

fn about(consumer: &str, question: &Question<'_>) -> Option<Finding> {
    let said = question.acks.acks.iter().filter(|ack| ack.consumer == consumer);
    let last = said.max_by_key(|ack| ack.at).filter(|ack| ack.at >= question.promoted);
    let Some(last) = last else { return Some(Finding::Silent(consumer.to_owned())) };
    if last.environment != *question.environment {
        return Some(Finding::Elsewhere(consumer.to_owned(), last.environment.clone()));
    }
    (last.fingerprint != question.new).then(|| Finding::OnAnother(consumer.to_owned(), last.fingerprint))
}

/// Consumers that nobody registered and that say they run elsewhere with the new secret: it went astray.
fn strangers(question: &Question<'_>) -> Vec<Finding> {
    let astray = question.acks.acks.iter().filter(|ack| {
        !question.acks.registered.contains(&ack.consumer)
            && ack.fingerprint == question.new
            && ack.environment != *question.environment
    });
    astray.map(|ack| Finding::Elsewhere(ack.consumer.clone(), ack.environment.clone())).collect()
}

#[cfg(test)]
mod tests;
