//! Rotation as AWS Secrets Manager runs it: four steps, each an invocation, mapped onto runs of the engine that go no further.
//!
//! | AWS's step | order | done when |
//! |---|---|---|
//! | `createSecret` | [`Order::Prepare`]: intent, generate, PutSecretValue under the token | the token's version has a value and is AWSPENDING |
//! | `setSecret` | none: the platform invents secrets, so what is stored is installed | |
//! | `testSecret` | [`Order::Try`]: a token and the canary calls with it | it is still pending: a refused one was discarded |
//! | `finishSecret` | [`Order::Promote`]: tried again, AWSCURRENT moved, AWSPENDING taken off, consumers told | the token's version is AWSCURRENT |
//! | none | [`Order::Due`] of a schedule of one's own: evidence, soak, retire | |
//!
//! The checkpoints of the engine need not know of any of this: the token is the id of the pending version, which they name anyway. A step that is repeated finds what
//! it would do done. One that comes after `finishSecret` is answered quietly, as AWS asks for; but a `finishSecret` that died right behind the move of AWSCURRENT is
//! brought to its end first, because nobody else would tell the consumers.

use std::sync::Arc;
use std::time::Duration;

use hallpass::clouds::{Rotating, Standing};
use hallpass_core::{Fault, FaultCode, Secret, Stage, Store, Version};
use hallpass_lifecycle::rotation::{Document, NoProgress, Order, Step, Stop};
use hallpass_stores::{Reference, Scheme};

use super::{BY, Rotation, RotationOptions, plan};
use crate::assemble::{App, Integration};

/// A step of AWS's, by its own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationStep {
    /// `createSecret`.
    Create,
    /// `setSecret`.
    Set,
    /// `testSecret`.
    Test,
    /// `finishSecret`.
    Finish,
}

/// Which rotation a step belongs to, as Secrets Manager names it.
#[derive(Clone, Copy, Debug)]
pub struct SecretRotation<'a> {
    /// The secret's ARN or name.
    pub secret: &'a str,
    /// The version that AWS made room for.
    pub token: &'a str,
    /// What AWS knows the caller by where the function has a role of another account; newer events bring it.
    pub rotation_token: Option<&'a Secret>,
}

/// How a step ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// What it is for is done now.
    Done,
    /// The rotation had ended before.
    AlreadyFinished,
}

impl RotationStep {
    /// The step that an event calls so: `createSecret` and the like, as AWS sends them.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "createSecret" => Some(Self::Create),
            "setSecret" => Some(Self::Set),
            "testSecret" => Some(Self::Test),
            "finishSecret" => Some(Self::Finish),
            _ => None,
        }
    }

    fn order(self) -> Option<Order> {
        match self {
            Self::Create => Some(Order::Prepare),
            Self::Set => None,
            Self::Test => Some(Order::Try),
            Self::Finish => Some(Order::Promote),
        }
    }
}

impl App {
    /// Carries out one step of a rotation for the integration whose first reference is its secret. It waits up to `stay` at one place.
    ///
    /// Repeating a step is harmless. A dropped future is a crash: the next step, or the same again, goes on, once the lease of five minutes has ended.
    ///
    /// # Errors
    /// `rotation-refused` where it is nobody's secret, rotation is not switched on, the token is not pending, or the step did not come to its end; what store and platform say.
    pub async fn rotation_step(
        &self,
        asked: SecretRotation<'_>,
        step: RotationStep,
        stay: Duration,
    ) -> Result<Stepped, Fault> {
        let (integration, reference) = self.rotated_in_aws(asked.secret)?;
        let rotating = self.stores.clouds().rotating(reference, asked.token, asked.rotation_token.cloned());
        let rotating = Arc::new(rotating);
        let config = integration.described.rotation.as_ref();
        let config = config.ok_or_else(|| refused(integration, "nothing is said of its rotation"))?;
        let options = RotationOptions { stay, accept_downtime_risk: false };
        let store = Arc::clone(&rotating) as Arc<dyn Store>;
        let seen = self.on_record(Arc::clone(&store), &reference.entry, Some(integration), BY);
        let written = (reference.clone(), store);
        let rotation = || self.rotation_in(integration, config, written, options, Arc::new(NoProgress));
        match rotating.standing().await? {
            Standing::Finished if step == RotationStep::Finish => {
                if cut_short(&rotating, reference).await? {
                    run(&rotation()?, Order::Promote).await?;
                }
                return Ok(Stepped::AlreadyFinished);
            }
            Standing::Finished => return Ok(Stepped::AlreadyFinished),
            Standing::Refused(why) => return Err(refused(integration, why)),
            Standing::Open => {}
        }
        let Some(order) = step.order() else { return Ok(Stepped::Done) };
        let rotation = rotation()?;
        run(&rotation, order).await?;
        if step == RotationStep::Create && !is_pending(&*seen, reference).await? {
            clear_the_way(&rotation).await?;
            run(&rotation, order).await?;
        }
        if step == RotationStep::Finish {
            return promoted(integration, &rotating).await;
        }
        made(integration, (&*seen, reference), rotating.token()).await
    }

