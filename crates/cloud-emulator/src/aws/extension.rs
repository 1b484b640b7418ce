//! The Parameters and Secrets Extension of a Lambda function (Secrets Manager user guide): a copy that nobody can have refreshed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::Aws;
use crate::{Cloud, Received, Reply};

/// The extension beside a function in one region, whose session token is [`Extension::TOKEN`].
#[derive(Debug)]
pub struct Extension {
    aws: Arc<Aws>,
    region: String,
    copies: Mutex<BTreeMap<String, Value>>,
    ready: AtomicBool,
}

impl Extension {
    /// The session token that it takes.
    pub const TOKEN: &'static str = "the session token";

    /// An extension that is ready and has no copy yet.
    #[must_use]
    pub fn new(aws: Arc<Aws>, region: &str) -> Self {
        Self { aws, region: region.to_owned(), copies: Mutex::default(), ready: AtomicBool::new(true) }
    }

    /// Whether initialisation is over.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::SeqCst);
    }

    /// The time to live of every copy is over.
    pub fn expire_copies(&self) {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Cloud for Extension {
    fn answer(&self, request: &Received) -> Reply {
        if !self.ready.load(Ordering::SeqCst) {
            return Reply::bytes(400, "not ready to serve traffic, please wait");
        }
        if request.header("x-aws-parameters-secrets-token") != Some(Self::TOKEN) {
            return Reply::bytes(401, "Unauthorized");
        }
        let (Some(id), "/secretsmanager/get") = (request.parameter("secretId"), &*request.path) else {
            return Reply::bytes(400, "secretId is missing");
        };
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(copy) = copies.get(id) {
            return Reply::json(200, copy);
        }
        let stage = request.parameter("versionStage").unwrap_or(super::labels::CURRENT);
        let asked = json!({ "SecretId": id, "VersionStage": stage });
        let found = self.aws.change(|state| {
            let now = (0, state.now());
            state.secrets.answer(&state.keys, &self.region, "GetSecretValue", &asked, now)
        });
        match found {
            Ok(found) => {
                copies.insert(id.to_owned(), found.clone());
                Reply::json(200, &found)
            }
            // It passes on what the service said, as text.
            Err(refused) => refused.reply(),
        }
    }
}
