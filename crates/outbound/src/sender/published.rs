//! The keys of one issuer, fetched when they are needed and kept for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hallpass_core::{Clock, Deadline, Fault, FaultCode, Sleep};
use http::{Method, Request, Uri};
use tokio::sync::Semaphore;

use super::keys::SigningKeys;
use super::token::{Expected, Refusal, Sender, Unverified};
use crate::{Bounds, Transport, empty, exchange};

/// Judges the tokens of one issuer.
#[derive(Debug)]
pub struct PublishedKeys {
    address: Uri,
    expected: Expected,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    sleep: Arc<dyn Sleep>,
    /// One fetch at a time: whoever comes meanwhile waits for it and looks again.
    fetching: Semaphore,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    keys: Arc<SigningKeys>,
    /// Until when they are believed without asking; none before the first fetch.
    fresh: Option<Deadline>,
    /// Before which nobody asks again, whatever tokens say.
    quiet: Option<Deadline>,
}

/// Why a token was not accepted.
#[derive(Debug)]
pub enum NotVerified {
    /// It is wrong. Sending it again does not help.
    Refused(Refusal),
    /// The issuer's keys cannot be had right now, so nobody knows.
    Unknown(Fault),
}

impl PublishedKeys {
    /// Keys that `address` publishes, for tokens that say what is `expected`. Nothing is fetched yet.
    #[must_use]
    pub fn at(
        address: Uri,
        expected: Expected,
        (transport, clock, sleep): (Arc<dyn Transport>, Arc<dyn Clock>, Arc<dyn Sleep>),
    ) -> Self {
        let (fetching, kept) = (Semaphore::new(1), Mutex::default());
        Self { address, expected, transport, clock, sleep, fetching, kept }
    }

    /// Judges `token`, fetching keys where need be: the first time, after an hour, and for a key that is not known, but that once in five minutes at
    /// most, since anybody can send a token with a key of its own invention.
    ///
    /// Keys that are out of date are used on while the issuer cannot be asked: they were its own. Dropping the future gives the fetch up.
    ///
    /// # Errors
    /// [`NotVerified`], quoting nothing of the token.
    pub async fn verify(&self, token: &str) -> Result<Sender, NotVerified> {
        let token = Unverified::parse(token).map_err(NotVerified::Refused)?;
        let (mut keys, mut trouble) = (self.kept().keys.clone(), None);
        if self.wants(token.key()) {
            let _one = self.fetching.acquire().await;
            if self.wants(token.key()) {
                trouble = self.fetch().await.err();
            }
            keys = self.kept().keys.clone();
        }
        match (token.judge(&keys, &self.expected, self.clock.now().wall), trouble) {
            (Ok(sender), _) => Ok(sender),
            (Err(Refusal::KeyUnknown), Some(fault)) => Err(NotVerified::Unknown(fault)),
            // Nobody asked just now because the last try has only just failed.
            (Err(Refusal::KeyUnknown), None) if self.kept().fresh.is_none() => {
                Err(NotVerified::Unknown(self.fault("could not be had a moment ago")))
            }
            (Err(refusal), _) => Err(NotVerified::Refused(refusal)),
        }
    }

    fn wants(&self, key: &str) -> bool {
        let (kept, now) = (self.kept(), self.clock.now());
        let quiet = kept.quiet.is_some_and(|quiet| !quiet.reached(now));
        let fresh = kept.fresh.is_some_and(|fresh| !fresh.reached(now));
        !(quiet || fresh && kept.keys.holds(key))
    }

    async fn fetch(&self) -> Result<(), Fault> {
        // Before the request: a fetch that is given up half way counts as one.
        self.kept().quiet = Some(self.clock.now().deadline(AFTER_FAILURE));
        let mut request = Request::new(empty());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = self.address.clone();
        let answer = exchange(&*self.transport, &*self.sleep, request, BOUNDS).await;
        let answer = answer.map_err(|fault| self.fault("cannot be had").with_source(fault))?;
        if !answer.status().is_success() {
            return Err(self.fault(&format!("answered with {}", answer.status().as_u16())));
        }
        let keys = SigningKeys::parse(answer.body()).ok_or_else(|| self.fault("are no key set"))?;
        let now = self.clock.now();
        let (fresh, quiet) = (Some(now.deadline(FRESH)), Some(now.deadline(AFTER_SUCCESS)));
        *self.kept() = Kept { keys: Arc::new(keys), fresh, quiet };
        Ok(())
    }

    fn fault(&self, what: &str) -> Fault {
        let detail = format!("the keys at `{}` {what}", self.address);
        Fault::new(FaultCode::UpstreamUnreachable, detail)
            .with_hint("check that this machine reaches the address; the sender tries again by itself")
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        // Whatever was written there was written in one piece.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A key that an issuer withdraws is believed that long at most. Google lets its own be cached for hours, Entra asks for a look once a day.
const FRESH: Duration = Duration::from_secs(3600);

/// How long a key that nobody knows causes no further fetch. New keys are published long before they sign.
const AFTER_SUCCESS: Duration = Duration::from_secs(300);

/// Senders repeat after ten seconds at the earliest, so one of their repetitions finds another try.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Google's key set has two kilobytes, Entra's twenty.
const BOUNDS: Bounds = Bounds { within: Duration::from_secs(5), bytes: 256 * 1024 };
