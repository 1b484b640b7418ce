//! A token, ready to be attached.

use std::fmt;

use http::HeaderValue;

use super::present::Place;
use super::{Freshness, Schedule};
use crate::clock::{Deadline, Moment};
use crate::secret::Secret;
use crate::sync::Arc;

/// One bearer token with its generation and deadlines. Immutable; replaced as a whole.
///
/// Aligned to a cache line, so that its deadlines do not lie beside the reference count that every reader writes to.
#[repr(align(64))]
pub struct AccessToken {
    generation: u64,
    schedule: Schedule,
    place: Place,
    text: Arc<Text>,
}

/// What must not be copied about.
struct Text {
    secret: Secret,
    header: HeaderValue,
}

impl AccessToken {
    /// A token of `generation`, or `None` when its text cannot stand in a header (control characters, non-ASCII): such an answer is unusable.
    #[must_use]
    pub fn new(generation: u64, secret: Secret, schedule: Schedule) -> Option<Self> {
        let visible = |byte: &u8| byte.is_ascii_graphic();
        if secret.is_empty() || secret.len() > LONGEST_TOKEN || !secret.expose().iter().all(visible) {
            return None;
        }
        let mut text = Vec::with_capacity(SCHEME.len() + secret.len());
        text.extend_from_slice(SCHEME);
        text.extend_from_slice(secret.expose());
        let mut header = HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).ok()?;
        header.set_sensitive(true);
        let text = Arc::new(Text { secret, header });
        Some(Self { generation, schedule, place: Place::default(), text })
    }

    /// The same token, with the same text, under a reference count of its own.
    pub(super) fn at(&self, place: Place) -> Self {
        Self { generation: self.generation, schedule: self.schedule, place, text: Arc::clone(&self.text) }
    }

    /// The same token, of the same generation, with other deadlines.
    pub(super) fn scheduled(&self, schedule: Schedule) -> Self {
        Self { generation: self.generation, schedule, place: self.place, text: Arc::clone(&self.text) }
    }

    /// Where a thread keeps it.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// How often the integration's token was replaced before this one, counted from one.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The ready-made `Authorization` value, marked sensitive. Cloning it copies no byte.
    #[must_use]
    pub fn header(&self) -> &HeaderValue {
        &self.text.header
    }

    /// The bare token, for those who must hand it to somebody else's client.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.text.secret
    }

    /// When it expires.
    #[must_use]
    pub fn expiry(&self) -> Deadline {
        self.schedule.expiry
    }

    /// Its three deadlines.
    #[must_use]
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Which side of its deadlines it is on.
    #[must_use]
    pub fn judge(&self, now: Moment) -> Freshness {
        self.schedule.judge(now)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("generation", &self.generation)
            .field("schedule", &self.schedule)
            .finish_non_exhaustive()
    }
}

const SCHEME: &[u8] = b"Bearer ";

/// No platform issues tokens near this size, and servers refuse headers well below it.
const LONGEST_TOKEN: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::AccessToken;
    use crate::clock::Moment;
    use crate::secret::Secret;
    use crate::token::Schedule;
    use std::time::Duration;

    fn token(text: &str) -> Option<AccessToken> {
        let start = Moment { wall: Duration::ZERO, monotonic: Duration::ZERO };
        AccessToken::new(1, Secret::from(text), Schedule::plan(Duration::from_secs(60), start, 0.0))
    }

    #[test]
    fn a_token_prints_without_its_text() {
        let token = token("canary-token").unwrap();
        assert_eq!(token.header().as_bytes(), b"Bearer canary-token");
        let text = format!("{token:?} {:?}", token.header());
        assert!(!text.contains("canary"), "{text}");
        assert!(text.starts_with("AccessToken { generation: 1"), "{text}");
    }

    #[test]
    fn texts_that_cannot_stand_in_a_header_are_no_tokens() {
        for bad in ["", "a b", "a\r\nb", "a\0b", "a\tb", "caf\u{e9}", &"a".repeat(20_000)] {
            assert!(token(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_token_may_be_sixteen_kibibytes_long_and_no_longer() {
        assert!(token(&"a".repeat(16 * 1024)).is_some());
        assert!(token(&"a".repeat(16 * 1024 + 1)).is_none());
    }
}
