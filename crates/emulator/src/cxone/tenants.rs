//! Tenants: whose users, keys and contacts are whose.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::contacts::Contact;
use crate::window::Windows;

/// A tenant to be added.
///
/// As JSON: `{"name": "acme", "id": ..., "area": "na1", "cluster": "c53"}`; only the name is required.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCxoneTenant {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default = "usual_area")]
    pub(crate) area: String,
    #[serde(default = "usual_cluster")]
    pub(crate) cluster: String,
}

impl NewCxoneTenant {
    /// A tenant of this name in area `na1`, cluster `c53`; its id is drawn unless given.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), id: None, area: usual_area(), cluster: usual_cluster() }
    }

    /// Fixes the id. A tenant that is there already under this id is replaced.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Where it is: the claim and the discovery member `area`.
    #[must_use]
    pub fn area(mut self, area: impl Into<String>) -> Self {
        self.area = area.into();
        self
    }

    /// Its cluster.
    #[must_use]
    pub fn cluster(mut self, cluster: impl Into<String>) -> Self {
        self.cluster = cluster.into();
        self
    }
}

/// What an added tenant is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CxoneTenant {
    /// Its id, a UUID: the claim `tenantId`.
    pub tenant_id: String,
    /// Its name: the claim `tenant`.
    pub name: String,
    /// Its business unit: the claim `icBUId`.
    pub business_unit: u64,
}

/// A tenant.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) name: String,
    pub(crate) area: String,
    pub(crate) cluster: String,
    pub(crate) business_unit: u64,
    /// By id, which is the order in which they came.
    pub(crate) contacts: BTreeMap<u64, Contact>,
    /// What it used of its limits.
    pub(crate) windows: Windows,
}

fn usual_area() -> String {
    "na1".to_owned()
}

fn usual_cluster() -> String {
    "c53".to_owned()
}
