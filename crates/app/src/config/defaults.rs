//! What holds where nothing is said. Each is defended in the doc comment of its key in `file.rs`.

/// The only version of the format there is.
pub(super) const VERSION: u64 = 1;
pub(super) const FILE: &str = "hallpass.toml";
pub(super) const LISTEN: &str = "127.0.0.1:7780";
pub(super) const MAX_BODY: u64 = 10 * 1024 * 1024;
pub(super) const MAX_CONNECTIONS: u64 = 256;
pub(super) const REQUEST_TIMEOUT: &str = "60s";
pub(super) const DRAIN_TIMEOUT: &str = "8s";
pub(super) const START_TIMEOUT: &str = "8s";
pub(super) const ROTATION_EVERY: &str = "90d";
pub(super) const ROTATION_STRATEGY: &str = "auto";
pub(super) const ROTATION_WATCH: &str = "7d";
pub(super) const SANDBOX_LIFE: &str = "14h";
/// This and the next four say what `StoreLimits::DEFAULT` says; a test holds them together.
pub(super) const FAILOVER_AFTER: &str = "1s";
pub(super) const READ_TIMEOUT: &str = "2500ms";
pub(super) const REREAD_AFTER: &str = "5m";
pub(super) const STALE_LIMIT: &str = "24h";
pub(super) const READS_PER_MINUTE: u32 = 60;
pub(super) const AUDIT_ROTATE_AT: u64 = 64 * 1024 * 1024;
/// Not a default: what `audit.stream` may name.
pub(super) const AUDIT_STREAMS: [&str; 2] = ["stdout", "stderr"];
pub(super) const LOG_LEVEL: &str = "info";
pub(super) const LOG_FORMAT: &str = "text";
pub(super) const PROFILE: &str = "standard";
pub(super) const CLIENT_AUTH: &str = "basic";
pub(super) const FALLBACK: [&str; 1] = ["previous"];
/// Not a default: what `fallback` may name.
pub(super) const STAGES: [&str; 2] = ["previous", "pending"];
/// Not a default: what the reference and a hint show.
pub(super) const ALLOW_EXAMPLE: [&str; 1] = ["GET /api/v2/routing/queues/**"];
