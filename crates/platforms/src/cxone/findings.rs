//! What discovery has found out so far, shared by those who ask, those who route and those who log in.

use hallpass_core::sync::{Mutex, lock};

use super::documents::Places;
use crate::settings::TenantId;
use crate::token_url::TokenUrl;
use crate::upstreams::Learned;

/// Everything that is known of one integration's tenant.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Where the API is.
    pub(super) api: Learned,
    /// Where UserHub is.
    pub(super) userhub: Learned,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    token_url: Option<TokenUrl>,
    tenant: Option<TenantId>,
    area: Option<String>,
    /// The tenant whose places are known.
    placed: Option<TenantId>,
    /// Whether the places should be asked for again.
    stale: bool,
}

impl Findings {
    /// The token endpoint, if it is known.
    pub(super) fn token_url(&self) -> Option<TokenUrl> {
        lock(&self.state).token_url.clone()
    }

    pub(super) fn found_token_url(&self, url: TokenUrl) {
        lock(&self.state).token_url = Some(url);
    }

    /// The tenant and the area, if they are known.
    pub(super) fn tenant(&self) -> (Option<TenantId>, Option<String>) {
        let state = lock(&self.state);
        (state.tenant.clone(), state.area.clone())
    }

    pub(super) fn found_tenant(&self, tenant: TenantId) {
        lock(&self.state).tenant = Some(tenant);
    }

    /// Whether the places of `tenant` are known, and whether they are also beyond doubt.
    pub(super) fn has_places(&self, tenant: &TenantId) -> (bool, bool) {
        let state = lock(&self.state);
        let known = state.placed.as_ref().is_some_and(|placed| placed.is(tenant));
        (known, known && !state.stale)
    }

    pub(super) fn found_places(&self, tenant: TenantId, places: Places) {
        self.api.set(Some(places.api));
        self.userhub.set(places.userhub);
        let mut state = lock(&self.state);
        state.area = places.area;
        state.placed = Some(tenant);
        state.stale = false;
    }

    /// The token endpoint failed in a way that another address would explain.
    pub(super) fn doubt_everything(&self) {
        let mut state = lock(&self.state);
        state.token_url = None;
        state.stale = true;
    }

    /// The API refused a token, as one of another region would.
    pub(super) fn doubt_places(&self) {
        lock(&self.state).stale = true;
    }
}
