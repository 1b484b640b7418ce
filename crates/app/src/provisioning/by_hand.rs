//! Which members of a secret a person stores, where provisioning makes the others: the application of a CXone integration, beside its access key.

use std::collections::BTreeMap;

use hallpass_core::{Credential, Secret, StoredSecret};

use crate::assemble::Integration;

/// The members that the secret of an integration must have when a person stores it: what its platform requires, less the access key where provisioning
/// makes one.
pub(crate) fn stored_by_hand(integration: &Integration) -> &'static [&'static str] {
    let required = integration.client.platform().required_members();
    let makes_key =
        integration.described.provision.as_ref().is_some_and(|provision| provision.user.is_some());
    if makes_key && required == [APPLICATION, KEY].concat() { &APPLICATION } else { required }
}

/// `members`, and of those that provisioning made the ones that are stored already: a new application takes no key away.
pub(crate) fn with_provisioned(
    integration: &Integration,
    members: &BTreeMap<String, Secret>,
    present: Option<&StoredSecret>,
) -> BTreeMap<String, Secret> {
    let mut all = members.clone();
    let whole = stored_by_hand(integration) == integration.client.platform().required_members();
    let present = present.filter(|_| !whole);
    let present =
        present.and_then(|stored| Credential::parse(&stored.value, stored.version.clone(), &[]).ok());
    for name in KEY {
        if let Some(value) = present.as_ref().and_then(|present| present.member(name)) {
            all.entry(name.to_owned()).or_insert_with(|| value.clone());
        }
    }
    all
}

/// What the vendor registers.
const APPLICATION: [&str; 2] = ["client_id", "client_secret"];
/// What provisioning makes.
const KEY: [&str; 2] = ["access_key_id", "access_key_secret"];
