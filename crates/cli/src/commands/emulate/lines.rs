//! Configuration lines for the emulated platforms.

/// What any configuration needs that has an emulator in it.
pub(crate) const OUTBOUND: &str = "[outbound]\nprivate_networks = [\"127.0.0.0/8\"]";

/// A body that tags a contact.
pub(crate) const CXONE_TAGS: &str = r#"{"tags":[{"tagId":1}]}"#;

/// The integration `name` at Genesys Cloud, profile `standard`.
pub(crate) fn genesys(name: &str, token_url: &str, api_url: &str) -> String {
    format!(
        r#"[integrations.{name}]
platform = "genesys"
token_url = "{token_url}"
api_url = "{api_url}"
secret = "local:{name}"
allow = ["GET /api/v2/routing/queues/**", "PATCH /api/v2/conversations/*/participants/*/attributes"]"#
    )
}

/// The integration `name` at CXone, profile `standard`, which learns from the issuer where the API is.
pub(crate) fn cxone(name: &str, issuer: &str) -> String {
    format!(
        r#"[integrations.{name}]
platform = "cxone"
issuer = "{issuer}"
secret = "local:{name}"
allow = ["GET /inContactAPI/services/*/contacts/**", "POST /inContactAPI/services/*/contacts/*/tags"]"#
    )
}
