//! Key Vault, App Configuration, and where their tokens come from.
//!
//! ```text
//!   vault   https  401 + challenge, then /secrets...            ┐
//!   config  https  /kv...                                       ├─ one world: a token counts for the audience it was asked for
//!   entra   https  /TENANT/oauth2/v2.0/token                    │
//!   local   http   /msi/token, /metadata/identity/oauth2/token  ┘  and /control, for tests in other languages
//! ```
//!
//! Time stands still unless a test moves it, so that everything written "at once" carries the same second, as it can in the real service.

mod control;
mod entra;
mod key_value_orders;
mod key_values;
mod local;
mod secrets;
mod vault;
mod wire;
mod world;

use std::io;
use std::sync::Arc;

use serde_json::{Value, json};

pub use key_values::{CONFIG_AUDIENCE, CONFIG_READ, CONFIG_WRITE, KEY_VAULT_REFERENCE};
pub use vault::{GET, LIST, SET, UPDATE, VAULT_AUDIENCE};
pub use world::{ASSERTION, BEGINNING, CLIENT, CLIENT_SECRET, Denial, IDENTITY_HEADER, TENANT, World};

use crate::{Authority, StandIn};

/// The four stand-ins over one world.
#[derive(Debug)]
pub struct Azure {
    /// A Key Vault.
    pub vault: StandIn,
    /// An App Configuration store.
    pub config: StandIn,
    /// Microsoft Entra ID's token endpoint.
    pub entra: StandIn,
    /// What answers inside a sandbox: the endpoint of App Service, and the one of virtual machines.
    pub local: StandIn,
    /// What they share; tests change it by hand.
    pub world: Arc<World>,
    /// Who vouches for the three that speak TLS.
    pub authority: Authority,
}

impl Azure {
    /// Starts all four. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start() -> io::Result<Self> {
        let (world, authority) = (Arc::new(World::default()), Authority::new());
        let entra =
            StandIn::start(Arc::new(entra::Entra { world: Arc::clone(&world) }), Some(&authority)).await?;
        let local = StandIn::start(Arc::new(local::Local { world: Arc::clone(&world) }), None).await?;
        let vault = vault::Vault { world: Arc::clone(&world), entra: entra.url() };
        let vault = StandIn::start(Arc::new(vault), Some(&authority)).await?;
        let config = key_values::Config { world: Arc::clone(&world) };
        let config = StandIn::start(Arc::new(config), Some(&authority)).await?;
        Ok(Self { vault, config, entra, local, world, authority })
    }

    /// Where they are, what they accept, and whom to trust, for a program in another language.
    #[must_use]
    pub fn announcement(&self) -> Value {
        let local = self.local.url();
        json!({
            "vault_url": self.vault.url(),
            "config_url": self.config.url(),
            "entra_url": self.entra.url(),
            "identity_url": format!("{local}/msi/token"),
            "metadata_url": local,
            "control_url": format!("{local}/control"),
            "authority_pem": self.authority.pem(),
            "tenant": TENANT,
            "client": CLIENT,
            "client_secret": CLIENT_SECRET,
            "assertion": ASSERTION,
            "identity_header": IDENTITY_HEADER,
        })
    }
}
