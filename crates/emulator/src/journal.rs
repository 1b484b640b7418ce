//! The witness's pen: every request is written down when it arrives and completed when its fate is known.
//!
//! Written at arrival, because a caller that gives up in the middle must be counted, too.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    clock::Moment,
    misbehave::Target,
    witness::{ApiUsageRow, ClientReport, Platform, RequestRecord, SecretRefusal, Totals, WitnessReport},
};

/// What was seen so far.
#[derive(Debug)]
pub(crate) struct Journal {
    organization_id: String,
    clients: BTreeMap<String, ClientReport>,
    totals: Totals,
    anonymous_calls: u64,
    usage: BTreeMap<UsageKey, ApiUsageRow>,
    refusals: VecDeque<SecretRefusal>,
    log: VecDeque<RequestRecord>,
    log_dropped: u64,
    capacity: usize,
}

impl Journal {
    pub(crate) fn new(organization_id: String, capacity: usize) -> Self {
        Self {
            organization_id,
            clients: BTreeMap::new(),
            totals: Totals::default(),
            anonymous_calls: 0,
            usage: BTreeMap::new(),
            refusals: VecDeque::new(),
            log: VecDeque::new(),
            log_dropped: 0,
            capacity,
        }
    }

    pub(crate) fn know(&mut self, client_id: &str, name: &str) {
        name.clone_into(&mut self.clients.entry(client_id.to_owned()).or_default().name);
    }

    /// Writes a request down. Its number is the journal's to give.
    pub(crate) fn arrived(&mut self, mut record: RequestRecord, at: Moment) -> Ticket {
        self.totals.requests += 1;
        record.number = self.totals.requests;
        record.at = at.iso();
        let ticket = Ticket {
            number: record.number,
            kind: match (record.token_endpoint, record.discovery) {
                (true, _) => Target::Token,
                (_, true) => Target::Discovery,
                _ => Target::Api,
            },
            platform: record.platform,
            client_id: record.client_id.clone(),
            administration: record.administration,
            method: record.method.clone(),
            route: record.route.clone(),
            day: at.day(),
        };
        self.count_arrival(&ticket);
        self.log.push_back(record);
        while self.log.len() > self.capacity {
            self.log.pop_front();
            self.log_dropped += 1;
        }
        ticket
    }

    /// Counts a token minted from credentials; its number.
    pub(crate) fn minted(&mut self, client_id: &str) -> u64 {
        self.totals.mints += 1;
        self.with(Some(client_id), |client| client.mints += 1);
        self.totals.mints + self.totals.refreshes
    }

    /// Counts a token minted from a refresh token; its number.
    pub(crate) fn refreshed(&mut self, client_id: &str) -> u64 {
        self.totals.refreshes += 1;
        self.with(Some(client_id), |client| client.refreshes += 1);
        self.totals.mints + self.totals.refreshes
    }

    pub(crate) fn refused(&mut self, client_id: Option<&str>) {
        self.totals.mints_refused += 1;
        self.with(client_id, |client| client.mints_refused += 1);
    }

    /// Notes that a secret did not open the door: it is wrong, dead, not yet alive, or nobody's.
    pub(crate) fn secret_refused(&mut self, platform: Platform, id: Option<&str>, now: Moment) {
        let refusal = SecretRefusal {
            at: now.iso(),
            unix_millis: now.unix_millis(),
            platform,
            id: id.map(str::to_owned),
        };
        self.refusals.push_back(refusal);
        while self.refusals.len() > self.capacity {
            self.refusals.pop_front();
        }
    }

    /// Counts a secret that was made by administration.
    pub(crate) fn secret_made(&mut self, id: &str) {
        self.totals.secrets_made += 1;
        self.with(Some(id), |client| client.secrets_made += 1);
    }

    pub(crate) fn throttled(&mut self, client_id: Option<&str>) {
        self.totals.mints_throttled += 1;
        self.with(client_id, |client| client.mints_throttled += 1);
    }

