//! Every environment variable there is for hallpass, in one list.
//!
//! A variable that is not in this list does not exist: [`Variables`] is asked only with a [`Variable`], and the process's own
//! environment is read in [`ProcessVariables`] alone. There is no variable for `environment` on purpose: it guards against the
//! secrets of one environment being used in another, and a variable is what usually goes astray there.

use std::ffi::OsString;
use std::fmt;

/// One documented variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Whether hallpass reads it, or sets it for others.
    pub direction: Direction,
    /// What it says, for the reference page.
    pub help: &'static str,
}

/// Who reads a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Direction {
    /// Hallpass does.
    Read,
    /// Hallpass sets it for the program it starts, and never reads it.
    Output,
}

/// A source of environment variables.
pub trait Variables: Send + Sync + fmt::Debug {
    /// The value of the variable `name`, if it is set. Empty counts as unset to those who ask.
    fn value(&self, name: &str) -> Option<OsString>;
}

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessVariables;

impl Variables for ProcessVariables {
    #[expect(clippy::disallowed_methods, reason = "this is the one door to the environment")]
    fn value(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }
}

/// The value of `variable`, unless it is unset or empty.
pub(crate) fn read(variables: &dyn Variables, variable: Variable) -> Option<OsString> {
    debug_assert_eq!(variable.direction, Direction::Read, "outputs are never configuration");
    variables.value(variable.name).filter(|value| !value.is_empty())
}

macro_rules! variables {
    ($($name:ident, $direction:ident, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $name: Variable =
                Variable { name: stringify!($name), direction: Direction::$direction, help: $help };
        )*

        /// All of them, in the order of the reference page.
        pub const VARIABLES: &[Variable] = &[$($name,)*];
    };
}

variables! {
    HALLPASS_CONFIG, Read, "The path of the configuration file, unless `--config` names one. Default: `hallpass.toml` in the working directory.";
    HALLPASS_LISTEN, Read, "Where the sidecar listens, in place of `sidecar.listen`.";
    HALLPASS_LOG, Read, "What is logged, in place of `log.level`.";
    HALLPASS_STORE_PASSPHRASE_FILE, Read, "The file with the passphrase of the local store, in place of `stores.local.passphrase_file`.";
    XDG_RUNTIME_DIR, Read, "The folder in which the pass file lies by default, as `hallpass/pass`.";
    XDG_STATE_HOME, Read, "The folder in which the local store lies by default, as `hallpass/store`.";
    HOME, Read, "Where `.local/state` is looked for while XDG_STATE_HOME is not set.";
    AWS_REGION, Read, "The region in which this process runs on AWS: the default of `region` in `aws-sm:` and `aws-kms-env:` references, and what `doctor` compares with.";
    REGION_NAME, Read, "The region in which this process runs on Azure, for `doctor`.";
    NO_COLOR, Read, "Set to anything, it keeps colours out of what is printed.";
    TERM, Read, "`dumb` keeps colours out of what is printed.";
    HALLPASS_URL, Output, "The sidecar's address, for callers started by `hallpass exec`.";
    HALLPASS_PASS, Output, "The pass, for callers started by `hallpass exec`.";
    HALLPASS_PASS_FILE, Output, "The file with the pass, for callers that find it there.";
}
