//! One request with its bounds: how long it may take, and when it is made a second time.

use std::future::Future;

use hallpass_core::Fault;

use super::answers::{Silence, is_broken, is_unauthorized};
use super::client::Connection;
use super::faults::{Asked, of_store, silent};

impl Connection {
    /// Asks, and once more where that can do no harm and may help: after a pooled connection had closed, and after a token was refused
    /// that may have been revoked before its end.
    ///
    /// # Errors
    /// What [`of_store`] makes of the last answer; `store-unreachable` when either took longer than the patience allows.
    pub(super) async fn read<T, F>(&self, asked: Asked<'_>, ask: impl Fn() -> F) -> Result<T, Fault>
    where
        F: Future<Output = azure_core::Result<T>>,
    {
        match self.once(asked, ask()).await? {
            Ok(answer) => Ok(answer),
            Err(error) if is_broken(&error) || is_unauthorized(&error) => {
                self.forget_tokens_if(is_unauthorized(&error));
                self.once(asked, ask()).await?.map_err(|error| of_store(&error, asked))
            }
            Err(error) => Err(of_store(&error, asked)),
        }
    }

    /// Asks once: a write that was repeated would be two writes.
    ///
    /// # Errors
    /// As [`Connection::read`].
    pub(super) async fn write<T>(
        &self,
        asked: Asked<'_>,
        asking: impl Future<Output = azure_core::Result<T>>,
    ) -> Result<T, Fault> {
        self.once(asked, asking).await?.map_err(|error| {
            self.forget_tokens_if(is_unauthorized(&error));
            of_store(&error, asked)
        })
    }

    async fn once<T>(
        &self,
        asked: Asked<'_>,
        asking: impl Future<Output = azure_core::Result<T>>,
    ) -> Result<azure_core::Result<T>, Fault> {
        let answer = tokio::time::timeout(self.patience, asking).await;
        answer.map_err(|_| silent(&Silence::TimedOut(self.patience), asked))
    }
}
