//! The stores of clouds that references name, each opened once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hallpass_core::{Fault, FaultCode, Store};
use hallpass_stores::{Options, Reference, Scheme};

use crate::config::Variables;

/// Opens a cloud's store when a reference first names it. Opening sends nothing.
#[derive(Clone, Debug)]
pub(crate) struct Clouds {
    surroundings: Surroundings,
    opened: Arc<Mutex<BTreeMap<String, Arc<dyn Store>>>>,
}

/// What every cloud's client is made with.
#[derive(Clone, Debug)]
struct Surroundings {
    /// Certificates of private authorities, as PEM text.
    extra_roots: Option<String>,
    variables: Arc<dyn Variables>,
}

impl Clouds {
    /// None opened yet.
    ///
    /// # Errors
    /// `configuration-invalid` where the file of private authorities cannot be read.
    pub(crate) fn new(extra_roots: Option<&Path>, variables: &Arc<dyn Variables>) -> Result<Self, Fault> {
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|error| {
                let detail = format!("`outbound.extra_roots`: `{}` cannot be read", path.display());
                Fault::new(FaultCode::ConfigurationInvalid, detail).with_source(error)
            })
        };
        let extra_roots = extra_roots.map(read).transpose()?;
        let surroundings = Surroundings { extra_roots, variables: Arc::clone(variables) };
        Ok(Self { surroundings, opened: Arc::default() })
    }

    /// The store that `reference` names: the same one for references that differ in their entry alone.
    ///
    /// # Errors
    /// `configuration-invalid` where this build lacks that cloud, and for what only shows on opening, such as a region nobody names.
    pub(crate) fn of(&self, reference: &Reference) -> Result<Arc<dyn Store>, Fault> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(reference);
        if let Some(store) = opened.get(&key) {
            return Ok(Arc::clone(store));
        }
        let store = open(reference, &self.surroundings)?;
        opened.insert(key, Arc::clone(&store));
        Ok(store)
    }

    /// What was opened so far.
    pub(crate) fn opened(&self) -> BTreeMap<String, Arc<dyn Store>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether this build can read references of `scheme`.
pub(crate) fn is_built_in(scheme: Scheme) -> bool {
    match scheme {
        Scheme::AwsSm | Scheme::AwsKmsEnv => cfg!(feature = "aws"),
        Scheme::AzureKv | Scheme::AzureAppconfig => cfg!(feature = "azure"),
        Scheme::GcpSm => cfg!(feature = "gcp"),
        _ => true,
    }
}

/// What is said of a reference to a cloud that this build lacks.
pub(crate) fn not_built_in(scheme: Scheme) -> Fault {
    let detail = format!("this build cannot read `{scheme}:` references");
    let hint = "use a build with that cloud: its cargo features are `aws`, `azure` and `gcp`";
    Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint(hint)
}

/// Everything of a reference but its entry.
fn key(reference: &Reference) -> String {
    let Reference { scheme, house, options: Options { region, label, endpoint }, .. } = reference;
    format!("{scheme} {house:?} {region:?} {label:?} {endpoint:?}")
}

fn open(reference: &Reference, _around: &Surroundings) -> Result<Arc<dyn Store>, Fault> {
    Err(not_built_in(reference.scheme))
}
