//! How a call stands with its quotas: counted per token, 300 calls in 60 seconds unless told otherwise.

use crate::{reply::Reply, window::Budget};

/// How a call stands with the most specific bucket it was counted in.
#[derive(Debug)]
pub(crate) struct Standing(pub(crate) Option<Budget>);

impl Standing {
    /// Puts the headers on an answer that the platform dropped in June 2021.
    pub(crate) fn label(&self, reply: Reply, legacy: bool) -> Reply {
        match &self.0 {
            Some(budget) if legacy => reply
                .with("inin-ratelimit-allowed", budget.allowed.to_string())
                .with("inin-ratelimit-count", budget.count.to_string())
                .with("inin-ratelimit-reset", budget.reset.to_string()),
            _ => reply,
        }
    }
}
