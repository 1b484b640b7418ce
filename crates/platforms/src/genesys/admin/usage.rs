//! When a client was last used, from the platform's own count of its API calls. The reading is pure; the asking a thin shell.

use std::time::Duration;

use hallpass_core::{Fault, LastUsed};
use serde::Deserialize;

use super::GenesysAdmin;
use super::errands::{self, Deed};
use crate::admin::since_epoch;

impl GenesysAdmin {
    /// When the client made its last API call, or that nobody says so. Whatever fails here, a missing permission included, leaves it unknown: who
    /// wants evidence does not find any, and who wants the slots is not held up.
    pub(super) async fn last_used(&self, id: &str, created: Option<Duration>) -> LastUsed {
        match self.usage_rows(id).await {
            Ok(Some(rows)) => last_use(&rows, created, self.clock.now().wall),
            Ok(None) | Err(_) => LastUsed::Unknown,
        }
    }

    /// The rows of the last days; `None` if they are not there in time.
    async fn usage_rows(&self, id: &str) -> Result<Option<Vec<Row>>, Fault> {
        let reply = self.sent(errands::summary(id, DAYS)?, Deed::Usage, id).await?;
        let started: Started = serde_json::from_slice(reply.body.expose())
            .map_err(|_| Deed::Usage.errand(id).unreadable(&reply))?;
        for _ in 0..QUESTIONS {
            let reply = self.sent(errands::usage(id, &started.execution)?, Deed::Usage, id).await?;
            let results: Results = serde_json::from_slice(reply.body.expose())
                .map_err(|_| Deed::Usage.errand(id).unreadable(&reply))?;
            match results.status.as_str() {
                "Complete" => return Ok(Some(results.rows)),
                "Running" => self.sleep.sleep(BETWEEN).await,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }
}

/// The day of the latest row with a request, as its beginning. Without any: `Never` for a client that was made within the days that were asked about;
/// for an older one the beginning of those days, which is the latest that its last use can have been.
fn last_use(rows: &[Row], created: Option<Duration>, now: Duration) -> LastUsed {
    let used = rows.iter().filter(|row| row.requests > 0);
    let days: Option<Vec<Duration>> = used.map(|row| row.date.as_deref().and_then(since_epoch)).collect();
    // A row whose day cannot be read may be the latest.
    let Some(days) = days else { return LastUsed::Unknown };
    let asked_since = now.saturating_sub(DAY * u32::try_from(DAYS).unwrap_or(u32::MAX));
    match (days.into_iter().max(), created) {
        (Some(day), _) => LastUsed::At(day),
        (None, Some(created)) if created > asked_since => LastUsed::Never,
        (None, _) => LastUsed::At(asked_since),
    }
}

#[derive(Deserialize)]
struct Started {
    #[serde(rename = "executionId")]
    execution: String,
}

#[derive(Deserialize)]
struct Results {
    #[serde(rename = "queryStatus")]
    status: String,
    #[serde(rename = "results", default)]
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    requests: u64,
    date: Option<String>,
}

/// The operation is documented for a number of days and no largest one; a week holds the longest life of a token (two days) more than three times.
const DAYS: u64 = 7;
const DAY: Duration = Duration::from_secs(86_400);
/// So often the result is asked for. It is evidence and not a need, so nobody waits long.
const QUESTIONS: u32 = 5;
const BETWEEN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::{DAY, LastUsed, Row, last_use};
    use std::time::Duration;

    const NOW: Duration = Duration::from_secs(1_767_225_600);

    fn row(requests: u64, date: &str) -> Row {
        Row { requests, date: Some(date.to_owned()) }
    }

    #[test]
    fn the_latest_day_with_a_request_counts() {
        let rows = [
            row(3, "2025-12-30T00:00:00.000Z"),
            row(0, "2026-01-01T00:00:00Z"),
            row(1, "2025-12-28T00:00:00Z"),
        ];
        assert_eq!(last_use(&rows, None, NOW), LastUsed::At(NOW - 2 * DAY));
    }

    #[test]
    fn without_rows_only_a_young_client_was_never_used() {
        assert_eq!(last_use(&[], Some(NOW - 6 * DAY), NOW), LastUsed::Never);
        for created in [None, Some(NOW - 8 * DAY)] {
            assert_eq!(
                last_use(&[row(0, "2026-01-01T00:00:00Z")], created, NOW),
                LastUsed::At(NOW - 7 * DAY)
            );
        }
    }

    #[test]
    fn a_day_that_cannot_be_read_leaves_it_unknown() {
        let undated = Row { requests: 1, date: None };
        assert_eq!(last_use(&[undated, row(1, "2025-12-28T00:00:00Z")], None, NOW), LastUsed::Unknown);
        assert_eq!(last_use(&[row(1, "yesterday")], None, NOW), LastUsed::Unknown);
    }
}
