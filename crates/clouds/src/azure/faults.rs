//! What Azure says, as faults of ours. Pure. What it says of our identity is in `faults/identity.rs`.

use hallpass_core::{Fault, FaultCode};

use super::answers::{Refusal, Silence, carried, refusal_in, silence_in};

mod identity;

pub(super) use identity::{of_identity, of_silent_identity};

/// What was asked of whom, for the words of a fault.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// The host.
    pub(super) place: &'a str,
    /// The secret or key; empty for a list of all.
    pub(super) entry: &'a str,
    pub(super) doing: Doing,
}

/// The operation, which decides the permission it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    Get,
    List,
    Set,
    Update,
    Configuration,
    ConfigurationWrite,
}

impl Doing {
    /// By its name in role definitions: <https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault>
    pub(super) fn permission(self) -> &'static str {
        match self {
            Self::Get => "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            Self::List => "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            Self::Set => "Microsoft.KeyVault/vaults/secrets/setSecret/action",
            Self::Update => "Microsoft.KeyVault/vaults/secrets/update/action",
            Self::Configuration => "Microsoft.AppConfiguration/configurationStores/keyValues/read",
            Self::ConfigurationWrite => "Microsoft.AppConfiguration/configurationStores/keyValues/write",
        }
    }

    /// The older access policies call it this.
    fn in_policies(self) -> &'static str {
        match self {
            Self::Get => "secrets get",
            Self::List => "secrets list",
            Self::Set | Self::Update => "secrets set",
            Self::Configuration => "read",
            Self::ConfigurationWrite => "write",
        }
    }
}

/// The fault of an operation that the SDK failed.
pub(super) fn of_store(error: &azure_core::Error, asked: Asked<'_>) -> Fault {
    if let Some(fault) = carried(error) {
        return fault.clone();
    }
    match refusal_in(error) {
        Some(refusal) => refused(&refusal, asked),
        None => silent(&silence_in(error), asked),
    }
}

/// The fault of an answer.
pub(super) fn refused(refusal: &Refusal, asked: Asked<'_>) -> Fault {
    let (code, what, hint) = meaning(refusal, asked);
    let mut fault = Fault::new(code, in_words(refusal, asked, &what));
    if let Some(after) = refusal.retry_after.filter(|_| code == FaultCode::StoreThrottled) {
        fault = fault.with_retry_after(after);
    }
    match hint {
        Some(hint) => fault.with_hint(hint),
        None => fault,
    }
}

/// What an answer means, in words where the status does not say it, and what to do where the code has no better advice.
/// <https://learn.microsoft.com/azure/key-vault/general/rest-error-codes>
fn meaning(refusal: &Refusal, asked: Asked<'_>) -> (FaultCode, String, Option<String>) {
    let inner = refusal.inner.as_deref().unwrap_or_default();
    let Asked { place, entry, doing } = asked;
    match (refusal.status, inner) {
        (404, _) => (FaultCode::EntryNotFound, String::new(), Some(not_found_hint(asked))),
        (403, "SecretDisabled") => {
            let hint = format!(
                "enable it with `az keyvault secret set-attributes --name {entry} --enabled true`, or store a new version"
            );
            (FaultCode::StoreVersionUnusable, "the version is disabled".into(), Some(hint))
        }
        (403, "ForbiddenByFirewall" | "ForbiddenByConnection") => {
            let hint = format!("let this network in: firewall or private endpoint of `{place}`");
            (FaultCode::StoreDenied, "the network is not let in".into(), Some(hint))
        }
        (403, _) => {
            let what = format!("needs `{}`", doing.permission());
            let grant = doing.in_policies();
            let hint = format!(
                "grant `{}` (with access policies: {grant}); a new role takes up to ten minutes",
                doing.permission()
            );
            (FaultCode::StoreDenied, what, Some(hint))
        }
        (401, _) => {
            let hint =
                "check that the identity's tenant is the vault's, and that this machine's clock is right";
            (FaultCode::CloudIdentityMissing, "the token is not accepted".into(), Some(hint.into()))
        }
        (409, "ObjectIsDeletedButRecoverable") => {
            let hint = format!("recover it with `az keyvault secret recover --name {entry}`, or purge it");
            (
                FaultCode::StoreVersionUnusable,
                "it is deleted, and its name taken until it is purged".into(),
                Some(hint),
            )
        }
        (409, _) if doing == Doing::ConfigurationWrite => {
            let hint = format!(
                "unlock it with `az appconfig kv unlock --key {entry}`, with `--label` if it has one"
            );
            (FaultCode::StoreUnwritable, "the key-value is locked".into(), Some(hint))
        }
        (412, _) if doing == Doing::ConfigurationWrite => {
            (FaultCode::VersionConflict, "somebody else wrote it meanwhile".into(), None)
        }
        (409 | 412, _) => (FaultCode::VersionConflict, "it is being changed".into(), None),
        (429, _) => (FaultCode::StoreThrottled, String::new(), None),
        (400 | 413, _) if matches!(doing, Doing::Set | Doing::ConfigurationWrite) => {
            (FaultCode::StoreUnwritable, "the value or a tag is not accepted".into(), None)
        }
        (408 | 502..=504, _) => (FaultCode::StoreUnreachable, "the service is not available".into(), None),
        _ => (FaultCode::StoreAnswerBad, String::new(), None),
    }
}

/// The fault of having no answer.
pub(super) fn silent(silence: &Silence, asked: Asked<'_>) -> Fault {
    let place = asked.place;
    let (code, what) = match silence {
        Silence::NoConnection(what) => (FaultCode::StoreUnreachable, format!("no connection: {what}")),
        Silence::TimedOut(after) => {
            (FaultCode::StoreUnreachable, format!("no answer within {} ms", after.as_millis()))
        }
        Silence::Broken => {
            (FaultCode::StoreAnswerBad, "the connection broke off, or what came was not HTTP".to_owned())
        }
        Silence::Unreadable => {
            (FaultCode::StoreAnswerBad, "the answer is not of the documented form".to_owned())
        }
    };
    Fault::new(code, format!("{}`{place}`: {what}", subject(asked.entry)))
}

fn not_found_hint(asked: Asked<'_>) -> String {
    let Asked { place, entry, doing } = asked;
    match doing {
        Doing::Configuration | Doing::ConfigurationWrite => {
            format!(
                "write the key `{entry}` into `{place}`, and check the label: a key without one is another key"
            )
        }
        _ => format!(
            "store it with `hallpass secret put`; if it was deleted lately, `az keyvault secret recover --name {entry}` brings it back"
        ),
    }
}

fn in_words(refusal: &Refusal, asked: Asked<'_>, what: &str) -> String {
    let mut text = format!("{}`{}`: ", subject(asked.entry), asked.place);
    if !what.is_empty() {
        text += what;
        text += ", ";
    }
    text += &format!("status {}", refusal.status);
    let codes = [
        ("", refusal.code.as_ref()),
        ("", refusal.inner.as_ref()),
        ("request id ", refusal.request_id.as_ref()),
    ];
    for (label, code) in codes {
        if let Some(code) = code {
            text += &format!(", {label}{code}");
        }
    }
    text
}

fn subject(entry: &str) -> String {
    if entry.is_empty() { String::new() } else { format!("`{entry}` in ") }
}

#[cfg(test)]
mod tests;
