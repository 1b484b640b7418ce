//! Consumers: each holds one secret, looks at the store from time to time, and says what it uses.

use std::time::Duration;

use hallpass_core::{Credential, Fingerprint, Secret, Version};
use hallpass_lifecycle::rotation::{Ack, AckReport, WallTime};

use super::World;
use super::platform::credential_of;

/// How often a consumer looks.
pub(super) const INTERVAL: Duration = Duration::from_secs(300);

/// How far its replica of the store is behind.
const LAG: Duration = Duration::from_secs(60);

/// One consumer.
#[derive(Clone, Debug)]
pub(crate) struct Consumer {
    pub(crate) name: String,
    pub(crate) environment: String,
    pub(crate) held: Vec<u8>,
    /// Whether it is one of those that have to acknowledge.
    pub(crate) registered: bool,
    /// Whether it looks at the store at all after its start.
    pub(crate) looks: bool,
    /// Whether it says what it uses.
    pub(crate) acks: bool,
    /// Whether it uses the platform, so that the platform sees its secret being used.
    pub(crate) calls: bool,
    /// Slot and secret of what it holds.
    pub(super) pair: (String, String),
    fingerprint: Option<Fingerprint>,
    said: Option<Ack>,
}

impl Consumer {
    pub(crate) fn new(name: &str, environment: &str) -> Self {
        Self {
            name: name.into(),
            environment: environment.into(),
            held: Vec::new(),
            registered: true,
            looks: true,
            acks: true,
            calls: true,
            pair: Default::default(),
            fingerprint: None,
            said: None,
        }
    }

    pub(crate) fn hold(&mut self, value: &[u8]) {
        if self.held != value {
            self.held = value.to_vec();
            self.pair = credential_of(value).unwrap();
            let credential = Credential::parse(&Secret::new(value.to_vec()), Version::new("1"), &[]);
            self.fingerprint = credential.ok().map(|credential| credential.fingerprint());
        }
    }

    /// One that never looks again is beyond help: for it there is the evidence.
    pub(super) fn keeps_the_rules(&self) -> bool {
        !self.held.is_empty()
    }
}

impl World {
    /// Every consumer looks, acknowledges and calls.
    pub(super) fn consumers_look(&mut self) {
        let seen = self.shelf.current_at(self.now.saturating_sub(LAG));
        let now = self.now;
        for consumer in &mut self.consumers {
            if let Some(value) = seen.filter(|_| consumer.looks || consumer.held.is_empty()) {
                consumer.hold(value);
            }
            if let Some(fingerprint) = consumer.fingerprint.filter(|_| consumer.acks) {
                let (name, environment) = (consumer.name.clone(), consumer.environment.parse().unwrap());
                consumer.said = Some(Ack { consumer: name, fingerprint, environment, at: WallTime::at(now) });
            }
        }
        self.look();
        for consumer in self.consumers.iter().filter(|consumer| consumer.calls) {
            self.platform.token(&consumer.pair, now);
        }
    }

    pub(super) fn ack_report(&self) -> AckReport {
        AckReport {
            registered: self
                .consumers
                .iter()
                .filter(|consumer| consumer.registered)
                .map(|consumer| consumer.name.clone())
                .collect(),
            acks: self.consumers.iter().filter_map(|consumer| consumer.said.clone()).collect(),
        }
    }
}
