//! `WWW-Authenticate` on a 401 (RFC 9110 11.6.1, RFC 6750 3).

use hallpass_core::RejectionVerdict;
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// What the challenges of a 401 say about the bearer token. Without a challenge a 401 is about the token: these APIs know no other scheme.
pub(crate) fn judge_challenge(headers: &HeaderMap) -> RejectionVerdict {
    let mut challenges =
        headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).peekable();
    if challenges.peek().is_none() || challenges.any(bearer_token_refused) {
        RejectionVerdict::TokenRejected
    } else {
        RejectionVerdict::NotAboutTheToken
    }
}

/// Only `invalid_token`, or a bare `Bearer`, is healed by another token; `invalid_request` and `insufficient_scope` are not.
fn bearer_token_refused(challenge: &str) -> bool {
    let lower = challenge.to_ascii_lowercase();
    let Some(parameters) = lower.split_once("bearer").map(|(_, parameters)| parameters) else { return false };
    !parameters.contains("error=") || parameters.contains("invalid_token")
}

#[cfg(test)]
mod tests {
    use super::judge_challenge;
    use hallpass_core::RejectionVerdict::{NotAboutTheToken, TokenRejected};
    use http::HeaderMap;

    #[test]
    fn only_a_refused_bearer_token_is_about_the_token() {
        let judge = |challenge: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("www-authenticate", challenge.parse().unwrap());
            judge_challenge(&headers)
        };
        assert_eq!(judge_challenge(&HeaderMap::new()), TokenRejected);
        assert_eq!(judge("Bearer"), TokenRejected);
        assert_eq!(judge("Bearer realm=\"x\", error=\"invalid_token\""), TokenRejected);
        assert_eq!(judge("Bearer error=\"invalid_request\""), NotAboutTheToken);
        assert_eq!(judge("Bearer error=\"insufficient_scope\""), NotAboutTheToken);
        assert_eq!(judge("Basic realm=\"proxy\""), NotAboutTheToken);
    }
}
