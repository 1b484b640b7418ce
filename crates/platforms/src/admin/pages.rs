//! Listings that come in pages, each naming the next.

use hallpass_core::{Fault, FaultCode};
use http::Uri;
use serde_json::Value;

/// The target of the page after this one, or `None` on the last. It is `path` with the query of the link: wherever else a link points, the
/// administering token does not follow.
///
/// # Errors
/// `upstream-answer-bad`: the link is none, or leads to another path.
pub(crate) fn next_target(links: Option<&Value>, path: &str) -> Result<Option<String>, Fault> {
    let Some(next) = links.and_then(|links| links.get("next")) else { return Ok(None) };
    let link = match next.get("href").unwrap_or(next) {
        Value::Null => return Ok(None),
        Value::String(link) if link.is_empty() => return Ok(None),
        Value::String(link) => link,
        _ => return Err(strange()),
    };
    let uri: Uri = link.parse().map_err(|_| strange())?;
    match uri.query() {
        Some(query) if uri.path() == path => Ok(Some(format!("{path}?{query}"))),
        _ => Err(strange()),
    }
}

fn strange() -> Fault {
    Fault::new(FaultCode::UpstreamAnswerBad, "a page of the list names a next page that is none")
}

/// The most pages that are read: a list that goes on for ever is a mistake. A user has a handful of keys, a tenant some dozens of applications.
pub(crate) const LARGEST_LISTING: usize = 100;

#[cfg(test)]
mod tests {
    use super::next_target;
    use serde_json::json;

    #[test]
    fn a_link_is_followed_on_its_own_path_only() {
        let next = |links| next_target(Some(&links), "/v1/keys").map_err(|fault| fault.code().name());
        let second = Ok(Some("/v1/keys?page=2".to_owned()));
        assert_eq!(next(json!({ "next": "/v1/keys?page=2" })), second);
        assert_eq!(next(json!({ "next": { "href": "https://elsewhere.example/v1/keys?page=2" } })), second);
        for last in
            [json!({}), json!({ "next": null }), json!({ "next": "" }), json!({ "next": { "href": null } })]
        {
            assert_eq!(next(last), Ok(None));
        }
        for bad in [json!({ "next": "/v2/keys?page=2" }), json!({ "next": 7 }), json!({ "next": "/v1/keys" })]
        {
            assert_eq!(next(bad), Err("upstream-answer-bad"));
        }
        assert_eq!(next_target(None, "/v1/keys").unwrap(), None);
    }
}
