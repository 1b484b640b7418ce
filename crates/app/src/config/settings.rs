//! The configuration once it is checked: types that cannot be wrong any more.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hallpass_core::policy::Rule;
use hallpass_core::{Environment, IntegrationName, RoleGrantName, Stage};
use hallpass_lifecycle::scope_lint::{Acceptance, Date};
use hallpass_platforms::PlatformSettings;
use hallpass_sidecar::Listen;
use hallpass_stores::{Reference, StoreLimits};
use ipnet::IpNet;

use super::AckTarget;

/// A checked configuration. Its fields are read by the composition root only, so the compiler tells when a key has no effect.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the file lies: relative paths and `file:` references begin there.
    pub(crate) folder: PathBuf,
    pub(crate) environment: Environment,
    pub(crate) sidecar: SidecarConfig,
    pub(crate) outbound: OutboundConfig,
    pub(crate) store_limits: StoreLimits,
    pub(crate) local_store: LocalStoreConfig,
    pub(crate) audit: AuditConfig,
    pub(crate) log: LogConfig,
    /// Files whose plain secrets are known and borne.
    pub(crate) accepted_files: Vec<FileAcceptance>,
    /// The swagger file that says what calls need.
    pub(crate) lint_permissions: Option<PathBuf>,
    pub(crate) integrations: Vec<IntegrationConfig>,
}

#[derive(Clone, Debug)]
pub(crate) struct SidecarConfig {
    pub(crate) listen: Listen,
    /// `None` where neither the file nor XDG_RUNTIME_DIR names a place.
    pub(crate) pass_file: Option<PathBuf>,
    /// The group's number.
    pub(crate) pass_group: Option<u32>,
    pub(crate) health_listen: Option<SocketAddr>,
    pub(crate) max_body: u64,
    pub(crate) max_connections: usize,
    pub(crate) request_timeout: Duration,
    pub(crate) drain_timeout: Duration,
    pub(crate) start_timeout: Duration,
    /// Who says so, and where, when a secret is in use.
    pub(crate) consumer: Option<String>,
    pub(crate) acks: Option<AckTarget>,
    /// Where calls are recorded.
    pub(crate) learn: Option<PathBuf>,
    /// Paths that may be recorded besides those of our own table.
    pub(crate) learn_paths: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct OutboundConfig {
    pub(crate) private_networks: Vec<IpNet>,
    pub(crate) extra_roots: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub(crate) struct LocalStoreConfig {
    /// `None` where neither the file nor XDG_STATE_HOME nor HOME names a place.
    pub(crate) path: Option<PathBuf>,
    pub(crate) key: Key,
}

/// What opens the local store.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    /// The key file beside the store.
    BesideTheStore,
    /// This key file.
    File(PathBuf),
    /// The passphrase in this file.
    PassphraseFile(PathBuf),
}

/// The audit log.
#[derive(Clone, Debug)]
pub(crate) struct AuditConfig {
    /// Where it goes; `None` where nothing is said.
    pub(crate) target: Option<AuditTarget>,
    /// What it is sealed with.
    pub(crate) key: Option<Reference>,
    /// The file of anchors.
    pub(crate) anchors: Option<PathBuf>,
    /// From how many bytes on a file gives way to a new one.
    pub(crate) rotate_at: u64,
    /// How many files that gave way are kept; `None` for all of them.
    pub(crate) keep: Option<u64>,
}

/// Where audit events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditTarget {
    /// Standard error.
    Stderr,
    /// Standard output. Of a gateway only: elsewhere it carries the data of commands, or belongs to the program that `exec` runs.
    Stdout,
    /// A file, appended to.
    File(PathBuf),
}

#[derive(Clone, Debug)]
pub(crate) struct LogConfig {
    pub(crate) level: LogLevel,
    pub(crate) format: LogFormat,
}

#[derive(Clone, Debug)]
pub(crate) struct IntegrationConfig {
    pub(crate) name: IntegrationName,
    pub(crate) platform: PlatformSettings,
    /// In the order in which they are tried; never empty.
    pub(crate) secret: Vec<Reference>,
    /// What is tried when CURRENT is refused, in order.
    pub(crate) fallback: Vec<Stage>,
    /// Never empty.
    pub(crate) allow: Vec<Rule>,
    /// Not for callers.
    pub(crate) administers: bool,
    pub(crate) provision: Option<ProvisionConfig>,
    pub(crate) rotation: Option<RotationConfig>,
    /// Findings that somebody answers for.
    pub(crate) accept: Vec<Acceptance>,
    /// The line of the file on which it begins, from 1.
    pub(crate) line: usize,
}

