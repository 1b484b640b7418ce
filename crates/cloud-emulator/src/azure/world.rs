//! What the stand-ins share: tokens, ids, time, and what a test ordered.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::key_values::{Behind, KeyValues};
use super::secrets::Secrets;

/// The tenant that exists.
pub const TENANT: &str = "11111111-1111-4111-8111-111111111111";
/// The application that exists in it.
pub const CLIENT: &str = "22222222-2222-4222-8222-222222222222";
/// Its secret.
pub const CLIENT_SECRET: &str = "entra-canary-client-secret";
/// The federated assertion that stands for it.
pub const ASSERTION: &str = "entra-canary-assertion";
/// What the endpoint of App Service wants to see in `X-IDENTITY-HEADER`.
pub const IDENTITY_HEADER: &str = "identity-canary-header";

/// The state behind every stand-in of this cloud.
#[derive(Debug, Default)]
pub struct World(Mutex<State>);

/// How a refusal is worded: a vault has one of two permission models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// Azure role-based access control.
    Rbac,
    /// The older access policies.
    Policy,
    /// The network rules of the vault.
    Firewall,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) secrets: Secrets,
    pub(super) key_values: KeyValues,
    pub(super) behind: Behind,
    pub(super) token_requests: usize,
    pub(super) listed_values: usize,
    pub(super) throttle: Option<(usize, u64)>,
    misdirected: bool,
    lag_after_write: usize,
    rival: Option<(String, String)>,
    tokens: HashMap<String, String>,
    denied: Vec<(String, Denial)>,
    count: u64,
    passed: u64,
}

impl World {
    /// Refuses `action` (by its name in role definitions) from now on.
    pub fn deny(&self, action: &str, how: Denial) {
        self.state().denied.push((action.to_owned(), how));
    }

    /// Refuses nothing any more.
    pub fn allow_all(&self) {
        self.state().denied.clear();
    }

    /// Answers the next `times` authorised requests with 429 and `Retry-After: after`.
    pub fn throttle(&self, times: usize, after: u64) {
        self.state().throttle = Some((times, after));
    }

    /// Disables the newest version of a secret.
    pub fn disable(&self, name: &str) {
        let mut state = self.state();
        let now = state.now();
        state.secrets.update("", name, "", &json!({ "attributes": { "enabled": false } }), now);
    }

    /// Deletes a secret, recoverably.
    pub fn delete(&self, name: &str) {
        self.state().secrets.delete("", name);
    }

    /// Deletes a secret for good.
    pub fn purge(&self, name: &str) {
        let mut state = self.state();
        state.secrets.delete("", name);
        state.secrets.purge(name);
    }

    /// Lets every token, those given out so far too, be one for somebody else.
    pub fn misdirect_tokens(&self) {
        let mut state = self.state();
        state.misdirected = true;
        state.tokens.values_mut().for_each(|audience| "https://example.net".clone_into(audience));
    }

    /// Lets every token given out so far be refused.
    pub fn expire_tokens(&self) {
        self.state().tokens.clear();
    }

    /// How many tokens were asked for, at all endpoints together.
    #[must_use]
    pub fn token_requests(&self) -> usize {
        self.state().token_requests
    }

    /// Answers the next `reads` unversioned reads of a secret as a replica would that has not heard of the newest version.
    pub fn lag(&self, reads: usize) {
        self.state().secrets.lag = reads;
    }

    /// The same, from the next write on.
    pub fn lag_after_write(&self, reads: usize) {
        self.state().lag_after_write = reads;
    }

    /// Writes a version of a secret as somebody who knows nothing of hallpass does: without tags.
    pub fn plant(&self, name: &str, value: &str) {
        self.state().plant(name, value);
    }

    /// Lets the next write of `name` be followed at once by somebody else's.
    pub fn follow(&self, name: &str, value: &str) {
        self.state().rival = Some((name.to_owned(), value.to_owned()));
    }

    /// Moves the clock.
    pub fn advance(&self, seconds: u64) {
        self.state().passed += seconds;
    }

    /// The id that the latest answer carried in `x-ms-request-id`.
    #[must_use]
    pub fn last_request_id(&self) -> String {
        self.state().request_id()
    }

    /// How many secrets have this very text as the value of an enabled version.
    #[must_use]
    pub fn enabled_holding(&self, value: &str) -> usize {
        self.state().secrets.enabled_holding(value)
    }

    /// `exp` of the newest version of the secret `name`, in seconds since the Unix epoch, if it has one.
    #[must_use]
    pub fn expiry(&self, name: &str) -> Option<u64> {
        self.state().secrets.expiry(name)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Seconds since the Unix epoch.
    pub(super) fn now(&self) -> u64 {
        BEGINNING + self.passed
    }

    pub(super) fn next_request_id(&mut self) -> String {
        self.count += 1;
        self.request_id()
    }

    fn request_id(&self) -> String {
        format!("{:08x}-aaaa-4bbb-8ccc-{:012x}", self.count, self.count)
    }

    /// 32 hexadecimal digits that tell nothing about their order.
    /// <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers-and-versioning>
    pub(super) fn next_version(&mut self) -> String {
        self.count += 1;
        format!("{:016x}{:016x}", scattered(self.count), scattered(self.count ^ 0x5bd1_e995))
    }

    /// What a test ordered to happen after a write.
    pub(super) fn written(&mut self, name: &str) {
        self.secrets.lag += std::mem::take(&mut self.lag_after_write);
        if let Some((_, value)) = self.rival.take_if(|(rival, _)| rival == name) {
            self.plant(name, &value);
        }
    }

    fn plant(&mut self, name: &str, value: &str) {
        let (id, now) = (self.next_version(), self.now());
        self.secrets.set("", name, &json!({ "value": value }), id, now);
    }

    pub(super) fn grant(&mut self, audience: &str) -> String {
        self.count += 1;
        let token = format!("token-canary-{:016x}", scattered(self.count));
        let audience = if self.misdirected { "https://example.net" } else { audience.trim_end_matches('/') };
        self.tokens.insert(token.clone(), audience.to_owned());
        token
    }

    /// The audience of the bearer token in `authorization`, if it is one of ours.
    pub(super) fn audience(&self, authorization: Option<&str>) -> Option<&str> {
        self.tokens.get(authorization?.strip_prefix("Bearer ")?).map(String::as_str)
    }

    pub(super) fn denial(&self, action: &str) -> Option<Denial> {
        self.denied.iter().find(|(denied, _)| denied == action).map(|(_, how)| *how)
    }

    /// The wait to announce, if this request is one too many.
    pub(super) fn too_many(&mut self) -> Option<u64> {
        let (times, after) = self.throttle.filter(|(times, _)| *times > 0)?;
        self.throttle = Some((times - 1, after));
        Some(after)
    }
}

/// A second in November 2026, at which every world begins.
pub const BEGINNING: u64 = 1_795_000_000;

/// One step of splitmix64.
fn scattered(count: u64) -> u64 {
    let mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}
