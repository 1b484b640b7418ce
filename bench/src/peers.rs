//! Crates that cache tokens, each with a credential that works offline: a token endpoint on loopback, a transport of ours, or a token that it
//! signs itself. Measured is the same call as in a program: give me a token.

use std::error::Error;
use std::process::Command;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, Request, StatusCode, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use gcp_auth::{CustomServiceAccount, TokenProvider};
use google_cloud_auth::credentials::service_account;
use serde_json::{Value, json};

use crate::measure::Candidate;
use crate::{token_server, wait};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Every peer, warm. One that cannot be warmed up says why and is left out.
pub async fn candidates() -> Vec<Candidate> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let key = match service_account_key() {
        Ok(key) => key,
        Err(fault) => {
            eprintln!("no service account key, which takes `openssl`: {fault}");
            Value::Null
        }
    };
    let peers = [
        ("azure_identity", azure().await),
        ("gcp_auth", gcp(&key).await),
        ("google-cloud-auth", google(&key).await),
        ("yup-oauth2", yup(&key).await),
    ];
    let warm = peers.into_iter().filter_map(|(name, outcome)| {
        outcome.inspect_err(|fault| eprintln!("{name} is left out: {fault}")).ok()
    });
    warm.collect()
}

/// A key that nobody trusts, made anew: one in the repository would look like a leak.
fn service_account_key() -> Outcome<Value> {
    let made = Command::new("openssl")
        .args(["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        .output()?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into());
    }
    Ok(json!({
        "type": "service_account",
        "project_id": "bench",
        "private_key_id": "1",
        "private_key": String::from_utf8(made.stdout)?,
        "client_email": "bench@bench.example",
        "client_id": "1",
        "auth_uri": "http://127.0.0.1/",
        "token_uri": token_server::start()?,
    }))
}

const SCOPES: &[&str] = &["scope"];

async fn gcp(key: &Value) -> Outcome<Candidate> {
    let account = CustomServiceAccount::from_json(&key.to_string())?;
    account.token(SCOPES).await?;
    Ok(Candidate::new("`gcp_auth` 0.12", move || wait(account.token(SCOPES)).expect("it is warm")))
}

async fn yup(key: &Value) -> Outcome<Candidate> {
    let key = yup_oauth2::parse_service_account_key(key.to_string())?;
    let authenticator = yup_oauth2::ServiceAccountAuthenticator::builder(key).build().await?;
    authenticator.token(SCOPES).await?;
    Ok(Candidate::new("`yup-oauth2` 12", move || wait(authenticator.token(SCOPES)).expect("it is warm")))
}

async fn google(key: &Value) -> Outcome<Candidate> {
    let credentials = service_account::Builder::new(key.clone()).build()?;
    credentials.headers(http::Extensions::new()).await?;
    Ok(Candidate::new("`google-cloud-auth` 1.18, header map", move || {
        wait(credentials.headers(http::Extensions::new())).expect("it is warm")
    }))
}

async fn azure() -> Outcome<Candidate> {
    let client_options =
        ClientOptions { transport: Some(Transport::new(Arc::new(Granting))), ..ClientOptions::default() };
    let options = ClientSecretCredentialOptions { client_options };
    let credential =
        ClientSecretCredential::new("tenant", "client".to_owned(), "secret".into(), Some(options))?;
    credential.get_token(SCOPES, None).await?;
    Ok(Candidate::new("`azure_identity` 1.0", move || {
        wait(credential.get_token(SCOPES, None)).expect("it is warm")
    }))
}

#[derive(Debug)]
struct Granting;

#[async_trait::async_trait]
impl HttpClient for Granting {
    async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
        const BODY: &[u8] =
            br#"{"token_type":"Bearer","expires_in":86400,"ext_expires_in":86400,"access_token":"token"}"#;
        Ok(AsyncRawResponse::from_bytes(StatusCode::Ok, Headers::new(), BODY))
    }
}
