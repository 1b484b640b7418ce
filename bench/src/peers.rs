//! Crates that cache tokens, each with a credential that works offline: a token endpoint on loopback, a transport of ours, or a token that it
//! signs itself. Asked is the same call as in a program: give me a token.

use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::http::headers::{Headers, RETRY_AFTER};
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, Request, StatusCode, Transport};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use gcp_auth::{CustomServiceAccount, TokenProvider};
use google_cloud_auth::credentials::{CacheableResource, Credentials, service_account, user_account};
use serde_json::{Value, json};
use yup_oauth2::ServiceAccountAuthenticator;

use crate::clients::{Maker, Outcome};
use crate::crowd::{Asks, Boxed, Tasks};
use crate::measure::Candidate;
use crate::token_server::{Endpoint, Mode};
use crate::wait;

/// Every peer, warm. One that cannot be warmed up says why and is left out.
pub async fn candidates() -> Vec<Candidate> {
    let peers = [
        ("azure_identity", azure_read().await),
        ("gcp_auth", gcp_read().await),
        ("google-cloud-auth", google_read().await),
        ("yup-oauth2", yup_read().await),
    ];
    let warm = peers.into_iter().filter_map(|(name, outcome)| {
        outcome.inspect_err(|fault| eprintln!("{name} is left out: {fault}")).ok()
    });
    warm.collect()
}

/// Every peer, cold.
///
/// `google-cloud-auth` signs its own tokens for a service account and asks nobody, so here it is given a user's credential, which it sends to the
/// token endpoint.
pub const MAKERS: [Maker; 4] = [
    ("`azure_identity` 1.0", |endpoint| Box::pin(async move { crowd(Azure(azure(endpoint)?)) })),
    ("`gcp_auth` 0.12", |endpoint| Box::pin(async move { crowd(Gcp(gcp(&endpoint)?)) })),
    ("`google-cloud-auth` 1.18, user credential", |endpoint| {
        Box::pin(async move { crowd(Google(google(&endpoint)?)) })
    }),
    ("`yup-oauth2` 12", |endpoint| Box::pin(async move { crowd(Yup(yup(&endpoint).await?)) })),
];

fn crowd(asks: impl Asks + 'static) -> Outcome<Arc<dyn crate::crowd::Crowd>> {
    Ok(Arc::new(Tasks(Arc::new(asks))))
}

const SCOPES: &[&str] = &["scope"];

fn prompt() -> Endpoint {
    Endpoint::new(Mode::Grants, Duration::ZERO)
}

struct Azure(Arc<ClientSecretCredential>);

impl Asks for Azure {
    fn token<'a>(&'a self, _: Option<&'a str>) -> Boxed<'a, Option<String>> {
        Box::pin(async move { Some(self.0.get_token(SCOPES, None).await.ok()?.token.secret().to_owned()) })
    }
}

fn azure(endpoint: Endpoint) -> Outcome<Arc<ClientSecretCredential>> {
    let transport = Some(Transport::new(Arc::new(Carried(endpoint))));
    let options = ClientSecretCredentialOptions {
        client_options: ClientOptions { transport, ..ClientOptions::default() },
    };
    Ok(ClientSecretCredential::new("tenant", "client".to_owned(), "secret".into(), Some(options))?)
}

async fn azure_read() -> Outcome<Candidate> {
    let credential = azure(prompt())?;
    credential.get_token(SCOPES, None).await?;
    Ok(Candidate::new("`azure_identity` 1.0", move || {
        wait(credential.get_token(SCOPES, None)).expect("it is warm")
    }))
}

/// It speaks https only, and takes a transport.
#[derive(Debug)]
struct Carried(Endpoint);

#[async_trait::async_trait]
impl HttpClient for Carried {
    async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.0.answer();
        if !self.0.latency().is_zero() {
            tokio::time::sleep(self.0.latency()).await;
        }
        let mut headers = Headers::new();
        if let Some(after) = answer.retry_after {
            headers.insert(RETRY_AFTER, after.to_string());
        }
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(answer.status), headers, answer.body))
    }
}

struct Gcp(CustomServiceAccount);

