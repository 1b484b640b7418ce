//! Everything the emulator remembers, behind one lock: a request takes effect as a whole or not at all.

use std::collections::BTreeMap;

use crate::{
    clients::{Client, ClientKeys, NewClient},
    clock::Moment,
    cxone,
    draws::{Draws, Kind},
    genesys::Estate,
    journal::Journal,
    script::Script,
    settings::Settings,
    tokens::Tokens,
};

/// The state of one emulated organisation, and of the tenants of the other platform.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) organization: Organization,
    /// Genesys Cloud's; the other platform keeps its own.
    pub(crate) clients: BTreeMap<String, Client>,
    /// Genesys Cloud's, too.
    pub(crate) tokens: Tokens,
    pub(crate) genesys: Estate,
    pub(crate) cxone: cxone::Estate,
    pub(crate) script: Script,
    pub(crate) journal: Journal,
    pub(crate) draws: Draws,
}

impl State {
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut draws = Draws::new(settings.seed);
        let organization =
            Organization { id: draws.id(Kind::Organization), name: settings.genesys.organization.clone() };
        Self {
            journal: Journal::new(organization.id.clone(), settings.log_capacity),
            organization,
            clients: BTreeMap::new(),
            tokens: Tokens::default(),
            genesys: Estate::default(),
            cxone: cxone::Estate::new(&settings.cxone.tenant, &mut draws),
            script: Script::new(settings.misbehaviours.clone()),
            draws,
        }
    }

    pub(crate) fn add_client(&mut self, new: NewClient, now: Moment) -> ClientKeys {
        let id = new.id.clone().unwrap_or_else(|| self.draws.id(Kind::Client));
        let secret = new.secret.clone().unwrap_or_else(|| self.draws.secret());
        self.journal.know(&id, &new.name);
        self.clients.insert(id.clone(), new.into_client(secret.clone(), DEFAULT_VALIDITY, now));
        ClientKeys { id, secret }
    }

    /// Mints a token and has the witness count it; `None` if there is no such client.
    pub(crate) fn mint(&mut self, client_id: &str, now: Moment) -> Option<Minted> {
        let expires_in = self.clients.get(client_id)?.validity_seconds;
        let access_token = self.draws.token();
        let number = self.journal.minted(client_id);
        self.tokens.book(access_token.clone(), number, client_id, now, expires_in);
        Some(Minted { access_token, expires_in })
    }

    /// Takes known tokens and secrets out of a target that the witness keeps. A caller that puts them there is
    /// wrong, and the log must not spread it.
    pub(crate) fn masked(&self, target: &str) -> String {
        let known = |part: &str| {
            self.tokens.find(part).is_some()
                || self.clients.values().any(|client| client.secret.is(part))
                // An access key's `=` may come percent-encoded.
                || self.cxone.is_secret(part.split('%').next().unwrap_or(part))
        };
        let separator = |c| matches!(c, '/' | '?' | '&' | '=');
        let parts = target.split_inclusive(separator).map(|part| {
            let bare = part.trim_end_matches(separator);
            if !bare.is_empty() && known(bare) { part.replacen(bare, "***", 1) } else { part.to_owned() }
        });
        parts.collect()
    }
}

/// Whose platform this is.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A token fresh from the press, on its way to whoever asked.
pub(crate) struct Minted {
    pub(crate) access_token: String,
    pub(crate) expires_in: u64,
}

/// Genesys Cloud's: a day.
pub(crate) const DEFAULT_VALIDITY: u64 = 86_400;
