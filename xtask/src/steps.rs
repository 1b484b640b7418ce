//! The steps of `cargo xtask test`, in the order in which they run: quick answers first.

use std::time::Duration;

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{Fault, arrows, deny, interop, schedules, shell, sizes};

/// One step of the test command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The sources look as rustfmt would write them.
    Format,
    /// No crate depends on one it should not know.
    Arrows,
    /// No file has outgrown its idea.
    Sizes,
    /// Clippy has nothing to say, tests and examples included.
    Clippy,
    /// The documentation builds without a warning.
    Docs,
    /// Licences, bans and sources of every dependency.
    Deny,
    /// Every test that needs nothing outside cargo.
    Test,
    /// The token core under many schedules.
    Schedules,
    /// Rotation in every order of events.
    States,
    /// The real binary, driven by programs we did not write.
    Interop,
}

impl Step {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 10] = [
        Self::Format,
        Self::Arrows,
        Self::Sizes,
        Self::Clippy,
        Self::Docs,
        Self::Deny,
        Self::Test,
        Self::Schedules,
        Self::States,
        Self::Interop,
    ];

    /// The name one types after `--only`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Format => "fmt",
            Self::Arrows => "arrows",
            Self::Sizes => "sizes",
            Self::Clippy => "clippy",
            Self::Docs => "docs",
            Self::Deny => "deny",
            Self::Test => "test",
            Self::Schedules => "schedules",
            Self::States => "states",
            Self::Interop => "interop",
        }
    }

    /// What it makes sure of, in one line.
    pub(crate) fn purpose(self) -> &'static str {
        match self {
            Self::Format => "cargo fmt --all --check",
            Self::Arrows => "which crate depends on which, against the allowed arrows",
            Self::Sizes => "lines per file and per function, against the limits",
            Self::Clippy => "cargo clippy --workspace --all-targets -- -D warnings",
            Self::Docs => "cargo doc --workspace --no-deps, warnings denied",
            Self::Deny => "bans, licences and sources of every dependency",
            Self::Test => "cargo test --workspace --no-fail-fast",
            Self::Schedules => "search/: the token core under every order of events that chance finds",
            Self::States => "model/: every state of small worlds in which a rotation runs",
            Self::Interop => "tests/interop: the real binary, driven by vendor SDKs",
        }
    }

    /// Runs it. A fault means that the step as a whole did not hold; a tally may hold failures of its own.
    pub(crate) fn run(self, workspace: &Workspace, system: bool) -> Result<Tally, Fault> {
        match self {
            Self::Format => guard(|| format(workspace)),
            Self::Arrows => guard(|| arrows::check(workspace)),
            Self::Sizes => guard(|| sizes::check(workspace)),
            Self::Clippy => guard(|| {
                cargo(workspace, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
            }),
            Self::Docs => guard(|| docs(workspace)),
            Self::Deny => guard(|| deny::check(workspace)),
            Self::Test => tests(workspace),
            Self::Schedules => schedules::run(workspace, schedules::SCHEDULES),
            Self::States => schedules::run(workspace, schedules::STATES),
            Self::Interop => interop::run(workspace, system),
        }
    }
}

/// A check that holds or does not: it counts one.
fn guard(check: impl FnOnce() -> Result<(), Fault>) -> Result<Tally, Fault> {
    check().map(|()| Tally::PASSED)
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Result<(), Fault> {
    shell::run(shell::cargo(&workspace.root).args(arguments))
}

fn format(workspace: &Workspace) -> Result<(), Fault> {
    cargo(workspace, &["fmt", "--all", "--check"])?;
    schedules::FOLDERS.into_iter().try_for_each(|folder| {
        let mut command = shell::cargo(&workspace.root.join(folder));
        shell::run(command.args(["fmt", "--check"]))
    })
}

fn docs(workspace: &Workspace) -> Result<(), Fault> {
    let mut command = shell::cargo(&workspace.root);
    shell::run(command.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--workspace", "--no-deps"]))
}

fn tests(workspace: &Workspace) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    let mut command = shell::cargo(&workspace.root);
    command.args(["test", "--workspace", "--no-fail-fast"]);
    let status = shell::follow(&mut command, TEST_PATIENCE, |line| tally += Tally::of_cargo_line(line))?;
    if !status.success() && tally.failed == 0 {
        // It did not compile, or a test binary died before its summary: no line says so.
        tally += Tally::FAILED;
    }
    Ok(tally)
}

/// Building everything on two slow cores, and every test; a run that takes longer hangs.
const TEST_PATIENCE: Duration = Duration::from_secs(45 * 60);
