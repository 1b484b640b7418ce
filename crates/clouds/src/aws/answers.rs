//! What Lambda's answers come to: done, lost to somebody else, or a fault. Pure.

use std::error::Error;

use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use hallpass_core::{Fault, FaultCode};

use super::faults::{Asked, of_sdk};

/// What a change came to that is compared with what was seen.
pub(super) enum Change {
    Made,
    /// Somebody else was faster, or another change is under way.
    Lost,
}

pub(super) fn refused(asked: &Asked<'_>, why: &str) -> Fault {
    Fault::new(FaultCode::PublishRefused, format!("{} in {}: {why}", asked.subject, asked.region))
}

/// What a call came to that named the revision it is for.
pub(super) fn compared<T, E>(
    asked: &Asked<'_>,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Change, Fault>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match answer {
        Ok(_) => Ok(Change::Made),
        Err(error) if is_lost(&error) => Ok(Change::Lost),
        Err(error) => Err(of_function(asked, &error)),
    }
}

/// Another revision by now, or a change under way (API reference, UpdateFunctionConfiguration: PreconditionFailedException, ResourceConflictException).
pub(super) fn is_lost<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    matches!(error.code(), Some("PreconditionFailedException" | "ResourceConflictException"))
}

pub(super) fn of_function<E>(asked: &Asked<'_>, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error.code() {
        Some("ResourceNotFoundException") => refused(asked, "there is no such function")
            .with_hint("check name, account and region in `rotation.publish`"),
        Some("InvalidParameterValueException") => refused(asked, "Lambda refuses the environment")
            .with_hint("all variables together may have 4 KB; each secret takes two, of about 700 bytes"),
        Some("CodeStorageExceededException") => refused(asked, "there is no room for another version")
            .with_hint("delete versions that no alias names"),
        _ => of_sdk(asked, error),
    }
}

pub(super) fn of_alias<E>(asked: &Asked<'_>, name: &str, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error.code() {
        Some("ResourceNotFoundException") => refused(asked, &format!("it has no alias `{name}`"))
            .with_hint("make it, or leave `alias` out of `rotation.publish`"),
        _ => of_sdk(asked, error),
    }
}
