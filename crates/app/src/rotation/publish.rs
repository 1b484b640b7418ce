//! Telling consumers that do not read the store by themselves.

use std::process::Stdio;
use std::sync::Arc;

use hallpass_core::{BoxFuture, Fault, FaultCode};
use hallpass_lifecycle::rotation::{Publish, Published};

/// All of them, one after the other; one that fails keeps the rest from being told, and all are told again.
#[derive(Debug)]
pub(super) struct All(pub(super) Vec<Arc<dyn Publish>>);

impl Publish for All {
    fn publish<'a>(&'a self, published: &'a Published) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            for one in &self.0 {
                one.publish(published).await?;
            }
            Ok(())
        })
    }
}

/// A program of the user's. It learns where the secret is, never the secret.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) command: Vec<String>,
    pub(super) integration: String,
    pub(super) reference: String,
}

impl Publish for Command {
    fn publish<'a>(&'a self, published: &'a Published) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let Some((program, arguments)) = self.command.split_first() else { return Ok(()) };
            let fault = |what: String| {
                Fault::new(FaultCode::ChildFailed, format!("`rotation.publish_command` {what}"))
                    .with_hint("see to the program, then type `hallpass rotate resume`; telling consumers twice does no harm")
            };
            let mut command = tokio::process::Command::new(program);
            command.args(arguments).kill_on_drop(true);
            command.stdin(Stdio::null()).stdout(Stdio::null());
            command
                .env("HALLPASS_INTEGRATION", &self.integration)
                .env("HALLPASS_REFERENCE", &self.reference)
                .env("HALLPASS_VERSION", published.version.as_str());
            let ended = command
                .status()
                .await
                .map_err(|error| fault("cannot be started".into()).with_source(error))?;
            match ended.code() {
                Some(0) => Ok(()),
                Some(code) => Err(fault(format!("ended with {code}"))),
                None => Err(fault("was ended by a signal".into())),
            }
        })
    }
}
