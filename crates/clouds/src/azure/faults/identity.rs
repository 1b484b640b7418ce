//! The faults of having no token.

use hallpass_core::{Fault, FaultCode};

use crate::azure::answers::{Refusal, Silence, carried, refusal_in, silence_in};
use crate::azure::identity::{Chosen, Link};

/// The fault of a credential that the SDK failed, or that could not be made.
pub(in crate::azure) fn of_identity(chosen: &Chosen, error: &azure_core::Error) -> Fault {
    if let Some(fault) = carried(error) {
        return fault.clone();
    }
    match refusal_in(error) {
        Some(refusal) => refused(chosen, &refusal),
        None => of_silent_identity(chosen, &silence_in(error)),
    }
}

/// The fault of no answer. Of the metadata service it means that there is none: it was only guessed. Every other link was named by
/// variables, so it is there, and away for the moment.
pub(in crate::azure) fn of_silent_identity(chosen: &Chosen, silence: &Silence) -> Fault {
    let who = chosen.in_words();
    let (away, what) = match silence {
        Silence::NoConnection(what) => {
            (FaultCode::StoreUnreachable, format!("no connection to its endpoint: {what}"))
        }
        Silence::TimedOut(after) => (
            FaultCode::StoreUnreachable,
            format!("no answer of its endpoint within {} ms", after.as_millis()),
        ),
        Silence::Broken => (FaultCode::StoreAnswerBad, "its answer broke off or was not HTTP".to_owned()),
        Silence::Unreadable => {
            (FaultCode::CloudIdentityMissing, "it cannot be used as its variables describe it".to_owned())
        }
    };
    let is_guess = matches!(chosen.link, Link::Metadata { .. });
    let code = if is_guess { FaultCode::CloudIdentityMissing } else { away };
    let fault = Fault::new(code, format!("{who}: {what}"));
    if code == FaultCode::CloudIdentityMissing { fault.with_hint(advice(&chosen.link)) } else { fault }
}

fn refused(chosen: &Chosen, refusal: &Refusal) -> Fault {
    // The authority's own numbers come without their prefix.
    let is_number = |code: &&str| code.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    let number = refusal.code.as_deref().filter(is_number);
    let mut said = format!("{}: status {}", chosen.in_words(), refusal.status);
    if let Some(code) = &refusal.code {
        said += if number.is_some() { ", AADSTS" } else { ", " };
        said += code;
    }
    if let Some(id) = &refusal.request_id {
        said += &format!(", request id {id}");
    }
    match (refusal.status, refusal.retry_after) {
        (429, Some(after)) => Fault::new(FaultCode::StoreThrottled, said).with_retry_after(after),
        (429, None) => Fault::new(FaultCode::StoreThrottled, said),
        (408 | 500.., _) => Fault::new(FaultCode::StoreUnreachable, said),
        _ => {
            let hint = number.and_then(advice_for).unwrap_or_else(|| advice(&chosen.link));
            Fault::new(FaultCode::CloudIdentityMissing, said).with_hint(hint)
        }
    }
}

/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
fn advice_for(number: &str) -> Option<&'static str> {
    Some(match number {
        "7000215" => "the client secret is wrong: AZURE_CLIENT_SECRET takes its value, not its id",
        "7000222" => "the client secret has expired: make a new one for the application",
        "700024" | "700027" | "50027" | "50013" => {
            "the signed assertion is not valid now: set this machine's clock, or renew the token file"
        }
        "700016" => "no such application in this tenant: check AZURE_CLIENT_ID and AZURE_TENANT_ID",
        "90002" => "no such tenant: check AZURE_TENANT_ID",
        "70021" | "700211" | "700212" | "700213" => {
            "the federated credential does not name this workload: check issuer, subject and audience"
        }
        _ => return None,
    })
}

fn advice(link: &Link) -> &'static str {
    match link {
        Link::Workload { .. } => {
            "check AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID and AZURE_CLIENT_ID; AZURE_AUTHORITY_HOST, if set, must be https"
        }
        Link::AppService { .. } => {
            "switch the app's managed identity on; a user-assigned one is named in AZURE_CLIENT_ID"
        }
        Link::ClientSecret { .. } => {
            "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; AZURE_AUTHORITY_HOST, if set, must be https"
        }
        Link::Metadata { .. } => {
            "give the app a managed identity, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
        }
    }
}
