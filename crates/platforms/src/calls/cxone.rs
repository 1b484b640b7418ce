//! Calls of NICE CXone. The vendor publishes no permissions by call: a token may do what the access key's user may.

use hallpass_core::template::{KnownCall, Needs};

const fn call(method: &'static str, path: &'static str, source: &'static str) -> KnownCall {
    KnownCall { method, path, needs: Needs::Unstated, source }
}

/// Types that were generated from the vendor's OpenAPI documents: paths and shapes.
const SPEC: &str = "github.com/calljacob/nice-cxone-api, from NICE's OpenAPI documents";

/// The calls of a bulk job, in both spellings that are in use: the vendor's pages write `inContactAPI`, its examples often `incontactapi`.
pub(super) static CALLS: &[KnownCall] = &[
    call("GET", "/inContactAPI/services/{version}/contacts/completed", SPEC),
    call("GET", "/inContactAPI/services/{version}/contacts/{contactId}", SPEC),
    call("POST", "/inContactAPI/services/{version}/contacts/{contactId}/tags", SPEC),
    call("POST", "/inContactAPI/services/{version}/lists/call-lists/{listId}/upload", SPEC),
    call("GET", "/inContactAPI/services/{version}/lists/call-lists/jobs/{jobId}", SPEC),
    call("GET", "/incontactapi/services/{version}/contacts/completed", SPEC),
    call("GET", "/incontactapi/services/{version}/contacts/{contactId}", SPEC),
    call("POST", "/incontactapi/services/{version}/contacts/{contactId}/tags", SPEC),
    call("POST", "/incontactapi/services/{version}/lists/call-lists/{listId}/upload", SPEC),
    call("GET", "/incontactapi/services/{version}/lists/call-lists/jobs/{jobId}", SPEC),
    call("POST", "/data-extraction/v1/jobs", SPEC),
    call("GET", "/data-extraction/v1/jobs/{jobId}", SPEC),
];
