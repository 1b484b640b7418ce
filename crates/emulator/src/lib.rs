//! An emulator of contact-centre platforms, with its own clock, scripted misbehaviour and a witness that counts.
//!
//! It is a witness *against* the product: it shares no type with it, reads what really came over the wire, and
//! its counts are the ones a proof relies on.
//!
//! ```
//! use hallpass_emulator::{Act, Emulator, Misbehaviour, NewClient, Settings};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let emulator = Emulator::start(Settings::default()).await?;
//! let keys = emulator.world().add_client(NewClient::named("queue-sync"));
//! emulator.world().misbehave(Misbehaviour::on_api(Act::fail(503)).times(2));
//! // ... point a program at emulator.base_url() with keys.id and keys.secret, then ask what it did:
//! assert_eq!(emulator.world().witness().clients[&keys.id].mints, 0);
//! emulator.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Why not a mocking library: a mock answers what the test expects, so a test and its mock can be wrong together.
//! This one keeps state (clients, secrets, live tokens, quotas, conversations) and behaves as the platform does,
//! oddities included: Genesys Cloud answers a throttled token request with 400, not 429.
//!
//! Genesys Cloud lives in `genesys`, NICE CXone in `cxone`. Both are played at the same time, on one port unless the
//! settings ask for more, and know nothing of each other: no token of one opens the other. The rest of the crate
//! knows no platform beyond handing requests to it.

mod clients;
mod clock;
mod control;
mod cxone;
mod draws;
mod exchange;
mod forms;
mod genesys;
mod journal;
mod live;
mod misbehave;
mod platform;
mod received;
mod reply;
mod script;
mod server;
mod settings;
mod standing;
mod state;
mod surfaces;
mod templates;
mod text_or_bytes;
mod tokens;
mod window;
mod wire;
mod witness;
mod world;

pub use clients::{ClientKeys, ClientState, NewClient};
pub use cxone::{
    keys::{AccessKeys, NewAccessKey},
    settings::{
        AcceptRule, CxoneSettings, DescriptionSpelling, DiscoverySettings, KeyWrapper, PastTheEnd,
        UserhubSettings,
    },
    tenants::{CxoneTenant, NewCxoneTenant},
};
pub use genesys::{
    conversations::{ConversationKeys, NewConversation},
    credentials::NewIntegrationCredential,
    divisions::NewDivision,
    roles::{NewRole, RoleDivision},
};
pub use misbehave::{Act, Misbehaviour, Target};
pub use server::Emulator;
pub use settings::{ClockSettings, GenesysSettings, Limit, PathLimit, Settings};
pub use standing::Delays;
pub use witness::{
    ApiUsageRow, ClientReport, LiveSecret, Platform, RequestRecord, SecretKind, SecretRefusal, Totals,
    WitnessReport,
};
pub use world::World;
