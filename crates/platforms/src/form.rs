//! `application/x-www-form-urlencoded`, byte for byte, without leaving copies of secrets behind.

use hallpass_core::Secret;

/// A form being written.
#[derive(Debug, Default)]
pub(crate) struct FormWriter(Vec<u8>);

impl FormWriter {
    /// An empty form with room for `bytes`, so that growing leaves no copy of a secret in freed memory.
    pub(crate) fn with_room_for(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Appends `name=value`.
    pub(crate) fn field(&mut self, name: &str, value: &[u8]) {
        if !self.0.is_empty() {
            self.0.push(b'&');
        }
        encode_into(&mut self.0, name.as_bytes());
        self.0.push(b'=');
        encode_into(&mut self.0, value);
    }

    /// The form.
    pub(crate) fn finish(self) -> Secret {
        Secret::new(self.0)
    }
}

/// The most room that `bytes` can take once encoded.
pub(crate) const fn longest(bytes: usize) -> usize {
    bytes * 3
}

/// Encodes as the URL standard and RFC 6749 appendix B do: letters, digits and `*-._` stay, a space becomes `+`, every other byte `%XX`.
pub(crate) fn encode_into(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(*byte),
            b' ' => out.push(b'+'),
            _ => {
                let digit = |nibble: u8| HEX[usize::from(nibble)];
                out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
}

/// The fields of a received form, decoded. `None` when a name occurs twice (RFC 6749 3.2 forbids it: two readers could take different ones) or an
/// escape is broken.
pub(crate) fn read(body: &[u8]) -> Option<Vec<(Secret, Secret)>> {
    let mut fields: Vec<(Secret, Secret)> = Vec::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let name = decode(&pair[..equals])?;
        let value = decode(pair.get(equals + 1..).unwrap_or_default())?;
        if fields.iter().any(|(known, _)| *known == name) {
            return None;
        }
        fields.push((name, value));
    }
    Some(fields)
}

/// The opposite of [`encode_into`]. `None` for a broken escape.
pub(crate) fn decode(bytes: &[u8]) -> Option<Secret> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(*rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            plain => *plain,
        });
    }
    Some(Secret::new(out))
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::{FormWriter, decode, encode_into, read};
    use hallpass_core::Secret;

    #[test]
    fn every_text_is_encoded_as_browsers_do_and_read_back() {
        let cases = [
            ("plain-1._*", "plain-1._*"),
            ("a b", "a+b"),
            ("====", "%3D%3D%3D%3D"),
            ("a:b", "a%3Ab"),
            ("100%", "100%25"),
            ("a+b&c=d", "a%2Bb%26c%3Dd"),
            ("käse 🧀", "k%C3%A4se+%F0%9F%A7%80"),
            ("~", "%7E"),
            ("", ""),
        ];
        for (text, expected) in cases {
            let mut out = Vec::new();
            encode_into(&mut out, text.as_bytes());
            assert_eq!(String::from_utf8(out.clone()).unwrap(), expected);
            assert_eq!(decode(&out), Some(Secret::from(text)));
        }
        assert!(decode(b"%4").is_none() && decode(b"%zz").is_none() && decode(b"%").is_none());
    }

    #[test]
    fn a_form_is_written_in_order_and_a_name_that_occurs_twice_is_refused() {
        let mut form = FormWriter::with_room_for(64);
        form.field("a", b"1");
        form.field("b c", b"=");
        assert_eq!(form.finish(), Secret::from("a=1&b+c=%3D"));
        let fields = read(b"a=1&&b&c=%3D").unwrap();
        assert_eq!(fields[1], (Secret::from("b"), Secret::from("")));
        assert_eq!(fields[2].1, Secret::from("="));
        assert!(read(b"a=1&%61=2").is_none());
    }
}
