//! Calls of NICE CXone. The vendor publishes no permissions by call: a token may do what the access key's user may.

use hallpass_core::template::{KnownCall, Needs};

const fn call(method: &'static str, path: &'static str, source: &'static str) -> KnownCall {
    KnownCall { method, path, needs: Needs::Unstated, source }
}

const REPORTING: &str = "developer.niceincontact.com, Reporting API";
const ADMIN: &str = "developer.niceincontact.com, Admin API";
const EXTRACTION: &str = "developer.niceincontact.com, Data Extraction API";

/// The calls of a bulk job, in both spellings that are in use: the vendor's pages write `inContactAPI`, its examples often `incontactapi`.
pub(super) static CALLS: &[KnownCall] = &[
    call("GET", "/inContactAPI/services/{version}/contacts/completed", REPORTING),
    call("GET", "/inContactAPI/services/{version}/contacts/{contactId}", REPORTING),
    call("POST", "/inContactAPI/services/{version}/contacts/{contactId}/tags", ADMIN),
    call("POST", "/inContactAPI/services/{version}/lists/call-lists/{listId}/upload", ADMIN),
    call("GET", "/inContactAPI/services/{version}/lists/call-lists/jobs/{jobId}", ADMIN),
    call("GET", "/incontactapi/services/{version}/contacts/completed", REPORTING),
    call("GET", "/incontactapi/services/{version}/contacts/{contactId}", REPORTING),
    call("POST", "/incontactapi/services/{version}/contacts/{contactId}/tags", ADMIN),
    call("POST", "/incontactapi/services/{version}/lists/call-lists/{listId}/upload", ADMIN),
    call("GET", "/incontactapi/services/{version}/lists/call-lists/jobs/{jobId}", ADMIN),
    call("POST", "/data-extraction/v1/jobs", EXTRACTION),
    call("GET", "/data-extraction/v1/jobs/{jobId}", EXTRACTION),
];

/// Words of the API beyond the paths above.
pub(super) static WORDS: &[&str] = &[
    "agents",
    "campaigns",
    "custom-data",
    "datadownload",
    "dnc-groups",
    "interactions",
    "media-playback",
    "records",
    "report-jobs",
    "scheduled-callbacks",
    "segments",
    "signal",
    "skills",
    "teams",
    "user-management",
    "users",
    "work-items",
];
