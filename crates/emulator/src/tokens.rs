//! Every token ever minted, dead ones included, so that the witness can say whose dead token a call carried.

use std::{collections::HashMap, fmt, time::Duration};

use crate::{clock::Moment, window::Windows};

/// The tokens, by value.
#[derive(Default)]
pub(crate) struct Tokens {
    minted: HashMap<String, Token>,
}

impl Tokens {
    /// Books a new token under the number by which the witness speaks of it.
    pub(crate) fn book(
        &mut self,
        value: String,
        number: u64,
        client_id: &str,
        now: Moment,
        validity_seconds: u64,
    ) {
        let token = Token {
            number,
            client_id: client_id.to_owned(),
            expires: now + Duration::from_secs(validity_seconds),
            last_used: now,
            revoked: false,
            windows: Windows::new(),
        };
        self.minted.insert(value, token);
    }

    pub(crate) fn find(&self, value: &str) -> Option<&Token> {
        self.minted.get(value)
    }

    pub(crate) fn find_mut(&mut self, value: &str) -> Option<&mut Token> {
        self.minted.get_mut(value)
    }

    /// Ends every live token of a client; how many that were.
    pub(crate) fn revoke_all(&mut self, client_id: &str, now: Moment) -> usize {
        let live =
            self.minted.values_mut().filter(|token| token.client_id == client_id && token.is_live(now, None));
        live.map(|token| token.revoked = true).count()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The keys are live bearer tokens.
        f.debug_set().entries(self.minted.values()).finish()
    }
}

/// One token, without its value.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) number: u64,
    pub(crate) client_id: String,
    pub(crate) expires: Moment,
    pub(crate) last_used: Moment,
    pub(crate) revoked: bool,
    /// What it used of its quotas, by name of the bucket.
    pub(crate) windows: Windows,
}

impl Token {
    /// Whether the token opens doors. It is dead *at* its expiry.
    pub(crate) fn is_live(&self, now: Moment, idle_timeout: Option<Duration>) -> bool {
        let idle = idle_timeout.is_some_and(|limit| now.since(self.last_used) >= limit);
        !self.revoked && now < self.expires && !idle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_dies_at_its_expiry_or_when_idle() {
        let mut tokens = Tokens::default();
        tokens.book("t".to_owned(), 1, "c", Moment::at(1_000), 300);
        let live = |at, idle| tokens.find("t").is_some_and(|token| token.is_live(Moment::at(at), idle));
        assert!(live(1_299, None));
        assert!(!live(1_300, None));
        assert!(!live(1_060, Some(Duration::from_secs(60))));
    }

    #[test]
    fn revoking_counts_live_tokens_only() {
        let mut tokens = Tokens::default();
        for value in ["a", "b"] {
            tokens.book(value.to_owned(), 1, "c", Moment::at(0), 300);
        }
        assert_eq!(tokens.revoke_all("c", Moment::at(1)), 2);
        assert_eq!(tokens.revoke_all("c", Moment::at(1)), 0);
        assert!(!format!("{tokens:?}").contains("\"a\""));
    }
}
