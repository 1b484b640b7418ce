//! What AWS Lambda hands the function that rotates secrets: a step of Secrets Manager, or a schedule.
//!
//! Who may invoke the function is decided by IAM before it runs, so there is no sender to verify here. What an event says is judged all the same: a step by what
//! DescribeSecret says of its token, a schedule by what is due.

use std::time::Duration;

use hallpass_app::lifecycle::{NoProgress, Order};
use hallpass_app::{App, Fault, FaultCode, RotationOptions, RotationStep, Secret, SecretRotation, Stepped};
use serde_json::Value;

/// What an event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A step of the rotation of one secret.
    Step {
        /// Which.
        step: RotationStep,
        /// The secret's ARN; some stand-ins send its name.
        secret: String,
        /// The version that AWS made room for.
        token: String,
        /// What AWS knows the function by, where secret and function belong to different accounts.
        rotation_token: Option<Secret>,
    },
    /// A look at every integration: EventBridge's schedules send this.
    Due,
}

/// Reads an event; `None` for one that asks for neither.
#[must_use]
pub fn read(event: &Value) -> Option<Asked> {
    let text = |name: &str| event.get(name)?.as_str();
    if let Some(step) = text("Step") {
        let (secret, token) = (text("SecretId")?, text("ClientRequestToken")?);
        // AWS's own bounds of a token (API reference, RotateSecret).
        let sound = !secret.is_empty() && (32..=64).contains(&token.len());
        let step = RotationStep::named(step).filter(|_| sound)?;
        let rotation_token = text("RotationToken").map(Secret::from);
        return Some(Asked::Step {
            step,
            secret: secret.to_owned(),
            token: token.to_owned(),
            rotation_token,
        });
    }
    let scheduled = text("detail-type") == Some("Scheduled Event") && text("source") == Some("aws.events");
    scheduled.then_some(Asked::Due)
}

/// Carries out what `event` asks for. It waits up to `stay` at one place, which must end before the function's own limit does.
///
/// # Errors
/// What AWS is to repeat: a step that did not come to its end, and for a schedule the first integration that failed, after all had their turn.
pub async fn answer(app: &App, event: &Value, stay: Duration) -> Result<(), Fault> {
    match read(event) {
        Some(Asked::Step { step, secret, token, rotation_token }) => {
            let asked =
                SecretRotation { secret: &secret, token: &token, rotation_token: rotation_token.as_ref() };
            let stepped = app.rotation_step(asked, step, stay).await?;
            let already = stepped == Stepped::AlreadyFinished;
            tracing::info!(?step, already, "a step of a rotation is done");
            Ok(())
        }
        Some(Asked::Due) => due(app, stay).await,
        None => {
            let hint = "let Secrets Manager or an EventBridge schedule invoke it";
            Err(Fault::new(FaultCode::RequestMalformed, "the event is no step of a rotation and no schedule")
                .with_hint(hint))
        }
    }
}

async fn due(app: &App, stay: Duration) -> Result<(), Fault> {
    let mut first = None;
    for name in app.rotated() {
        let options = RotationOptions { stay, accept_downtime_risk: false };
        let fault = match app.rotation(name, options, std::sync::Arc::new(NoProgress)) {
            Ok(rotation) => rotation.run(Order::Due).await.fault(name, rotation.now()),
            Err(fault) => Some(fault),
        };
        if let Some(fault) = fault {
            tracing::warn!(integration = name, hint = fault.hint(), %fault, "a rotation did not go on");
            first.get_or_insert(fault);
        }
    }
    first.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::{Asked, read};
    use hallpass_app::RotationStep;
    use serde_json::{Value, json};

    const TOKEN: &str = "11111111-2222-4333-8444-555555555555";

    fn event(step: &str) -> Value {
        json!({"Step": step, "SecretId": "arn:aws:secretsmanager:us-east-1:1:secret:x-AbCdEf", "ClientRequestToken": TOKEN, "RotationToken": "planted-r"})
    }

    #[test]
    fn steps_and_schedules_are_read_and_nothing_else() {
        for (name, step) in [
            ("createSecret", RotationStep::Create),
            ("setSecret", RotationStep::Set),
            ("testSecret", RotationStep::Test),
            ("finishSecret", RotationStep::Finish),
        ] {
            let asked = read(&event(name));
            assert!(
                matches!(&asked, Some(Asked::Step { step: found, token, rotation_token, .. })
                    if *found == step && token == TOKEN && *rotation_token == Some("planted-r".into())),
                "{asked:?}"
            );
            assert!(!format!("{asked:?}").contains("planted"), "{asked:?}");
        }
        let schedule =
            json!({"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
        assert_eq!(read(&schedule), Some(Asked::Due));
        let mut short = event("createSecret");
        short["ClientRequestToken"] = "short".into();
        let mut odd = schedule.clone();
        odd["source"] = "evil".into();
        for other in [
            json!(null),
            json!([]),
            json!({}),
            json!("createSecret"),
            event("create_secret"),
            event(""),
            short,
            odd,
        ] {
            assert_eq!(read(&other), None, "{other}");
        }
    }
}
