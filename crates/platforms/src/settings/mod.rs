//! What configuration says about one integration's platform.

mod issuer;
mod values;

use std::collections::BTreeMap;

use hallpass_outbound::Origin;

use crate::token_url::TokenUrl;

pub use issuer::Issuer;
pub use values::{
    Audience, ClientAuth, Organization, ParameterName, Resource, Scope, TenantId, UpstreamName,
    UpstreamPlace, ValueFault,
};

/// Everything that can be said about a platform. Which of it a profile takes is in its [`crate::Profile`].
#[derive(Clone, Debug, Default)]
pub struct PlatformSettings {
    /// The platform, such as `genesys`.
    pub platform: String,
    /// How it is spoken to, such as `standard`.
    pub profile: String,
    /// A region by its key, such as `us-east-1`.
    pub region: Option<String>,
    /// The organisation whose name is part of the host.
    pub organization: Option<Organization>,
    /// The tenant that a token must belong to.
    pub tenant: Option<TenantId>,
    /// The authorization server that publishes where everything is.
    pub issuer: Option<Issuer>,
    /// The token endpoint.
    pub token_url: Option<TokenUrl>,
    /// The API.
    pub api_url: Option<Origin>,
    /// Several APIs, chosen by the first path segment.
    pub upstreams: BTreeMap<UpstreamName, UpstreamPlace>,
    /// How client id and secret are shown.
    pub client_auth: Option<ClientAuth>,
    /// What is asked for.
    pub scope: Option<Scope>,
    /// For whom the token shall be.
    pub audience: Option<Audience>,
    /// For which resource the token shall be (RFC 8707).
    pub resource: Option<Resource>,
    /// Form parameters that the server wants besides.
    pub parameters: BTreeMap<ParameterName, String>,
}

macro_rules! keys {
    ($($(#[$doc:meta])* $key:ident = $name:literal, $given:expr;)*) => {
        /// A configuration key about a platform.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Key { $($(#[$doc])* $key,)* }

        impl Key {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$key,)*];

            /// The key as it is written.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$key => $name,)* }
            }

            fn is_given(self, settings: &PlatformSettings) -> bool {
                let given: fn(&PlatformSettings) -> bool = match self { $(Self::$key => $given,)* };
                given(settings)
            }
        }
    };
}

keys! {
    /// The region.
    Region = "region", |settings| settings.region.is_some();
    /// The organisation.
    Organization = "organization", |settings| settings.organization.is_some();
    /// The tenant.
    Tenant = "tenant", |settings| settings.tenant.is_some();
    /// The authorization server.
    Issuer = "issuer", |settings| settings.issuer.is_some();
    /// The token endpoint.
    TokenUrl = "token_url", |settings| settings.token_url.is_some();
    /// The API.
    ApiUrl = "api_url", |settings| settings.api_url.is_some();
    /// Several APIs.
    Upstreams = "upstreams", |settings| !settings.upstreams.is_empty();
    /// How the client authenticates.
    ClientAuth = "client_auth", |settings| settings.client_auth.is_some();
    /// What is asked for.
    Scope = "scope", |settings| settings.scope.is_some();
    /// For whom.
    Audience = "audience", |settings| settings.audience.is_some();
    /// For what.
    Resource = "resource", |settings| settings.resource.is_some();
    /// What else.
    Parameters = "parameters", |settings| !settings.parameters.is_empty();
}

impl PlatformSettings {
    /// The keys that are given.
    pub fn given(&self) -> impl Iterator<Item = Key> + '_ {
        Key::ALL.iter().copied().filter(|key| key.is_given(self))
    }
}
