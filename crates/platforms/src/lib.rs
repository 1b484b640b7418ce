//! What hallpass knows about each contact-centre platform.
//!
//! Each platform is a folder with the same rooms: where it lives (`region`), how a token is asked for and what its answers mean (`token`),
//! how programs log in to it (`login`). Their only I/O is the [`hallpass_outbound::Transport`] they are handed; building messages and reading answers is
//! pure. Adding a platform is one folder and one line in [`connect`].

mod genesys;
mod oauth2;
mod place;
mod registry;
mod token_url;

pub use place::{Connected, Place, PlatformParts};
pub use registry::{connect, profiles, regions};
pub use token_url::{TokenUrl, TokenUrlFault};
