//! Wall-clock time as it is written down.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch.
///
/// A rotation outlives processes and moves between machines, so only the wall clock says anything about it. Whole milliseconds, so that what was
/// written and read back is equal to what was meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WallTime(u64);

impl WallTime {
    /// The time `since_epoch`, such as [`hallpass_core::Moment::wall`].
    #[must_use]
    pub fn at(since_epoch: Duration) -> Self {
        Self(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
    }

    /// This time and `later`; saturates.
    #[must_use]
    pub fn after(self, later: Duration) -> Self {
        Self(self.0.saturating_add(Self::at(later).0))
    }

    /// This time less `earlier`; saturates.
    #[must_use]
    pub fn before(self, earlier: Duration) -> Self {
        Self(self.0.saturating_sub(Self::at(earlier).0))
    }

    /// How long after `earlier` this is; zero when it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The time since the Unix epoch.
    #[must_use]
    pub fn since_epoch(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

/// A duration as people say it: the two largest units that are not zero.
#[derive(Clone, Copy, Debug)]
pub struct Spoken(pub Duration);

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let units = [
            (seconds / 86_400, "d"),
            (seconds / 3600 % 24, "h"),
            (seconds / 60 % 60, "min"),
            (seconds % 60, "s"),
        ];
        let mut said = 0;
        for (count, unit) in units {
            if count > 0 && said < 2 {
                let space = if said == 0 { "" } else { " " };
                write!(f, "{space}{count} {unit}")?;
                said += 1;
            }
        }
        if said == 0 { f.write_str("0 s") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Spoken, WallTime};
    use std::time::Duration;

    #[test]
    fn durations_are_said_in_two_units() {
        let said = |seconds: u64| Spoken(Duration::from_secs(seconds)).to_string();
        assert_eq!(said(0), "0 s");
        assert_eq!(said(61), "1 min 1 s");
        assert_eq!(said(14 * 3600), "14 h");
        assert_eq!(said(90_061), "1 d 1 h");
    }

    #[test]
    fn arithmetic_saturates() {
        let end = WallTime::at(Duration::MAX);
        assert_eq!(end.after(Duration::from_secs(1)), end);
        assert_eq!(WallTime::default().since(end), Duration::ZERO);
        assert_eq!(WallTime::default().before(Duration::from_secs(1)), WallTime::default());
    }
}
