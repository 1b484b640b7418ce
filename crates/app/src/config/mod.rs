//! `hallpass.toml`: read once, checked whole, and never doubted afterwards.
//!
//! ```text
//!   bytes ──▶ text ──▶ tree with places ──▶ structure (schema) ──▶ meaning ──▶ Config
//!                │           │                    │                    │
//!                └───────────┴────────── ConfigFaults ─────────────────┘   all of them, in one run
//! ```
//!
//! # Why not just deserialise
//!
//! A deserialiser stops at its first fault and quotes what it found. Here every fault is told at once, with its line, and no value is
//! ever quoted: it may be a secret in the wrong place. So the structure is checked against the schema first, the faulty parts are
//! taken out, and what is left is deserialised and checked for its meaning.
//!
//! # Precedence
//!
//! A flag wins over a documented variable, the variable over the file, the file over the default: `Given::first` is the
//! only place that decides it. A value that loses is still checked.

mod accept;
mod acks;
mod at;
mod audit;
mod check;
mod defaults;
mod document;
mod faults;
mod file;
mod files;
mod integration;
mod learn;
mod listen;
mod platform;
mod provision;
mod publish;
mod rotation;
mod schema;
mod settings;
mod sidecar;
mod stores;
mod structure;
mod suggest;
mod summary;
mod units;
pub(crate) mod variables;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use faults::{ConfigFault, ConfigFaults, Place};
pub use files::{Files, MachineFiles};
pub use schema::schema;
pub use settings::{AuditTarget, Config, LogFormat, LogLevel};
pub(crate) use suggest::{nearest, presentable};
pub use summary::IntegrationSummary;
pub(crate) use summary::place;
pub use units::waiting_time;
pub use variables::{
    AWS_REGION, Direction, HALLPASS_CONFIG, HALLPASS_LISTEN, HALLPASS_LOG, HALLPASS_PASS, HALLPASS_PASS_FILE,
    HALLPASS_STORE_PASSPHRASE_FILE, HALLPASS_URL, HOME, NO_COLOR, ProcessVariables, REGION_NAME, TERM,
    VARIABLES, Variable, Variables, XDG_RUNTIME_DIR, XDG_STATE_HOME,
};

pub(crate) use acks::{AckAddress, AckTarget};
use check::Checker;
use faults::Collector;
use file::HallpassToml;
#[cfg(feature = "aws")]
pub(crate) use settings::PublishConfig;
pub(crate) use settings::{
    AuditConfig, FileAcceptance, IntegrationConfig, Key, LocalStoreConfig, LogConfig, OutboundConfig,
    ProvisionConfig, RotationConfig, SidecarConfig, StrategyChoice,
};

/// Where settings come from besides the file.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// The environment.
    pub variables: &'a dyn Variables,
    /// The file system.
    pub files: &'a dyn Files,
    /// What the command line said.
    pub flags: Flags,
}

/// Settings a command line may carry. They win over everything else.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--listen`, in place of `sidecar.listen`.
    pub listen: Option<String>,
    /// `--log`, in place of `log.level`.
    pub log: Option<String>,
}

impl<'a> Sources<'a> {
    /// The real environment and file system.
    #[must_use]
    pub fn of_process(flags: Flags) -> Self {
        Self { variables: &ProcessVariables, files: &MachineFiles, flags }
    }
}

impl Config {
    /// Reads and checks a configuration file: `path` (what `--config` said), else HALLPASS_CONFIG, else `hallpass.toml` in the
    /// working directory.
    ///
    /// # Errors
    /// Every fault of the file and of the variables and flags that go with it.
    pub fn load(path: Option<&Path>, sources: &Sources<'_>) -> Result<Self, ConfigFaults> {
        let path = Self::path(path, sources.variables);
        let name = path.display().to_string();
        let content = match sources.files.read(&path, document::LARGEST_FILE) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(ConfigFaults::missing(name)),
            Err(error) => return Err(unreadable(name, format!("it cannot be read: {}", error.kind()), None)),
        };
        let text = document::text_of(content)
            .map_err(|(message, hint)| unreadable(name, message, Some(hint.to_owned())))?;
        Self::read(&path, &text, sources)
    }

    /// Checks `text` as if it stood in the file `path`, which need not exist.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn read(path: &Path, text: &str, sources: &Sources<'_>) -> Result<Self, ConfigFaults> {
        let mut faults = Collector::new(path.display().to_string(), text);
        let config = sound_part(text, &mut faults)
            .and_then(|file| Checker::new(path, sources, &mut faults).config(&file));
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(faults.finish()),
        }
    }

    /// The file that [`Config::load`] reads.
    #[must_use]
    pub fn path(flag: Option<&Path>, variables: &dyn Variables) -> PathBuf {
        let variable = variables::read(variables, HALLPASS_CONFIG).map(PathBuf::from);
        let given = Given { flag: flag.map(Path::to_owned), variable, file: None };
        given.first(|| defaults::FILE.into())
    }
}

/// One setting, by where it was given.
pub(crate) struct Given<T> {
    /// On the command line.
    pub(crate) flag: Option<T>,
    /// In the environment.
    pub(crate) variable: Option<T>,
    /// In the file.
    pub(crate) file: Option<T>,
}

impl<T> Given<T> {
    /// Flag > documented variable > file > default.
    pub(crate) fn first(self, default: impl FnOnce() -> T) -> T {
        self.flag.or(self.variable).or(self.file).unwrap_or_else(default)
    }
}

/// What of `text` has the right structure; the rest is noted as faults. `None` when it is not TOML.
fn sound_part(text: &str, faults: &mut Collector<'_>) -> Option<HallpassToml> {
    let mut tree = document::tree_of(text, faults)?;
    structure::check(tree.get_mut(), &schema(), faults);
    let read = HallpassToml::deserialize(toml::Deserializer::from(tree));
    if read.is_err() {
        // The schema is made from the very types: it lets nothing pass that they do not take. The error's text quotes values, so it is dropped.
        faults.on(Place::File, "it cannot be understood", "please report this".to_owned());
    }
    read.ok()
}

fn unreadable(name: String, message: String, hint: Option<String>) -> ConfigFaults {
    let mut faults = Collector::new(name, "");
    faults.on(Place::File, message, hint);
    faults.finish()
}