/// A file whose plain secrets are known and borne.
#[derive(Clone, Debug)]
pub(crate) struct FileAcceptance {
    pub(crate) file: PathBuf,
    pub(crate) reason: String,
    /// The last day on which they are.
    pub(crate) until: Date,
}

/// The client that an integration shall have at its platform.
#[derive(Clone, Debug)]
pub(crate) struct ProvisionConfig {
    /// The integration that administers.
    pub(crate) administrator: IntegrationName,
    pub(crate) name: Option<String>,
    pub(crate) grants: Vec<RoleGrantName>,
    /// In the place of grants: what a role of its own consists of, where it holds, and what it is called.
    pub(crate) permissions: Vec<String>,
    pub(crate) divisions: Vec<String>,
    pub(crate) role: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) token_lifetime: Option<Duration>,
    pub(crate) allowed_ips: Vec<IpNet>,
    pub(crate) user: Option<String>,
    pub(crate) upstream: Option<String>,
}

/// How the secret of an integration is replaced.
#[derive(Clone, Debug)]
pub(crate) struct RotationConfig {
    pub(crate) every: Duration,
    pub(crate) strategy: StrategyChoice,
    /// The integration that administers.
    pub(crate) administrator: IntegrationName,
    /// The slots, where the platform cannot tell which are this integration's.
    pub(crate) clients: Vec<String>,
    pub(crate) user: Option<String>,
    pub(crate) application: Option<String>,
    pub(crate) applications_path: Option<String>,
    pub(crate) upstream: Option<String>,
    pub(crate) token_lifetime: Option<Duration>,
    /// Canary calls: rules without a wildcard.
    pub(crate) verify: Vec<Rule>,
    pub(crate) verify_command: Vec<String>,
    pub(crate) publish_command: Vec<String>,
    /// Integration credentials of Genesys Cloud that hold this secret, too.
    pub(crate) copies: Vec<String>,
    pub(crate) overlap_limit: Option<Duration>,
    /// In the order of their names.
    pub(crate) publish: Vec<PublishConfig>,
    pub(crate) sandbox_life: Duration,
    pub(crate) watch: Duration,
    /// Who must have acknowledged a new secret.
    pub(crate) consumers: Vec<String>,
    /// Where acknowledgements lie.
    pub(crate) acks: Option<AckTarget>,
    /// Where the document rests, if not beside the secret.
    pub(crate) document: Option<Reference>,
}

impl RotationConfig {
    /// Whether two clients take turns, where the platform keeps one secret for each.
    pub(crate) fn takes_turns(&self) -> bool {
        matches!(self.strategy, StrategyChoice::Auto | StrategyChoice::Alternate)
    }
}

/// A function of AWS Lambda that gets the secret by its environment.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "only a build with that cloud publishes"))]
pub(crate) struct PublishConfig {
    /// Its name or ARN.
    pub(crate) function: String,
    pub(crate) variable: String,
    /// The KMS key.
    pub(crate) key: String,
    pub(crate) alias: Option<String>,
    /// `None` for that of the surroundings.
    pub(crate) region: Option<String>,
    pub(crate) endpoint: Option<String>,
}

macro_rules! choices {
    ($(#[$doc:meta])* $visibility:vis $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $type { $($(#[$variant_doc])* $variant,)* }

        impl $type {
            pub(super) const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The choice called `name`.
            pub(super) fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

choices! {
    /// How a secret is replaced.
    pub(crate) StrategyChoice {
        /// Whatever the platform can do best.
        Auto = "auto",
        /// A second secret beside the first.
        Overlap = "overlap",
        /// Two clients in turn.
        Alternate = "alternate",
        /// In place, with a gap.
        Regenerate = "regenerate",
    }
}

choices! {
    /// What is logged.
    pub LogLevel {
        /// What went wrong.
        Error = "error",
        /// And what is odd.
        Warn = "warn",
        /// And what is worth knowing in operation.
        Info = "info",
        /// And each call.
        Debug = "debug",
        /// And everything else of ours; never what others say on the wire.
        Trace = "trace",
    }
}

choices! {
    /// How a line of the log looks.
    pub LogFormat {
        /// For people.
        Text = "text",
        /// For machines.
        Json = "json",
    }
}
