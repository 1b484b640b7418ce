//! The metadata server, and the token exchange of workload identity federation.

use serde_json::json;

use super::tokens::Tokens;
use crate::message::{Received, Reply};
use crate::server::Cloud;

/// <https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys>, and on the same port
/// <https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token>.
#[derive(Debug)]
pub struct Metadata {
    tokens: Tokens,
}

impl Metadata {
    /// Gives out what `tokens` says.
    #[must_use]
    pub fn new(tokens: Tokens) -> Self {
        Self { tokens }
    }

    fn token(&self) -> Reply {
        let body =
            json!({ "access_token": self.tokens.current(), "expires_in": 3599, "token_type": "Bearer" });
        Reply::json(200, &body)
    }

    /// The exchange of a foreign token for one of Google's (RFC 8693). Which token is shown is not judged, only that there is one.
    fn exchange(&self, request: &Received) -> Reply {
        let form = request.form();
        let has = |key: &str| form.iter().any(|(name, value)| name == key && !value.is_empty());
        let grant = form.iter().any(|(name, value)| {
            name == "grant_type" && value == "urn:ietf:params:oauth:grant-type:token-exchange"
        });
        if !(grant && has("audience") && has("subject_token") && has("subject_token_type")) {
            let body = json!({ "error": "invalid_request", "error_description": "Invalid token exchange." });
            return Reply::json(400, &body);
        }
        let body = json!({
            "access_token": self.tokens.current(),
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": 3599,
        });
        Reply::json(200, &body)
    }
}

impl Cloud for Metadata {
    fn answer(&self, request: &Received) -> Reply {
        if request.path == "/v1/token" && request.method == "POST" {
            return self.exchange(request);
        }
        // "Requests must contain the header Metadata-Flavor: Google"; without it, 403. The reply repeats it:
        // https://cloud.google.com/compute/docs/metadata/querying-metadata
        if request.header("metadata-flavor") != Some("Google") {
            return Reply::bytes(403, "Missing Metadata-Flavor:Google header.");
        }
        let account = "/computeMetadata/v1/instance/service-accounts/default";
        let reply = match request.path.strip_prefix(account) {
            Some("/token") => self.token(),
            Some("/email") => Reply::bytes(200, ACCOUNT),
            Some("/" | "") if request.parameter("recursive").is_some() => {
                let scopes = ["https://www.googleapis.com/auth/cloud-platform"];
                Reply::json(200, &json!({ "aliases": ["default"], "email": ACCOUNT, "scopes": scopes }))
            }
            _ => match request.path.as_str() {
                // The libraries ask the root whether this is a metadata server at all.
                "/" => Reply::bytes(200, "computeMetadata/\n"),
                "/computeMetadata/v1/project/project-id" => Reply::bytes(200, "acme-prod"),
                "/computeMetadata/v1/universe/universe-domain" => Reply::bytes(200, "googleapis.com"),
                _ => Reply::bytes(404, "Not Found"),
            },
        };
        reply.with("metadata-flavor", "Google")
    }
}

const ACCOUNT: &str = "queue-sync@acme-prod.iam.gserviceaccount.com";