impl Asks for Gcp {
    fn token<'a>(&'a self, _: Option<&'a str>) -> Boxed<'a, Option<String>> {
        Box::pin(async move { Some(self.0.token(SCOPES).await.ok()?.as_str().to_owned()) })
    }
}

fn gcp(endpoint: &Endpoint) -> Outcome<CustomServiceAccount> {
    let key = service_account_key(&endpoint.serve()?)?;
    Ok(CustomServiceAccount::from_json(&key.to_string())?)
}

async fn gcp_read() -> Outcome<Candidate> {
    let account = gcp(&prompt())?;
    account.token(SCOPES).await?;
    Ok(Candidate::new("`gcp_auth` 0.12", move || wait(account.token(SCOPES)).expect("it is warm")))
}

struct Google(Credentials);

impl Asks for Google {
    fn token<'a>(&'a self, _: Option<&'a str>) -> Boxed<'a, Option<String>> {
        Box::pin(async move {
            let CacheableResource::New { data, .. } = self.0.headers(http::Extensions::new()).await.ok()?
            else {
                return None;
            };
            Some(data.get(http::header::AUTHORIZATION)?.to_str().ok()?.to_owned())
        })
    }
}

fn google(endpoint: &Endpoint) -> Outcome<Credentials> {
    ready();
    let user = json!({ "type": "authorized_user", "client_id": "id", "client_secret": "secret", "refresh_token": "refresh" });
    Ok(user_account::Builder::new(user).with_token_uri(endpoint.serve()?).build()?)
}

async fn google_read() -> Outcome<Candidate> {
    let credentials = service_account::Builder::new(service_account_key(&prompt().serve()?)?).build()?;
    credentials.headers(http::Extensions::new()).await?;
    Ok(Candidate::new("`google-cloud-auth` 1.18, header map", move || {
        wait(credentials.headers(http::Extensions::new())).expect("it is warm")
    }))
}

struct Yup(yup_oauth2::authenticator::DefaultAuthenticator);

impl Asks for Yup {
    fn token<'a>(&'a self, rejected: Option<&'a str>) -> Boxed<'a, Option<String>> {
        Box::pin(async move {
            let token = match rejected {
                // The one peer that can be told.
                Some(_) => self.0.force_refreshed_token(SCOPES).await,
                None => self.0.token(SCOPES).await,
            };
            Some(token.ok()?.token()?.to_owned())
        })
    }
}

async fn yup(endpoint: &Endpoint) -> Outcome<yup_oauth2::authenticator::DefaultAuthenticator> {
    let key = service_account_key(&endpoint.serve()?)?;
    let key = yup_oauth2::parse_service_account_key(key.to_string())?;
    Ok(ServiceAccountAuthenticator::builder(key).build().await?)
}

async fn yup_read() -> Outcome<Candidate> {
    let authenticator = yup(&prompt()).await?;
    authenticator.token(SCOPES).await?;
    Ok(Candidate::new("`yup-oauth2` 12", move || wait(authenticator.token(SCOPES)).expect("it is warm")))
}

/// A key file whose token endpoint is at `token_uri`. The key is made anew, once in each run: one in the repository would look like a leak.
fn service_account_key(token_uri: &str) -> Outcome<Value> {
    static KEY: OnceLock<Result<String, String>> = OnceLock::new();
    ready();
    let key =
        KEY.get_or_init(|| made_key().map_err(|fault| format!("no key, which takes `openssl`: {fault}")));
    Ok(json!({
        "type": "service_account",
        "project_id": "bench",
        "private_key_id": "1",
        "private_key": key.clone()?,
        "client_email": "bench@bench.example",
        "client_id": "1",
        "auth_uri": "http://127.0.0.1/",
        "token_uri": token_uri,
    }))
}

fn made_key() -> Outcome<String> {
    let made = Command::new("openssl")
        .args(["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        .output()?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into());
    }
    Ok(String::from_utf8(made.stdout)?)
}

/// Chooses who does the cryptography; a second time changes nothing.
fn ready() {
    drop(rustls::crypto::ring::default_provider().install_default());
}
