//! What the emulator saw, as data: the counts that proofs rely on.
//!
//! No secret and no token is ever in it, unless a setting asks for the bodies of token requests; a token is spoken
//! of by its number in the order of minting.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::text_or_bytes;

/// Everything the emulator saw so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WitnessReport {
    /// Per client id, removed clients included. CXone's access keys stand here under the key's id.
    pub clients: BTreeMap<String, ClientReport>,
    /// Sums over all clients and over requests that named none.
    pub totals: Totals,
    /// API calls that carried no token the emulator ever minted.
    pub anonymous_calls: u64,
    /// Answered API calls of clients of Genesys Cloud in its own usage shape: one row per client, path template,
    /// method and day.
    pub usage: Vec<ApiUsageRow>,
    /// The latest secrets that a token endpoint refused, oldest first.
    pub secret_refusals: Vec<SecretRefusal>,
    /// The latest requests, oldest first.
    pub log: Vec<RequestRecord>,
    /// How many requests the log no longer holds.
    pub log_dropped: u64,
}

/// What one client did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClientReport {
    /// Its display name.
    pub name: String,
    /// Token requests that named this client, whatever became of them.
    pub token_requests: u64,
    /// Tokens minted from its credentials, whether or not the answer arrived.
    pub mints: u64,
    /// Tokens minted from a refresh token of it, whether or not the answer arrived; they are no `mints`.
    pub refreshes: u64,
    /// Token requests refused for their content: wrong secret, state, grant type.
    pub mints_refused: u64,
    /// Token requests throttled.
    pub mints_throttled: u64,
    /// API calls that carried one of its tokens, live or dead.
    pub calls: u64,
    /// Those calls by the status they were answered with.
    pub calls_by_status: BTreeMap<u16, u64>,
    /// Those calls by `METHOD template`.
    pub calls_by_route: BTreeMap<String, u64>,
    /// Secrets that the administration made for it: one when it was created there, and one at each reset.
    pub secrets_made: u64,
    /// Requests of either kind that a [`Misbehaviour`](crate::Misbehaviour) met.
    pub misbehaviours: u64,
    /// Requests of either kind whose answer never left, because of a scripted reset.
    pub resets: u64,
}

/// Sums.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// All requests.
    pub requests: u64,
    /// Requests for what anybody may read: discovery documents, signing keys.
    pub discoveries: u64,
    /// Requests to a token endpoint, refreshes included.
    pub token_requests: u64,
    /// Token requests that named no registered client.
    pub token_requests_unknown: u64,
    /// Tokens minted from credentials.
    pub mints: u64,
    /// Tokens minted from refresh tokens.
    pub refreshes: u64,
    /// Token requests refused, those of unknown clients included.
    pub mints_refused: u64,
    /// Token requests throttled.
    pub mints_throttled: u64,
    /// API calls, anonymous ones included.
    pub calls: u64,
    /// API calls that administer clients, keys and what they may do, whoever made them.
    pub administrative_calls: u64,
    /// Secrets that the administration made, whether or not the answer arrived.
    pub secrets_made: u64,
    /// API calls by the status they were answered with.
    pub calls_by_status: BTreeMap<u16, u64>,
    /// Requests whose answer never left, because of a scripted reset.
    pub resets: u64,
}

/// One request as it came over the wire, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestRecord {
    /// Its number in the order of arrival, from 1.
    pub number: u64,
    /// When it had arrived, on the emulator's clock.
    pub at: String,
    /// Which platform answered it.
    pub platform: Platform,
    /// Whether it went to a token endpoint, one that refreshes included.
    pub token_endpoint: bool,
    /// Whether it asked for what anybody may read: a discovery document, signing keys.
    pub discovery: bool,
    /// Whether it administered clients, keys or what they may do.
    pub administration: bool,
    /// The method.
    pub method: String,
    /// The path without query, as the platform sees it (prefixes taken off).
    pub path: String,
    /// The path template it matched, or `unmatched`.
    pub route: String,
    /// The target exactly as received, except that known tokens and secrets are masked.
    pub raw_target: String,
    /// The header names exactly as received, in order, duplicates included.
    pub header_names: Vec<String>,
    /// Bytes of body, chunk framing not counted.
    pub body_length: u64,
    /// The body of a token request byte for byte, if
    /// [`Settings::record_token_bodies`](crate::Settings::record_token_bodies) asks for it. In JSON a string, or a
    /// list of numbers where it is no text.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "text_or_bytes::serialize_some")]
    pub token_body: Option<Vec<u8>>,
    /// The client it named, by credentials or by token; for CXone the access key.
    pub client_id: Option<String>,
    /// Which token it carried.
    pub token_number: Option<u64>,
    /// The correlation id of its answer: `ININ-Correlation-Id`, for CXone `CorrelationId`.
    pub correlation_id: String,
    /// The status it was answered with; absent while it waits, and if the answer never left.
    pub status: Option<u16>,
    /// Names of the misbehaviours it met.
    pub misbehaviours: Vec<String>,
}

/// A secret that a token endpoint refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretRefusal {
    /// When, on the emulator's clock.
    pub at: String,
    /// The same, in milliseconds since 1970.
    pub unix_millis: u64,
    /// Which platform refused it.
    pub platform: Platform,
    /// Whose it was said to be, as far as the request says: a client, an access key.
    pub id: Option<String>,
}

/// A secret that opens the door now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LiveSecret {
    /// Where.
    pub platform: Platform,
    /// What holds it.
    pub kind: SecretKind,
    /// The id of what holds it.
    pub id: String,
}

/// What may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// An OAuth client.
    Client,
    /// An access key of CXone.
    AccessKey,
    /// An application of CXone.
    Application,
}

/// A platform that is emulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Genesys Cloud, which also answers what belongs to no platform.
    Genesys,
    /// NICE CXone.
    Cxone,
}

/// One row of API usage, in the platform's own shape and spelling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiUsageRow {
    /// The client's id.
    pub client_id: String,
    /// The client's display name.
    pub client_name: String,
    /// The organisation's id.
    pub organization_id: String,
    /// The path template.
    pub template_uri: String,
    /// The method.
    pub http_method: String,
    /// Answers of the class 2xx.
    pub status200: u64,
    /// Answers of the class 3xx.
    pub status300: u64,
    /// Answers of the class 4xx, except 429.
    pub status400: u64,
    /// Answers 429.
    pub status429: u64,
    /// Answers of the class 5xx.
    pub status500: u64,
    /// All of them.
    pub requests: u64,
    /// The day, as its midnight in UTC.
    pub date: String,
}

impl ApiUsageRow {
    pub(crate) fn count(&mut self, status: u16) {
        let class = match status {
            429 => &mut self.status429,
            500.. => &mut self.status500,
            400.. => &mut self.status400,
            300.. => &mut self.status300,
            _ => &mut self.status200,
        };
        *class += 1;
        self.requests += 1;
    }
}
