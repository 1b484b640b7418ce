//! Why a command did not do what was asked.

use std::error::Error;

use hallpass_app::Fault;

use crate::exit::Exit;

/// Why a command ends early, to be explained once at the edge.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A fault of the house, with its own hint; the exit code comes from the table.
    Fault(Fault),
    /// Something only the command line can get wrong.
    Plain(Box<Plain>),
}

/// A failure without a fault code.
#[derive(Debug)]
pub(crate) struct Plain {
    /// How the process ends.
    pub(crate) exit: Exit,
    /// What is wrong, as a lower-case fragment.
    pub(crate) message: String,
    /// What the system said.
    pub(crate) source: Option<Box<dyn Error + Send + Sync>>,
    /// What to do.
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// The command line is wrong in a way that its grammar does not show.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::plain(Exit::Usage, message, Some(hint.into()), None)
    }

    /// The machine is in the way.
    pub(crate) fn machine(message: impl Into<String>, source: impl Error + Send + Sync + 'static) -> Self {
        Self::plain(Exit::Machine, message, None, Some(Box::new(source)))
    }

    /// Any other failure that is no fault.
    pub(crate) fn plain(
        exit: Exit,
        message: impl Into<String>,
        hint: Option<String>,
        source: Option<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Plain(Box::new(Plain { exit, message: message.into(), source, hint }))
    }

    /// How the process ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Fault(fault) => Exit::of(fault.code()),
            Self::Plain(plain) => plain.exit,
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
