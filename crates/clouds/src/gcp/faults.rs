//! From what Google told to a fault typed by remedy: pure.

use google_cloud_gax::error::rpc::Code;
use hallpass_core::{EntryName, Fault, FaultCode};

use super::identity::{Trouble, What};
use super::place::Place;
use super::told::{Kind, Told};

/// What was asked of Secret Manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Access,
    GetVersion,
    ListVersions,
    GetSecret,
    ListSecrets,
    CreateSecret,
    UpdateSecret,
    AddVersion,
    DisableVersion,
}

impl Operation {
    /// The permission it needs, and the narrowest role of Google's that holds it:
    /// <https://cloud.google.com/secret-manager/docs/access-control>.
    pub(super) fn permission(self) -> (&'static str, &'static str) {
        match self {
            Self::Access => ("secretmanager.versions.access", "roles/secretmanager.secretAccessor"),
            Self::GetVersion => ("secretmanager.versions.get", "roles/secretmanager.viewer"),
            Self::ListVersions => ("secretmanager.versions.list", "roles/secretmanager.viewer"),
            Self::GetSecret => ("secretmanager.secrets.get", "roles/secretmanager.viewer"),
            Self::ListSecrets => ("secretmanager.secrets.list", "roles/secretmanager.viewer"),
            Self::CreateSecret => ("secretmanager.secrets.create", "roles/secretmanager.admin"),
            Self::UpdateSecret => ("secretmanager.secrets.update", "roles/secretmanager.admin"),
            Self::AddVersion => ("secretmanager.versions.add", "roles/secretmanager.secretVersionAdder"),
            Self::DisableVersion => {
                ("secretmanager.versions.disable", "roles/secretmanager.secretVersionManager")
            }
        }
    }

    fn is_write(self) -> bool {
        matches!(self, Self::CreateSecret | Self::UpdateSecret | Self::AddVersion | Self::DisableVersion)
    }
}

/// The fault of one request about `entry`, or about the whole place.
pub(super) fn fault(told: &Told, operation: Operation, place: &Place, entry: Option<&EntryName>) -> Fault {
    let at = match entry {
        Some(entry) => format!("`{entry}` in {}", place.parent()),
        None => place.parent().to_owned(),
    };
    let fault = match &told.kind {
        Kind::Refused(code) => refused(*code, told, operation, place, entry, &at),
        Kind::Strange => strange(told, &at),
        Kind::NoToken(trouble) => no_token(trouble),
        Kind::NoConnection(why) => Fault::new(FaultCode::StoreUnreachable, format!("{at}: {why}")),
        Kind::Late(limit) => Fault::new(
            FaultCode::StoreUnreachable,
            format!("{at}: no answer within {} s", limit.as_secs_f32()),
        ),
        Kind::Broken => Fault::new(
            FaultCode::StoreUnreachable,
            format!("{at}: the connection broke before an answer was whole"),
        ),
        Kind::Unreadable => {
            Fault::new(FaultCode::StoreAnswerBad, format!("{at}: the answer is not one of Secret Manager"))
        }
        Kind::NoRoots => Fault::new(
            FaultCode::StoreUnreachable,
            format!("{at}: Google's client cannot be opened"),
        )
        .with_hint(
            "install the system's certificate authorities (ca-certificates), or name a file in SSL_CERT_FILE",
        ),
    };
    match told.retry_after {
        Some(after) => fault.with_retry_after(after),
        None => fault,
    }
}

fn refused(
    code: Code,
    told: &Told,
    operation: Operation,
    place: &Place,
    entry: Option<&EntryName>,
    at: &str,
) -> Fault {
    let said = said(code, told);
    let (permission, role) = operation.permission();
    let new = |code: FaultCode, what: &str| Fault::new(code, format!("{at}: {what} ({said})"));
    match code {
        Code::NotFound => not_found(place, entry, new(FaultCode::EntryNotFound, "there is no such secret or version")),
        Code::PermissionDenied => denied(told, place, entry, role, new(FaultCode::StoreDenied, permission)),
        Code::Unauthenticated => new(FaultCode::CloudIdentityMissing, "the access token is refused").with_hint(
            "renew the credentials of this process; with a key file, set this machine's clock and check that the key was not deleted",
        ),
        Code::ResourceExhausted => new(FaultCode::StoreThrottled, "a quota is used up"),
        Code::FailedPrecondition => precondition(told, operation, &new),
        Code::Aborted | Code::AlreadyExists if operation.is_write() => {
            new(FaultCode::VersionConflict, "the secret was changed meanwhile")
        }
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Internal => {
            new(FaultCode::StoreUnreachable, "Secret Manager does not answer at present")
        }
        Code::InvalidArgument if operation.is_write() => {
            new(FaultCode::StoreUnwritable, "Secret Manager does not take this").with_hint(
                "a value is 1 to 65536 bytes; a secret has at most 50 aliases",
            )
        }
        _ => new(FaultCode::StoreAnswerBad, "Secret Manager refuses the request"),
    }
}

