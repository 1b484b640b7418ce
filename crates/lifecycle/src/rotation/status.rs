//! Where a rotation stands, and the one command to type.

use std::fmt;
use std::time::Duration;

use hallpass_core::{Fingerprint, SlotId, Version};

use super::checkpoints::Rotation;
use super::decide::decide;
use super::document::{Call, Hold, Lease};
use super::effect::{Change, Effect, Stop};
use super::event::{Begun, Order};
use super::evidence::{AckReport, Finding};
use super::plan::Plan;
use super::revoke::Leaked;
use super::seen::{Held, Seen};
use super::state::State;
use super::step::Step;
use super::strategy::Strategy;
use super::time::{Spoken, WallTime};

/// Where it stands. [`fmt::Display`] writes it for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The integration.
    pub integration: String,
    /// The secrets of the entry: CURRENT, PREVIOUS, PENDING, as far as there are.
    pub secrets: Vec<SecretStatus>,
    /// The id of the rotation under way, its strategy and the step it is at.
    pub rotation: Option<(String, Strategy, Step)>,
    /// What happens next, or what it waits for.
    pub next: String,
    /// Why the old secret must live on, as far as was asked.
    pub findings: Vec<Finding>,
    /// The copies at the platform that do not hold CURRENT yet.
    pub unwritten: Vec<String>,
    /// Why nobody knows what the consumers say, by fault and detail. While that is so the old secret lives on.
    pub unheard: Option<String>,
    /// Who has the lease, and until when.
    pub lease: Option<Lease>,
    /// Whether it is on hold.
    pub hold: Option<Hold>,
    /// What leaked and is not gone yet.
    pub leaked: Vec<Leaked>,
    /// The command to type.
    pub command: String,
}

/// One version of the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretStatus {
    /// CURRENT, PREVIOUS or PENDING.
    pub stage: &'static str,
    /// Its version.
    pub version: Version,
    /// Its fingerprint.
    pub fingerprint: Option<Fingerprint>,
    /// The slot it names, and whether the platform lists it as usable.
    pub slot: Option<(SlotId, Option<bool>)>,
    /// How old it is, as far as anybody knows.
    pub age: Option<Duration>,
}

/// The status of what was seen; with what the consumers say, where that was read.
#[must_use]
pub fn status(seen: &Seen, acks: Option<&AckReport>, now: WallTime, plan: &Plan) -> Status {
    let document = seen.document.as_ref().map(|(_, document)| document);
    let rotation = document.and_then(|document| document.rotation.as_ref());
    let order = if rotation.is_some() { Order::Resume } else { Order::Due };
    // As a process decides that starts now and is already allowed to act.
    let state = State {
        begun: Some(Begun { holder: String::new(), order, id: String::new() }),
        seen: Some(seen.clone()),
        acks: acks.cloned(),
        obeyed: true,
        ..State::default()
    };
    let decided = decide(&state, now, plan);
    let step = settled_step(rotation, decided.step);
    Status {
        integration: plan.integration.to_string(),
        secrets: secrets(seen, rotation, now),
        rotation: rotation.map(|rotation| (rotation.id.clone(), rotation.strategy, step)),
        next: next_words(rotation, &decided.effect, step, now),
        findings: super::settle::findings(&state, now, plan),
        unwritten: unwritten(rotation, plan),
        unheard: None,
        lease: document.and_then(|document| document.lease.clone()).filter(|lease| now < lease.until),
        hold: document.and_then(|document| document.hold.clone()),
        leaked: document
            .and_then(|document| document.revocation.as_ref())
            .map_or_else(Vec::new, |revocation| revocation.open().cloned().collect()),
        command: match document.and_then(|document| document.revocation.as_ref()) {
            Some(_) => format!("hallpass revoke {}", plan.integration),
            None => command(document.is_some_and(|document| document.hold.is_some()), rotation, plan),
        },
    }
}

/// Of a rotation that has promoted; before, the copies hold what everybody uses.
fn unwritten(rotation: Option<&Rotation>, plan: &Plan) -> Vec<String> {
    let Some(promoted) = rotation.and_then(|rotation| rotation.promoted.as_ref()) else { return Vec::new() };
    plan.copies.iter().filter(|copy| !promoted.copied.contains_key(*copy)).map(ToString::to_string).collect()
}

/// A rotation that stops says where by its checkpoints.
fn settled_step(rotation: Option<&Rotation>, decided: Step) -> Step {
    let Some(rotation) = rotation.filter(|_| decided == Step::Done) else { return decided };
    match (&rotation.pending, &rotation.promoted, &rotation.retire) {
        (_, _, Some(mark)) if mark.disabled.is_some() => Step::Prove,
        (_, _, Some(_)) => Step::Disable,
        (_, Some(_), None) => Step::CollectEvidence,
        (Some(_), None, None) => Step::Verify,
        (None, None, None) => Step::Generate,
    }
}

