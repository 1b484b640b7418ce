//! What a program needs that is woken by a cloud: which references belong to which integration, and the keys of those who may wake it.

use std::path::Path;
use std::sync::Arc;

use hallpass_core::{Fault, FaultCode, Secret};
use hallpass_outbound::{Expected, Origin, PublishedKeys};
use hallpass_stores::Reference;
use http::Uri;

use crate::assemble::App;
use crate::stores;

impl App {
    /// The integrations whose secret is rotated, each with the references of its secret, in order.
    pub fn rotated_places(&self) -> impl Iterator<Item = (&str, &[Reference])> {
        let rotated = self.integrations.iter().filter(|integration| integration.described.rotation.is_some());
        rotated.map(|integration| (integration.client.name().as_str(), integration.secret.as_slice()))
    }

    /// Judges the tokens of a sender, by the keys that `address` publishes: https, or http to a loopback address. They are fetched over the
    /// same guarded transport as everything else, when the first token comes.
    ///
    /// # Errors
    /// `configuration-invalid` where `address` is not such a URL.
    pub fn published_keys(&self, address: &str, expected: Expected) -> Result<PublishedKeys, Fault> {
        let invalid = |what: &str| {
            let detail = format!("the address of the keys: {what}");
            Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint(
                "write it as the issuer documents it, such as https://www.googleapis.com/oauth2/v3/certs",
            )
        };
        let uri: Uri = address.parse().map_err(|_| invalid("it is no URL"))?;
        let origin = format!(
            "{}://{}",
            uri.scheme_str().unwrap_or_default(),
            uri.authority().map_or("", |authority| authority.as_str())
        );
        origin.parse::<Origin>().map_err(|fault| invalid(fault.as_str()))?;
        let parts = &self.parts;
        let machine = (Arc::clone(&parts.transport), Arc::clone(&parts.clock), Arc::clone(&parts.sleep));
        Ok(PublishedKeys::at(uri, expected, machine))
    }
}

/// The secret in the file at `path`, up to a final line end. Only its owner may be able to read it.
///
/// # Errors
/// `store-unreadable` and what else a file of a secret says.
pub async fn secret_of_file(path: &Path) -> Result<Secret, Fault> {
    stores::line_of_file(path).await
}
