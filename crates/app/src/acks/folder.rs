//! A folder, which may be a volume that functions and rotator share: each consumer has a file `INTEGRATION.CONSUMER.json` for each integration.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hallpass_core::{BoxFuture, Fault, FaultCode};
use hallpass_lifecycle::rotation::Ack;
use tokio::sync::Semaphore;

use super::{AckPlace, Said, is_consumer};

/// The folder.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// One thread at a time: a volume that hangs must not hold up one more with every try.
    turn: Arc<Semaphore>,
}

impl Folder {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, turn: Arc::new(Semaphore::new(1)) }
    }

    /// Does `work` where it may block: a volume of a network can hang, and a thread that carries calls must not.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(io::Error::other)?;
        let path = self.path.clone();
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&path);
            drop(turn);
            done
        });
        done.await.map_err(io::Error::other)?
    }

    fn fault(&self, code: FaultCode, error: io::Error) -> Fault {
        let hint = "check that the folder is there and that this user may read and write it";
        Fault::new(code, format!("`acks`: `{}`", self.path.display())).with_source(error).with_hint(hint)
    }

    /// Puts `said` there, unless that would be one more than `most` for its integration: false then.
    pub(super) async fn put_bounded(&self, said: &Said, most: usize) -> Result<bool, Fault> {
        let said = said.clone();
        let written = self.blocking(move |folder| {
            let path = folder.join(file_of(&said.integration, &said.ack.consumer));
            if most < usize::MAX && !path.exists() && files(folder, &said.integration)?.len() >= most {
                return Ok(false);
            }
            replace(&path, &serde_json::to_vec(&said.ack).map_err(io::Error::other)?)?;
            Ok(true)
        });
        written.await.map_err(|error| self.fault(FaultCode::StoreUnwritable, error))
    }

    /// Everything that was said of `integration`.
    pub(super) async fn all(&self, integration: &str) -> Result<Vec<Ack>, Fault> {
        let integration = integration.to_owned();
        let read = self.blocking(move |folder| {
            let files = files(folder, &integration)?.into_iter();
            Ok(files.filter_map(|(consumer, path)| read(&consumer, &path)).collect())
        });
        read.await.map_err(|error| self.fault(FaultCode::StoreUnreadable, error))
    }
}

impl AckPlace for Folder {
    fn put<'a>(&'a self, said: &'a Said) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move { self.put_bounded(said, usize::MAX).await.map(drop) })
    }

    fn read<'a>(
        &'a self,
        integration: &'a str,
        _registered: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<Vec<Ack>, Fault>> {
        Box::pin(self.all(integration))
    }
}

fn file_of(integration: &str, consumer: &str) -> String {
    // Neither name has a dot.
    format!("{integration}.{consumer}.json")
}

/// The files of an integration, with whose they are. A folder that is not there yet holds none.
fn files(folder: &Path, integration: &str) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let consumer = name.strip_prefix(integration).and_then(|rest| rest.strip_prefix('.'));
        let consumer = consumer.and_then(|rest| rest.strip_suffix(".json")).filter(|name| is_consumer(name));
        if let Some(consumer) = consumer {
            found.push((consumer.to_owned(), path));
        }
    }
    Ok(found)
}

/// What stands in a file. One that cannot be read, or speaks for somebody else, is a silent consumer.
fn read(consumer: &str, path: &Path) -> Option<Ack> {
    let length = fs::metadata(path).ok()?.len();
    let ack: Ack = serde_json::from_slice(&fs::read(path).ok().filter(|_| length <= LONGEST)?).ok()?;
    (ack.consumer == consumer).then_some(ack)
}

/// A reader sees the old file or the new one.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// A word has two hundred bytes.
const LONGEST: u64 = 4096;
