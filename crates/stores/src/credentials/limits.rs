//! How stores are read: the figures that configuration may change.

use std::time::Duration;

/// Limits of reading, the same for every place of a process.
///
/// # How often a store is read
///
/// In steady state a process reads each integration's secret at its first token request, and afterwards beside a token request when the last
/// read is [`StoreLimits::reread_after`] old. So it reads at most once per token request, and at most twelve times an hour: two or three
/// times with tokens of an hour, twelve with tokens of five minutes, once a day with tokens of a day. A call that finds a token reads nothing. A
/// further place is read only when the one before it fails or is slow.
///
/// While no place answers, an integration tries each of them every thirty seconds at most, and every one to five seconds if it has no secret yet and
/// somebody calls. While the platform refuses the secret and somebody calls, the primary is looked at every five seconds. Whatever happens, a place is
/// never read more than [`StoreLimits::reads_per_minute`] times in any minute, by all integrations of the process together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// How long one place is waited for until the next is asked as well, where more than one is named. A place whose answers usually come sooner
    /// is waited for less long, except when the platform has refused the secret: then the primary gets all of it. Default: 1 s, which leaves the
    /// next place a second of the two within which a dead or hanging primary is bridged.
    pub failover_after: Duration,
    /// How long one read may take over all places. Default: 2.5 s, so that a function behind an HTTP trigger, which gives up
    /// after 3 s, still gets a clean answer from a cold start whose only store hangs.
    pub read_timeout: Duration,
    /// How long a credential that was read is used without looking at its store again. Default: 5 minutes, as the AWS Parameters and Secrets
    /// extension has it: a rotation is noticed before it is felt, at the cost of twelve reads an hour.
    pub reread_after: Duration,
    /// For how long the last good credential is used while no place can be read. Default: 24 hours, which outlasts the longest regional
    /// outages; past it, whoever took the store's permission away from this process can be sure that it has stopped.
    pub stale_limit: Duration,
    /// How often one place may be read in any minute. A quarter is kept for reads that follow a refusal by the platform. Default: 60, four times
    /// what one integration with a refused secret asks for.
    pub reads_per_minute: u32,
}

impl StoreLimits {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        failover_after: Duration::from_secs(1),
        read_timeout: Duration::from_millis(2500),
        reread_after: Duration::from_secs(300),
        stale_limit: Duration::from_secs(24 * 60 * 60),
        reads_per_minute: 60,
    };
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
