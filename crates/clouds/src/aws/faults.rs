//! What AWS and the way to it can say, as faults. Pure.
//!
//! The codes of errors are those of the API references of Secrets Manager and KMS, and of "Common errors" (AWS General Reference). A
//! fault names the code and AWS's request id, by which AWS's support and CloudTrail find the call. The service's own message is looked at and
//! never shown: it may repeat what was sent.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use hallpass_core::{Fault, FaultCode};

use super::causes::{chain, way_in_words};
use super::client::CONNECT_WITHIN;

/// What was asked, for the text of a fault.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    /// The permission it takes, by IAM's name.
    pub(crate) permission: &'static str,
    /// What it was asked about, such as "`prod/queue-sync`".
    pub(crate) subject: String,
    /// The region.
    pub(crate) region: &'a str,
}

/// An error that the service answered with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Refusal<'a> {
    /// The error's code.
    pub(crate) code: &'a str,
    /// Its message, to be looked at only.
    pub(crate) message: &'a str,
    /// The status.
    pub(crate) status: u16,
    /// AWS's id of the request.
    pub(crate) request_id: Option<&'a str>,
    /// When to come back, if it says so.
    pub(crate) retry_after: Option<Duration>,
}

/// The fault for an error of the SDK.
pub(crate) fn of_sdk<E>(asked: &Asked<'_>, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let SdkError::ServiceError(answered) = error {
        let (raw, error) = (answered.raw(), answered.err());
        return of_refusal(
            asked,
            Refusal {
                code: error.code().unwrap_or_default(),
                message: error.message().unwrap_or_default(),
                status: raw.status().as_u16(),
                request_id: request_id(raw),
                retry_after: raw.headers().get("retry-after").and_then(seconds),
            },
        );
    }
    if let Some(identity) = chain(error).find_map(|cause| cause.downcast_ref::<CredentialsError>()) {
        return no_identity(&asked.subject, asked.region, identity);
    }
    let about = |what: &str| format!("{} in {}: {what}", asked.subject, asked.region);
    let unreachable = |what: &str| Fault::new(FaultCode::StoreUnreachable, about(what));
    match error {
        SdkError::TimeoutError(_) => unreachable("no answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            unreachable(&format!("no connection within {} s", CONNECT_WITHIN.as_secs()))
        }
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.as_other().is_some() => {
            unreachable(way_in_words(error))
        }
        SdkError::DispatchFailure(_) => {
            Fault::new(FaultCode::StoreAnswerBad, about("what answers there does not speak HTTP"))
        }
        SdkError::ResponseError(answered) => {
            let id = request_id(answered.raw()).and_then(plain).unwrap_or("none");
            let what = format!("an answer that cannot be read (request {id})");
            Fault::new(FaultCode::StoreAnswerBad, about(&what))
        }
        _ => Fault::new(FaultCode::ConfigurationInvalid, about("the request cannot be built"))
            .with_hint("check the region, the endpoint and the name of the entry"),
    }
}

/// The fault for an error that the service answered with.
pub(crate) fn of_refusal(asked: &Asked<'_>, refusal: Refusal<'_>) -> Fault {
    let Refusal { code, message, status, request_id, retry_after } = refusal;
    let named = plain(code).unwrap_or("an error without a code");
    let id = request_id.and_then(plain).unwrap_or("none");
    let told = |what: &str| format!("{} in {}: {what} ({named}, request {id})", asked.subject, asked.region);
    let says = |text: &str| message.contains(text);
    let fault = |code, what: &str| Fault::new(code, told(what));
    match code {
        "ResourceNotFoundException" if says("staging label") => {
            fault(FaultCode::EntryNotFound, "it has no version at that stage")
        }
        "ResourceNotFoundException" => fault(FaultCode::EntryNotFound, "there is no such secret")
            .with_hint("check name, account and region, or store it with `hallpass secret put`"),
        _ if is_denied(code) && says("KMS") => denied(asked, told, "kms:Decrypt", "the secret's key"),
        _ if is_denied(code) => denied(asked, told, asked.permission, "it"),
        _ if code.contains("Throttl") || is_rate(code) => {
            let throttled = fault(FaultCode::StoreThrottled, "too many requests");
            retry_after.into_iter().fold(throttled, Fault::with_retry_after)
        }
        "InvalidRequestException" if says("delet") => {
            fault(FaultCode::StoreVersionUnusable, "the secret is scheduled for deletion")
                .with_hint("bring it back with `aws secretsmanager restore-secret`, or store it under another name")
        }
        "InvalidRequestException" | "InvalidParameterException" if says("replica") => {
            fault(FaultCode::StoreReadOnly, "this is a replica")
                .with_hint("write to the secret in its primary region; the replica follows")
        }
        _ if is_key(code) || (says("KMS") && says("isabled")) => {
            fault(FaultCode::StoreVersionUnusable, "the key that encrypts it cannot be used")
                .with_hint("enable the KMS key again, or cancel its deletion; then nothing needs a restart")
        }
        _ if is_clock(code, message) => fault(FaultCode::CloudIdentityMissing, "the signature's time is refused")
            .with_hint("set this machine's clock; AWS refuses signatures more than five minutes off"),
        "ExpiredTokenException" | "ExpiredToken" => {
            fault(FaultCode::CloudIdentityMissing, "the credentials of this process have expired")
                .with_hint("renew them: log in again, or restart what handed them to this process")
        }
        _ if is_identity(code) => fault(FaultCode::CloudIdentityMissing, "AWS does not know these credentials")
            .with_hint("check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or remove them so that the role is used"),
        "ResourceExistsException" | "PreconditionNotMetException" => {
            fault(FaultCode::VersionConflict, "somebody else wrote it meanwhile")
        }
        "ValidationException" => fault(FaultCode::ReferenceMalformed, "AWS accepts no such name or value")
            .with_hint("names of secrets hold letters, digits and `/_+=.@!-`, at most 512"),
        _ if status >= 500 => fault(FaultCode::StoreUnreachable, &format!("the service failed with status {status}")),
        _ => fault(FaultCode::StoreAnswerBad, &format!("the request was refused with status {status}")),
    }
}

