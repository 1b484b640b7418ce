//! The stores of clouds that references name, each opened once: what [`crate::Client`] and hallpass's own program both stand on.
//!
//! For composition roots. Whoever wants a client names a reference with [`crate::ClientBuilder::secret`].

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "gcp")]
mod gcp;
mod policy;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hallpass_core::{Clock, DocumentStore, Fault, FaultCode, Store};
use hallpass_stores::{Options, Reference, Scheme};

#[cfg(feature = "aws")]
pub use hallpass_clouds::aws::{FunctionTarget, FunctionVariable, Rotating, Standing};
#[cfg(feature = "aws")]
pub use policy::publishing;
pub use policy::{Purpose, policy};

/// Looks an environment variable up by its name.
pub type Variables = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// Opens a cloud's store when a reference first names it. Opening sends nothing. Clones share what is open.
#[derive(Clone)]
pub struct Clouds {
    surroundings: Surroundings,
    opened: Arc<Mutex<BTreeMap<String, Arc<dyn Store>>>>,
}

/// What every cloud's client is made with.
#[derive(Clone)]
pub struct Surroundings {
    /// Certificates of private authorities, as PEM text, trusted besides the usual ones.
    pub extra_roots: Option<String>,
    /// The environment, in which clouds say where a process runs and who it is.
    pub variables: Variables,
    /// Tells when an identity must be renewed.
    pub clock: Arc<dyn Clock>,
    /// How often what a reference names is rotated, for stores that write beside a secret when it expires: Key Vault.
    pub periods: Vec<(Reference, Duration)>,
}

impl Clouds {
    /// None opened yet.
    #[must_use]
    pub fn new(surroundings: Surroundings) -> Self {
        Self { surroundings, opened: Arc::default() }
    }

    /// The store that `reference` names: the same one for references that differ in their entry alone.
    ///
    /// # Errors
    /// `configuration-invalid` where this build lacks that cloud, and for what shows on opening.
    pub fn of(&self, reference: &Reference) -> Result<Arc<dyn Store>, Fault> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(reference);
        if let Some(store) = opened.get(&key) {
            return Ok(Arc::clone(store));
        }
        let store = open(reference, &self.surroundings)?;
        opened.insert(key, Arc::clone(&store));
        Ok(store)
    }

    /// The document of a rotation that rests in `reference`, a key of App Configuration. Opened for itself.
    ///
    /// # Errors
    /// `configuration-invalid` where this build lacks that cloud, or nothing can be replaced there by compare-and-set; what shows on opening.
    pub fn document(&self, reference: &Reference) -> Result<Arc<dyn DocumentStore>, Fault> {
        match reference.scheme {
            #[cfg(feature = "azure")]
            Scheme::AzureAppconfig => azure::document(reference, &self.surroundings),
            scheme if !is_built_in(scheme) => Err(not_built_in(scheme)),
            scheme => {
                let detail = format!("a rotation's document cannot rest in `{scheme}:`");
                let hint =
                    "write azure-appconfig:https://STORE.azconfig.io/kv/KEY, with ?label=L for a label";
                Err(Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint(hint))
            }
        }
    }

    /// The rotation `token`, begun by Secrets Manager, of the secret that `reference` names; `rotation_token` is what its events bring where function and secret belong
    /// to different accounts. Opened for itself: one rotation's token is no other's.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn rotating(
        &self,
        reference: &Reference,
        token: &str,
        rotation_token: Option<hallpass_core::Secret>,
    ) -> Rotating {
        aws::rotating(reference, token, &self.surroundings).known_by(rotation_token)
    }

    /// A variable of a Lambda function in `region`, or in that of the surroundings. Opened for itself; this sends nothing.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn function_variable(
        &self,
        target: FunctionTarget,
        region: Option<&str>,
        endpoint: Option<&str>,
    ) -> FunctionVariable {
        aws::function_variable(target, (region, endpoint), &self.surroundings)
    }

    /// What was opened so far, by a text that tells each from the others.
    #[must_use]
    pub fn opened(&self) -> BTreeMap<String, Arc<dyn Store>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether this build can read references of `scheme`.
#[must_use]
pub fn is_built_in(scheme: Scheme) -> bool {
    match scheme {
        Scheme::AwsSm | Scheme::AwsKmsEnv | Scheme::AwsExtension => cfg!(feature = "aws"),
        Scheme::AzureKv | Scheme::AzureAppconfig => cfg!(feature = "azure"),
        Scheme::GcpSm => cfg!(feature = "gcp"),
        _ => true,
    }
}

/// What is said of a reference to a cloud that this build lacks.
#[must_use]
pub fn not_built_in(scheme: Scheme) -> Fault {
    let detail = format!("this build cannot read `{scheme}:` references");
    let hint = "use a build with that cloud: its cargo features are `aws`, `azure` and `gcp`";
    Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint(hint)
}

/// Everything of a reference but its entry.
fn key(reference: &Reference) -> String {
    let Reference { scheme, house, options: Options { region, label, endpoint }, .. } = reference;
    format!("{scheme} {house:?} {region:?} {label:?} {endpoint:?}")
}

#[cfg_attr(
    not(any(feature = "aws", feature = "azure", feature = "gcp")),
    expect(unused_variables, reason = "a build without any cloud opens none")
)]
fn open(reference: &Reference, around: &Surroundings) -> Result<Arc<dyn Store>, Fault> {
    match reference.scheme {
        #[cfg(feature = "aws")]
        Scheme::AwsSm | Scheme::AwsKmsEnv | Scheme::AwsExtension => Ok(aws::open(reference, around)),
        #[cfg(feature = "azure")]
        Scheme::AzureKv | Scheme::AzureAppconfig => azure::open(reference, around),
        #[cfg(feature = "gcp")]
        Scheme::GcpSm => gcp::open(reference, around),
        scheme => Err(not_built_in(scheme)),
    }
}

impl fmt::Debug for Clouds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clouds").field("opened", &self.opened().keys()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Surroundings")
    }
}
