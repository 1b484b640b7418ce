//! Listings of either kind: pages, until there is no next one.

use hallpass_core::{Clock, Fault, FaultCode};
use serde_json::Value;

use super::key_errands::Page;
use crate::admin::{AdminCall, AdminCalls, Errand, LARGEST_LISTING, next_target};
use http::Method;

/// All items of a listing that begins at `path` with `query`, which may be empty; `read` finds them in a page.
///
/// # Errors
/// What the platform answers; `upstream-answer-bad` for a page that is none, and for a list that breaks off or does not end: whoever counts slots must
/// not count half of them.
pub(super) async fn all_pages(
    calls: &dyn AdminCalls,
    clock: &dyn Clock,
    errand: &Errand<'_>,
    (path, query): (&str, &str),
    read: impl Fn(&Value) -> Option<Page>,
) -> Result<Vec<Value>, Fault> {
    let mut items = Vec::new();
    let mut target = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    for _ in 0..LARGEST_LISTING {
        let reply = calls.call(AdminCall::new(Method::GET, target.clone())).await?;
        let reply = errand.judge(reply, clock.now())?;
        // An empty answer is an empty list: these APIs say so where there is nothing.
        if reply.body.is_empty() {
            return Ok(items);
        }
        let document: Option<Value> = serde_json::from_slice(reply.body.expose()).ok();
        let page = document.as_ref().and_then(&read).ok_or_else(|| errand.unreadable(&reply))?;
        items.extend(page.items);
        match next_target(document.as_ref().and_then(|document| document.get("_links")), path)? {
            Some(next) => target = next,
            None if page.total.is_some_and(|total| total > items.len()) => {
                return Err(Fault::new(FaultCode::UpstreamAnswerBad, "the list breaks off before its end"));
            }
            None => return Ok(items),
        }
    }
    Err(Fault::new(FaultCode::UpstreamAnswerBad, "the list does not end"))
}
