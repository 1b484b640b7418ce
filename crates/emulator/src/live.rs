//! Which secrets open the door right now, and when one did not: what a proof of a rotation asks.

use crate::{
    clock::Moment,
    state::State,
    witness::{LiveSecret, Platform, SecretKind, SecretRefusal},
    world::World,
};

impl World {
    /// What holds a secret that gets a token now, in order; never the secret. A secret that was replaced a moment ago
    /// and still works is not counted beside its successor, see [`World::is_live`].
    pub fn live_secrets(&self) -> Vec<LiveSecret> {
        let now = self.now();
        let state = self.state();
        let live = holders(&state, now).filter(|holder| holder.may_mint).map(|holder| holder.secret);
        let mut live: Vec<LiveSecret> = live.collect();
        live.sort();
        live
    }

    /// The OAuth clients of Genesys Cloud that stand, whether or not they get tokens, in order of their ids: not those that were deleted and merely still show.
    pub fn standing_clients(&self) -> Vec<String> {
        let state = self.state();
        let standing = state.clients.iter().filter(|(_, client)| client.about.gone_at.is_none());
        standing.map(|(id, _)| id.clone()).collect()
    }

    /// Whether this secret of this client, access key or application gets a token now.
    pub fn is_live(&self, id: &str, secret: &str) -> bool {
        let now = self.now();
        let state = self.state();
        let cxone = &state.cxone;
        state.clients.get(id).is_some_and(|client| client.admits(secret, now))
            || cxone.clients.get(id).is_some_and(|client| client.admits(secret, now))
            || cxone
                .keys
                .get(id)
                .is_some_and(|key| key.secret.accepts(secret, now) && cxone.may_mint(id, now))
            || cxone.applications.get(id).is_some_and(|application| application.admits(secret, now))
    }

    /// Secrets that a token endpoint refused from one second (since 1970, on the emulator's clock) to another, both
    /// included; none if nobody met a closed door.
    pub fn secrets_refused(&self, from: u64, to: u64) -> Vec<SecretRefusal> {
        let state = self.state();
        let within = |refusal: &&SecretRefusal| (from..=to).contains(&(refusal.unix_millis / 1_000));
        state.journal.refusals().filter(within).cloned().collect()
    }
}

struct Holder {
    secret: LiveSecret,
    may_mint: bool,
}

fn holders(state: &State, now: Moment) -> impl Iterator<Item = Holder> {
    let holder = |platform, kind, id: &String, may_mint| Holder {
        secret: LiveSecret { platform, kind, id: id.clone() },
        may_mint,
    };
    let genesys = state.clients.iter().map(move |(id, client)| {
        let may_mint = client.standing.may_mint(now) && client.about.gone_at.is_none();
        holder(Platform::Genesys, SecretKind::Client, id, may_mint)
    });
    let clients = state.cxone.clients.iter().map(move |(id, client)| {
        holder(Platform::Cxone, SecretKind::Client, id, client.standing.may_mint(now))
    });
    let keys = state
        .cxone
        .keys
        .keys()
        .map(move |id| holder(Platform::Cxone, SecretKind::AccessKey, id, state.cxone.may_mint(id, now)));
    let applications = state.cxone.applications.iter().map(move |(id, application)| {
        holder(Platform::Cxone, SecretKind::Application, id, application.is_live(now))
    });
    genesys.chain(clients).chain(keys).chain(applications)
}
