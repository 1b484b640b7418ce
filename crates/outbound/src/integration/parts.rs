//! What an integration is made of.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::policy::Policy;
use hallpass_core::token::{Issuer, TokenCache};
use hallpass_core::{Clock, Counters, IntegrationName, Platform, Sleep};

use crate::{Transport, Upstreams};

/// What an integration is made of once everything is wired.
#[derive(Debug)]
pub struct IntegrationParts {
    /// Its name.
    pub name: IntegrationName,
    /// What it may call.
    pub policy: Policy,
    /// Its platform.
    pub platform: Arc<dyn Platform>,
    /// Its token.
    pub tokens: TokenCache,
    /// Who gets its tokens; asked for status only.
    pub issuer: Arc<Issuer>,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// Where its calls go, and nowhere else.
    pub upstreams: Arc<dyn Upstreams>,
    /// Both clocks.
    pub clock: Arc<dyn Clock>,
    /// For limits and for holding calls back after a 429.
    pub sleep: Arc<dyn Sleep>,
    /// Its counts.
    pub counters: Arc<Counters>,
    /// How long one request may take until the answer's head has arrived.
    pub answer_within: Duration,
}
