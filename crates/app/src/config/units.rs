//! Durations, as they are written.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// A whole number with a unit: `250ms`, `30s`, `5m`, `1h`. Not checked yet.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct DurationText(String);

impl DurationText {
    /// The duration, if it is written as one and is between a millisecond and a day.
    pub(super) fn read(&self) -> Result<Duration, &'static str> {
        read(&self.0)
    }
}

impl JsonSchema for DurationText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h)$" })
    }
}

pub(super) fn read(text: &str) -> Result<Duration, &'static str> {
    let (number, unit) = number_and_unit(text).ok_or(EXPECTED)?;
    let factor: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        _ => return Err(EXPECTED),
    };
    let millis = number.checked_mul(factor).filter(|millis| (1..=DAY_MILLIS).contains(millis));
    millis.map(Duration::from_millis).ok_or("expected a duration between 1ms and 24h")
}

/// How long a command may wait, as its flag says it: `0s`, `15m`, `2h`, a day at most. Milliseconds mean nothing to somebody who waits for a rotation.
///
/// # Errors
/// What was expected, in words.
pub fn waiting_time(text: &str) -> Result<Duration, String> {
    let expected = "expected a duration such as 30s, 15m or 2h";
    let (number, unit) = number_and_unit(text).ok_or(expected)?;
    let seconds = seconds(number, unit, DAY_SECONDS).ok_or(expected)?;
    seconds.map(Duration::from_secs).ok_or_else(|| "expected a duration of at most 24h".to_owned())
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    // What is too large for a number is too large for any limit, and says so there.
    let number = if digits == 0 { None } else { Some(number.parse().unwrap_or(u64::MAX)) };
    Some((number?, unit))
}

/// The seconds, if there are no more than `most`; `None` for a unit that is none.
fn seconds(number: u64, unit: &str, most: u64) -> Option<Option<u64>> {
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" if most > DAY_SECONDS => DAY_SECONDS,
        _ => return None,
    };
    Some(number.checked_mul(factor).filter(|seconds| *seconds <= most))
}

const EXPECTED: &str = "expected a duration such as \"250ms\", \"30s\", \"5m\" or \"1h\"";
const DAY_SECONDS: u64 = 24 * 60 * 60;
const DAY_MILLIS: u64 = DAY_SECONDS * 1000;

/// A duration that may take days: `14h`, `90d`. Not checked yet.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct LongDurationText(String);

impl LongDurationText {
    /// The duration, if it is written as one and is between a second and 400 days.
    pub(super) fn read(&self) -> Result<Duration, &'static str> {
        read_long(&self.0)
    }
}

impl JsonSchema for LongDurationText {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LongDuration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(s|m|h|d)$" })
    }
}

pub(super) fn read_long(text: &str) -> Result<Duration, &'static str> {
    let expected = "expected a duration such as \"15m\", \"14h\" or \"90d\"";
    let (number, unit) = number_and_unit(text).ok_or(expected)?;
    let seconds = seconds(number, unit, 400 * DAY_SECONDS).ok_or(expected)?;
    let seconds = seconds.filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs).ok_or("expected a duration between 1s and 400d")
}

#[cfg(test)]
mod tests {
    use super::{read, read_long, waiting_time};
    use std::time::Duration;

    #[test]
    fn a_duration_is_a_whole_number_and_a_unit() {
        assert_eq!(read("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(read("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(read("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(read("24h"), Ok(Duration::from_secs(86_400)));
        let bad = [
            "",
            "30",
            "s",
            "1.5s",
            "-1s",
            "0s",
            "25h",
            "30 s",
            "30S",
            "99999999999999999999s",
            "18446744073709551615h",
        ];
        for text in bad {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_long_duration_may_take_days() {
        assert_eq!(read_long("90d"), Ok(Duration::from_secs(90 * 86_400)));
        assert_eq!(read_long("14h"), Ok(Duration::from_secs(14 * 3600)));
        for text in ["0d", "401d", "90", "d", "250ms", "1.5d", "18446744073709551615d"] {
            assert!(read_long(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_command_waits_for_a_day_at_most() {
        assert_eq!(waiting_time("0s"), Ok(Duration::ZERO));
        assert_eq!(waiting_time("15m"), Ok(Duration::from_secs(900)));
        for text in ["", "15", "m", "25h", "1d", "-1s", "250ms", "99999999999999999999s"] {
            assert!(waiting_time(text).is_err(), "{text}");
        }
    }
}
