//! Between the life of a request and the platforms: which of them a request is for, and what it says then.
//!
//! The platforms' paths differ, so one listener can serve both. Their state is apart: a token is only ever looked
//! for among those of the platform that the path belongs to.

use http::header;

use crate::{
    clock::Moment,
    cxone,
    draws::Kind,
    exchange::Door,
    genesys,
    journal::Ticket,
    misbehave::Target,
    received::Received,
    reply::{Envelope, Reply},
    script::Asked,
    settings::Settings,
    state::State,
    surfaces::Surface,
    witness::{Platform, RequestRecord},
};

/// A request that is written down: where it goes, whose it is, and its place in the journal.
#[derive(Debug)]
pub(crate) struct Visit {
    place: Place,
    client_id: Option<String>,
    correlation_id: String,
    pub(crate) ticket: Ticket,
}

/// Places a request, names its caller, writes it down.
pub(crate) fn arrive(state: &mut State, door: &Door, received: &Received, now: Moment) -> Visit {
    let settings = door.world.settings();
    let place = Place::of(settings, door, received);
    let caller = match &place {
        Place::Genesys(place) => genesys::caller(state, settings, place, received),
        Place::Cxone(place, _) => cxone::caller(state, place, received),
    };
    let correlation_id = state.draws.id(Kind::Correlation);
    let kind = place.kind();
    let record = RequestRecord {
        number: 0,
        at: String::new(),
        platform: place.platform(),
        token_endpoint: kind == Target::Token,
        discovery: kind == Target::Discovery,
        administration: place.is_administration(),
        method: received.method.clone(),
        path: state.masked(place.path()),
        route: place.template().to_owned(),
        raw_target: state.masked(&received.raw_target),
        header_names: received.header_names.clone(),
        body_length: received.body_length,
        token_body: (kind == Target::Token && settings.record_token_bodies).then(|| received.body.to_vec()),
        client_id: caller.client_id.clone(),
        token_number: caller.token_number,
        correlation_id: correlation_id.clone(),
        status: None,
        misbehaviours: Vec::new(),
    };
    let ticket = state.journal.arrived(record, now);
    Visit { place, client_id: caller.client_id, correlation_id, ticket }
}

impl Visit {
    /// What misbehaviour may look at.
    pub(crate) fn asked<'a>(&'a self, received: &'a Received) -> Asked<'a> {
        Asked {
            kind: self.place.kind(),
            method: &received.method,
            path: self.place.path(),
            client_id: self.client_id.as_deref(),
        }
    }

    /// Lets the request take effect.
    pub(crate) fn answer(
        &self,
        state: &mut State,
        settings: &Settings,
        received: &Received,
        now: Moment,
    ) -> Reply {
        let correlation_id = &self.correlation_id;
        match &self.place {
            Place::Genesys(place) => {
                let call = genesys::Call { received, correlation_id, now };
                genesys::answer(state, &settings.genesys, place, &call)
            }
            Place::Cxone(place, origins) => {
                let settings = &settings.cxone;
                cxone::answer(state, &cxone::Call { settings, received, origins, place, now })
            }
        }
    }

    /// An answer in the platform's words that has no cause in its state.
    pub(crate) fn failure(
        &self,
        settings: &Settings,
        status: u16,
        retry_after: Option<u64>,
        now: Moment,
    ) -> Reply {
        let reply = match &self.place {
            Place::Genesys(_) => genesys::failure(status, &self.correlation_id),
            Place::Cxone(place, _) => cxone::failure(&settings.cxone, place, status, now),
        };
        match retry_after {
            Some(seconds) => reply.with("retry-after", seconds.to_string()),
            None => reply,
        }
    }

    /// The throttle's answer, whatever was used of the quota.
    pub(crate) fn throttle(&self, state: &mut State, settings: &Settings, retry_after: u64) -> Reply {
        if self.place.kind() == Target::Token {
            state.journal.throttled(self.client_id.as_deref());
        }
        match &self.place {
            Place::Genesys(place) => genesys::throttle(place, retry_after, &self.correlation_id),
            Place::Cxone(place, _) => cxone::throttle(&settings.cxone, place, retry_after),
        }
    }

    /// The token that the request carries is dead from now on.
    pub(crate) fn end_token(&self, state: &mut State, received: &Received) {
        let tokens = match &self.place {
            Place::Genesys(_) => &mut state.tokens,
            Place::Cxone(..) => &mut state.cxone.tokens,
        };
        if let Some(token) = received.authorization("bearer").and_then(|value| tokens.find_mut(value)) {
            token.revoked = true;
        }
    }

    /// A token that nobody asked for and nobody gets: whoever claims to count mints must notice it.
    pub(crate) fn plant(&self, state: &mut State, settings: &Settings, now: Moment) {
        let Some(client_id) = &self.client_id else { return };
        match &self.place {
            Place::Genesys(_) => drop(state.mint(client_id, now)),
            Place::Cxone(_, origins) => cxone::plant(state, &settings.cxone, origins, client_id, now),
        }
    }

    /// What the platform puts on every answer.
    pub(crate) fn envelope(&self) -> Envelope<'_> {
        match &self.place {
            Place::Genesys(_) => genesys::envelope(&self.correlation_id),
            Place::Cxone(..) => cxone::envelope(&self.correlation_id),
        }
    }
}

/// Whom a request names, by credentials or by token.
#[derive(Debug, Default)]
pub(crate) struct Caller {
    pub(crate) client_id: Option<String>,
    pub(crate) token_number: Option<u64>,
}

#[derive(Debug)]
enum Place {
    Genesys(genesys::Place),
    Cxone(cxone::Place, cxone::Origins),
}

impl Place {
    fn of(settings: &Settings, door: &Door, received: &Received) -> Self {
        let (method, path) = (received.method.as_str(), received.path.as_str());
        let genesys = genesys::Place::of(settings, &door.surfaces, method, path);
        if !genesys.is_nowhere() {
            return Self::Genesys(genesys);
        }
        match cxone::Place::of(&settings.cxone, &door.surfaces, method, path) {
            Some(place) => Self::Cxone(place, origins(door, received)),
            None => Self::Genesys(genesys),
        }
    }

    fn platform(&self) -> Platform {
        match self {
            Self::Genesys(_) => Platform::Genesys,
            Self::Cxone(..) => Platform::Cxone,
        }
    }

    fn kind(&self) -> Target {
        match self {
            Self::Genesys(place) if place.is_token() => Target::Token,
            Self::Genesys(_) => Target::Api,
            Self::Cxone(place, _) => place.kind(),
        }
    }

    fn is_administration(&self) -> bool {
        match self {
            Self::Genesys(place) => place.is_administration(),
            Self::Cxone(place, _) => place.is_administration(),
        }
    }

    fn path(&self) -> &str {
        match self {
            Self::Genesys(place) => place.path(),
            Self::Cxone(place, _) => &place.path,
        }
    }

    fn template(&self) -> &str {
        match self {
            Self::Genesys(place) => place.template(),
            Self::Cxone(place, _) => place.template,
        }
    }
}

/// Where this caller finds CXone's surfaces: those of this listener as it wrote them, the others where they listen.
fn origins(door: &Door, received: &Received) -> cxone::Origins {
    let host = received.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = |surface| match host {
        Some(host) if door.surfaces.include(surface) => format!("http://{host}"),
        _ => door.addresses.origin(surface),
    };
    cxone::Origins {
        identity: origin(Surface::CxoneIdentity),
        userhub: origin(Surface::CxoneUserhub),
        api: origin(Surface::CxoneApi),
    }
}
