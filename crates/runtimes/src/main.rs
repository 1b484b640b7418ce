//! `hallpass-rotator`: rotates secrets when a cloud says that one is near its end.
//!
//! ```text
//!   arguments ──▶ App ──▶ Door ──▶ Turns ──▶ Order::Due
//!                   └── SIGTERM: no more connections, runs under way are waited for
//! ```

mod arguments;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use hallpass_app::{
    App, Config, Fault, Flags, ProcessVariables, Purpose, Remedy, Shutdown, Sleep, Sources, TokioSleep,
    start_logging,
};
use hallpass_runtimes::door::{Desk, Door};
use hallpass_runtimes::{Due, Places, Turns};

use arguments::Arguments;

fn main() -> ExitCode {
    // Before anything secret is in memory and before there is a second thread.
    hallpass_app::harden();
    let arguments = Arguments::read();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return explain(&format!("no threads can be started: {error}"), "", MACHINE),
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let code = if fault.remedy() == Remedy::FixConfiguration { CONFIGURATION } else { MACHINE };
            explain(&fault.to_string(), fault.hint(), code)
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Fault> {
    let shutdown = Shutdown::listen()?;
    let config = Config::load(arguments.config.as_deref(), &Sources::of_process(Flags::default()))?;
    start_logging(&config);
    let app = Arc::new(App::assemble(&config, Purpose::Command, Arc::new(ProcessVariables)).await?);
    let places = app.rotated_places().map(|(name, references)| (name.to_owned(), references.to_vec()));
    let places = Places::new(places);
    let (senders, acks) = (arguments.senders(&app).await?, arguments.acks(&app).await?);
    let turns = Arc::new(Turns::new(Arc::new(Due::new(Arc::clone(&app), arguments.wait))));
    let sleep: Arc<dyn Sleep> = Arc::new(TokioSleep);
    let desk = Desk::new(senders, places.clone(), Arc::clone(&turns));
    let desk = match acks {
        Some(acks) => desk.with_acks(acks),
        None => desk,
    };
    let door = Door::bind(arguments.listen, desk, Arc::clone(&sleep)).await?;
    // Whoever started the program waits for this line; if nobody reads it, nobody needs it.
    writeln!(std::io::stdout(), "listening on http://{}", door.address()).unwrap_or_default();
    tokio::select! {
        () = door.serve(shutdown.first()) => {}
        () = look(&places, &turns, arguments.look_every, &*sleep) => {}
    }
    let patience = async {
        tokio::select! {
            () = shutdown.second() => {}
            () = sleep.sleep(PATIENCE) => {}
        }
    };
    let cut_off = turns.drain(patience).await;
    tracing::info!(cut_off, "stopped; what was begun goes on with the next start");
    Ok(())
}

/// Wakes everybody now and then, at the start for the first time: what waits for time to pass is not woken by any cloud.
async fn look(places: &Places, turns: &Turns, every: Duration, sleep: &dyn Sleep) {
    if every.is_zero() {
        return std::future::pending().await;
    }
    loop {
        places.integrations().for_each(|integration| turns.wake(integration));
        sleep.sleep(every).await;
    }
}

/// To standard error, once. If nobody can hear it, nobody can be told so either.
fn explain(what: &str, hint: &str, code: u8) -> ExitCode {
    let mut stderr = std::io::stderr().lock();
    writeln!(stderr, "error: {what}").unwrap_or_default();
    if !hint.is_empty() {
        writeln!(stderr, "hint: {hint}").unwrap_or_default();
    }
    code.into()
}

/// As in the table of the command line.
const CONFIGURATION: u8 = 3;
const MACHINE: u8 = 6;

/// Cloud Run sends SIGKILL ten seconds after SIGTERM, Container Apps after thirty. A run that is cut off goes on with the next start, so shorter is no loss.
const PATIENCE: Duration = Duration::from_secs(8);