fn command(held: bool, rotation: Option<&Rotation>, plan: &Plan) -> String {
    let name = &plan.integration;
    match rotation {
        _ if held => format!("hallpass rotate hold {name} --off"),
        None => format!("hallpass rotate run {name}"),
        Some(Rotation { stuck: Some(stuck), .. }) => format!("hallpass rotate {} {name}", stuck.cause.verb()),
        Some(_) => format!("hallpass rotate resume {name}"),
    }
}

fn next_words(rotation: Option<&Rotation>, effect: &Effect, step: Step, now: WallTime) -> String {
    match effect {
        Effect::Stop(Stop::Waiting(until, _)) | Effect::Wait(until) => {
            format!("wait {} for {}", Spoken(until.since(now)), step.name())
        }
        Effect::Stop(Stop::NotDue(at)) => format!("nothing for {}", Spoken(at.since(now))),
        Effect::Stop(Stop::Stuck(stuck)) => format!("a person: {}: {}", stuck.cause.words(), stuck.detail),
        Effect::Stop(Stop::Held(hold)) => format!("nothing while on hold: {}", hold.reason),
        Effect::Stop(Stop::Refused(trouble) | Stop::Failed(trouble)) => {
            format!("cannot go on: {}", trouble.fault())
        }
        Effect::Stop(_) => "nothing".into(),
        Effect::Call(call) | Effect::Write(Change::Announce(call, _)) => call_words(call),
        _ if rotation.is_none() => "begin".into(),
        _ => step.name().into(),
    }
}

fn call_words(call: &Call) -> String {
    match call {
        Call::Generate(None) => "make a new secret".into(),
        Call::Generate(Some(slot)) => format!("make a new secret in `{slot}`"),
        Call::Activate(slot) => format!("switch `{slot}` on"),
        Call::Deactivate(slot) => format!("switch `{slot}` off"),
        Call::Delete(slot) => format!("delete `{slot}`"),
        Call::Discard(slot) => format!("reset `{slot}` and forget its secret"),
        Call::Copy(copy, _) => format!("write it into the platform's copy `{copy}`"),
        Call::Promote(version, _) => format!("make version `{version}` current"),
    }
}

fn secrets(seen: &Seen, rotation: Option<&Rotation>, now: WallTime) -> Vec<SecretStatus> {
    let pending = rotation.and_then(|rotation| rotation.pending.as_ref()).map(|pending| pending.at);
    let stages = [
        ("CURRENT", &seen.current, seen.written),
        ("PREVIOUS", &seen.previous, None),
        ("PENDING", &seen.pending, pending),
    ];
    let told = |(stage, held, at): (&'static str, &Option<Held>, Option<WallTime>)| {
        let held = held.as_ref()?;
        let slot = held.slot.clone().map(|id| {
            let slot = seen.slot(&id);
            (id, slot.map(|slot| slot.active))
        });
        let made = slot.as_ref().and_then(|(id, _)| seen.slot(id)?.created).map(WallTime::at);
        let age = at.or(made).map(|at| now.since(at));
        Some(SecretStatus { stage, version: held.version.clone(), fingerprint: held.fingerprint, slot, age })
    };
    stages.into_iter().filter_map(told).collect()
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rotation {
            Some((id, strategy, step)) => {
                writeln!(
                    f,
                    "{}: rotation {id} ({strategy}), step {} of 16: {}",
                    self.integration,
                    step.number(),
                    step.name()
                )?;
            }
            None => writeln!(f, "{}: no rotation under way", self.integration)?,
        }
        for secret in &self.secrets {
            writeln!(f, "  {secret}")?;
        }
        if let Some(lease) = &self.lease {
            writeln!(f, "  lease     {}", lease.holder)?;
        }
        for leaked in &self.leaked {
            let off = if leaked.off.is_some() { "off" } else { "ALIVE" };
            writeln!(f, "  leaked    {}  in {}  {off}", leaked.fingerprint, leaked.slot)?;
        }
        writeln!(f, "  next      {}", self.next)?;
        for copy in &self.unwritten {
            writeln!(f, "  because   the platform's copy {copy} is not written yet")?;
        }
        for finding in &self.findings {
            writeln!(f, "  because   {finding}")?;
        }
        if let Some(unheard) = &self.unheard {
            writeln!(f, "  unheard   {unheard}")?;
        }
        write!(f, "  type      {}", self.command)
    }
}

impl fmt::Display for SecretStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<9} version {}", self.stage, self.version)?;
        if let Some(fingerprint) = self.fingerprint {
            write!(f, "  {fingerprint}")?;
        }
        if let Some((slot, active)) = &self.slot {
            let state = match active {
                Some(true) => "",
                Some(false) => " (off)",
                None => " (not at the platform)",
            };
            write!(f, "  in {slot}{state}")?;
        }
        match self.age {
            Some(age) => write!(f, "  {} old", Spoken(age)),
            None => write!(f, "  age unknown"),
        }
    }
}
