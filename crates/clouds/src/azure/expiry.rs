//! When a secret of a vault expires: what Event Grid goes by when it says that one is near its end.

use std::collections::BTreeMap;
use std::time::Duration;

use azure_core::time::OffsetDateTime;

/// How old secrets of a vault may become, by their names. What is written under another name gets no expiry.
///
/// Key Vault hands an expired secret out all the same (<https://learn.microsoft.com/azure/key-vault/secrets/about-secrets#secret-attributes>), so a
/// rotation that comes late costs nobody a call.
#[derive(Clone, Debug, Default)]
pub struct Lifetimes(BTreeMap<String, Duration>);

impl Lifetimes {
    /// From names and the period of each one's rotation. Of two periods for one name the shorter counts.
    pub fn new(periods: impl IntoIterator<Item = (String, Duration)>) -> Self {
        let mut lifetimes = BTreeMap::new();
        for (name, period) in periods {
            let kept = lifetimes.entry(name.to_ascii_lowercase()).or_insert(period);
            *kept = period.min(*kept);
        }
        Self(lifetimes)
    }

    /// `exp` of a version of `name` that is written at `now`, the time since the Unix epoch: the period, and the time by which Event Grid is early.
    pub(super) fn expiry(&self, name: &str, now: Duration) -> Option<OffsetDateTime> {
        // Key Vault compares names without regard to case.
        let period = self.0.get(&name.to_ascii_lowercase())?;
        let at = now.checked_add(*period)?.checked_add(NEAR)?;
        OffsetDateTime::from_unix_timestamp(i64::try_from(at.as_secs()).ok()?).ok()
    }
}

/// `SecretNearExpiry` comes 30 days before `exp` (<https://learn.microsoft.com/azure/event-grid/event-schema-key-vault>). An expiry after the period alone
/// would make it come while the secret is not due yet, and never again.
pub const NEAR: Duration = Duration::from_secs(30 * 86_400);

#[cfg(test)]
mod tests {
    use super::{Lifetimes, OffsetDateTime};
    use std::time::Duration;

    const DAY: u64 = 86_400;

    #[test]
    fn a_secret_is_near_its_expiry_when_it_is_due() {
        let days = |days| Duration::from_secs(days * DAY);
        let lifetimes = Lifetimes::new([
            ("Sales".into(), days(90)),
            ("sales".into(), days(60)),
            ("huge".into(), Duration::MAX),
        ]);
        let expiry = |name| lifetimes.expiry(name, days(1000)).map(OffsetDateTime::unix_timestamp);
        assert_eq!(
            expiry("SALES"),
            Some(1090 * i64::try_from(DAY).unwrap()),
            "60 days, and the 30 it comes early"
        );
        assert_eq!((expiry("sales-pending"), expiry("huge")), (None, None));
    }
}
