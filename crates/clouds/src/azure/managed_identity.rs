//! Tokens of managed identities: one GET to an endpoint inside the sandbox.
//!
//! The SDK has a credential for these, but it reads the process's environment itself, and repeats a failing request for more than a minute.

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::headers::HeaderName;
use azure_core::http::{ClientOptions, Method, Pipeline, Request, Url};
use azure_core::time::OffsetDateTime;
use hallpass_core::Secret;
use serde::Deserialize;

/// One endpoint and the identity to ask for.
#[derive(Debug)]
pub(super) struct ManagedIdentity {
    url: Url,
    header: (HeaderName, Secret),
    pipeline: Pipeline,
}

impl ManagedIdentity {
    /// `GET ENDPOINT?api-version=2019-08-01&resource=R` with `X-IDENTITY-HEADER`:
    /// <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>
    pub(super) fn of_app_service(
        endpoint: &str,
        header: &Secret,
        client: Option<&str>,
        options: ClientOptions,
    ) -> azure_core::Result<Self> {
        let header = (HeaderName::from_static("x-identity-header"), header.clone());
        Self::new(endpoint, "2019-08-01", header, client, options)
    }

    /// `GET ENDPOINT?api-version=2018-02-01&resource=R` with `Metadata: true`, which no web page can be made to send:
    /// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>
    pub(super) fn of_machine(
        endpoint: &str,
        client: Option<&str>,
        options: ClientOptions,
    ) -> azure_core::Result<Self> {
        let header = (HeaderName::from_static("metadata"), Secret::from("true"));
        Self::new(endpoint, "2018-02-01", header, client, options)
    }

    fn new(
        endpoint: &str,
        version: &str,
        header: (HeaderName, Secret),
        client: Option<&str>,
        options: ClientOptions,
    ) -> azure_core::Result<Self> {
        let mut url = Url::parse(endpoint)?;
        url.query_pairs_mut().append_pair("api-version", version);
        if let Some(client) = client {
            url.query_pairs_mut().append_pair("client_id", client);
        }
        let pipeline = Pipeline::new(None, None, options, Vec::new(), Vec::new(), None);
        Ok(Self { url, header, pipeline })
    }
}

#[async_trait::async_trait]
impl TokenCredential for ManagedIdentity {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        // These endpoints know audiences only, which scopes of applications end in `/.default`.
        let resource = scopes.first().map_or("", |scope| scope.trim_end_matches("/.default"));
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("resource", resource);
        let mut request = Request::new(url, Method::Get);
        let (name, value) = &self.header;
        request.insert_header(name.clone(), value.expose_str().unwrap_or_default().to_owned());
        let options = options.unwrap_or_default();
        let answer = self.pipeline.send(&options.method_options.context, &mut request, None).await?;
        let told: Told = serde_json::from_slice(answer.body()).map_err(|_| unreadable())?;
        let end = told.expires_on.seconds().and_then(|end| OffsetDateTime::from_unix_timestamp(end).ok());
        Ok(AccessToken::new(told.access_token, end.ok_or_else(unreadable)?))
    }
}

/// What the endpoint answers. `expires_in` is not asked for: App Service does not send it.
#[derive(Deserialize)]
struct Told {
    access_token: String,
    expires_on: Epoch,
}

/// Seconds since the Unix epoch: in quotes by the documentation, a bare number from some versions.
#[derive(Deserialize)]
#[serde(untagged)]
enum Epoch {
    Text(String),
    Number(i64),
}

impl Epoch {
    fn seconds(&self) -> Option<i64> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Number(seconds) => Some(*seconds),
        }
    }
}

/// Without the parser's message, which may quote the token.
fn unreadable() -> azure_core::Error {
    azure_core::Error::with_message(ErrorKind::DataConversion, "the identity endpoint's answer is no token")
}
