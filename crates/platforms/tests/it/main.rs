//! Platforms over real sockets and over a scripted transport.
#![expect(clippy::unwrap_used, reason = "what cannot be made here fails the test")]

mod administrator;
mod cxone;
mod cxone_admin;
mod cxone_emulated;
mod genesys;
mod genesys_admin;
mod guides;
mod oauth2;
mod scripted;
mod slow;
mod token_answers;
