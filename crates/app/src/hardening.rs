//! What a process does before it holds a secret.

use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::OnceLock;

use hallpass_core::{Clock, Moment};
use hallpass_outbound::SystemClock;

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Keeps the memory of this process to itself: no core dump, no tracing by other processes of the same user, and panics that print
/// where they happened and nothing they carry.
///
/// Call it first in `main`, before the first thread: what is told about the start of the process counts from here. Returns whether the machine let it do all of that; going on without is right, since
/// a sandbox that forbids these calls usually forbids tracing as well. A program that is started gets little of it: dumping is reset by
/// `execve`, and of the core limit only the soft one is lowered.
pub fn harden() -> bool {
    beginning();
    panic::set_hook(Box::new(|panic| print_place(&mut io::stderr(), panic)));
    let core = Rlimit { current: Some(0), ..getrlimit(Resource::Core) };
    let no_core = setrlimit(Resource::Core, core).is_ok();
    let untraceable = set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok();
    no_core && untraceable
}

/// When this process began: when it was first asked.
pub(crate) fn beginning() -> Moment {
    static BEGINNING: OnceLock<Moment> = OnceLock::new();
    *BEGINNING.get_or_init(|| SystemClock::start().now())
}

/// A panic's payload may quote what the program was working on.
fn print_place(out: &mut dyn Write, panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    // Nothing can be done about a standard error that is gone.
    drop(writeln!(out, "hallpass: internal fault at {place}; please report it"));
}

#[cfg(test)]
mod tests {
    use super::harden;
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn a_hardened_process_leaves_no_core() {
        assert!(harden());
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
