//! `application/x-www-form-urlencoded`, as forms and query strings use it.

/// The pairs, in order.
pub(crate) fn parse(text: &str) -> Vec<(String, String)> {
    parse_bytes(text.as_bytes())
}

/// The pairs, in order.
pub(crate) fn parse_bytes(bytes: &[u8]) -> Vec<(String, String)> {
    bytes
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            (decode(name), decode(value))
        })
        .collect()
}

/// The value of a name that is given exactly once.
pub(crate) fn only<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut values = pairs.iter().filter(|(given, _)| given == name);
    let (_, value) = values.next()?;
    values.next().is_none().then_some(value.as_str())
}

/// Writes a value so that it can stand in a query.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// A value as it was before percent-encoding.
pub(crate) fn decoded(encoded: &str) -> String {
    decode(encoded.as_bytes())
}

fn decode(encoded: &[u8]) -> String {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => decoded.push(b' '),
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high << 4 | low);
                    rest = after;
                }
                _ => decoded.push(b'%'),
            },
            (other, _) => decoded.push(*other),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_broken_escapes_kept() {
        let pairs = parse("a=1%2B2+3&b=%zz%4&c&d=x=y");
        let values: Vec<&str> = pairs.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["1+2 3", "%zz%4", "", "x=y"]);
    }

    #[test]
    fn a_name_given_twice_is_not_given_once() {
        let pairs = parse("a=1&b=2&a=3");
        assert_eq!((only(&pairs, "a"), only(&pairs, "b"), only(&pairs, "c")), (None, Some("2"), None));
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        let text = "Sales & Füße/100%";
        assert_eq!(parse(&format!("name={}", encode(text)))[0].1, text);
    }
}
