//! Secret references: `SCHEME:REST`, with the rest percent-encoded.
//!
//! References are not secret, but a secret pasted where a reference belongs is. So a fault says the scheme and the length, and never
//! echoes the rest.

use std::fmt;

use hallpass_core::{EntryName, Fault, FaultCode};
use percent_encoding::percent_decode_str;

/// A reference to an entry of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Which store.
    pub scheme: Scheme,
    /// What the store calls the entry.
    pub entry: EntryName,
}

/// The stores of this crate that references can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// The encrypted file.
    Local,
    /// An environment variable.
    Env,
    /// A file of its own.
    File,
}

impl Reference {
    /// Reads `text`. The scheme ends at the first `:`; everything after it is the entry, in which `%` begins two hexadecimal digits
    /// and an unencoded `?` would begin options, of which these schemes have none.
    ///
    /// # Errors
    /// `reference-malformed`, with the schemes there are.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(malformed(format!("{} bytes without a scheme", text.len())));
        };
        let scheme = Scheme::named(scheme, rest.len())?;
        let wrong = |what: &str| malformed(format!("`{scheme}:` followed by {} bytes {what}", rest.len()));
        if rest.contains('?') {
            let fault = wrong("with a `?key=value`, of which this scheme has none");
            return Err(fault.with_hint("remove what begins with `?`, or write a literal `?` as %3F"));
        }
        if !is_percent_encoded(rest) {
            return Err(wrong("with a `%` that begins no escape").with_hint("write a literal `%` as %25"));
        }
        let entry =
            percent_decode_str(rest).decode_utf8().map_err(|_| wrong("that do not decode to UTF-8"))?;
        let entry =
            entry.parse().map_err(|_| wrong("that are no entry: 1 to 512 bytes, no control characters"))?;
        Ok(Self { scheme, entry })
    }
}

impl Scheme {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Local, Self::Env, Self::File];

    /// As references write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Env => "env",
            Self::File => "file",
        }
    }

    fn named(name: &str, rest: usize) -> Result<Self, Fault> {
        if let Some(scheme) = Self::ALL.iter().find(|scheme| scheme.name() == name) {
            return Ok(*scheme);
        }
        if ELSEWHERE.contains(&name) {
            let fault = malformed(format!("this build cannot read `{name}:` references"));
            return Err(fault.with_hint(format!("use a build with that cloud, or one of {}", known())));
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

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn malformed(detail: impl Into<String>) -> Fault {
    let hint = format!("write SCHEME:REST, for example `local:queue-sync`; the schemes are {}", known());
    Fault::new(FaultCode::ReferenceMalformed, detail).with_hint(hint)
}

fn known() -> String {
    Scheme::ALL.iter().map(|scheme| format!("`{scheme}`")).collect::<Vec<_>>().join(", ")
}

fn is_percent_encoded(text: &str) -> bool {
    let mut after = text.split('%').skip(1);
    after.all(|part| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}

/// Schemes that other builds of hallpass read.
const ELSEWHERE: &[&str] = &["aws-sm", "aws-kms-env", "azure-kv", "azure-appconfig", "gcp-sm"];
