//! NICE CXone: profile `standard`, an application with an access key at the global host; profile `userhub`, an access key alone at a regional host;
//! profile `guide`, the literal form of older integration guides.

pub(crate) mod admin;
mod claims;
mod discovery;
mod documents;
mod findings;
mod guide;
mod hosts;
mod login;
mod messages;
mod standard;
mod userhub;

pub(crate) use guide::GUIDE;
pub(crate) use standard::STANDARD;
pub(crate) use userhub::USERHUB;
