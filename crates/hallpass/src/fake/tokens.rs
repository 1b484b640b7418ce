//! A platform that grants what a test says.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;

use hallpass_core::test_support::{FixedRandomness, ManualTime};
use hallpass_core::token::{self, CacheParts, Failure, Mint, MintFault, Minted, Occasion};
use hallpass_core::{BoxFuture, Clock, Counters, Fault, FaultCode, Grant, Remedy, Secret, Spawn};

use crate::TokenCache;

/// A source of tokens `token-1`, `token-2`, ... that live for an hour each, unless the script says otherwise. Clones share everything.
#[derive(Clone, Debug)]
pub struct Tokens {
    time: ManualTime,
    mint: Arc<ScriptedMint>,
    core: token::TokenCache,
    cache: TokenCache,
}

impl Tokens {
    /// A source without a script, and a clock that stands still.
    #[must_use]
    pub fn new() -> Self {
        let time = ManualTime::default();
        let mint = Arc::new(ScriptedMint { time: time.clone(), script: Mutex::default() });
        let core = token::TokenCache::new(CacheParts {
            mint: Arc::clone(&mint) as _,
            clock: Arc::new(time.clone()),
            sleep: Arc::new(time.clone()),
            spawn: Arc::new(AtOnce),
            randomness: Arc::new(FixedRandomness(0.0)),
            meter: Arc::new(Counters::new()),
        });
        let cache = TokenCache::new(core.clone(), Arc::new(time.clone()));
        Self { time, mint, core, cache }
    }

    /// The cache to hand to the code under test: always the same one.
    #[must_use]
    pub fn cache(&self) -> TokenCache {
        self.cache.clone()
    }

    /// The next token request is granted `token` for `lifetime`. A token that does not outlive the one that is held is no progress, and is refused by
    /// the cache as it would be in earnest.
    pub fn then_grant(&self, token: &str, lifetime: Duration) {
        self.mint.script().steps.push_back(Ok((Secret::from(token), lifetime)));
    }

    /// The next token request fails with `fault`. Failures pause requests as they do in earnest: [`Tokens::advance`] to get past it.
    pub fn then_fail(&self, fault: Fault) {
        self.mint.script().steps.push_back(Err(fault));
    }

    /// Both clocks go on by `by`.
    pub fn advance(&self, by: Duration) {
        self.time.advance(by);
    }

    /// The process is frozen for `by`, as a serverless sandbox is: only the wall clock goes on.
    pub fn freeze(&self, by: Duration) {
        self.time.freeze(by);
    }

    /// How many token requests there were.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.mint.script().requests
    }

    pub(super) fn core(&self) -> token::TokenCache {
        self.core.clone()
    }

    pub(super) fn time(&self) -> &ManualTime {
        &self.time
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Debug)]
struct ScriptedMint {
    time: ManualTime,
    script: Mutex<Script>,
}

#[derive(Debug, Default)]
struct Script {
    steps: VecDeque<Result<(Secret, Duration), Fault>>,
    requests: u64,
    granted: u64,
}

impl ScriptedMint {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self) -> Result<Minted, MintFault> {
        let mut script = self.script();
        script.requests += 1;
        let step = script.steps.pop_front().unwrap_or_else(|| {
            script.granted += 1;
            Ok((Secret::from(format!("token-{}", script.granted)), AN_HOUR))
        });
        let (access_token, lifetime) = step.map_err(|fault| MintFault { failure: failure(&fault), fault })?;
        let grant = Grant { access_token, lifetime: Some(lifetime), scope: None };
        Ok(Minted { grant, asked: self.time.now() })
    }
}

impl Mint for ScriptedMint {
    fn mint(&self, _occasion: Occasion) -> BoxFuture<'_, Result<Minted, MintFault>> {
        Box::pin(std::future::ready(self.step()))
    }
}

fn failure(fault: &Fault) -> Failure {
    match (fault.code(), fault.remedy()) {
        (FaultCode::CredentialRefused, _) => Failure::CredentialRefused,
        (_, Remedy::RetryLater | Remedy::FixMachine) => Failure::Passing { retry_after: fault.retry_after() },
        _ => Failure::Terminal,
    }
}

/// Runs a task on the spot: a scripted answer is there at once, so one look finishes it.
#[derive(Debug)]
struct AtOnce;

impl Spawn for AtOnce {
    fn spawn(&self, mut task: BoxFuture<'static, ()>) {
        let finished = Pin::new(&mut task).poll(&mut Context::from_waker(Waker::noop())).is_ready();
        debug_assert!(finished, "a scripted flight waits for nothing");
    }
}

const AN_HOUR: Duration = Duration::from_secs(3600);
