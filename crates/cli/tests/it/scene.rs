//! One test's own world: a folder, an emulated platform, and the binary to run in it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use hallpass_emulator::{ClientKeys, Emulator, NewClient, Settings, World};
use hallpass_testkit::process::{Finished, Launch, Running, Stream};
use hallpass_testkit::snapshot::{self, Filters};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Far longer than anything takes, far shorter than a stuck pipeline.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The secret of every test's client, so that one look at any output tells whether it got out.
pub(crate) const SECRET: &str = "canary/9+Zq&\"kÜ~secret";

/// A folder with an emulated platform beside it.
pub(crate) struct Scene {
    folder: TempDir,
    runtime: Runtime,
    emulator: Option<Emulator>,
    address: (String, String),
    world: World,
    pub(crate) keys: ClientKeys,
    variables: Vec<(String, String)>,
}

impl Scene {
    /// A platform with one client, a configuration for it, and a key for the local store; no secret is stored yet.
    pub(crate) fn empty() -> Self {
        Self::of(Settings::default())
    }

    /// The same with a platform of these settings.
    pub(crate) fn of(settings: Settings) -> Self {
        let runtime = Runtime::new().unwrap();
        let emulator = runtime.block_on(Emulator::start(settings)).unwrap();
        let keys = emulator.world().add_client(NewClient::named("queue-sync").secret(SECRET));
        emulator.world().add_queue("Sales");
        let (world, address) = (emulator.world().clone(), (emulator.login_url(), emulator.api_url()));
        let folder = tempfile::tempdir().unwrap();
        let variables = Vec::new();
        let scene = Self { folder, runtime, emulator: Some(emulator), address, world, keys, variables };
        scene.configure("");
        scene
    }

    /// The same, with the client's secret stored.
    pub(crate) fn with_secret() -> Self {
        let scene = Self::empty();
        let stored = scene.run_with(&["secret", "put", "queue-sync"], scene.material());
        assert_eq!(stored.code, Some(0), "{stored:?}");
        scene
    }

    /// Writes the configuration, with `more` lines above its tables' ends.
    pub(crate) fn configure(&self, more: &str) {
        let (login, api) = &self.address;
        let text = format!(
            r#"version = 1
environment = "test"

[sidecar]
listen = "127.0.0.1:0"
pass_file = "run/pass"

[outbound]
private_networks = ["127.0.0.0/8"]

[stores.local]
path = "store"

[integrations.queue-sync]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = "local:queue-sync"
allow = ["GET /api/v2/routing/queues/**", "PATCH /api/v2/conversations/*/participants/*/attributes"]
{more}"#
        );
        self.write("hallpass.toml", &text);
    }

    /// What `secret put` is given.
    pub(crate) fn material(&self) -> String {
        serde_json::json!({ "client_id": self.keys.id, "client_secret": SECRET }).to_string()
    }

    /// The emulated platform, which must not be down.
    pub(crate) fn emulator(&self) -> &Emulator {
        self.emulator.as_ref().unwrap()
    }

    /// The emulated platform's login and API.
    pub(crate) fn address(&self) -> &(String, String) {
        &self.address
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// How many tokens the platform minted, by its own count.
    pub(crate) fn mints(&self) -> u64 {
        self.world.witness().clients[&self.keys.id].mints
    }

    /// The platform goes away; its port refuses connections.
    pub(crate) fn platform_down(&mut self) {
        if let Some(emulator) = self.emulator.take() {
            self.runtime.block_on(emulator.stop());
        }
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the folder.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The binary with these arguments, in the folder, with nothing of the developer's environment.
    pub(crate) fn hallpass(&self, arguments: &[&str]) -> Launch {
        self.program(Path::new(env!("CARGO_BIN_EXE_hallpass")), arguments)
    }

    /// Another program in the same way.
    pub(crate) fn program(&self, program: &Path, arguments: &[&str]) -> Launch {
        let launch = Launch::new(program)
            .args(arguments)
            .clear_env()
            .current_dir(self.path())
            .env("TMPDIR", self.path());
        self.variables.iter().fold(launch, |launch, (name, value)| launch.env(name, value))
    }

    /// From now on the binary finds this in its environment.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Runs a future on the scene's runtime, where what it starts goes on.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        self.run_with(arguments, "")
    }

    /// Runs it to its end, with something on its standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], stdin: impl Into<Vec<u8>>) -> Finished {
        self.hallpass(arguments).stdin(stdin).run(PATIENCE).unwrap()
    }

    /// Compares what a run left with its file.
    #[track_caller]
    pub(crate) fn assert(&self, name: &str, finished: &Finished) {
        assert_snapshot(name, finished, self.path());
    }

    /// Starts `serve` and waits until it listens.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Served {
        let process = self.hallpass(&[&["serve", "--json"], arguments].concat()).start().unwrap();
        let line = process.line(Stream::Stdout, "", PATIENCE).unwrap();
        let announced: serde_json::Value = serde_json::from_str(&line).unwrap();
        let pass = fs::read_to_string(announced["pass_file"].as_str().unwrap()).unwrap();
        Served { process, announced, pass }
    }
}

/// A running sidecar.
pub(crate) struct Served {
    pub(crate) process: Running,
    pub(crate) announced: serde_json::Value,
    pub(crate) pass: String,
}

impl Served {
    /// One call with the pass.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        get(self.announced["url"].as_str().unwrap(), &self.pass, path)
    }

    /// The pass file goes when it begins to stop.
    pub(crate) fn wait_until_it_stops(&self) {
        let pass_file = Path::new(self.announced["pass_file"].as_str().unwrap());
        until(|| !pass_file.exists());
    }
}

/// Looks until it is so, for something that nobody announces.
pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    let looks = PATIENCE.as_millis() / LOOK.as_millis();
    assert!(
        (0..looks).any(|_| {
            thread::park_timeout(LOOK);
            is_so()
        }),
        "it never came to that"
    );
}

const LOOK: Duration = Duration::from_millis(5);

/// One GET over a connection of its own: status, and everything after it.
pub(crate) fn get(url: &str, pass: &str, path: &str) -> (u16, String) {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nHallpass: {pass}\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer[9..12].parse().unwrap(), answer)
}

/// Compares what a run left with its file; `folder` is where it ran.
#[track_caller]
pub(crate) fn assert_snapshot(name: &str, finished: &Finished, folder: &Path) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots").join(format!("{name}.txt"));
    let filters = Filters::standard().literal(folder.to_str().unwrap(), "[FOLDER]");
    snapshot::assert(path, finished, &filters);
}
