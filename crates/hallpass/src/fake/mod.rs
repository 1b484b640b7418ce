//! Fakes for the tests of a program that uses this crate: no network, no waiting, no runtime of their own.
//!
//! They are the real cache and the real client over a scripted platform, so a test sees the real refreshing, retiring and replaying. Time is moved by hand.
//!
//! ```
//! use std::time::Duration;
//!
//! use hallpass::fake::Tokens;
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let fake = Tokens::new();
//! let tokens = fake.cache();
//! let first = tokens.token().await?;
//! assert_eq!(first.header(), "Bearer token-1");
//!
//! fake.advance(Duration::from_secs(2 * 3600));
//! assert_eq!(first.expires_in(), Duration::ZERO);
//! assert_eq!(tokens.token().await?.header(), "Bearer token-2");
//! # Ok::<(), hallpass::Fault>(())
//! # }).unwrap();
//! ```

mod tokens;
mod upstream;

pub use tokens::Tokens;
pub use upstream::{Upstream, answer};
