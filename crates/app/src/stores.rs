//! The stores that references name.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hallpass::clouds::{self, Clouds};
use hallpass_core::{
    Clock, DocumentStore, EntryName, Fault, FaultCode, Randomness, Secret, Sleep, Stage, Store,
};
use hallpass_stores::{EnvStore, FileStore, LocalKey, LocalStore, Reference, Scheme};

use crate::config::{Config, Key, LocalStoreConfig, Variables};

/// One store for each scheme.
#[derive(Clone, Debug)]
pub(crate) struct Stores {
    local: Option<Arc<LocalStore>>,
    place: LocalStoreConfig,
    env: Arc<EnvStore>,
    file: Arc<FileStore>,
    clouds: Clouds,
}

/// What a store needs from the machine.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// Certificates of private authorities, as PEM text.
    pub(crate) extra_roots: Option<String>,
    pub(crate) variables: Arc<dyn Variables>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sleep: Arc<dyn Sleep>,
    pub(crate) randomness: Arc<dyn Randomness>,
}

impl Stores {
    /// The stores of `config`. A passphrase is read here; nothing else is opened yet.
    ///
    /// # Errors
    /// What the passphrase file says.
    pub(crate) async fn open(config: &Config, machine: &Machine) -> Result<Self, Fault> {
        let file = Arc::new(FileStore::relative_to(&config.folder));
        let variables = Arc::clone(&machine.variables);
        let env = Arc::new(EnvStore::over(Arc::new(move |name| variables.value(name))));
        let local = match &config.local_store.path {
            Some(path) => Some(Arc::new(local_store(path, &config.local_store.key, machine).await?)),
            None => None,
        };
        let variables = Arc::clone(&machine.variables);
        let clouds = Clouds::new(clouds::Surroundings {
            extra_roots: machine.extra_roots.clone(),
            variables: Arc::new(move |name| variables.value(name)),
            clock: Arc::clone(&machine.clock),
            periods: periods(config),
        });
        Ok(Self { local, place: config.local_store.clone(), env, file, clouds })
    }

    /// The store that `reference` names.
    ///
    /// # Errors
    /// `configuration-invalid` for a `local:` reference where no place for the store is known.
    pub(crate) fn of(&self, reference: &Reference) -> Result<Arc<dyn Store>, Fault> {
        match reference.scheme {
            Scheme::Local => Ok(self.local()?),
            Scheme::Env => Ok(Arc::clone(&self.env) as _),
            Scheme::File => Ok(Arc::clone(&self.file) as _),
            _ => self.clouds.of(reference),
        }
    }

    /// Where a rotation's document rests that does not stand beside its secret.
    ///
    /// # Errors
    /// `configuration-invalid` where nothing can be replaced there by compare-and-set.
    pub(crate) fn document(&self, reference: &Reference) -> Result<Arc<dyn DocumentStore>, Fault> {
        self.clouds.document(reference)
    }

    /// The stores of clouds.
    #[cfg(feature = "aws")]
    pub(crate) fn clouds(&self) -> &Clouds {
        &self.clouds
    }

    /// Every store of a cloud that was asked for so far, by a text that tells it from the others.
    pub(crate) fn remote(&self) -> BTreeMap<String, Arc<dyn Store>> {
        self.clouds.opened()
    }

    /// The encrypted file.
    ///
    /// # Errors
    /// As [`Stores::of`].
    pub(crate) fn local(&self) -> Result<Arc<LocalStore>, Fault> {
        self.local.clone().ok_or_else(|| {
            let hint = "name a file in `stores.local.path`, or set XDG_STATE_HOME or HOME";
            Fault::new(FaultCode::ConfigurationInvalid, "there is no place for the local store")
                .with_hint(hint)
        })
    }

    /// Where the encrypted file is, whether or not it is there.
    pub(crate) fn local_place(&self) -> String {
        self.place.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default()
    }

    /// Makes what the local store needs before its first write: its folder, and its key file unless a passphrase opens it. A key is never
    /// made for a store that exists: it would not open it.
    ///
    /// # Errors
    /// `store-unwritable`, naming the path.
    pub(crate) fn make_local(&self, randomness: &dyn Randomness) -> Result<(), Fault> {
        let Some(path) = &self.place.path else { return Ok(()) };
        make_folder(path)?;
        let key = match &self.place.key {
            Key::BesideTheStore => key_beside(path),
            Key::File(key) => key.clone(),
            Key::PassphraseFile(_) => return Ok(()),
        };
        if path.exists() || key.exists() {
            return Ok(());
        }
        make_folder(&key)?;
        LocalKey::create_file(&key, randomness)
    }
}

/// How often what each reference names is rotated.
fn periods(config: &Config) -> Vec<(Reference, Duration)> {
    let rotated =
        config.integrations.iter().filter_map(|one| Some((&one.secret, one.rotation.as_ref()?.every)));
    rotated.flat_map(|(secret, every)| secret.iter().map(move |place| (place.clone(), every))).collect()
}

/// Makes the folder of `path` for its owner alone, if it is not there.
fn make_folder(path: &Path) -> Result<(), Fault> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir());
    let Some(folder) = folder else { return Ok(()) };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        Fault::new(FaultCode::StoreUnwritable, format!("the folder `{}`", folder.display()))
            .with_source(error)
    })
}

async fn local_store(path: &Path, key: &Key, machine: &Machine) -> Result<LocalStore, Fault> {
    let key = match key {
        Key::BesideTheStore => LocalKey::File(key_beside(path)),
        Key::File(path) => LocalKey::File(path.clone()),
        Key::PassphraseFile(path) => LocalKey::Passphrase(line_of_file(path).await?),
    };
    let Machine { clock, sleep, randomness, .. } = machine.clone();
    Ok(LocalStore::at(path, key, clock, sleep, randomness))
}

/// A passphrase or a key: the file's content up to a final line end, which editors add unasked.
pub(crate) async fn line_of_file(path: &Path) -> Result<Secret, Fault> {
    let entry: EntryName = path.to_str().unwrap_or_default().parse().map_err(|_| {
        let detail = "the path of a file with a secret is empty, too long or not plain UTF-8 text";
        Fault::new(FaultCode::ConfigurationInvalid, detail)
    })?;
    // The store of files knows how to read what only its owner may see. The path is resolved already.
    let read = FileStore::relative_to("").read(&entry, Stage::Current).await?;
    let bytes = read.value.expose();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    Ok(Secret::new(bytes.strip_suffix(b"\r").unwrap_or(bytes).to_vec()))
}

/// The default key file: beside the store, with `.key` at the end.
fn key_beside(store: &Path) -> PathBuf {
    let mut name = OsString::from(store);
    name.push(".key");
    name.into()
}