fn precondition(told: &Told, operation: Operation, new: &dyn Fn(FaultCode, &str) -> Fault) -> Fault {
    if operation == Operation::UpdateSecret {
        return new(FaultCode::VersionConflict, "the secret was changed meanwhile");
    }
    let words = told.words;
    let (what, hint) = match (words.key, words.destroyed, words.disabled) {
        (true, _, _) => (
            "its encryption key cannot be used",
            "enable the Cloud KMS key of the secret again, and let Secret Manager use it",
        ),
        (_, true, _) => ("its version is destroyed", "store a new one: what is destroyed cannot be had back"),
        (_, _, true) => {
            ("its version is disabled", "enable it with `gcloud secrets versions enable`, or store a new one")
        }
        _ => (
            "its version is in a state in which it cannot be used",
            "look at it with `gcloud secrets versions list`",
        ),
    };
    new(FaultCode::StoreVersionUnusable, what).with_hint(hint)
}

fn not_found(place: &Place, entry: Option<&EntryName>, fault: Fault) -> Fault {
    match entry {
        Some(entry) => fault.with_hint(format!(
            "store it with `hallpass secret put`; `gcloud secrets versions list {entry} {}` shows what is there",
            place.flags()
        )),
        None => fault.with_hint("check the project's id and the location in the reference"),
    }
}

fn denied(told: &Told, place: &Place, entry: Option<&EntryName>, role: &str, fault: Fault) -> Fault {
    // https://cloud.google.com/apis/docs/getting-started#enabling_apis
    if told.reason.as_deref() == Some("SERVICE_DISABLED") {
        let hint = format!(
            "enable it with `gcloud services enable secretmanager.googleapis.com --project={}`",
            place.project()
        );
        return fault.with_hint(hint);
    }
    let hint = match entry {
        Some(entry) => format!(
            "grant it on the secret: `gcloud secrets add-iam-policy-binding {entry} {} --role={role} --member=...`; \
             `hallpass doctor --policy` prints what is needed",
            place.flags()
        ),
        None => format!(
            "grant it on the project: `gcloud projects add-iam-policy-binding {} --role={role} --member=...`",
            place.project()
        ),
    };
    fault.with_hint(hint)
}

fn strange(told: &Told, at: &str) -> Fault {
    let status = told.http.unwrap_or_default();
    let code = match status {
        401 => FaultCode::CloudIdentityMissing,
        429 => FaultCode::StoreThrottled,
        500.. => FaultCode::StoreUnreachable,
        _ => FaultCode::StoreAnswerBad,
    };
    Fault::new(code, format!("{at}: HTTP status {status}, and no error of Secret Manager's form"))
}

fn no_token(trouble: &Trouble) -> Fault {
    let hint = match trouble.what {
        What::FileUnreadable | What::FileNoJson | What::Incomplete => {
            "name a readable file of credentials in GOOGLE_APPLICATION_CREDENTIALS, or unset it where Google gives an identity"
        }
        What::TypeUnknown => {
            "use a file of type service_account, external_account, authorized_user or impersonated_service_account"
        }
        What::Clock => "set this machine's clock",
        _ if trouble.source.starts_with("the metadata") => {
            "run where Google gives an identity (a service account at the function, container or machine), or name a file of \
             credentials in GOOGLE_APPLICATION_CREDENTIALS"
        }
        _ => {
            "renew the credentials: a new key file, `gcloud auth application-default login`, or the federation's own token"
        }
    };
    Fault::new(FaultCode::CloudIdentityMissing, trouble.to_string()).with_hint(hint)
}

/// Google's code, reason and request id.
fn said(code: Code, told: &Told) -> String {
    let mut said = code.name().to_owned();
    if let Some(reason) = &told.reason {
        said += &format!(", {reason}");
    }
    if let Some(request) = &told.request {
        said += &format!(", request {request}");
    }
    said
}
