//! What the story plays on: an emulated platform, a folder with a configuration and a store, and a sidecar.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hallpass_app::config::MachineFiles;
use hallpass_app::{
    App, Config, Fault, Flags, Gateway, HandOver, Purpose, Secret, Sources, Stopped, Variables,
};
use hallpass_emulator::{Act, Emulator, Misbehaviour, NewClient, Settings, World};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::caller::Caller;
use crate::commands::emulate::{Conversation, furnish};
use crate::failure::Failure;

/// Everything the story needs. Striking it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Stage {
    /// Who calls.
    pub(super) caller: Caller,
    /// The client's id at the platform.
    pub(super) client_id: String,
    /// A conversation at the platform.
    pub(super) conversation: Conversation,
    emulator: Emulator,
    folder: TempDir,
    sidecar: Sidecar,
}

#[derive(Debug)]
struct Sidecar {
    url: String,
    pass_file: PathBuf,
    /// Dropping it tells the sidecar to stop.
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<Stopped, Fault>>,
}

impl Stage {
    /// Sets it.
    pub(super) async fn set() -> Result<Self, Failure> {
        let emulator = Emulator::start(Settings::default())
            .await
            .map_err(|error| Failure::machine("the emulator cannot listen on loopback", error))?;
        let keys = emulator.world().add_client(NewClient::named("queue-sync"));
        let conversation = furnish(emulator.world());
        let folder =
            folder(&emulator).map_err(|error| Failure::machine("no temporary folder can be made", error))?;
        let app = assemble(&folder.path().join("hallpass.toml")).await?;
        let members = [("client_id", keys.id.as_str()), ("client_secret", keys.secret.as_str())];
        let members: BTreeMap<_, _> =
            members.into_iter().map(|(name, value)| (name.to_owned(), Secret::from(value))).collect();
        app.put_secret("queue-sync", &members).await?;
        let gateway = app.open(HandOver::File).await?;
        let address = gateway.url().trim_start_matches("http://").to_owned();
        let caller = Caller::new(address, gateway.pass().clone());
        let sidecar = Sidecar::of(gateway);
        Ok(Self { caller, client_id: keys.id, conversation, emulator, folder, sidecar })
    }

    /// The next token request will really mint two tokens.
    pub(super) fn plant_extra_mint(&self) {
        self.world().misbehave(Misbehaviour::on_token(Act::PlantExtraMint));
    }

    /// The emulated world, which is also its witness.
    pub(super) fn world(&self) -> &World {
        self.emulator.world()
    }

    /// The sidecar's address.
    pub(super) fn url(&self) -> &str {
        &self.sidecar.url
    }

    /// The platform's address.
    pub(super) fn platform_url(&self) -> String {
        self.emulator.base_url()
    }

    /// Where the pass is.
    pub(super) fn pass_file(&self) -> &Path {
        &self.sidecar.pass_file
    }

    /// The temporary folder.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the sidecar, the platform and the folder.
    pub(super) async fn strike(self) -> Result<(), Failure> {
        drop(self.sidecar.stop);
        let served = self.sidecar.serving.await;
        self.emulator.stop().await;
        self.folder
            .close()
            .map_err(|error| Failure::machine("the temporary folder cannot be removed", error))?;
        served.map_err(|error| Failure::machine("the sidecar broke off", error))??;
        Ok(())
    }
}

impl Sidecar {
    fn of(gateway: Gateway) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (url, pass_file) = (gateway.url(), gateway.pass_file().map(Path::to_owned).unwrap_or_default());
        let serving = gateway.serve(async { drop(stopped.await) }, std::future::pending());
        Self { url, pass_file, stop, serving: tokio::spawn(serving) }
    }
}

/// The folder with a configuration for `emulator`.
fn folder(emulator: &Emulator) -> std::io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("hallpass-quickstart-").tempdir()?;
    let (login, api) = (emulator.login_url(), emulator.api_url());
    let text = format!(
        r#"version = 1
environment = "quickstart"

[sidecar]
listen = "127.0.0.1:0"
pass_file = "pass"

[outbound]
private_networks = ["127.0.0.0/8"]

[stores.local]
path = "store"

[audit]
file = "audit.jsonl"

[integrations.queue-sync]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = "local:queue-sync"
allow = ["GET /api/v2/routing/queues/**", "PATCH /api/v2/conversations/*/participants/*/attributes"]
"#
    );
    fs::write(folder.path().join("hallpass.toml"), text)?;
    Ok(folder)
}

async fn assemble(path: &Path) -> Result<App, Fault> {
    // The tour is the same on every machine, whatever is set there.
    let sources = Sources { variables: &NoVariables, files: &MachineFiles, flags: Flags::default() };
    let config = Config::load(Some(path), &sources)?;
    App::assemble(&config, Purpose::Gateway, Arc::new(NoVariables)).await
}

/// An environment without variables.
#[derive(Clone, Copy, Debug)]
struct NoVariables;

impl Variables for NoVariables {
    fn value(&self, _: &str) -> Option<OsString> {
        None
    }
}
