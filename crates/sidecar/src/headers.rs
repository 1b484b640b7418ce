//! Which headers go on, and which end here.
//!
//! Removal comes before the token is attached. In the other order a caller removes the token by naming it in `Connection` (CVE-2025-48865 in
//! Fabio, CVE-2024-45410 in Traefik, CVE-2022-31813 in Apache).

use hallpass_core::policy::HeaderRole;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue};

/// The headers of a request as the platform gets them: end-to-end ones, in their order, without what is ours or framing's.
pub(crate) fn request_headers(received: &HeaderMap) -> HeaderMap {
    let named = named_by_connection(received);
    let stays = |name: &HeaderName| {
        HeaderRole::of(name.as_str()) == HeaderRole::EndToEnd
            && !named.iter().any(|option| option.as_str() == name.as_str())
    };
    received.iter().filter(|(name, _)| stays(name)).fold(HeaderMap::new(), |mut kept, (name, value)| {
        kept.append(name.clone(), value.clone());
        kept
    })
}

/// Makes the headers of a platform's answer ready for the caller.
pub(crate) fn strip_answer(headers: &mut HeaderMap) {
    let named = named_by_connection(headers);
    let goes = |name: &HeaderName| {
        let essential = name == header::CONTENT_LENGTH || name == header::CONTENT_TYPE;
        let hop_by_hop =
            matches!(HeaderRole::of(name.as_str()), HeaderRole::HopByHop) || name == header::UPGRADE;
        hop_by_hop || is_not_for_callers(name) || (!essential && named.contains(name))
    };
    let gone: Vec<_> = headers.keys().filter(|name| goes(name)).cloned().collect();
    for name in gone {
        headers.remove(name);
    }
}

/// `Set-Cookie` would give the caller a session beside the token, out of reach of the allow-list; an echoed `Authorization` would give it the token;
/// `Alt-Svc` would send it past us; and `Hallpass-*` is for us to say.
fn is_not_for_callers(name: &HeaderName) -> bool {
    const NAMES: [HeaderName; 3] = [header::SET_COOKIE, header::AUTHORIZATION, header::ALT_SVC];
    NAMES.contains(name) || name.as_str() == "set-cookie2" || name.as_str().starts_with("hallpass")
}

fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values =
        headers.get_all(header::CONNECTION).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    let options = values.flat_map(|value| value.split(','));
    options.filter_map(|option| option.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{request_headers, strip_answer};
    use http::HeaderMap;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        headers.keys().map(http::HeaderName::as_str).collect()
    }

    #[test]
    fn what_is_hop_by_hop_or_ours_ends_here() {
        let received = map(&[
            ("host", "127.0.0.1:1"),
            ("authorization", "Bearer x"),
            ("hallpass", "x"),
            ("connection", "close, X-Once"),
            ("x-once", "1"),
            ("keep-alive", "5"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
            ("proxy-authorization", "x"),
            ("proxy-connection", "x"),
            ("expect", "100-continue"),
            ("accept-encoding", "gzip"),
            ("x-twice", "1"),
            ("x-twice", "2"),
            ("idempotency-key", "k"),
        ]);
        let sent = request_headers(&received);
        assert_eq!(names(&sent), ["accept-encoding", "x-twice", "idempotency-key"]);
        assert_eq!(sent.get_all("x-twice").iter().count(), 2);
    }

    #[test]
    fn an_answer_loses_cookies_echoes_and_our_own_words() {
        let mut answer = map(&[
            ("content-type", "text/plain"),
            ("set-cookie", "a=b"),
            ("authorization", "Bearer x"),
            ("hallpass-fault", "internal"),
            ("connection", "x-hop, content-length"),
            ("x-hop", "1"),
            ("content-length", "3"),
            ("www-authenticate", "Bearer"),
            ("retry-after", "3"),
        ]);
        strip_answer(&mut answer);
        let mut left = names(&answer);
        left.sort_unstable();
        assert_eq!(left, ["content-length", "content-type", "retry-after", "www-authenticate"]);
    }
}
