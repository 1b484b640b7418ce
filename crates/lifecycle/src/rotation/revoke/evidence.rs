//! What is known at the end of a revocation, and what is not. Read from store, platform and consumers, so any machine can tell it at any time. Pure.

use std::fmt;

use hallpass_core::Fingerprint;

use super::super::dated::Dated;
use super::super::event::Verdict;
use super::super::evidence::AckReport;
use super::super::plan::Plan;
use super::super::seen::{Held, Seen};
use super::super::time::WallTime;
use super::exposure::used;
use super::strangers::{Lookout, Stranger, strangers};
use super::{Leaked, Revocation};

/// The report. [`fmt::Display`] writes it for a ticket.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The revocation under way, or the last one.
    pub revocation: Revocation,
    /// For each of what leaked: until when a token that it was granted may live; none while it is on, or where tokens end with their secret.
    pub tokens_until: Vec<Option<WallTime>>,
    /// What is in use now.
    pub current: Option<Held>,
    /// Who says to use what.
    pub consumers: Vec<Word>,
    /// What is at the platform and in no record: whoever had the secret may have made it. Nothing touches it.
    pub strangers: Vec<Stranger>,
    /// Where nobody could look for such, in words.
    pub unseen: Vec<String>,
}

/// What a consumer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Who.
    pub consumer: String,
    /// Which secret it uses, and since when it says so; none where it said nothing since the revocation began.
    pub uses: Option<(Fingerprint, WallTime)>,
    /// Whether that is what is in use now.
    pub on_current: bool,
}

/// The report on the revocation under way, or else on the last one; `None` where there never was one.
#[must_use]
pub fn evidence(seen: &Seen, acks: &AckReport, plan: &Plan, lookout: &Lookout) -> Option<Evidence> {
    let (_, document) = seen.document.as_ref()?;
    let revocation = document.revocation.as_ref().or(document.revoked.as_ref())?.clone();
    let until = |leaked: &Leaked| {
        let lifetime = plan.capabilities.tokens_outlive_secret?;
        leaked.may_live_until(lifetime, &plan.capabilities)
    };
    let tokens_until = revocation.leaked.iter().map(until).collect();
    let current = seen.current.clone();
    let fingerprint = current.as_ref().and_then(|held| held.fingerprint);
    let mut names: Vec<&String> = acks.registered.iter().collect();
    names.extend(acks.acks.iter().map(|ack| &ack.consumer));
    names.sort();
    names.dedup();
    let word = |consumer: &String| {
        let said = acks.acks.iter().filter(|ack| ack.consumer == *consumer && ack.at >= revocation.at);
        let uses = said.max_by_key(|ack| ack.at).map(|ack| (ack.fingerprint, ack.at));
        let on_current = uses.is_some_and(|(uses, _)| Some(uses) == fingerprint);
        Word { consumer: consumer.clone(), uses, on_current }
    };
    let consumers = names.into_iter().map(word).collect();
    let strangers = strangers((seen, document), &revocation, plan, lookout);
    Some(Evidence { revocation, tokens_until, current, consumers, strangers, unseen: lookout.unseen.clone() })
}

impl Leaked {
    /// When the platform last saw its slot being used, as it said the last time that it was asked.
    #[must_use]
    pub fn used(&self) -> String {
        used(self.last_used)
    }

    /// What the platform said when a token was asked for with it afterwards, in words.
    #[must_use]
    pub fn proof(&self) -> String {
        match self.tried.as_ref().map(|tried| (&tried.verdict, Dated(tried.at))) {
            Some((Verdict::Refused | Verdict::NotYet, at)) => format!("refused at {at}"),
            Some((Verdict::Good | Verdict::CanaryFailed(_), at)) => format!("ACCEPTED at {at}"),
            Some((Verdict::Unreachable(why), _)) => format!("not known: nobody could be asked ({why})"),
            None if self.gone.is_none() => "NOT YET".into(),
            None => "not tried: the store did not hold it any more".into(),
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Revocation { id, at, by, reason, disable_first, leaked, ended, .. } = &self.revocation;
        let order = if *disable_first { "what leaked off first" } else { "new secret first" };
        writeln!(f, "revocation {id}, {order}")?;
        writeln!(f, "  reason     {reason}")?;
        writeln!(f, "  begun      {} on {by}", Dated(*at))?;
        match ended {
            Some(ended) => writeln!(f, "  ended      {}", Dated(*ended))?,
            None => writeln!(f, "  ended      NOT YET")?,
        }
        for (leaked, until) in leaked.iter().zip(&self.tokens_until) {
            writeln!(f, "  leaked     {} in {}", leaked.fingerprint, leaked.slot)?;
            let time = |at: &Option<WallTime>| at.map_or("NOT YET".to_owned(), |at| Dated(at).to_string());
            writeln!(f, "    off       {}", time(&leaked.off))?;
            writeln!(f, "    gone      {}", time(&leaked.gone))?;
            writeln!(f, "    tried     {}", leaked.proof())?;
            writeln!(f, "    last use  {}", used(leaked.last_used))?;
            let tokens = match until {
                Some(until) => format!("granted before may live until {}", Dated(*until)),
                None if leaked.off.is_some() => "ended with it".into(),
                None => "may still be granted".into(),
            };
            writeln!(f, "    tokens    {tokens}")?;
        }
        match &self.current {
            Some(Held { version, fingerprint: Some(fingerprint), slot: Some(slot), .. }) => {
                write!(f, "  in use     {fingerprint} in {slot}, version {version}")?;
            }
            _ => write!(f, "  in use     nothing that can be read")?,
        }
        for Word { consumer, uses, on_current } in &self.consumers {
            let says = match uses {
                Some((_, at)) if *on_current => format!("uses it since {}", Dated(*at)),
                Some((other, at)) => format!("uses {other}, it said at {}", Dated(*at)),
                None => "has said nothing since".into(),
            };
            write!(f, "\n  consumer   {consumer} {says}")?;
        }
        for stranger in &self.strangers {
            write!(f, "\n  stranger   {stranger}")?;
        }
        for unseen in &self.unseen {
            write!(f, "\n  not seen   {unseen}")?;
        }
        Ok(())
    }
}
