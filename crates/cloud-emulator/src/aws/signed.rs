//! The signature of a request, as far as it shows: Signature Version 4 (AWS General Reference, "Elements of an AWS API request signature").

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::answer::Refused;
use crate::Received;

/// Who asks, and for which region.
#[derive(Debug)]
pub(super) struct Signed<'a> {
    /// The region of the signature.
    pub(super) region: &'a str,
    /// The session token, if the key is a temporary one.
    pub(super) token: Option<&'a str>,
}

impl<'a> Signed<'a> {
    /// Takes the signature apart. `door` is the only region that is served, if there is one.
    pub(super) fn read(
        request: &'a Received,
        service: &str,
        door: Option<&str>,
        now: SystemTime,
    ) -> Result<Self, Refused> {
        let missing = || Refused::new("MissingAuthenticationTokenException", "Missing Authentication Token");
        let header = request.header("authorization").ok_or_else(missing)?;
        let incomplete = |what: &str| Refused::new("IncompleteSignatureException", what);
        let parts =
            header.strip_prefix("AWS4-HMAC-SHA256 ").ok_or_else(|| incomplete("another algorithm"))?;
        let part = |name: &str| {
            let found = parts.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            found.filter(|value| !value.is_empty()).ok_or_else(|| incomplete(&format!("'{name}' is missing")))
        };
        let (scope, signature, headers) = (part("Credential")?, part("Signature")?, part("SignedHeaders")?);
        let [key, day, region, of, "aws4_request"] = scope.split('/').collect::<Vec<_>>()[..] else {
            return Err(incomplete("the credential's scope has not five parts"));
        };
        let hexadecimal = signature.len() == 64 && signature.bytes().all(|byte| byte.is_ascii_hexdigit());
        let covered =
            ["host", "x-amz-date"].iter().all(|name| headers.split(';').any(|header| header == *name));
        if key.is_empty() || !hexadecimal || !covered {
            return Err(incomplete("key, signature or signed headers"));
        }
        let wrong = |what: String| Err(Refused::new("InvalidSignatureException", what));
        if of != service {
            return wrong(format!("Credential should be scoped to correct service: '{service}'."));
        }
        if door.is_some_and(|door| door != region) {
            return wrong(format!("Credential should be scoped to a valid region, not '{region}'."));
        }
        let date = request.header("x-amz-date").unwrap_or_default();
        if !date.starts_with(day) {
            return wrong("Date in Credential scope does not match YYYYMMDD from ISO-8601".to_owned());
        }
        let said = instant(date).ok_or_else(|| incomplete("X-Amz-Date"))?;
        if now > said + SKEW {
            return wrong(format!("Signature expired: {date} is now earlier than what is allowed (5 min.)"));
        }
        if said > now + SKEW {
            return wrong(format!(
                "Signature not yet current: {date} is still later than what is allowed (5 min.)"
            ));
        }
        Ok(Self { region, token: request.header("x-amz-security-token") })
    }
}

/// `20261122T175900Z`.
fn instant(text: &str) -> Option<SystemTime> {
    let digits = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (digits(0, 4)?, digits(4, 6)?, digits(6, 8)?);
    let (hour, minute, second) = (digits(9, 11)?, digits(11, 13)?, digits(13, 15)?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || text.as_bytes().get(8) != Some(&b'T') {
        return None;
    }
    // Days since the epoch, with the year beginning in March so that the leap day is its last (the proleptic Gregorian calendar).
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    let seconds = (days - 719_468) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// How far a signature's time may be off (AWS General Reference, "Protect against replays").
const SKEW: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use super::{Duration, UNIX_EPOCH, instant};

    #[test]
    fn dates_are_read_as_the_calendar_has_them() {
        let at = |text: &str| instant(text).map(|at| at.duration_since(UNIX_EPOCH).unwrap());
        assert_eq!(at("19700101T000000Z"), Some(Duration::ZERO));
        assert_eq!(at("20000229T120000Z"), Some(Duration::from_secs(951_825_600)));
        assert_eq!(at("20261122T175900Z"), Some(Duration::from_secs(1_795_370_340)));
        assert_eq!(at("garbage"), None);
    }
}
