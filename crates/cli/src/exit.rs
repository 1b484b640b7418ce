//! What the process ends with: one table from outcome to exit code.

use std::process::ExitCode;

use hallpass_app::FaultCode;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what was asked.
    Done,
    /// A bug of ours.
    Bug,
    /// The command line is wrong.
    Usage,
    /// The configuration is wrong or missing.
    Configuration,
    /// The credential is missing, malformed or refused.
    Credential,
    /// The platform or a store cannot be reached, or there is no token; trying again later may help.
    Platform,
    /// The machine is in the way.
    Machine,
    /// It was refused here, and nothing was sent.
    Refused,
    /// The platform answered the call with an error status.
    AnsweredError,
    /// What was expected did not hold: a line of the quickstart's story or of a list of calls, a rule of lint, or the chain of an audit log.
    Unexpected,
    /// It is not time for anything yet.
    NothingDue,
    /// Something was begun and goes on later.
    Waiting,
    /// A rotation needs a person.
    Stuck,
    /// The child's own code, or 128 plus the number of the signal that ended it.
    Child(u8),
    /// The child exists and cannot be started, as shells say it.
    NotExecutable,
    /// The child does not exist, as shells say it.
    NotFound,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Configuration => 3,
            Self::Credential => 4,
            Self::Platform => 5,
            Self::Machine => 6,
            Self::Refused => 7,
            Self::AnsweredError => 8,
            Self::Unexpected => 9,
            Self::NothingDue => 10,
            Self::Waiting => 11,
            Self::Stuck => 12,
            Self::Child(code) => code,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
        }
    }

    /// The code for a fault.
    pub(crate) fn of(code: FaultCode) -> Self {
        // The table is complete, which a test sees to; a fault that somehow is not in it is a bug by definition.
        listed(code).unwrap_or(Self::Bug)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The table as `--help` shows it.
pub(crate) const TABLE: &str = "\
Exit codes:
    0  it worked
    1  hallpass itself is at fault
    2  the command line is wrong
    3  the configuration is wrong or missing
    4  the credential is missing, malformed or refused by the platform
    5  the platform or a cloud's store cannot be reached, or gives no token; try again later
    6  the machine is in the way: a disk, a permission, a lock, a port
    7  refused here, and nothing was done: no such integration, no rule, a newer secret there
    8  the platform answered the call with an error status (call)
    9  what was expected did not hold (quickstart, policy test, lint, audit verify)
   10  nothing is due (rotate), nothing is to be changed (provision plan)
   11  begun, and goes on later (rotate, revoke)
   12  a rotation needs a person; the hint names the command (rotate, revoke)
  126  the program cannot be started (exec)
  127  the program does not exist (exec)
  Otherwise exec ends with its program's own code, or 128 + N if signal N ended it.";

fn listed(code: FaultCode) -> Option<Exit> {
    use FaultCode as F;
    let exit = match code {
        F::PassMissing | F::PassWrong | F::HostForeign | F::OriginPresent | F::ForwardedRequest => {
            Exit::Refused
        }
        F::HeaderRefused | F::RequestMalformed | F::PathAmbiguous | F::IntegrationUnknown => Exit::Refused,
        F::PathNotAllowed | F::BodyTooLarge | F::LoginRefused => Exit::Refused,
        F::Busy | F::Draining | F::TokenUnavailable | F::TokenThrottled | F::TokenAnswerBad => Exit::Platform,
        F::UpstreamUnreachable | F::UpstreamTimeout | F::UpstreamAnswerBad => Exit::Platform,
        F::UpstreamThrottled => Exit::Platform,
        F::CredentialRefused | F::CredentialMalformed | F::EnvironmentMismatch | F::EntryNotFound => {
            Exit::Credential
        }
        F::TokenRequestRefused | F::AddressRefused | F::ReferenceMalformed => Exit::Configuration,
        F::ConfigurationInvalid | F::ConfigurationMissing => Exit::Configuration,
        F::StoreReadOnly | F::StoreKeyWrong | F::StoreDenied => Exit::Configuration,
        F::StoreVersionUnusable | F::SlotsFull | F::SlotUnknown => Exit::Credential,
        F::AdminDenied | F::UpstreamRefused | F::RotationRefused => Exit::Configuration,
        F::ProvisionRefused => Exit::Refused,
        F::PublishRefused => Exit::Configuration,
        F::PublishUnsettled => Exit::Platform,
        F::RotationHeld => Exit::Refused,
        F::RotationStuck => Exit::Stuck,
        F::JournalUnreadable | F::RecordUnreadable => Exit::Machine,
        F::PermissionsUnreadable => Exit::Usage,
        F::LeaseHeld => Exit::Platform,
        F::StoreUnreachable | F::StoreThrottled | F::StoreAnswerBad => Exit::Platform,
        F::StoreBudgetSpent | F::CredentialStale => Exit::Platform,
        F::CloudIdentityMissing => Exit::Machine,
        F::StoreUnreadable | F::StoreUnwritable | F::StoreCorrupted | F::StoreLocked => Exit::Machine,
        F::VersionConflict | F::PermissionsTooOpen | F::ListenFailed | F::AuditUnwritable => Exit::Machine,
        F::AuditUnreadable => Exit::Machine,
        F::ChildFailed => Exit::NotExecutable,
        F::Internal => Exit::Bug,
        _ => return None,
    };
    Some(exit)
}

#[cfg(test)]
mod tests {
    use super::{Exit, TABLE, listed};
    use hallpass_app::{FaultCode, Remedy};

    #[test]
    fn every_fault_has_an_exit_code() {
        for code in FaultCode::ALL {
            assert!(listed(*code).is_some(), "`{}` has no exit code", code.name());
        }
    }

    #[test]
    fn only_a_bug_ends_with_one() {
        for code in FaultCode::ALL {
            assert_eq!(Exit::of(*code) == Exit::Bug, code.remedy() == Remedy::ReportBug, "{}", code.name());
        }
    }

    #[test]
    fn the_table_of_the_help_names_every_code() {
        for exit in [
            Exit::Done,
            Exit::Bug,
            Exit::Usage,
            Exit::Configuration,
            Exit::Credential,
            Exit::Platform,
            Exit::Machine,
            Exit::Refused,
            Exit::AnsweredError,
            Exit::Unexpected,
            Exit::NothingDue,
            Exit::Waiting,
            Exit::Stuck,
            Exit::NotExecutable,
            Exit::NotFound,
        ] {
            assert!(TABLE.lines().any(|line| line.starts_with(&format!("{:>5}  ", exit.code()))), "{exit:?}");
        }
    }
}
