//! What a segment looks like. Nothing is kept because of its looks; they only tell a value from a word that no table has.

/// Whether `segment` is a version of an API, such as `v2` or `v31.0`. There are two thousand of them, so they are kept.
pub(super) fn is_version(segment: &str) -> bool {
    let Some(number) = segment.strip_prefix(['v', 'V']) else { return false };
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    digits(major, 2) && digits(minor, 1)
}

/// Whether `segment` can hardly be anything but a value: no name of a resource is written like it.
pub(super) fn is_value(segment: &str) -> bool {
    let plain = segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    // Addresses, phone numbers with a plus, base64, everything escaped.
    if !plain || segment.len() > LONGEST_WORD {
        return true;
    }
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    // Numbers, dates, UUIDs, hexadecimal and most tokens: names of resources have a digit or two at their end, if any.
    digits > 2 || segment.as_bytes().first().is_some_and(u8::is_ascii_digit)
}

/// The longest word in the Genesys Cloud swagger of 2026-02 has 37 letters.
const LONGEST_WORD: usize = 40;

#[cfg(test)]
mod tests {
    use super::{is_value, is_version};

    #[test]
    fn versions_are_told_by_their_form() {
        for version in ["v2", "V15.0", "v31.0", "v1"] {
            assert!(is_version(version), "{version}");
        }
        for other in ["v", "v123", "v2.10", "v2.", "2", "vip", "v.1", "version2", "v2a"] {
            assert!(!is_version(other), "{other}");
        }
    }

    #[test]
    fn values_are_told_by_their_form() {
        for value in [
            "3f2a81c4-0000-4000-8000-0123456789ab",
            "12345",
            "7",
            "2026-02-01",
            "deadbeef00112233",
            "ann@example.com",
            "ann%40example.com",
            "+491701234567",
            "eyJhbGciOiJIUzI1NiJ9.e30.abc",
            "AQIDBAUGBwgJCgsMDQ4PEA==",
            &"a".repeat(41),
        ] {
            assert!(is_value(value), "{value}");
        }
        for word in ["queues", "me", "externalcontacts", "work-items", "oauth2", "call_lists", "jsmith"] {
            assert!(!is_value(word), "{word}: nobody can tell");
        }
    }
}
