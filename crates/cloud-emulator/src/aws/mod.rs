//! A stand-in for AWS Secrets Manager, KMS, the configuration of Lambda functions and the Secrets Extension, by their API references and user guide.
//!
//! ```text
//!   POST /  X-Amz-Target: secretsmanager.GetSecretValue     ──▶ signed.rs   who asks, for which region and service, and is the time right
//!           X-Amz-Target: TrentService.Decrypt (KMS)        ──▶ secrets.rs, writes.rs, labels.rs │ keys.rs
//!           Authorization: AWS4-HMAC-SHA256 …               ──▶ answer.rs   JSON 1.1, x-amzn-RequestId on every answer
//!   GET /2015-03-31/functions/NAME/configuration …          ──▶ functions.rs, function.rs
//!   GET /secretsmanager/get?secretId=…                      ──▶ extension.rs (port 2773 of a Lambda function)
//! ```
//!
//! One [`Aws`] holds every region; a request says in its signature which it means. An [`Endpoint`] is the door of one region, which takes no
//! other. Signatures are looked at for their parts and not computed: the secret key is nobody's here.

mod answer;
mod extension;
mod function;
mod functions;
mod keys;
mod labels;
mod secrets;
mod signed;
mod writes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::{Cloud, Received, Reply};

pub use answer::refusal;
pub use extension::Extension;
pub use function::Function;

use answer::Refused;
use functions::Functions;
use keys::Keys;
use secrets::Secrets;
use signed::Signed;

/// The account that everything belongs to.
pub const ACCOUNT: &str = "123456789012";

/// All of AWS that is here.
#[derive(Debug, Default)]
pub struct Aws {
    state: Mutex<State>,
}

/// The door of one region.
#[derive(Debug)]
pub struct Endpoint {
    aws: Arc<Aws>,
    region: String,
}

#[derive(Debug, Default)]
struct State {
    secrets: Secrets,
    keys: Keys,
    functions: Functions,
    denied: BTreeSet<String>,
    expired: BTreeSet<String>,
    /// Added to the machine's clock, in seconds.
    ahead: i64,
    /// Whether answers say the shifted time, as a service does whose clock it is.
    dated: bool,
    /// A secret that only who shows this rotation token may write to.
    guarded: Option<(String, String)>,
    /// Of everything that gets a number.
    count: u64,
}

impl Aws {
    /// An empty account.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The door of `region` to this account.
    #[must_use]
    pub fn endpoint(self: &Arc<Self>, region: &str) -> Arc<Endpoint> {
        Arc::new(Endpoint { aws: Arc::clone(self), region: region.to_owned() })
    }

    /// From now on nobody may do `action`, such as `secretsmanager:GetSecretValue`.
    pub fn deny(&self, action: &str) {
        self.change(|state| state.denied.insert(action.to_owned()));
    }

    /// Everybody may do `action` again.
    pub fn allow(&self, action: &str) {
        self.change(|state| state.denied.remove(action));
    }

    /// From now on the secret `name` belongs to another account than who rotates it: it is written to with this rotation token only.
    pub fn guard(&self, name: &str, rotation_token: &str) {
        self.change(|state| state.guarded = Some((name.to_owned(), rotation_token.to_owned())));
    }

    /// The session token `token` has expired.
    pub fn expire(&self, token: &str) {
        self.change(|state| state.expired.insert(token.to_owned()));
    }

    /// AWS's clock goes `seconds` before the machine's, or behind it. With `dated` its answers say so, from which an SDK can learn; without,
    /// they say the machine's time, as when a signature was delayed on its way.
    pub fn shift_clock(&self, seconds: i64, dated: bool) {
        self.change(|state| (state.ahead, state.dated) = (seconds, dated));
    }

    /// The replica of the secret `name` in `region` stays as it is until [`Aws::catch_up`]. Nothing happens if there is none.
    pub fn lag(&self, region: &str, name: &str) {
        self.change(|state| state.secrets.freeze(region, name));
    }

    /// The replica of the secret `name` in `region` follows its primary again.
    pub fn catch_up(&self, region: &str, name: &str) {
        self.change(|state| state.secrets.thaw(region, name));
    }

    /// Makes a key in `region`; its id.
    #[must_use]
    pub fn key(&self, region: &str) -> String {
        self.change(|state| {
            state.count += 1;
            state.keys.create(region, state.count)
        })
    }

    /// Disables the key, as an operator would, or enables it.
    pub fn set_key_enabled(&self, id: &str, enabled: bool) {
        self.change(|state| state.keys.set_enabled(id, enabled));
    }

    /// What `kms:Encrypt` returns for `plain` under the key and the encryption context, as Base64.
    #[must_use]
    pub fn encrypt(&self, id: &str, plain: &[u8], context: &BTreeMap<String, String>) -> String {
        self.change(|state| state.keys.seal(id, plain, context))
    }