fn denied(asked: &Asked<'_>, told: impl Fn(&str) -> String, permission: &str, on: &str) -> Fault {
    Fault::new(FaultCode::StoreDenied, told(&format!("this identity lacks {permission}"))).with_hint(format!(
        "allow {permission} on {on} for this identity; `hallpass doctor --policy` prints the policy. AWS also says this where {} is in another \
         account or region",
        asked.subject
    ))
}

/// No request was sent because there is nobody to send it as.
/// The fault for an identity that cannot be had, which `subject` needs.
pub(crate) fn no_identity(subject: &str, region: &str, error: &CredentialsError) -> Fault {
    let (what, hint) = match error {
        CredentialsError::CredentialsNotLoaded(_) => (
            "no credentials: not in variables, profile, web identity, container or instance",
            "give the function, task or host a role; on a laptop set AWS_PROFILE, or export the keys that `aws configure export-credentials` prints",
        ),
        CredentialsError::ProviderTimedOut(_) => (
            "whoever hands out credentials here did not answer in time",
            "check the metadata endpoint of this host or container; outside AWS set AWS_EC2_METADATA_DISABLED=true",
        ),
        CredentialsError::InvalidConfiguration(_) => (
            "the AWS profile or its variables cannot be used",
            "check AWS_PROFILE and ~/.aws/config; profiles with sso or credential_process need `aws configure export-credentials`",
        ),
        _ => (
            "whoever hands out credentials here refused, or could not be reached",
            "check the role's trust policy, the token file of a web identity, and the way to STS or the metadata endpoint",
        ),
    };
    Fault::new(FaultCode::CloudIdentityMissing, format!("{subject} in {region}: {what}")).with_hint(hint)
}

fn is_denied(code: &str) -> bool {
    matches!(
        code,
        "AccessDeniedException"
            | "AccessDenied"
            | "NotAuthorized"
            | "UnauthorizedOperation"
            | "OptInRequired"
    )
}

fn is_rate(code: &str) -> bool {
    matches!(
        code,
        "TooManyRequestsException" | "RequestLimitExceeded" | "SlowDown" | "LimitExceededException"
    )
}

/// Secrets Manager's two names for a key that fails, and KMS's own.
fn is_key(code: &str) -> bool {
    matches!(
        code,
        "DecryptionFailure"
            | "EncryptionFailure"
            | "DisabledException"
            | "KMSInvalidStateException"
            | "KeyUnavailableException"
            | "IncorrectKeyException"
            | "InvalidKeyUsageException"
            | "NotFoundException"
    )
}

fn is_clock(code: &str, message: &str) -> bool {
    let of_signature = matches!(code, "InvalidSignatureException" | "SignatureDoesNotMatch" | "AuthFailure");
    matches!(code, "RequestTimeTooSkewed" | "RequestExpired")
        || (of_signature && (message.contains("expired") || message.contains("not yet current")))
}

fn is_identity(code: &str) -> bool {
    matches!(
        code,
        "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "AuthFailure"
    )
}

fn request_id(raw: &HttpResponse) -> Option<&str> {
    raw.headers().get("x-amzn-requestid").or_else(|| raw.headers().get("x-amzn-request-id"))
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_secs)
}

