//! What all OAuth 2.0 token endpoints and bearer-protected APIs have in common (RFC 6749, RFC 6750).

mod challenge;
mod reply;

pub(crate) use challenge::judge_challenge;
pub(crate) use reply::{ErrorReply, TokenReply, read_reply};