    /// The integration whose first reference is this secret. Others may read it; one rotates it.
    fn rotated_in_aws(&self, secret: &str) -> Result<(&Integration, &Reference), Fault> {
        let mut theirs = self.integrations.iter().filter_map(|integration| {
            let first = integration.secret.first().filter(|first| names(first, secret))?;
            integration.described.rotation.as_ref().map(|_| (integration, first))
        });
        match (theirs.next(), theirs.next()) {
            (Some(one), None) => Ok(one),
            (found, _) => {
                let how_many = if found.is_some() {
                    "more than one integration rotates"
                } else {
                    "no integration rotates"
                };
                let hint = "one integration must name it first in `secret` and have a table `rotation`";
                Err(Fault::new(FaultCode::RotationRefused, format!("{how_many} this secret")).with_hint(hint))
            }
        }
    }
}

/// One run of the engine, which has to come as far as the order goes.
async fn run(rotation: &Rotation, order: Order) -> Result<(), Fault> {
    let stop = rotation.run(order).await;
    if let Some(fault) = stop.fault(rotation.integration(), rotation.now()) {
        return Err(fault);
    }
    if let Stop::Waiting(until, _) | Stop::NotDue(until) = stop {
        let fault = not_yet(rotation.integration(), "time has to pass first");
        return Err(fault.with_retry_after(until.since(rotation.now())));
    }
    Ok(())
}

/// Whether the rotation that made the token AWSCURRENT stopped right there, by its checkpoint. The platform is not asked. AWSPENDING, which may be left beside AWSCURRENT,
/// is taken off: AWS takes it for finished, others take the next rotation for one too many.
async fn cut_short(rotating: &Rotating, reference: &Reference) -> Result<bool, Fault> {
    // Promoting what is current already does that and nothing else.
    rotating.promote(&reference.entry, rotating.token(), None).await?;
    let document = match rotating.read(&plan::entries(reference)?.checkpoint, Stage::Current).await {
        Err(fault) if fault.code() == FaultCode::EntryNotFound => return Ok(false),
        stored => Document::parse(&stored?.value)?,
    };
    let ours = document.rotation.filter(|rotation| !rotation.undo).filter(|rotation| {
        rotation.pending.as_ref().is_some_and(|pending| pending.version == *rotating.token())
    });
    Ok(ours.is_some_and(|rotation| rotation.promoted.is_none_or(|promoted| !promoted.notified)))
}

async fn is_pending(store: &dyn Store, reference: &Reference) -> Result<bool, Fault> {
    match store.read(&reference.entry, Stage::Pending).await {
        Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(false),
        pending => pending.map(|_| true),
    }
}

