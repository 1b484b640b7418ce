//! Paths that two programs may read differently. They are refused, never normalised: whoever normalises decides on other
//! bytes than it sends (CVE-2021-29492 and CVE-2019-9901 in Envoy, CVE-2026-26205 in an OPA plugin).

/// Why `path` is ambiguous, or `None` when it is plain.
#[must_use]
pub fn ambiguity(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') {
        return Some("it does not begin with `/`");
    }
    if let Some(reason) = path.bytes().find_map(odd_byte) {
        return Some(reason);
    }
    if path.contains("//") {
        return Some("it has an empty segment");
    }
    path.split('/').find_map(odd_segment)
}

fn odd_byte(byte: u8) -> Option<&'static str> {
    match byte {
        b'\\' => Some("it has a backslash"),
        b'#' => Some("it has a fragment"),
        b';' => Some("it has a path parameter"),
        0..=b' ' | 0x7f => Some("it has a control character or space"),
        0x80.. => Some("it has a byte that should be percent-encoded"),
        _ => None,
    }
}

fn odd_segment(segment: &str) -> Option<&'static str> {
    if segment == "." || segment == ".." {
        return Some("it has a dot segment");
    }
    let bytes = segment.as_bytes();
    let escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    for (at, _) in escapes {
        let Some(value) = bytes.get(at + 1..at + 3).and_then(hex) else {
            return Some("it has a broken percent-encoding");
        };
        match value {
            b'.' | b'/' | b'\\' | b';' => return Some("it has an encoded separator or dot"),
            0..=0x1f | 0x7f => return Some("it has an encoded control character"),
            // `%25` is a plain percent sign, unless it hides a second layer of encoding.
            b'%' if bytes.get(at + 3..at + 5).and_then(hex).is_some() => return Some("it is encoded twice"),
            _ => {}
        }
    }
    None
}

fn hex(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let [high, low] = pair else { return None };
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::ambiguity;

    #[test]
    fn plain_paths_pass() {
        for path in [
            "/",
            "/api/v2/routing/queues",
            "/a/b/",
            "/a%20b",
            "/caf%C3%A9",
            "/100%25",
            "/a.b/..c",
            "/a:b,c@d=e+f",
        ] {
            assert_eq!(ambiguity(path), None, "{path}");
        }
    }

    #[test]
    fn whatever_can_be_read_twice_is_refused() {
        let bad = [
            "",
            "api",
            "*",
            "/api/../admin",
            "/api/..",
            "/./a",
            "/api/%2e%2e/admin",
            "/api/%252e%252e/",
            "/api/..;/admin",
            "/api/.%2e/",
            "//evil.example/x",
            "/a//b",
            "/\\evil.example",
            "/api%2fadmin",
            "/api%5Cadmin",
            "/api/%00",
            "/api#/allowed",
            "/api;jsessionid=1",
            "/caf\u{e9}",
            "/\u{ff0f}admin",
            "/a b",
            "/a\tb",
            "/a%2",
            "/a%zz",
            "/a%",
            "/a%0d%0a",
            "/a%3bb",
            "/a%7f",
        ];
        for path in bad {
            assert!(ambiguity(path).is_some(), "{path}");
        }
    }
}
