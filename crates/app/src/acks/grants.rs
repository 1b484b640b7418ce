//! Which entries of stores somebody has to be allowed to read or write for acknowledgements.

use hallpass::clouds::Purpose;
use hallpass_core::Fault;
use hallpass_stores::Reference;

use super::said::entry_of;
use crate::assemble::{App, Integration};
use crate::config::AckTarget;

/// The entries that this configuration's consumer writes for `integration`, and where `rotating` those that its rotation reads; with the bearer of a receiver.
///
/// # Errors
/// `configuration-invalid` for names that the store cannot tell apart.
pub(crate) fn references(
    app: &App,
    integration: &Integration,
    rotating: bool,
) -> Result<Vec<(Reference, Purpose)>, Fault> {
    let name = integration.client.name().as_str();
    let mut found = Vec::new();
    if let (Some(target), Some(consumer)) = (&app.sidecar.acks, &app.sidecar.consumer) {
        match target {
            AckTarget::Entries(base) if !integration.described.administers => {
                found.push((entry_of(base, name, consumer)?, Purpose::Write));
            }
            AckTarget::Receiver { bearer, .. } => found.push((bearer.clone(), Purpose::Read)),
            _ => {}
        }
    }
    if let Some(rotation) = integration.described.rotation.as_ref().filter(|_| rotating) {
        match &rotation.acks {
            Some(AckTarget::Entries(base)) => {
                for consumer in &rotation.consumers {
                    found.push((entry_of(base, name, consumer)?, Purpose::Read));
                }
            }
            Some(AckTarget::Receiver { bearer, .. }) => found.push((bearer.clone(), Purpose::Read)),
            _ => {}
        }
    }
    Ok(found)
}
