//! Secret Manager as a [`Store`].

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{
    BoxFuture, CompareAndSet, EntryInfo, EntryName, Fault, Secret, Stage, Store, StoreTraits, StoredSecret,
    Version,
};

use super::client::{Client, Limits, Settings};
use super::faults::Operation;
use super::listing::list;
use super::reading::Reader;
use super::told::{Kind, Told};

/// The secrets of one project, or of one location of it: scheme `gcp-sm`.
///
/// The name of an entry is the secret's. CURRENT, PREVIOUS and PENDING are the aliases `current`, `previous` and `pending`; aliases of others are
/// left alone. Each change of them is one PATCH under the secret's etag, which is the commit point of the call. A version that loses its last
/// alias is disabled afterwards.
///
/// A secret that hallpass has never written has no such alias. Its newest enabled version is read as CURRENT then, with one warning per process
/// that says the command which sets the alias. That takes `secretmanager.versions.list` and `secretmanager.secrets.get` besides
/// `secretmanager.versions.access`. The first `put_pending` takes such a secret over: it pins the alias `current` before it adds anything.
#[derive(Debug)]
pub struct SecretManager {
    reader: Arc<Reader>,
    limits: Limits,
}

impl SecretManager {
    /// A store over the secrets of a place. Nothing is read and nobody is asked before the first call; the client it opens then is shared by
    /// all calls.
    ///
    /// TLS goes by the system's certificate authorities, or by those in the file that `SSL_CERT_FILE` names: Google's SDK takes no others, and a
    /// container without any cannot use it.
    #[must_use]
    pub fn open(settings: Settings) -> Self {
        let limits = settings.limits;
        Self { reader: Arc::new(Reader::new(Client::new(settings))), limits }
    }

    /// Cuts off what takes too long: a server that accepts and never answers, a name server that does not either.
    async fn within<T>(
        &self,
        limit: Duration,
        operation: Operation,
        entry: Option<&EntryName>,
        work: impl Future<Output = Result<T, Fault>> + Send,
    ) -> Result<T, Fault> {
        match tokio::time::timeout(limit, work).await {
            Ok(done) => done,
            Err(_) => Err(self.reader.client.fault(&Told::of(Kind::Late(limit)), operation, entry)),
        }
    }
}

impl Store for SecretManager {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "gcp-sm", writable: true, compare_and_set: CompareAndSet::Own }
    }

    fn place(&self) -> Option<&str> {
        Some(self.reader.client.place.parent())
    }

    fn connect(&self) -> BoxFuture<'_, Result<(), Fault>> {
        let work = async {
            let client = &self.reader.client;
            client.connect().await.map_err(|told| client.fault(&told, Operation::Access, None))
        };
        Box::pin(self.within(self.limits.read, Operation::Access, None, work))
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        let work = self.reader.read(entry, stage);
        Box::pin(self.within(self.limits.read, Operation::Access, Some(entry), work))
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(self.within(self.limits.list, Operation::ListSecrets, None, list(&self.reader)))
    }

    fn names(&self) -> BoxFuture<'_, Result<Option<Vec<EntryName>>, Fault>> {
        Box::pin(self.within(self.limits.list, Operation::ListSecrets, None, self.reader.names()))
    }

    fn describe<'a>(&'a self, entry: &'a EntryName) -> BoxFuture<'a, Result<EntryInfo, Fault>> {
        let work = self.reader.describe(entry);
        Box::pin(self.within(self.limits.read, Operation::GetSecret, Some(entry), work))
    }

    fn put_pending<'a>(
        &'a self,
        entry: &'a EntryName,
        value: Secret,
    ) -> BoxFuture<'a, Result<Version, Fault>> {
        Box::pin(async move {
            let work = self.reader.put_pending(entry, &value);
            self.within(self.limits.write, Operation::AddVersion, Some(entry), work).await
        })
    }

    fn promote<'a>(
        &'a self,
        entry: &'a EntryName,
        pending: &'a Version,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        let work = self.reader.promote(entry, pending, expected);
        Box::pin(self.within(self.limits.write, Operation::UpdateSecret, Some(entry), work))
    }

    fn discard<'a>(&'a self, entry: &'a EntryName, version: &'a Version) -> BoxFuture<'a, Result<(), Fault>> {
        let work = self.reader.discard(entry, version);
        Box::pin(self.within(self.limits.write, Operation::UpdateSecret, Some(entry), work))
    }
}
