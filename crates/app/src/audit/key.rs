//! The key of the chain, from the store that `audit.key` names.

use std::time::Duration;

use hallpass_core::audit::chain::ChainKey;
use hallpass_core::{Fault, FaultCode, Sleep, Stage};
use hallpass_outbound::within;
use hallpass_stores::Reference;

use crate::stores::Stores;

/// Reads it, within `limit`: the first line of the log waits for it.
///
/// # Errors
/// What the store says, `store-unreachable` when it takes too long, `credential-malformed` for what is no key.
pub(crate) async fn read(
    stores: &Stores,
    reference: &Reference,
    sleep: &dyn Sleep,
    limit: Duration,
) -> Result<ChainKey, Fault> {
    let store = stores.of(reference)?;
    let stored = within(sleep, limit, store.read(&reference.entry, Stage::Current)).await;
    let late = || Fault::new(FaultCode::StoreUnreachable, "`audit.key`: it took too long");
    ChainKey::from_stored(&stored.unwrap_or_else(|| Err(late()))?.value)
}
