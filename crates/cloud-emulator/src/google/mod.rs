//! Google Secret Manager, REST v1, and the metadata server that gives out its tokens.
//!
//! ```text
//!   /v1/projects/P[/locations/L]/secrets[/S[:addVersion][/versions[/V[:access|:enable|:disable|:destroy]]]]
//!   /computeMetadata/v1/instance/service-accounts/default/token
//! ```
//!
//! The method list: <https://cloud.google.com/secret-manager/docs/reference/rest>. Whoever asks by a project's id gets names with its
//! number, as at Google. A door at `/-/` gives orders to programs in other languages that can reach no method of [`SecretManager`].

mod checksum;
mod kept;
mod metadata;
mod refusal;
mod route;
mod secrets;
mod tokens;
mod versions;

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::message::{Received, Reply};
use crate::server::{Cloud, StandIn};

use kept::{Kept, State};
use refusal::{Refusal, Status};
use route::{Action, Route};

pub use metadata::Metadata;
pub use tokens::Tokens;

/// Secret Manager. Clones of its [`Tokens`] decide which bearer token is good.
#[derive(Debug)]
pub struct SecretManager {
    tokens: Tokens,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    kept: Kept,
    denied: BTreeSet<String>,
    throttle: Option<Option<u64>>,
    lagging: u32,
    corrupt: bool,
    page: Option<usize>,
    requests: u64,
}

impl SecretManager {
    /// An empty one.
    #[must_use]
    pub fn new(tokens: Tokens) -> Self {
        Self { tokens, inner: Mutex::default() }
    }

    /// From now on this permission, such as `secretmanager.versions.access`, is denied.
    pub fn deny(&self, permission: &str) {
        self.with(|inner| inner.denied.insert(permission.to_owned()));
    }

    /// Nothing is denied any longer.
    pub fn allow(&self) {
        self.with(|inner| inner.denied.clear());
    }

    /// The next request is throttled, with this many seconds to wait if it is said.
    pub fn throttle(&self, retry_after: Option<u64>) {
        self.with(|inner| inner.throttle = Some(retry_after));
    }

    /// The next so many reads by alias see the aliases as they were before the last change: "Other operations within Secret Manager are
    /// eventually consistent" (<https://cloud.google.com/secret-manager/docs/reference/consistency>).
    pub fn lag(&self, reads: u32) {
        self.with(|inner| inner.lagging = reads);
    }

    /// Whether values are sent with a checksum that is not theirs.
    pub fn corrupt(&self, corrupt: bool) {
        self.with(|inner| inner.corrupt = corrupt);
    }

    /// No page holds more than this.
    pub fn page(&self, most: usize) {
        self.with(|inner| inner.page = Some(most));
    }

    fn with<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        change(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn order(&self, order: &str) -> Reply {
        match order.split_once('/').unwrap_or((order, "")) {
            ("deny", permission) => self.deny(permission),
            ("allow", _) => self.allow(),
            ("throttle", seconds) => self.throttle(seconds.parse().ok()),
            ("lag", reads) => self.lag(reads.parse().unwrap_or_default()),
            ("corrupt", whether) => self.corrupt(whether == "true"),
            ("page", most) => self.page(most.parse().unwrap_or(1)),
            ("renew", _) => self.tokens.renew(),
            _ => return Reply::bytes(404, "no such order"),
        }
        Reply::json(200, &json!({ "token": self.tokens.current() }))
    }
}

impl Cloud for SecretManager {
    fn answer(&self, request: &Received) -> Reply {
        if let Some(order) = request.path.strip_prefix("/-/") {
            return self.order(order);
        }
        let good = format!("Bearer {}", self.tokens.current());
        self.with(|inner| {
            inner.requests += 1;
            let answer = match request.header("authorization") {
                None => Err(Refusal::unauthenticated("CREDENTIALS_MISSING")),
                Some(shown) if shown != good => Err(Refusal::unauthenticated("ACCESS_TOKEN_EXPIRED")),
                Some(_) => inner.answer(request),
            };
            match answer {
                Ok(body) => Reply::json(200, &body),
                Err(refusal) => refusal.reply(inner.requests),
            }
        })
    }
}

impl Inner {
    fn answer(&mut self, request: &Received) -> Result<Value, Refusal> {
        if let Some(retry_after) = self.throttle.take() {
            return Err(Refusal::throttled(retry_after));
        }
        let Some(Route { name, version, action }) = Route::of(request) else {
            return Err(Refusal::new(Status::NotFound, "The requested URL was not found on this server."));
        };
        if self.denied.contains(action.permission()) {
            return Err(Refusal::denied(action.permission(), &name));
        }
        let (kept, page) = (&mut self.kept, self.page);
        match action {
            Action::CreateSecret => secrets::create(kept, &name, request),
            Action::ListSecrets => secrets::list(kept, &name, request, page),
            Action::GetSecret => {
                let found = kept.secrets.get(&name).ok_or_else(|| secrets::not_found(&name))?;
                Ok(found.json(&name))
            }
            Action::PatchSecret => secrets::patch(kept, &name, request),
            Action::AddVersion => versions::add(kept, &name, request),
            Action::ListVersions => versions::list(kept, &name, request, page),
            Action::GetVersion => versions::get(kept, &name, &version),
            Action::AccessVersion => {
                let lagging = self.lagging > 0 && version.parse::<u64>().is_err();
                self.lagging -= u32::from(lagging);
                versions::access(kept, &name, &version, lagging, self.corrupt)
            }
            Action::EnableVersion => versions::change(kept, &name, &version, State::Enabled, request),
            Action::DisableVersion => versions::change(kept, &name, &version, State::Disabled, request),
            Action::DestroyVersion => versions::change(kept, &name, &version, State::Destroyed, request),
        }
    }
}

/// Starts both servers and says where they are, for `cloud-emulator google`.
///
/// # Errors
/// No port can be had.
pub async fn announce() -> io::Result<(Vec<StandIn>, Value)> {
    let tokens = Tokens::new();
    let api = StandIn::start(Arc::new(SecretManager::new(tokens.clone())), None).await?;
    let metadata = StandIn::start(Arc::new(Metadata::new(tokens.clone())), None).await?;
    let line = json!({ "url": api.url(), "metadata_url": metadata.url(), "token": tokens.current() });
    Ok((vec![api, metadata], line))
}
