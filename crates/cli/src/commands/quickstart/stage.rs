//! What the story plays on: two emulated platforms, a folder with a configuration and a store, and one sidecar.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hallpass_app::config::MachineFiles;
use hallpass_app::{App, Config, Fault, Flags, Gateway, HandOver, Purpose, Sources, Stopped, Variables};
use hallpass_emulator::{Emulator, Settings, World};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::side::{Members, Side};
use crate::caller::Caller;
use crate::commands::emulate::{Furniture, OUTBOUND, furnish};
use crate::failure::Failure;

/// Everything the story needs. Striking it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Stage {
    /// Who calls.
    pub(super) caller: Caller,
    /// The platforms, one integration each.
    pub(super) sides: Vec<Side>,
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
        let (sides, secrets): (Vec<_>, Vec<_>) = sides(&emulator).into_iter().unzip();
        let folder =
            folder(&sides).map_err(|error| Failure::machine("no temporary folder can be made", error))?;
        let app = assemble(&folder.path().join("hallpass.toml")).await?;
        for (side, members) in sides.iter().zip(&secrets) {
            app.put_secret(side.integration, members).await?;
        }
        let gateway = app.open(HandOver::File).await?;
        let address = gateway.url().trim_start_matches("http://").to_owned();
        let caller = Caller::new(address, gateway.pass().clone());
        let sidecar = Sidecar::of(gateway);
        Ok(Self { caller, sides, emulator, folder, sidecar })
    }

    /// Each integration's next token request will really mint two tokens.
    pub(super) fn plant_extra_mint(&self) {
        self.sides.iter().for_each(|side| side.plant_extra_mint(self.world()));
    }

    /// The emulated world, which is also its witness.
    pub(super) fn world(&self) -> &World {
        self.emulator.world()
    }

    /// The sidecar's address.
    pub(super) fn url(&self) -> &str {
        &self.sidecar.url
    }

    /// Where the pass is.
    pub(super) fn pass_file(&self) -> &Path {
        &self.sidecar.pass_file
    }

    /// The temporary folder.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the sidecar, the platforms and the folder.
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

/// One integration at each platform, in the order in which they are told of, and what each keeps secret.
fn sides(emulator: &Emulator) -> Vec<(Side, Members)> {
    let Furniture { conversation, contacts } = furnish(emulator.world());
    let cxone = contacts.into_iter().next().map(|contact| Side::cxone(emulator, contact));
    [Some(Side::genesys(emulator, conversation)), cxone].into_iter().flatten().collect()
}

/// The folder with a configuration for both platforms.
fn folder(sides: &[Side]) -> std::io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("hallpass-quickstart-").tempdir()?;
    let integrations: Vec<_> = sides.iter().map(|side| side.configuration.as_str()).collect();
    let integrations = integrations.join("\n\n");
    let text = format!(
        r#"version = 1
environment = "quickstart"

[sidecar]
listen = "127.0.0.1:0"
pass_file = "pass"

{OUTBOUND}

[stores.local]
path = "store"

[audit]
file = "audit.jsonl"

{integrations}
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
