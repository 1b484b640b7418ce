//! The program that `exec` runs: started, signalled, waited for.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hallpass_app::FaultCode;
use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::exit::Exit;
use crate::failure::Failure;

/// The signals that are passed on, caught from the moment this is made and kept for a child that is still to come.
#[derive(Debug)]
pub(super) struct Signals {
    caught: mpsc::Receiver<Signal>,
    /// Whether there is a child that a terminal reaches as well.
    started: Arc<AtomicBool>,
}

impl Signals {
    /// Catches them from now on.
    ///
    /// On a terminal, Ctrl-C, Ctrl-\ and a new window size reach a running child without us, because the terminal signals everybody in the foreground;
    /// passed on as well, the child would see each of them twice. Before there is a child they are kept for it.
    pub(super) fn catch() -> Result<Self, Failure> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let started = Arc::new(AtomicBool::new(false));
        for (kind, passed_on, by_terminal) in PASSED_ON {
            let mut stream =
                signal(kind()).map_err(|error| Failure::machine("signals cannot be caught", error))?;
            let (sender, started) = (sender.clone(), Arc::clone(&started));
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    let reached = by_terminal && started.load(Ordering::Acquire) && in_foreground();
                    if !reached && sender.send(passed_on).await.is_err() {
                        return;
                    }
                }
            });
        }
        Ok(Self { caught: receiver, started })
    }
}

/// The running program.
#[derive(Debug)]
pub(super) struct Program(Child);

impl Program {
    /// Starts `command` (never empty) without the variables in `hidden` and with those in `given`.
    pub(super) fn start(
        command: &[OsString],
        hidden: &[OsString],
        given: impl IntoIterator<Item = (&'static str, OsString)>,
    ) -> Result<Self, Failure> {
        let (program, arguments) = command.split_first().ok_or_else(no_command)?;
        let mut child = Command::new(program);
        child.args(arguments).kill_on_drop(true);
        hidden.iter().for_each(|name| {
            child.env_remove(name);
        });
        child.envs(given);
        child.spawn().map(Self).map_err(|error| cannot_start(program, error))
    }

    /// Waits for its end and passes signals on until then. The result is its own code, or 128 plus the signal's number.
    pub(super) async fn end(mut self, mut signals: Signals) -> Result<Exit, Failure> {
        signals.started.store(true, Ordering::Release);
        loop {
            tokio::select! {
                ended = self.0.wait() => {
                    let status = ended.map_err(|error| Failure::machine("the command cannot be waited for", error))?;
                    return Ok(Exit::Child(code(status)));
                }
                Some(signal) = signals.caught.recv() => self.signal(signal),
            }
        }
    }

    /// Until `wait` has returned, the number cannot belong to another process.
    fn signal(&self, signal: Signal) {
        let number = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        // It may have ended meanwhile, which the next turn of the loop finds out.
        number.map(|pid| kill_process(pid, signal).ok());
    }
}

/// Whether this process is among those that its terminal signals, wherever its standard streams lead.
fn in_foreground() -> bool {
    let terminal = File::open("/dev/tty").ok();
    terminal.and_then(|terminal| tcgetpgrp(terminal).ok()) == Some(getpgrp())
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

fn cannot_start(program: &OsString, error: io::Error) -> Failure {
    let exit =
        if error.kind() == ErrorKind::NotFound { Exit::NotFound } else { Exit::of(FaultCode::ChildFailed) };
    let message = format!("{}: `{}`", FaultCode::ChildFailed.summary(), program.display());
    Failure::plain(exit, message, Some(FaultCode::ChildFailed.hint().to_owned()), Some(Box::new(error)))
}

fn no_command() -> Failure {
    Failure::usage("there is no command to run", "write it after two dashes: `hallpass exec -- CMD ARGS`")
}

type PassedOn = (fn() -> SignalKind, Signal, bool);

/// Which signals, and whether a terminal sends them to the whole foreground by itself.
const PASSED_ON: [PassedOn; 7] = [
    (SignalKind::terminate, Signal::TERM, false),
    (SignalKind::interrupt, Signal::INT, true),
    (SignalKind::hangup, Signal::HUP, false),
    (SignalKind::quit, Signal::QUIT, true),
    (SignalKind::user_defined1, Signal::USR1, false),
    (SignalKind::user_defined2, Signal::USR2, false),
    (SignalKind::window_change, Signal::WINCH, true),
];
/// Signals of one kind merge in the kernel anyway; this many can wait for the child to be started.
const WAITING: usize = 16;
