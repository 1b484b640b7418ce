//! Environment variables that hold ciphertext of KMS, as the "encryption helpers" of the Lambda console make them.
//!
//! The value is Base64 of what `kms:Encrypt` returned under the encryption context `LambdaFunctionName` = the function's name (AWS Lambda
//! Developer Guide, "Securing environment variables"), so that one function's ciphertext opens in no other.

use std::collections::HashMap;
use std::fmt;

use aws_config::SdkConfig;
use aws_sdk_kms::Client;
use aws_sdk_kms::error::ProvideErrorMetadata as _;
use aws_smithy_types::Blob;
use hallpass_core::sync::{Arc, Mutex, lock};
use hallpass_core::{
    BoxFuture, CompareAndSet, EntryInfo, EntryName, Fault, FaultCode, Fingerprint, Secret, Stage, Store,
    StoreTraits, StoredSecret, Version,
};
use tokio::sync::OnceCell;

use super::client::{Lazily, OnlyBrokenOrSkewed, Settings};
use super::faults::{Asked, of_sdk};
use super::identity::text;

/// Reads entries from encrypted environment variables: the entry's name is the variable's. Read-only, and CURRENT only.
///
/// The variable is looked at with every read; what it holds is decrypted once. KMS turns equal ciphertext into equal plaintext for ever, so
/// asking again could only fail: a forced re-read, after the platform refused the secret, costs no request here. A disabled key is
/// therefore noticed by new processes. Callers who come while a decryption is under way share it; if the one who began is dropped, the
/// next begins anew.
pub struct KmsEnv {
    lazily: Lazily<Client>,
    /// The last ciphertext of each variable, and what came out of it.
    decrypted: Mutex<HashMap<EntryName, Decryption>>,
}

/// A ciphertext and its value, once somebody has asked KMS for it.
type Decryption = (Vec<u8>, Arc<OnceCell<Secret>>);

impl KmsEnv {
    /// A store over the variables of `settings`, whose client is made at its first use. This does no I/O and cannot fail.
    #[must_use]
    pub fn open(settings: Settings) -> Self {
        Self { lazily: Lazily::new(settings), decrypted: Mutex::default() }
    }

    async fn value(&self, entry: &EntryName) -> Result<StoredSecret, Fault> {
        let ciphertext = self.ciphertext(entry)?;
        let cell = self.cell(entry, &ciphertext);
        let value = cell.get_or_try_init(|| self.decrypt(entry, ciphertext)).await?.clone();
        let version = Fingerprint::of(entry.as_str().as_bytes(), value.expose()).to_string();
        Ok(StoredSecret { value, version: Version::new(&version) })
    }

    /// Where the value of `ciphertext` is or will be. That of another ciphertext of the same variable is forgotten.
    fn cell(&self, entry: &EntryName, ciphertext: &[u8]) -> Arc<OnceCell<Secret>> {
        let mut decrypted = lock(&self.decrypted);
        if let Some((known, cell)) = decrypted.get(entry)
            && known == ciphertext
        {
            return Arc::clone(cell);
        }
        let cell = Arc::default();
        decrypted.insert(entry.clone(), (ciphertext.to_vec(), Arc::clone(&cell)));
        cell
    }

    fn ciphertext(&self, entry: &EntryName) -> Result<Vec<u8>, Fault> {
        let name = entry.as_str();
        if !is_variable_name(name) {
            // Not echoed: what is no variable's name may be a secret in the wrong place.
            let detail = "the entry of an `aws-kms-env` reference is not a variable's name";
            return Err(Fault::new(FaultCode::ReferenceMalformed, detail)
                .with_hint("write aws-kms-env:NAME with letters, digits and `_`"));
        }
        let Some(value) = (self.lazily.settings().variables)(name) else {
            return Err(Fault::new(FaultCode::EntryNotFound, format!("the variable `{name}` is not set"))
                .with_hint("set the variable, or correct its name in the reference"));
        };
        let decoded = value.to_str().and_then(|text| aws_smithy_types::base64::decode(text.trim()).ok());
        decoded.filter(|bytes| !bytes.is_empty()).ok_or_else(|| {
            let detail = format!("the variable `{name}` holds no Base64 of a ciphertext");
            Fault::new(FaultCode::CredentialMalformed, detail).with_hint(
                "put in what `aws kms encrypt` prints as CiphertextBlob; for a plain value write `env:`",
            )
        })
    }

    async fn decrypt(&self, entry: &EntryName, ciphertext: Vec<u8>) -> Result<Secret, Fault> {
        let opened = self.lazily.get(build).await?;
        let function = text(&self.lazily.settings().variables, FUNCTION_NAME);
        let request = opened.client.decrypt().ciphertext_blob(Blob::new(ciphertext));
        let request = match &function {
            Some(name) => request.encryption_context(CONTEXT, name),
            None => request,
        };
        let subject = format!("the variable `{entry}`");
        let asked = Asked { permission: "kms:Decrypt", subject, region: &opened.region };
        let answer = request.send().await.map_err(|error| {
            let wrong_context = error.code() == Some("InvalidCiphertextException");
            let fault = of_sdk(&asked, &error);
            if wrong_context { not_for_us(&fault, function.as_deref()) } else { fault }
        })?;
        let plain = answer.plaintext.ok_or_else(|| {
            let detail = format!("{} in {}: an answer without a value", asked.subject, asked.region);
            Fault::new(FaultCode::StoreAnswerBad, detail)
        })?;
        Ok(Secret::new(plain.into_inner()))
    }
}

impl Store for KmsEnv {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "aws-kms-env", writable: false, compare_and_set: CompareAndSet::None }
    }

    fn place(&self) -> Option<&str> {
        self.lazily.region()
    }

    fn connect(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(self.lazily.connect(build))
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(async move {
            if stage == Stage::Current {
                return self.value(entry).await;
            }
            let detail = "`aws-kms-env` references have a current version only";
            Err(Fault::new(FaultCode::EntryNotFound, detail)
                .with_hint("use an `aws-sm:` reference where earlier versions are needed"))
        })
    }

    /// Always empty: the environment does not say which of its variables are secrets.
    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl fmt::Debug for KmsEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsEnv").field("settings", self.lazily.settings()).finish_non_exhaustive()
    }
}

pub(super) fn build(shared: &SdkConfig, endpoint: Option<&str>) -> Client {
    let mut configuration = aws_sdk_kms::config::Builder::from(shared).retry_classifier(OnlyBrokenOrSkewed);
    if let Some(endpoint) = endpoint {
        configuration = configuration.endpoint_url(endpoint);
    }
    Client::from_conf(configuration.build())
}

/// KMS says one thing of a damaged ciphertext and of a wrong context, so that nobody can try contexts out.
fn not_for_us(refused: &Fault, function: Option<&str>) -> Fault {
    let hint = match function {
        Some(name) => format!("encrypt it for this function: --encryption-context {CONTEXT}={name}"),
        None => format!("encrypt it without a context, or set {FUNCTION_NAME} as Lambda does"),
    };
    Fault::new(FaultCode::CredentialMalformed, refused.detail()).with_hint(hint)
}

fn is_variable_name(name: &str) -> bool {
    let fine = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    fine && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// The variable in which Lambda says the function's name (AWS Lambda Developer Guide, "Defined runtime environment variables").
const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// The key of the encryption context that the console's helpers use.
pub(super) const CONTEXT: &str = "LambdaFunctionName";
