//! `hallpass exec`: a program with a sidecar of its own.

mod child;

use std::ffi::{OsStr, OsString};
use std::future::ready;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use clap::Args;
use hallpass_app::{Config, Flags, HandOver, Purpose, config as variables};
use tokio::sync::oneshot;

use crate::exit::Exit;
use crate::explain;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;
use child::{Program, Signals};

/// Run a program with a sidecar of its own
///
/// The sidecar takes a free port and lives as long as the program. The program finds its address in HALLPASS_URL and the pass in HALLPASS_PASS; a pass
/// opens nothing but this one sidecar. It does not inherit what hallpass itself reads: the HALLPASS_ variables, and the variables that `env:`
/// references of the configuration name.
///
/// SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 and SIGWINCH are passed on to it; on a terminal, Ctrl-C and its like reach it directly. The
/// exit code is the program's own, 128 + N if signal N ended it, 126 if it cannot be started and 127 if it does not exist.
///
/// Example: hallpass exec -- node sync-queues.js
#[derive(Debug, Args)]
pub(crate) struct Exec {
    /// What is logged, in place of `log.level`: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl Exec {
    /// Runs it to its end.
    pub(crate) async fn run(self, path: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        // Before anything else: a signal that comes while the sidecar starts is meant for the program as well.
        let signals = Signals::catch()?;
        let flags = Flags { listen: Some(ANY_PORT.to_owned()), log: self.log };
        let House { config, app } = House::open(path, flags, Purpose::Wrapper).await?;
        let gateway = app.open(HandOver::Environment).await?;
        let given = [
            (variables::HALLPASS_URL.name, OsString::from(gateway.url())),
            (variables::HALLPASS_PASS.name, OsStr::from_bytes(gateway.pass().expose()).to_owned()),
        ];
        let program = Program::start(&self.command, &hidden(&config), given)?;
        let (ended, end) = oneshot::channel::<()>();
        // Nobody is left to wait for once the program is gone, so there is no drain.
        let serving = gateway.serve(async { drop(end.await) }, ready(()));
        let running = async {
            let exit = program.end(signals).await;
            drop(ended);
            exit
        };
        let (exit, stopped) = tokio::join!(running, serving);
        if let Err(fault) = stopped {
            // The program's own code is what its caller waits for; what went wrong beside it is told.
            explain::explain(&fault.into(), printer);
        }
        exit
    }
}

/// What the program must not inherit: our own settings would have an effect on a hallpass it starts, and what an `env:` reference
/// names is the very secret that it is not to have.
fn hidden(config: &Config) -> Vec<OsString> {
    let ours = variables::VARIABLES
        .iter()
        .map(|variable| variable.name)
        .filter(|name| name.starts_with("HALLPASS_"));
    ours.chain(config.secret_variables()).map(OsString::from).collect()
}

const ANY_PORT: &str = "127.0.0.1:0";