    /// Completes a request that is answered.
    pub(crate) fn answered(&mut self, ticket: &Ticket, status: u16) {
        if let Some(record) = self.record(ticket) {
            record.status = Some(status);
        }
        if ticket.kind != Target::Api {
            return;
        }
        *self.totals.calls_by_status.entry(status).or_default() += 1;
        let client_id = ticket.client_id.as_deref();
        self.with(client_id, |client| *client.calls_by_status.entry(status).or_default() += 1);
        // Usage is Genesys Cloud's own report about its own clients.
        if let Some(client_id) = client_id.filter(|_| ticket.platform == Platform::Genesys) {
            self.usage_row(client_id, ticket).count(status);
        }
    }

    /// Completes a request whose answer never leaves.
    pub(crate) fn reset(&mut self, ticket: &Ticket) {
        self.totals.resets += 1;
        self.with(ticket.client_id.as_deref(), |client| client.resets += 1);
    }

    pub(crate) fn misbehaved(&mut self, ticket: &Ticket, labels: Vec<String>) {
        self.with(ticket.client_id.as_deref(), |client| client.misbehaviours += 1);
        if let Some(record) = self.record(ticket) {
            record.misbehaviours = labels;
        }
    }

    /// A client's usage, of all days or since one.
    pub(crate) fn usage_of(&self, client_id: &str, since: Option<Moment>) -> Vec<ApiUsageRow> {
        let of_client = self
            .usage
            .iter()
            .filter(|((of, day, ..), _)| of == client_id && since.is_none_or(|since| *day >= since));
        of_client.map(|(_, row)| row.clone()).collect()
    }

    pub(crate) fn refusals(&self) -> impl Iterator<Item = &SecretRefusal> {
        self.refusals.iter()
    }

    pub(crate) fn report(&self) -> WitnessReport {
        WitnessReport {
            clients: self.clients.clone(),
            totals: self.totals.clone(),
            anonymous_calls: self.anonymous_calls,
            usage: self.usage.values().cloned().collect(),
            secret_refusals: self.refusals.iter().cloned().collect(),
            log: self.log.iter().cloned().collect(),
            log_dropped: self.log_dropped,
        }
    }

    fn count_arrival(&mut self, ticket: &Ticket) {
        let client_id = ticket.client_id.as_deref();
        if ticket.kind == Target::Discovery {
            self.totals.discoveries += 1;
        } else if ticket.kind == Target::Token {
            self.totals.token_requests += 1;
            self.totals.token_requests_unknown += u64::from(client_id.is_none());
            self.with(client_id, |client| client.token_requests += 1);
        } else {
            self.totals.calls += 1;
            self.totals.administrative_calls += u64::from(ticket.administration);
            self.anonymous_calls += u64::from(client_id.is_none());
            let route = format!("{} {}", ticket.method, ticket.route);
            self.with(client_id, |client| {
                client.calls += 1;
                *client.calls_by_route.entry(route).or_default() += 1;
            });
        }
    }

    fn with(&mut self, client_id: Option<&str>, change: impl FnOnce(&mut ClientReport)) {
        if let Some(client) = client_id.and_then(|id| self.clients.get_mut(id)) {
            change(client);
        }
    }

    fn record(&mut self, ticket: &Ticket) -> Option<&mut RequestRecord> {
        let index = ticket.number.checked_sub(self.log_dropped + 1)?;
        self.log.get_mut(usize::try_from(index).ok()?)
    }

    fn usage_row(&mut self, client_id: &str, ticket: &Ticket) -> &mut ApiUsageRow {
        let key = (client_id.to_owned(), ticket.day, ticket.route.clone(), ticket.method.clone());
        let client_name = self.clients.get(client_id).map(|client| client.name.clone()).unwrap_or_default();
        self.usage.entry(key).or_insert_with(|| ApiUsageRow {
            client_id: client_id.to_owned(),
            client_name,
            organization_id: self.organization_id.clone(),
            template_uri: ticket.route.clone(),
            http_method: ticket.method.clone(),
            status200: 0,
            status300: 0,
            status400: 0,
            status429: 0,
            status500: 0,
            requests: 0,
            date: ticket.day.iso(),
        })
    }
}

/// A request's place in the journal.
#[derive(Debug)]
pub(crate) struct Ticket {
    number: u64,
    kind: Target,
    platform: Platform,
    client_id: Option<String>,
    administration: bool,
    method: String,
    route: String,
    day: Moment,
}

/// Client, day, template, method: the order in which rows are listed.
type UsageKey = (String, Moment, String, String);
