//! What a receiver keeps: the words of one integration, in the folder in which its rotation looks for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use hallpass_core::{Clock, Environment, Fault, Fingerprint};
use hallpass_lifecycle::rotation::{Ack, WallTime};
use serde::{Deserialize, Serialize};

use super::folder::Folder;
use super::{Said, is_consumer};
use crate::assemble::App;
use crate::config::AckTarget;

/// The words about one integration's secret. Whoever uses it knows already that the sender may speak.
#[derive(Clone, Debug)]
pub struct AckBook {
    integration: String,
    folder: Folder,
    clock: Arc<dyn Clock>,
}

/// Why a word was not kept.
#[derive(Debug)]
pub enum NotKept {
    /// No consumer is called so.
    Name,
    /// The body is no word.
    Body,
    /// So many consumers have spoken that one more is a mistake, or somebody who makes names up.
    Full,
    /// The folder cannot be written.
    Fault(Fault),
}

impl App {
    /// The books of all integrations whose rotation looks into a folder, by their names.
    #[must_use]
    pub fn ack_books(&self) -> BTreeMap<String, AckBook> {
        let mut books = BTreeMap::new();
        for integration in &self.integrations {
            let rotation = integration.described.rotation.as_ref();
            if let Some(AckTarget::Folder(folder)) = rotation.and_then(|rotation| rotation.acks.as_ref()) {
                let integration = integration.client.name().to_string();
                let (folder, clock) = (Folder::at(folder.clone()), Arc::clone(&self.parts.clock));
                books.insert(integration.clone(), AckBook { integration, folder, clock });
            }
        }
        books
    }
}

impl AckBook {
    /// Keeps what `consumer` says in `body`, in the place of what it said before. If the process dies, the one or the other is kept.
    ///
    /// The time is when it came in, or the sender's own if that is earlier: nobody can speak for later than now.
    ///
    /// # Errors
    /// [`NotKept`].
    pub async fn keep(&self, consumer: &str, body: &[u8]) -> Result<(), NotKept> {
        if !is_consumer(consumer) {
            return Err(NotKept::Name);
        }
        let Word { fingerprint, environment, at } =
            serde_json::from_slice(body).map_err(|_| NotKept::Body)?;
        let now = WallTime::at(self.clock.now().wall);
        let at = at.map_or(now, |at| at.min(now));
        let ack = Ack { consumer: consumer.to_owned(), fingerprint, environment, at };
        let said = Said { integration: self.integration.clone(), ack };
        match self.folder.put_bounded(&said, MOST).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(NotKept::Full),
            Err(fault) => Err(NotKept::Fault(fault)),
        }
    }

    /// Everything that is kept, as the JSON object that another machine reads.
    ///
    /// # Errors
    /// `store-unreadable`, naming the folder.
    pub async fn all(&self) -> Result<Vec<u8>, Fault> {
        let mut acks = self.folder.all(&self.integration).await?;
        acks.sort_by(|one, other| one.consumer.cmp(&other.consumer));
        serde_json::to_vec(&All { acks })
            .map_err(|error| Fault::new(hallpass_core::FaultCode::Internal, "a list").with_source(error))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    fingerprint: Fingerprint,
    environment: Environment,
    at: Option<WallTime>,
}

#[derive(Serialize)]
struct All {
    acks: Vec<Ack>,
}

/// Consumers of one integration. Whoever has more uses the integration for too much.
const MOST: usize = 256;
