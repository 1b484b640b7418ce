//! Secret references: `SCHEME:REST`, with the rest percent-encoded.
//!
//! ```text
//!   local:NAME                                            env:VAR            file:PATH
//!   aws-sm:NAME-or-ARN?region=R&endpoint=URL              aws-kms-env:VAR?region=R&endpoint=URL
//!   aws-extension:NAME-or-ARN
//!   azure-kv:https://VAULT/secrets/NAME                   azure-appconfig:https://STORE/kv/KEY?label=L
//!   gcp-sm:projects/P[/locations/L]/secrets/S?endpoint=URL
//! ```
//!
//! References are not secret, but a secret pasted where a reference belongs is. So a fault says the scheme and the length, and never
//! echoes the rest.

use std::fmt;

use hallpass_core::{EntryName, Fault, FaultCode};
use percent_encoding::percent_decode_str;

use crate::cloud_form;

/// A reference to an entry of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Which store.
    pub scheme: Scheme,
    /// What the store calls the entry.
    pub entry: EntryName,
    /// In which of its houses, for the schemes of clouds that have several: a vault's origin (`https://NAME.vault.azure.net`), an App
    /// Configuration store's origin, a project (`projects/P` or `projects/P/locations/L`).
    pub house: Option<Box<str>>,
    /// What stands behind the `?`.
    pub options: Options,
}

/// The options of a reference. Versions and stages are never among them: hallpass moves those.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The cloud's region. For an ARN it is the ARN's own.
    pub region: Option<Box<str>>,
    /// The label of an App Configuration key.
    pub label: Option<Box<str>>,
    /// Where the cloud's API is, if not at its usual address: a private endpoint, a stand-in.
    pub endpoint: Option<Box<str>>,
}

/// The stores that references can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// The encrypted file.
    Local,
    /// An environment variable.
    Env,
    /// A file of its own.
    File,
    /// AWS Secrets Manager.
    AwsSm,
    /// An environment variable that holds ciphertext of AWS KMS.
    AwsKmsEnv,
    /// The AWS Parameters and Secrets extension beside a Lambda function: a copy, up to five minutes old.
    AwsExtension,
    /// Azure Key Vault.
    AzureKv,
    /// Azure App Configuration.
    AzureAppconfig,
    /// Google Secret Manager.
    GcpSm,
}

impl Reference {
    /// Reads `text`. The scheme ends at the first `:`; everything after it up to a `?` is the entry, in which `%` begins two hexadecimal
    /// digits. Behind the `?` stand `key=value` pairs that the scheme knows, percent-encoded, separated by `&`.
    ///
    /// # Errors
    /// `reference-malformed`, with what the scheme expects.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(malformed(format!("{} bytes without a scheme", text.len())));
        };
        let scheme = Scheme::named(scheme, rest.len())?;
        let (rest, options) = match rest.split_once('?') {
            Some((rest, options)) => (rest, options_of(scheme, options)?),
            None => (rest, Options::default()),
        };
        let rest = decoded(scheme, rest)?;
        cloud_form::assemble(scheme, &rest, options)
    }
}

impl Scheme {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Local,
        Self::Env,
        Self::File,
        Self::AwsSm,
        Self::AwsKmsEnv,
        Self::AwsExtension,
        Self::AzureKv,
        Self::AzureAppconfig,
        Self::GcpSm,
    ];

    /// As references write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Env => "env",
            Self::File => "file",
            Self::AwsSm => "aws-sm",
            Self::AwsKmsEnv => "aws-kms-env",
            Self::AwsExtension => "aws-extension",
            Self::AzureKv => "azure-kv",
            Self::AzureAppconfig => "azure-appconfig",
            Self::GcpSm => "gcp-sm",
        }
    }

    /// Whether its value comes out of an environment variable, which a program that we start must not inherit.
    #[must_use]
    pub fn is_variable(self) -> bool {
        matches!(self, Self::Env | Self::AwsKmsEnv)
    }

    /// Whether a cloud keeps its entries, with versions.
    #[must_use]
    pub fn is_cloud_store(self) -> bool {
        matches!(self, Self::AwsSm | Self::AzureKv | Self::AzureAppconfig | Self::GcpSm)
    }

    /// The options its references may have.
    #[must_use]
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::Local | Self::Env | Self::File | Self::AwsExtension | Self::AzureKv => &[],
            Self::AwsSm | Self::AwsKmsEnv => &["region", "endpoint"],
            Self::AzureAppconfig => &["label"],
            Self::GcpSm => &["endpoint"],
        }
    }

    fn named(name: &str, rest: usize) -> Result<Self, Fault> {
        if let Some(scheme) = Self::ALL.iter().find(|scheme| scheme.name() == name) {
            return Ok(*scheme);
        }
        // What does not look like a scheme may be the beginning of a secret that happens to hold a colon.
        let plain = (1..=16).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        let shown = if plain {
            format!("the unknown scheme `{name}`")
        } else {
            "something that is no scheme".to_owned()
        };
        Err(malformed(format!("{shown}, followed by {rest} bytes")))
    }
}

fn options_of(scheme: Scheme, text: &str) -> Result<Options, Fault> {
    let known = scheme.options();
    let wrong = |what: &str| {
        let fault = malformed(format!("`{scheme}:` with {} bytes behind the `?` {what}", text.len()));
        fault.with_hint(match known {
            [] => "remove what begins with `?`, or write a literal `?` as %3F".to_owned(),
            _ => format!("write `?key=value` with {}; a literal `?` is %3F", listed(known.iter())),
        })
    };
    if known.is_empty() {
        return Err(wrong("where this scheme has none"));
    }
    let mut options = Options::default();
    for pair in text.split('&') {
        let (key, value) = pair.split_once('=').ok_or_else(|| wrong("that are no `key=value`"))?;
        if !known.contains(&key) {
            return Err(wrong("with a key that this scheme does not know"));
        }
        let value = decoded(scheme, value)?;
        if value.is_empty() || value.chars().any(char::is_control) {
            return Err(wrong("with an empty or unprintable value"));
        }
        let place = match key {
            "region" => &mut options.region,
            "label" => &mut options.label,
            _ => &mut options.endpoint,
        };
        if place.replace(value.into()).is_some() {
            return Err(wrong("with a key that stands there twice"));
        }
    }
    Ok(options)
}

fn decoded(scheme: Scheme, text: &str) -> Result<String, Fault> {
    let wrong = |what: &str| malformed(format!("`{scheme}:` followed by {} bytes {what}", text.len()));
    if !is_percent_encoded(text) {
        return Err(wrong("with a `%` that begins no escape").with_hint("write a literal `%` as %25"));
    }
    let text = percent_decode_str(text).decode_utf8().map_err(|_| wrong("that do not decode to UTF-8"))?;
    Ok(text.into_owned())
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

pub(crate) fn malformed(detail: impl Into<String>) -> Fault {
    let hint = format!("write SCHEME:REST, for example `local:queue-sync`; the schemes are {}", known());
    Fault::new(FaultCode::ReferenceMalformed, detail).with_hint(hint)
}

fn known() -> String {
    listed(Scheme::ALL.iter())
}

fn listed<T: fmt::Display>(names: impl Iterator<Item = T>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn is_percent_encoded(text: &str) -> bool {
    let mut after = text.split('%').skip(1);
    after.all(|part| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}
