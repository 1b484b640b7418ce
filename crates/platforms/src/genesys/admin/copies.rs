//! Copies of a client's secret that the platform itself keeps: the credentials of data actions.

use std::collections::BTreeMap;

use hallpass_core::{Clock, Fault, FaultCode, Secret};
use http::Method;
use serde::Deserialize;

use super::errands::COPIES;
use crate::admin::{AdminCall, AdminCalls, Dialect, Errand, segment};

/// Writes the new secret into an integration credential of the type `pureCloudOAuthClient`: its members `client_id` and `client_secret` out of
/// `members`. Needs `integrations:integration:view` and `integrations:integration:edit`.
///
/// Twice is once. If the reply is lost, the copy may be the old or the new one; doing it again settles it.
///
/// # Errors
/// `slot-unknown`: there is no such credential. `upstream-refused`: it is of another type, whose fields would be lost. `admin-denied`, `upstream-*`.
pub async fn publish_copy(
    calls: &dyn AdminCalls,
    clock: &dyn Clock,
    credential_id: &str,
    members: &BTreeMap<String, Secret>,
) -> Result<(), Fault> {
    let target = format!("{COPIES}/{}", segment(credential_id)?);
    let errand = |permission| Errand {
        dialect: Dialect::Genesys,
        permission,
        kind: "integration credential",
        id: credential_id,
        denied_hint: "",
    };
    let (reading, writing) =
        (errand("integrations:integration:view"), errand("integrations:integration:edit"));
    let reply = calls.call(AdminCall::new(Method::GET, target.clone())).await?;
    let reply = reading.judge(reply, clock.now())?;
    let present: Present =
        serde_json::from_slice(reply.body.expose()).map_err(|_| reading.unreadable(&reply))?;
    if present.kind.name != CLIENT_TYPE {
        let detail = format!("integration credential `{credential_id}` is not of the type `{CLIENT_TYPE}`");
        return Err(Fault::new(FaultCode::UpstreamRefused, detail));
    }
    let body = document(&present.name, members).ok_or_else(|| {
        Fault::new(FaultCode::CredentialMalformed, "`client_id` and `client_secret` are needed")
    })?;
    let reply = calls.call(AdminCall::new(Method::PUT, target).with_body(body)).await?;
    writing.judge(reply, clock.now()).map(drop)
}

/// The whole credential. Built in one buffer that is large enough, because growing would leave copies behind.
fn document(name: &str, members: &BTreeMap<String, Secret>) -> Option<Secret> {
    let [id, secret] =
        ["client_id", "client_secret"].map(|name| members.get(name).and_then(Secret::expose_str));
    let (id, secret) = (id?, secret?);
    // Each byte takes six at most, as `\u0000`.
    let mut body = Vec::with_capacity(6 * (name.len() + id.len() + secret.len()) + FRAME);
    let mut push = |start: &[u8], text: &str| {
        body.extend_from_slice(start);
        serde_json::to_writer(&mut body, text).is_ok()
    };
    let written = push(br#"{"name":"#, name)
        && push(br#","type":{"name":"#, CLIENT_TYPE)
        && push(br#"},"credentialFields":{"clientId":"#, id)
        && push(br#","clientSecret":"#, secret);
    body.extend_from_slice(b"}}");
    written.then(|| Secret::new(body))
}

/// What the answer to a GET says; the fields of a credential are never shown.
#[derive(Deserialize)]
struct Present {
    name: String,
    #[serde(rename = "type")]
    kind: CredentialType,
}

#[derive(Deserialize)]
struct CredentialType {
    name: String,
}

/// As the vendor's Terraform provider names it.
const CLIENT_TYPE: &str = "pureCloudOAuthClient";
/// What is around the values.
const FRAME: usize = 128;

#[cfg(test)]
mod tests {
    use super::{document, publish_copy};
    use crate::admin::double::ScriptedCalls;
    use hallpass_core::Secret;
    use hallpass_core::test_support::ManualTime;
    use std::collections::BTreeMap;

    fn members() -> BTreeMap<String, Secret> {
        [("client_id", "a"), ("client_secret", "s\"é\u{1}")]
            .map(|(k, v)| (k.to_owned(), Secret::from(v)))
            .into()
    }

    fn published(replies: &[(u16, &str)]) -> (Result<(), &'static str>, Vec<(String, String)>) {
        let calls = ScriptedCalls::new(replies.iter().copied());
        let clock = ManualTime::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(publish_copy(&calls, &clock, "c", &members()));
        (outcome.map_err(|fault| fault.code().name()), calls.sent())
    }

    #[test]
    fn the_copy_is_replaced_whole_under_its_own_name() {
        let present = r#"{"id":"c","name":"data actions","type":{"id":"t","name":"pureCloudOAuthClient"}}"#;
        let (outcome, sent) = published(&[(200, present), (200, "{}")]);
        assert_eq!(outcome, Ok(()));
        assert_eq!(sent[0].0, "GET /api/v2/integrations/credentials/c");
        assert_eq!(sent[1].0, "PUT /api/v2/integrations/credentials/c");
        let body: serde_json::Value = serde_json::from_str(&sent[1].1).unwrap();
        let wanted = serde_json::json!({
            "name": "data actions", "type": { "name": "pureCloudOAuthClient" },
            "credentialFields": { "clientId": "a", "clientSecret": "s\"é\u{1}" },
        });
        assert_eq!(body, wanted);
    }

    #[test]
    fn a_credential_of_another_type_is_left_alone() {
        let (outcome, sent) = published(&[(200, r#"{"name":"x","type":{"name":"basicAuth"}}"#)]);
        assert_eq!((outcome, sent.len()), (Err("upstream-refused"), 1));
        assert_eq!(published(&[(404, "{}")]).0, Err("slot-unknown"));
        assert_eq!(published(&[(200, "[]")]).0, Err("upstream-answer-bad"));
    }

    #[test]
    fn a_secret_that_is_no_text_is_no_copy() {
        let mut broken = members();
        broken.insert("client_secret".to_owned(), Secret::new(vec![0xff]));
        assert!(document("x", &broken).is_none() && document("x", &BTreeMap::new()).is_none());
    }
}
