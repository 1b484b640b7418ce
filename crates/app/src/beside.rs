//! What hallpass keeps beside a secret, and under which name.

use hallpass_core::{EntryName, Fault};
use hallpass_stores::{Reference, Scheme};

/// The entry beside a secret for `word`, under a name that every store takes: Google and Key Vault allow no dot. An ARN names one secret only, so what
/// stands beside it is named by its name.
///
/// # Errors
/// `reference-malformed` when the name gets too long.
pub(crate) fn beside(reference: &Reference, word: &str) -> Result<EntryName, Fault> {
    let suffix = match reference.scheme {
        Scheme::GcpSm | Scheme::AzureKv => format!("-{word}"),
        _ => format!(".{word}"),
    };
    format!("{}{suffix}", plain_name(reference)).parse()
}

/// What the store itself calls the entry: AWS appends a hyphen and six characters to the name in an ARN.
pub(crate) fn plain_name(reference: &Reference) -> &str {
    let entry = reference.entry.as_str();
    let Some(name) = entry.strip_prefix("arn:").and_then(|rest| rest.rsplit(":secret:").next()) else {
        return entry;
    };
    name.len().checked_sub(7).and_then(|end| name.get(..end)).unwrap_or(name)
}

/// What stands behind an entry's name in the names of those beside it.
pub(crate) fn companions(scheme: Scheme) -> &'static [&'static str] {
    match scheme {
        Scheme::GcpSm | Scheme::AzureKv => &["-rotation", "-provision"],
        _ => &[".rotation", ".provision"],
    }
}
