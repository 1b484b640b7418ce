//! The platforms' hosts, as listeners have them: one emulator may serve all of them on one port, or each on its own.

use std::{collections::BTreeMap, net::SocketAddr};

/// What a real platform has a host for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Surface {
    GenesysLogin,
    GenesysApi,
    CxoneIdentity,
    CxoneUserhub,
    CxoneApi,
}

impl Surface {
    pub(crate) const ALL: [Self; 5] =
        [Self::GenesysLogin, Self::GenesysApi, Self::CxoneIdentity, Self::CxoneUserhub, Self::CxoneApi];
}

/// What one listener serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Surfaces(pub(crate) Vec<Surface>);

impl Surfaces {
    pub(crate) fn include(&self, surface: Surface) -> bool {
        self.0.contains(&surface)
    }
}

/// Where each surface listens.
#[derive(Clone, Debug)]
pub(crate) struct Addresses(pub(crate) BTreeMap<Surface, SocketAddr>);

impl Addresses {
    /// The origin of a surface; no slash at the end.
    pub(crate) fn origin(&self, surface: Surface) -> String {
        self.0.get(&surface).map(|address| format!("http://{address}")).unwrap_or_default()
    }
}
