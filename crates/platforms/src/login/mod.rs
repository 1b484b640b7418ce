//! Local logins: what programs send to get a token, and what they get back from the sidecar.

mod below;
mod client_credentials;
mod messages;

pub(crate) use below::at_upstreams;
pub(crate) use client_credentials::{ClientCredentialsLogin, Refused};
pub(crate) use messages::{Fields, answer, attempt, client, text};