    /// The labels of every version of a secret, as an operator would see them.
    #[must_use]
    pub fn labels(&self, region: &str, name: &str) -> BTreeMap<String, BTreeSet<String>> {
        self.change(|state| state.secrets.labels(region, name))
    }

    /// Does `operation` of Secrets Manager as an operator would, past signature and permissions; the answer, or the error's code.
    ///
    /// # Errors
    /// What the service would answer with.
    pub fn operate(&self, region: &str, operation: &str, asked: &Value) -> Result<Value, String> {
        self.change(|state| {
            state.count += 1;
            let stamp = (state.count, state.now());
            let answer = state.secrets.answer(&state.keys, region, operation, asked, stamp);
            answer.map_err(|refused| refused.code().to_owned())
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn serve(&self, request: &Received, region: Option<&str>) -> Reply {
        self.change(|state| {
            state.count += 1;
            let id = answer::request_id(state.count);
            let now = state.now();
            let reply = match state.answer(request, region, now) {
                Ok(body) => answer::json_1_1(200, &body),
                Err(refused) => refused.reply(),
            };
            let reply = reply.with("x-amzn-RequestId", id);
            if state.dated { reply.with("date", httpdate::fmt_http_date(now)) } else { reply }
        })
    }
}

impl Cloud for Aws {
    fn answer(&self, request: &Received) -> Reply {
        self.serve(request, None)
    }
}

impl Cloud for Endpoint {
    fn answer(&self, request: &Received) -> Reply {
        self.aws.serve(request, Some(&self.region))
    }
}

impl State {
    fn now(&self) -> SystemTime {
        #[expect(
            clippy::disallowed_methods,
            reason = "a service has a clock of its own; tests move it by an offset"
        )]
        let machine = SystemTime::now();
        let shift = Duration::from_secs(self.ahead.unsigned_abs());
        if self.ahead < 0 { machine - shift } else { machine + shift }
    }

    fn answer(&mut self, request: &Received, door: Option<&str>, now: SystemTime) -> Result<Value, Refused> {
        if let Some(action) = Functions::action(request) {
            let caller = Signed::read(request, "lambda", door, now)?;
            let named = format!("lambda:{action}");
            if self.denied.contains(&named) {
                return Err(Refused::denied(&named, &request.path));
            }
            return self.functions.answer(caller.region, action, request);
        }
        let target = request.header("x-amz-target").unwrap_or_default();
        let (service, operation) = match target.split_once('.') {
            Some(("secretsmanager", operation)) => ("secretsmanager", operation),
            Some(("TrentService", operation)) => ("kms", operation),
            _ => return Err(Refused::new("UnknownOperationException", "")),
        };
        let caller = Signed::read(request, service, door, now)?;
        if caller.token.is_some_and(|token| self.expired.contains(token)) {
            let message = "The security token included in the request is expired";
            return Err(Refused::new("ExpiredTokenException", message));
        }
        if !request.header("content-type").is_some_and(|kind| kind.starts_with("application/x-amz-json-1.1"))
        {
            return Err(Refused::new("SerializationException", "unexpected content type"));
        }
        let asked: Value = serde_json::from_slice(&request.body)
            .map_err(|_| Refused::new("SerializationException", "the body is not JSON"))?;
        let action = format!("{service}:{operation}");
        if self.denied.contains(&action) {
            return Err(Refused::denied(&action, asked["SecretId"].as_str().unwrap_or("*")));
        }
        if operation == "PutSecretValue"
            && let Some((name, token)) = &self.guarded
            && asked["SecretId"] == **name
            && asked["RotationToken"] != **token
        {
            return Err(Refused::denied(&action, name));
        }
        if service == "secretsmanager" && self.denied.contains("kms:Decrypt") && operation == "GetSecretValue"
        {
            return Err(Refused::new("AccessDeniedException", "Access to KMS is not allowed"));
        }
        self.count += 1;
        let number = self.count;
        match service {
            "kms" => self.keys.answer(caller.region, operation, &asked, number),
            _ => self.secrets.answer(&self.keys, caller.region, operation, &asked, (number, now)),
        }
    }
}

/// Runs the stand-in as a process of its own: what it prints about itself, beside the listeners that have to stay alive.
///
/// # Errors
/// No port can be had.
pub async fn start() -> std::io::Result<(Vec<crate::StandIn>, Value)> {
    let aws = Arc::new(Aws::new());
    let api = crate::StandIn::start(Arc::clone(&aws) as Arc<dyn Cloud>, None).await?;
    let extension = crate::StandIn::start(Arc::new(Extension::new(aws, "us-east-1")), None).await?;
    let line = json!({ "url": api.url(), "extension_url": extension.url() });
    Ok((vec![api, extension], line))
}
