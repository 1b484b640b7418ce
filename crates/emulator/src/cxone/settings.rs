//! The behaviours of NICE CXone that are configurable, because sources disagree or because a test needs them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    settings::{Limit, PathLimit},
    standing::Delays,
};

/// What one emulated CXone is like.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CxoneSettings {
    /// The name of the tenant that is there from the start.
    pub tenant: String,
    /// Gives the identity host (discovery, `/auth/...`) a listener of its own, as the platform has one.
    pub separate_identity: bool,
    /// Gives UserHub (`/authentication/...`, `/public/user/...`) a listener of its own, as each region has one.
    pub separate_userhub: bool,
    /// What the discovery documents say instead of the truth.
    pub discovery: DiscoverySettings,
    /// Serves `POST /oauth2/token` on the API host with a form that carries id and secret, as a well-known guide
    /// has it. No real host does.
    pub guide_path: bool,
    /// What a token of the guide's path is granted if neither its client nor its request names a scope.
    pub guide_scope: String,
    /// Status of `invalid_client` at the token endpoint.
    pub invalid_client_status: u16,
    /// Status of `invalid_grant` at the token endpoint: a wrong or inactive access key, a dead refresh token.
    /// Sources say 400 or 401; 400 here.
    pub invalid_grant_status: u16,
    /// How the token endpoint spells the description of an error.
    pub description: DescriptionSpelling,
    /// How UserHub refuses.
    pub userhub: UserhubSettings,
    /// How long refresh tokens live.
    pub refresh_seconds: u64,
    /// An inactive access key, or an inactive user, also ends the tokens minted before. They live on otherwise.
    pub deactivation_ends_tokens: bool,
    /// What the data API demands of the `Accept` header.
    pub accept: AcceptRule,
    /// How a listing past its end is answered.
    pub past_the_end: PastTheEnd,
    /// How many token requests one access key may make; `None` for no limit. None is published.
    pub token_limit: Option<Limit>,
    /// How many data calls one tenant may make; `None` for no limit. None is published.
    pub tenant_limit: Option<Limit>,
    /// Extra limits of single routes, each counted per tenant.
    pub route_limits: Vec<PathLimit>,
    /// Whether a 429 says `Retry-After`. The platform's cannot be relied on, so it does not here.
    pub retry_after: bool,
    /// How long it takes until a new access key or application, or the state of one, works everywhere.
    pub delays: Delays,
    /// How many access keys a user may have. The real number is not published; 2 here, `None` for no limit.
    pub most_keys: Option<usize>,
    /// How many access keys are on one page of a listing.
    pub keys_per_page: usize,
    /// What is around a new access key in the answer that holds its secret.
    pub key_wrapper: KeyWrapper,
    /// After how long the last use of an access key shows in `lastUsedDate`. The real lag is not published.
    pub last_use_lag_seconds: u64,
    /// A key that the administration made is missing in the list for so many seconds; asked for by its id it is there.
    pub listing_lag_seconds: u64,
    /// What `/applications` is appended to, at UserHub, without a slash at the end. The real one is not published.
    pub applications_path: String,
    /// How long a deleted application goes on, restorable. The real time is not published; a week here.
    pub application_deletion_seconds: u64,
}

impl Default for CxoneSettings {
    fn default() -> Self {
        Self {
            tenant: "Emulated Tenant".to_owned(),
            separate_identity: false,
            separate_userhub: false,
            discovery: DiscoverySettings::default(),
            guide_path: false,
            guide_scope: "read:api write:api".to_owned(),
            invalid_client_status: 401,
            invalid_grant_status: 400,
            description: DescriptionSpelling::Snake,
            userhub: UserhubSettings::default(),
            refresh_seconds: 3_600,
            deactivation_ends_tokens: false,
            accept: AcceptRule::Any,
            past_the_end: PastTheEnd::NoContent,
            token_limit: None,
            tenant_limit: None,
            route_limits: Vec::new(),
            retry_after: false,
            delays: Delays::default(),
            most_keys: Some(2),
            keys_per_page: 25,
            key_wrapper: KeyWrapper::default(),
            last_use_lag_seconds: 0,
            listing_lag_seconds: 0,
            applications_path: "/application-registration/v1".to_owned(),
            application_deletion_seconds: 604_800,
        }
    }
}

/// Members of the discovery documents that are not derived from the request: for planting a document of somebody
/// else. Absent ones tell the truth.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiscoverySettings {
    /// `issuer`, also of the tokens.
    pub issuer: Option<String>,
    /// `token_endpoint`.
    pub token_endpoint: Option<String>,
    /// `auth_endpoint`.
    pub auth_endpoint: Option<String>,
    /// `api_endpoint`.
    pub api_endpoint: Option<String>,
    /// `tenantId`, whichever tenant was asked about.
    pub tenant_id: Option<String>,
}

/// How UserHub refuses. A body that is given is sent word for word instead of the platform's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserhubSettings {
    /// Status for an access key or a refresh token that is not good. 401 here; some say 400.
    pub refused_status: u16,
    /// The body that goes with it.
    pub refused_body: Option<Value>,
    /// Status for a request that cannot be read.
    pub malformed_status: u16,
    /// The body that goes with it.
    pub malformed_body: Option<Value>,
}

impl Default for UserhubSettings {
    fn default() -> Self {
        Self { refused_status: 401, refused_body: None, malformed_status: 400, malformed_body: None }
    }
}

/// The member that describes an OAuth error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DescriptionSpelling {
    /// `error_description`, as seen in the field.
    #[default]
    Snake,
    /// `errorDescription`, as the platform's specification has it.
    Camel,
    /// Both members.
    Both,
}

/// What the data API demands of the `Accept` header; a request that falls short is answered 406.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AcceptRule {
    /// Nothing.
    #[default]
    Any,
    /// There must be one, whatever it says.
    Present,
    /// It must name `application/json`; a wildcard does not do.
    Json,
}

/// What is around a new access key in the answer: the specification and clients in the field disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyWrapper {
    /// `{"resultSet": {...}}`, as the specification has it.
    #[default]
    ResultSet,
    /// `{"accessKey": {...}}`, as two older clients read it.
    AccessKey,
}

/// How a listing past its end is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PastTheEnd {
    /// 204 without a body, as the platform does.
    #[default]
    NoContent,
    /// 200 with an empty list, which makes some clients ask for ever.
    EmptyList,
}
