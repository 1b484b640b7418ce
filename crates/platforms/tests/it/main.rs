//! Platforms over real sockets and over a scripted transport.
#![expect(clippy::unwrap_used, reason = "what cannot be made here fails the test")]

mod cxone;
mod cxone_emulated;
mod genesys;
mod guides;
mod oauth2;
mod scripted;
mod slow;
mod token_answers;