/// Nothing was made for a token because a rotation before it is not over. The end of its old secret is carried on, as the schedule would; a pending secret that AWS has
/// given up is cleared away.
async fn clear_the_way(rotation: &Rotation) -> Result<(), Fault> {
    let Some((_, _, step)) = rotation.status().await?.rotation else { return Ok(()) };
    if step <= Step::Promote {
        return run(rotation, Order::Try).await;
    }
    run(rotation, Order::Due).await.map_err(|fault| {
        if fault.retry_after().is_none() {
            return fault;
        }
        let why = "the old secret of the rotation before is not retired yet";
        let hint = "let an EventBridge schedule invoke the function daily, and leave weeks between rotations";
        let told = not_yet(rotation.integration(), why).with_hint(hint);
        fault.retry_after().into_iter().fold(told, Fault::with_retry_after)
    })
}

/// Whether the last step reached what it is for: asked of AWS, not of the run.
async fn promoted(integration: &Integration, rotating: &Rotating) -> Result<Stepped, Fault> {
    match rotating.standing().await? {
        Standing::Finished => Ok(Stepped::Done),
        _ => Err(refused(integration, "the new secret was not promoted: it was refused when it was tried")),
    }
}

/// Whether a step before it did.
async fn made(
    integration: &Integration,
    (store, reference): (&dyn Store, &Reference),
    token: &Version,
) -> Result<Stepped, Fault> {
    match store.read(&reference.entry, Stage::Pending).await {
        Ok(pending) if pending.version == *token => Ok(Stepped::Done),
        Ok(_) => Err(refused(integration, "another version is pending than that of the token")),
        Err(fault) if fault.code() == FaultCode::EntryNotFound => {
            Err(refused(integration, "the new secret was refused when it was tried, and is gone"))
        }
        Err(fault) => Err(fault),
    }
}

fn refused(integration: &Integration, why: &str) -> Fault {
    not_yet(integration.client.name().as_str(), why)
}

fn not_yet(name: &str, why: &str) -> Fault {
    let hint = format!("`hallpass rotate status {name}` says where it stands");
    Fault::new(FaultCode::RotationRefused, format!("the rotation of `{name}`: {why}")).with_hint(hint)
}

/// Whether `reference` names the secret that an event calls `secret`: AWS sends the ARN, which is the name, a hyphen and six characters.
fn names(reference: &Reference, secret: &str) -> bool {
    let entry = reference.entry.as_str();
    if reference.scheme != Scheme::AwsSm || entry == secret {
        return reference.scheme == Scheme::AwsSm;
    }
    let mut parts = secret.splitn(7, ':');
    let (Some("arn"), Some(region), Some(name)) = (parts.next(), parts.nth(2), parts.nth(2)) else {
        return false;
    };
    let stem =
        name.len().checked_sub(7).and_then(|end| name.get(..end).filter(|_| name.as_bytes()[end] == b'-'));
    stem == Some(entry) && reference.options.region.as_deref().is_none_or(|theirs| theirs == region)
}

#[cfg(test)]
mod tests {
    use super::names;
    use hallpass_stores::Reference;

    #[test]
    fn an_arn_names_the_secret_of_its_name_and_region() {
        let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/queue-sync-AbCdEf";
        let is = |reference: &str, secret: &str| names(&Reference::parse(reference).unwrap(), secret);
        assert!(is("aws-sm:prod/queue-sync?region=us-east-1", arn));
        assert!(is("aws-sm:prod/queue-sync", arn));
        assert!(is(&format!("aws-sm:{arn}"), arn));
        assert!(is("aws-sm:prod/queue-sync?region=us-east-1", "prod/queue-sync"));
        for (reference, secret) in [
            ("aws-sm:prod/queue-sync?region=us-west-2", arn),
            ("aws-sm:prod/queue", arn),
            ("aws-sm:prod/queue-sync-AbCdEf", arn),
            ("local:prod/queue-sync", arn),
            ("local:prod/queue-sync", "prod/queue-sync"),
            ("aws-sm:x", ""),
            ("aws-sm:x", "arn:aws:secretsmanager:us-east-1:1:secret:é"),
            ("aws-sm:x", "arn:aws:secretsmanager"),
        ] {
            assert!(!is(reference, secret), "{reference} {secret}");
        }
    }
}
