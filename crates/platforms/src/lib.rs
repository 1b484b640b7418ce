//! What hallpass knows about each contact-centre platform.
//!
//! ```text
//!   PlatformSettings ──▶ Profile (one line of the registry) ──▶ Connected { platform, upstreams }
//!                          takes, needs                             │
//!                                                                   ├─ Endpoint: where tokens are asked for
//!                                                                   ├─ Messages: the request, what a refusal means
//!                                                                   └─ LocalLogin: how programs log in to the sidecar
//! ```
//!
//! Each platform is a folder that supplies those three. Their only I/O is the [`hallpass_outbound::Transport`] they are handed; building messages and
//! reading answers is pure. Adding a platform is one folder and one line in [`REGISTRY`]; `docs/guides/adding-a-platform.md` goes through one.

mod admin;
mod calls;
mod caution;
mod cxone;
mod form;
mod genesys;
mod guide_names;
mod login;
mod oauth2;
mod parts;
mod platform;
mod profile;
mod registry;
mod settings;
mod token_url;
mod upstreams;
#[cfg(test)]
mod worked_example;

pub use admin::{AdminCall, AdminCalls, AdminReply, IntegrationCalls};
pub use calls::{known_calls, teach_paths};
pub use caution::caution;
pub use cxone::admin::{
    CxoneApplicationAdmin, CxoneApplicationSettings, CxoneKeyAdmin, CxoneKeySettings, CxoneKeys,
    cxone_application_rules, cxone_key_rules,
};
pub use genesys::admin::{
    GenesysAdmin, GenesysAdminSettings, GenesysClients, genesys_admin_rules, genesys_client_rules,
    publish_copy,
};
pub use guide_names::guide_names;
pub use parts::{Connected, PlatformParts};
pub use profile::{Misfit, Profile, Regions, Way};
pub use registry::{REGISTRY, connect, platform_names, profile, profile_names, profiles};
pub use settings::{
    Audience, ClientAuth, Issuer, Key, Organization, ParameterName, PlatformSettings, Resource, Scope,
    TenantId, UpstreamName, UpstreamPlace, ValueFault,
};
pub use token_url::{TokenUrl, TokenUrlFault};
