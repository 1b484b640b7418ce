//! How an emulator is set up: where it listens, what time it is, and which disputed behaviours it shows.
//!
//! Every member has a default, so `Settings { seed: Some(1), ..Settings::default() }` and `{"seed": 1}` say the same.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{cxone::settings::CxoneSettings, misbehave::Misbehaviour, standing::Delays};

/// What one emulator is like.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the platform listens; port 0 picks a free one. Default `127.0.0.1:0`.
    pub listen: SocketAddr,
    /// Gives Genesys Cloud's login surface a listener (same address, free port) of its own, as the platform's two hosts have.
    pub separate_login: bool,
    /// A path prefix before `/oauth/token`, without slashes at the ends; empty for none.
    pub login_prefix: String,
    /// A path prefix before `/api/v2`, without slashes at the ends; empty for none.
    pub api_prefix: String,
    /// Opens the control door (loopback, a free port) for programs that cannot call [`World`](crate::World).
    pub control: bool,
    /// The emulator's own clock.
    pub clock: ClockSettings,
    /// With a seed, ids, secrets and tokens are counted instead of drawn, so that answers repeat byte for byte.
    /// Two emulators with different seeds never hand out the same value. Without: the operating system's randomness.
    pub seed: Option<u64>,
    /// How many requests the witness keeps in its log; older ones are dropped and counted.
    pub log_capacity: usize,
    /// Misbehaviour that is in force from the start.
    pub misbehaviours: Vec<Misbehaviour>,
    /// Puts the body of every token request into the witness's log, byte for byte. Such a body holds secrets in the
    /// clear: switch it on for play secrets only. Off by default.
    pub record_token_bodies: bool,
    /// What Genesys Cloud does.
    pub genesys: GenesysSettings,
    /// What NICE CXone does.
    pub cxone: CxoneSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            separate_login: false,
            login_prefix: String::new(),
            api_prefix: String::new(),
            control: false,
            clock: ClockSettings::Real,
            seed: None,
            log_capacity: 20_000,
            misbehaviours: Vec::new(),
            record_token_bodies: false,
            genesys: GenesysSettings::default(),
            cxone: CxoneSettings::default(),
        }
    }
}

/// What time the emulator starts at, and whether it follows real time from there.
///
/// [`World::advance`](crate::World::advance) works on each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ClockSettings {
    /// Starts at the real time and follows it.
    #[default]
    Real,
    /// Starts at this wall time (seconds since 1970) and follows real time from there.
    StartingAt(u64),
    /// Starts at this wall time (seconds since 1970) and moves by `advance` only. A delay then lasts until
    /// somebody advances the clock past it.
    Frozen(u64),
}

/// The behaviours of Genesys Cloud that are configurable, because sources disagree or because a test needs them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GenesysSettings {
    /// The organisation's display name.
    pub organization: String,
    /// Accepts `client_id` and `client_secret` in the form body, too. No official client sends them so.
    pub allow_form: bool,
    /// Serves `POST /api/v2/oauth/token` with a form that carries id and secret, as a well-known guide has it.
    pub guide_path: bool,
    /// What a token of the guide's path is granted if neither its client nor its request names a scope.
    pub guide_scope: String,
    /// Status of `invalid_client` / `client not found`. Sources say 400 or 401; 400 here.
    pub unknown_client_status: u16,
    /// Status of `invalid_client` / `authentication failed`. Sources say 400 or 401; 401 here.
    pub wrong_secret_status: u16,
    /// How many token requests one client may make. The real number is not published; `None` for no limit.
    pub token_limit: Option<Limit>,
    /// How many API calls one token may make; `None` for no limit. The platform says 300 in 60 seconds.
    pub api_limit: Option<Limit>,
    /// Extra, lower limits of single resources, each counted per token.
    pub path_limits: Vec<PathLimit>,
    /// Sends the `inin-ratelimit-*` headers that the platform removed in 2021.
    pub legacy_rate_headers: bool,
    /// A token unused for this many seconds dies early, as in organisations with an idle timeout.
    pub idle_timeout_seconds: Option<u64>,
    /// How long it takes until a reset secret or a state works everywhere.
    pub delays: Delays,
    /// A reset secret also ends the tokens minted with the one before. No source says so; they live on otherwise.
    pub reset_ends_tokens: bool,
    /// How many clients the organisation may have; the next one is refused with `auth.too.many.clients`. The real
    /// number is not published.
    pub most_clients: Option<usize>,
    /// For so many seconds a deleted client still shows, inactive; then it is not found.
    pub deletion_seconds: u64,
    /// A client or a role that the administration made is missing in the list for so many seconds; asked for by its id it is there.
    pub listing_lag_seconds: u64,
    /// Whoever makes or changes a role, or gives one, must hold every permission that is in it. Sources say so of organisations with division-aware role
    /// management, and say nothing of others.
    pub role_makers_hold: bool,
    /// So many questions for the result of a usage query are answered `Running` first.
    pub usage_runs: u32,
}

impl Default for GenesysSettings {
    fn default() -> Self {
        Self {
            organization: "Emulated Organization".to_owned(),
            allow_form: false,
            guide_path: false,
            guide_scope: "routing:queue:read".to_owned(),
            unknown_client_status: 400,
            wrong_secret_status: 401,
            token_limit: Some(Limit { requests: 300, seconds: 60 }),
            api_limit: Some(Limit { requests: 300, seconds: 60 }),
            path_limits: Vec::new(),
            legacy_rate_headers: false,
            idle_timeout_seconds: None,
            delays: Delays::default(),
            reset_ends_tokens: false,
            most_clients: None,
            deletion_seconds: 0,
            listing_lag_seconds: 0,
            role_makers_hold: true,
            usage_runs: 0,
        }
    }
}

/// So many requests in a fixed window of so many seconds, which opens with the first request counted in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Requests allowed in one window.
    pub requests: u32,
    /// Length of the window.
    pub seconds: u64,
}

impl Limit {
    pub(crate) fn window(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// A limit for one resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathLimit {
    /// The method it holds for; every method if absent.
    #[serde(default)]
    pub method: Option<String>,
    /// The path; a segment `*` or `{name}` stands for any one segment, a final `**` for the rest.
    pub path: String,
    /// The limit.
    pub limit: Limit,
}
