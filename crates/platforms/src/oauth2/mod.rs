//! What all OAuth 2.0 token endpoints and bearer-protected APIs have in common (RFC 6749, RFC 6750), and the platform `oauth2`: any such server.

mod challenge;
mod client_credentials;
mod documents;
mod metadata;
mod reply;
mod request;
mod standard;
mod verdict;

pub(crate) use challenge::judge_challenge;
pub(crate) use client_credentials::ClientCredentials;
pub(crate) use documents::fetch;
pub(crate) use request::{TokenForm, member};
pub(crate) use standard::STANDARD;
pub(crate) use verdict::{Judgement, Refusal, read_answer};
