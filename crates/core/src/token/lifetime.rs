//! `expires_in`, read without trusting it.

use std::time::Duration;

use serde_json::Value;

/// The lifetime assumed when the platform states none that can be read. Short enough to be harmless, long enough not to ask on every call;
/// libraries that read "nothing" or zero as "never expires" serve dead tokens for ever.
pub const SHORT_LIFETIME: Duration = Duration::from_secs(60);

/// The longest lifetime believed: 48 hours, the most Genesys Cloud lets a client have.
pub const LONGEST_LIFETIME: Duration = Duration::from_secs(172_800);

/// Reads `expires_in` (RFC 6749 5.1: seconds). A positive whole number is read as integer, numeric string or whole float, and capped at
/// [`LONGEST_LIFETIME`]; anything else is `None`.
#[must_use]
pub fn read_lifetime(expires_in: Option<&Value>) -> Option<Duration> {
    let seconds = match expires_in? {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(text.parse().unwrap_or(u64::MAX))
        }
        _ => None,
    }?;
    (seconds > 0).then(|| Duration::from_secs(seconds).min(LONGEST_LIFETIME))
}

fn whole(number: f64) -> Option<u64> {
    let seconds = Duration::try_from_secs_f64(number).ok()?;
    (seconds.subsec_nanos() == 0).then_some(seconds.as_secs())
}

#[cfg(test)]
mod tests {
    use super::read_lifetime;
    use serde_json::json;

    #[test]
    fn whole_positive_seconds_are_read_in_every_spelling() {
        for value in [json!(3600), json!("3600"), json!(3600.0)] {
            assert_eq!(read_lifetime(Some(&value)).map(|life| life.as_secs()), Some(3600), "{value}");
        }
        for value in [json!(i64::MAX), json!(u64::MAX), json!(1e300), json!("99999999999999999999999")] {
            let read = read_lifetime(Some(&value)).map(|life| life.as_secs());
            assert!(read == Some(172_800) || value == json!(1e300) && read.is_none(), "{value}");
        }
    }

    #[test]
    fn everything_else_is_unknown() {
        assert_eq!(read_lifetime(None), None);
        let odd = [
            json!(0),
            json!(-1),
            json!("3600abc"),
            json!(3600.5),
            json!(""),
            json!(null),
            json!([]),
            json!(true),
            json!("+5"),
            json!(" 5"),
        ];
        for value in odd {
            assert_eq!(read_lifetime(Some(&value)), None, "{value}");
        }
    }
}
