//! The user's own test of a new secret: a program that calls through a gateway of its own.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use hallpass::wiring::Machine;
use hallpass_core::audit::NoAudit;
use hallpass_core::{ColdStart, Fault, FaultCode, NoObserver};
use hallpass_lifecycle::rotation::Verdict;
use hallpass_outbound::IntegrationClient;
use hallpass_sidecar::{Limits, Listen, Server, Settings};
use tokio::process::Command;

use crate::pass;

/// Runs `command` in `folder` with `HALLPASS_URL` and `HALLPASS_PASS` of a gateway that has the new secret and lives as long as the program. Its
/// output is thrown away, its exit code is the answer.
///
/// Dropping the future ends program and gateway.
///
/// # Errors
/// `child-failed` when it cannot be started; `listen-failed`.
pub(super) async fn run(
    client: IntegrationClient,
    machine: &Machine,
    command: &[String],
    folder: &Path,
) -> Result<Verdict, Fault> {
    let pass = pass::draw(&*machine.randomness);
    let settings = Settings {
        listen: Listen::Tcp(([127, 0, 0, 1], 0).into()),
        health_listen: None,
        pass: pass.clone(),
        integrations: vec![client],
        clock: Arc::clone(&machine.clock),
        sleep: Arc::clone(&machine.sleep),
        audit: Arc::new(NoAudit),
        calls: Arc::new(NoObserver),
        start: Arc::new(ColdStart::begun(machine.clock.now())),
        limits: Limits::default(),
    };
    let bound = Server::bind(settings).await?;
    let url = bound.listen().to_string();
    let Some((program, arguments)) = command.split_first() else { return Ok(Verdict::Good) };
    let mut child = Command::new(program);
    child.args(arguments).current_dir(folder).kill_on_drop(true);
    child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    child.env("HALLPASS_URL", url).env("HALLPASS_PASS", pass.expose_str().unwrap_or_default());
    let failed = |error| Fault::new(FaultCode::ChildFailed, "`rotation.verify_command`").with_source(error);
    let mut child = child.spawn().map_err(failed)?;
    let ended = tokio::select! {
        ended = child.wait() => ended.map_err(failed)?,
        _ = bound.serve(std::future::pending()) => return Ok(Verdict::Unreachable("the gateway ended".into())),
        () = machine.sleep.sleep(AT_MOST) => return Ok(Verdict::Unreachable("the program did not end in time".into())),
    };
    Ok(match ended.code() {
        Some(0) => Verdict::Good,
        Some(code) => Verdict::CanaryFailed(format!("`rotation.verify_command` ended with {code}")),
        None => Verdict::CanaryFailed("`rotation.verify_command` was ended by a signal".into()),
    })
}

/// Below the lease of a rotation, which is not renewed meanwhile.
const AT_MOST: std::time::Duration = std::time::Duration::from_secs(180);