/// A code or id as it may be shown: what came over the network is not put into a log unless it looks like one.
fn plain(text: &str) -> Option<&str> {
    let fine = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    (fine && (1..=64).contains(&text.len())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{Asked, Duration, FaultCode, Refusal, of_refusal};

    fn asked() -> Asked<'static> {
        Asked { permission: "secretsmanager:GetSecretValue", subject: "`a`".to_owned(), region: "eu-west-1" }
    }

    #[test]
    fn every_code_has_its_remedy_and_names_the_request() {
        let table = [
            ("ResourceNotFoundException", "", FaultCode::EntryNotFound),
            ("AccessDeniedException", "User is not authorized", FaultCode::StoreDenied),
            ("ThrottlingException", "", FaultCode::StoreThrottled),
            ("TooManyRequestsException", "", FaultCode::StoreThrottled),
            ("InvalidRequestException", "it was marked for deletion.", FaultCode::StoreVersionUnusable),
            ("InvalidRequestException", "already scheduled for deletion", FaultCode::StoreVersionUnusable),
            ("InvalidParameterException", "not permitted on a replica secret", FaultCode::StoreReadOnly),
            ("DecryptionFailure", "", FaultCode::StoreVersionUnusable),
            ("DisabledException", "", FaultCode::StoreVersionUnusable),
            ("KMSInvalidStateException", "", FaultCode::StoreVersionUnusable),
            ("InvalidRequestException", "KMS key is disabled", FaultCode::StoreVersionUnusable),
            (
                "InvalidSignatureException",
                "Signature expired: 1 is now earlier than 2",
                FaultCode::CloudIdentityMissing,
            ),
            ("InvalidSignatureException", "does not match", FaultCode::CloudIdentityMissing),
            ("ExpiredTokenException", "", FaultCode::CloudIdentityMissing),
            ("UnrecognizedClientException", "", FaultCode::CloudIdentityMissing),
            ("ResourceExistsException", "", FaultCode::VersionConflict),
            ("ValidationException", "", FaultCode::ReferenceMalformed),
            ("SomethingNew", "", FaultCode::StoreAnswerBad),
        ];
        for (code, message, expected) in table {
            let refusal =
                Refusal { code, message, status: 400, request_id: Some("id-7"), ..Refusal::default() };
            let fault = of_refusal(&asked(), refusal);
            assert_eq!(fault.code(), expected, "{code} {message}");
            assert!(fault.detail().contains(code) && fault.detail().contains("request id-7"), "{fault}");
            assert!(message.is_empty() || !fault.to_string().contains(message), "{fault}");
            assert!(!fault.hint().is_empty());
        }
    }

    #[test]
    fn the_hint_tells_a_wrong_clock_from_a_wrong_key() {
        let of = |message| {
            let code = "InvalidSignatureException";
            of_refusal(&asked(), Refusal { code, message, status: 403, ..Refusal::default() })
                .hint()
                .to_owned()
        };
        assert!(of("Signature expired: 20260101T000000Z").contains("clock"));
        assert!(of("Signature not yet current").contains("clock"));
        assert!(of("does not match the signature you provided").contains("AWS_ACCESS_KEY_ID"));
    }

    #[test]
    fn a_denied_key_is_told_from_a_denied_secret() {
        let of = |message| {
            let code = "AccessDeniedException";
            of_refusal(&asked(), Refusal { code, message, status: 400, ..Refusal::default() }).to_string()
        };
        assert!(of("Access to KMS is not allowed").contains("lacks kms:Decrypt"));
        assert!(of("not authorized to perform").contains("lacks secretsmanager:GetSecretValue"));
    }

    #[test]
    fn a_throttled_answer_says_when_and_a_failed_one_that_it_failed() {
        let throttled = Refusal {
            code: "ThrottlingException",
            retry_after: Some(Duration::from_secs(3)),
            ..Refusal::default()
        };
        assert_eq!(of_refusal(&asked(), throttled).retry_after(), Some(Duration::from_secs(3)));
        let failed = Refusal { code: "InternalServiceError", status: 503, ..Refusal::default() };
        assert_eq!(of_refusal(&asked(), failed).code(), FaultCode::StoreUnreachable);
    }

    #[test]
    fn what_does_not_look_like_a_code_is_not_shown() {
        let refusal = Refusal { code: "<script> canary", request_id: Some("a b\nc"), ..Refusal::default() };
        let shown = of_refusal(&asked(), refusal).to_string();
        assert!(!shown.contains("canary") && !shown.contains("a b"), "{shown}");
    }
}
