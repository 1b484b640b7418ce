//! The policy, the token and the replay as a layer over an HTTP client of your own.
//!
//! Both layers do what [`Client::send`](crate::Client::send) does, with these differences, which are what one gives up by bringing a client:
//!
//! * addresses are not guarded, and certificates are judged by your client's own roots;
//! * a body is replayed if your client can repeat it, which for both means that it is held in memory;
//! * the answer is not searched for echoes of the token;
//! * where a platform says only after a login where its API is, give path and query only (with tower) or send through `Client`.
//!
//! # Why not a layer that only sets the header
//!
//! Because it would set it on whatever request comes along. Here a request that no rule covers, or whose host is not the integration's, gets no token and
//! is not sent.

mod errand;
#[cfg(feature = "reqwest")]
pub mod reqwest;
#[cfg(feature = "tower")]
pub mod tower;
