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
    let entry = reference.entry.as_str();
    let Some(name) = entry.strip_prefix("arn:").and_then(|rest| rest.rsplit(":secret:").next()) else {
        return format!("{entry}{suffix}").parse();
    };
    // AWS appends a hyphen and six characters to the name.
    let name = name.len().checked_sub(7).map_or(name, |end| &name[..end]);
    format!("{name}{suffix}").parse()
}
