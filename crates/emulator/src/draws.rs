//! Where ids, secrets and tokens come from: the operating system, or a count when answers must repeat.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest;

/// The source of every value the emulator invents.
#[derive(Debug)]
pub(crate) struct Draws {
    seed: Option<u64>,
    counts: BTreeMap<Kind, u64>,
}

impl Draws {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self { seed, counts: BTreeMap::new() }
    }

    /// An id in the form of a UUID. Each kind counts for itself, so one more id of a kind moves no other.
    pub(crate) fn id(&mut self, kind: Kind) -> String {
        let bytes = match self.counted(kind) {
            Some((seed, count)) => counted_bytes(seed, kind, count),
            None => random(),
        };
        uuid(bytes)
    }

    /// A client's secret.
    pub(crate) fn secret(&mut self) -> String {
        match self.counted(Kind::Secret) {
            Some((seed, count)) => format!("emulated-{seed}-secret-{count}"),
            None => URL_SAFE_NO_PAD.encode(random::<32>()),
        }
    }

    /// An access token: opaque, 86 characters unless counted.
    pub(crate) fn token(&mut self) -> String {
        match self.counted(Kind::Token) {
            Some((seed, count)) => format!("emulated-{seed}-token-{count}"),
            None => URL_SAFE_NO_PAD.encode(random::<64>()),
        }
    }

    /// An application's secret.
    pub(crate) fn application_secret(&mut self) -> String {
        match self.counted(Kind::ApplicationSecret) {
            Some((seed, count)) => format!("emulated-{seed}-application-secret-{count}"),
            None => URL_SAFE_NO_PAD.encode(random::<32>()),
        }
    }

    /// One half of an access key. Id and secret look alike: 32 bytes, 52 base32 characters and four `=`.
    pub(crate) fn access_key_half(&mut self) -> String {
        let bytes = match self.counted(Kind::AccessKey) {
            Some((seed, count)) => {
                let counted = digest::digest(&digest::SHA256, format!("{seed} {count}").as_bytes());
                base32(counted.as_ref())
            }
            None => base32(&random::<32>()),
        };
        format!("{bytes}====")
    }

    /// A refresh token: opaque, 86 characters unless counted.
    pub(crate) fn refresh_token(&mut self) -> String {
        match self.counted(Kind::RefreshToken) {
            Some((seed, count)) => format!("emulated-{seed}-refresh-{count}"),
            None => URL_SAFE_NO_PAD.encode(random::<64>()),
        }
    }

    fn counted(&mut self, kind: Kind) -> Option<(u64, u64)> {
        let seed = self.seed?;
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        Some((seed, *count))
    }
}

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Correlation,
    Client,
    Secret,
    Token,
    Organization,
    Queue,
    Conversation,
    Participant,
    Execution,
    Tenant,
    User,
    Application,
    ApplicationSecret,
    AccessKey,
    TokenId,
    RefreshToken,
    Session,
    Role,
    IntegrationCredential,
    Division,
}

fn counted_bytes(seed: u64, kind: Kind, count: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&(seed as u32).to_be_bytes());
    bytes[5] = kind as u8;
    bytes[8..].copy_from_slice(&count.to_be_bytes());
    bytes
}

fn uuid(mut bytes: [u8; 16]) -> String {
    // Version 4, variant 1: programs parse these.
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// RFC 4648, without padding.
fn base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let digits = (0..bytes.len() * 8).step_by(5);
    digits
        .map(|at| char::from(BASE32[usize::from((at..at + 5).fold(0, |value, at| value << 1 | bit(at)))]))
        .collect()
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has randomness to give");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_values_repeat_and_differ_by_seed_and_kind() {
        let draw = |seed| {
            let mut draws = Draws::new(Some(seed));
            [draws.id(Kind::Queue), draws.id(Kind::Client), draws.token(), draws.secret()]
        };
        assert_eq!(draw(1), draw(1));
        assert_eq!(draw(1)[0], "00000001-0005-4000-8000-000000000001");
        assert!(draw(1).iter().zip(draw(2)).all(|(one, two)| *one != two));
    }

    #[test]
    fn base32_is_that_of_the_rfc() {
        assert_eq!([base32(b"foobar"), base32(b"f")], ["MZXW6YTBOI", "MY"]);
        let half = Draws::new(Some(1)).access_key_half();
        assert_eq!((half.len(), half.trim_end_matches('=').len()), (56, 52));
    }

    #[test]
    fn without_a_seed_no_value_comes_twice() {
        let mut draws = Draws::new(None);
        assert_ne!(draws.token(), draws.token());
        assert_eq!(draws.token().len(), 86);
    }
}
