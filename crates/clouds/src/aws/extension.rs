//! The AWS Parameters and Secrets Lambda Extension: a cache beside the function, at a port of its own.
//!
//! ```text
//!   GET /secretsmanager/get?secretId=…  ──▶  the extension ──(at most every SECRETS_MANAGER_TTL, 300 s)──▶ Secrets Manager
//!   X-Aws-Parameters-Secrets-Token: $AWS_SESSION_TOKEN
//! ```
//!
//! **Why a store of its own, and where to name it.** The extension answers with a copy up to 300 seconds old and cannot be told to look again
//! (Secrets Manager user guide, "AWS Parameters and Secrets Lambda Extension"), while [`Store::read`] of a primary place promises what is there now:
//! behind [`SecretsManager`](super::SecretsManager) a refused secret would be "re-read" from the copy and the rotation would stay unnoticed. So it stands *after*
//! the API in the order of places. There it serves the last value while the region's API is down, and it is what a function without a way to the
//! API has. It answers 400 while the extension is not ready yet; that is a fault like any other that a next place may bridge.

use std::fmt;
use std::time::Duration;

use hallpass_core::sync::Arc;
use hallpass_core::{
    BoxFuture, CompareAndSet, EntryInfo, EntryName, Fault, FaultCode, Secret, Stage, Store, StoreTraits,
    StoredSecret, Version,
};
use hallpass_outbound::{
    AddressGuard, Bounds, HyperTransport, SystemClock, TokioSleep, Transport, TransportFault, TrustedRoots,
    empty, exchange,
};
use http::{HeaderValue, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::identity::{Variables, text};
use super::stages::{CURRENT, is_at};

/// Reads CURRENT through the extension. Read-only. What it reads may be up to 300 seconds old: see the module's text for where that is right.
pub struct SecretsExtension {
    variables: Variables,
    transport: Arc<dyn Transport>,
    place: String,
}

impl SecretsExtension {
    /// The extension at the port in `PARAMETERS_SECRETS_EXTENSION_HTTP_PORT`, or [`EXTENSION_PORT`]. This does no I/O; a port that is none is said by
    /// the first read.
    #[must_use]
    pub fn open(variables: Variables) -> Self {
        let port = text(&variables, "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT");
        let port = port.unwrap_or_else(|| EXTENSION_PORT.to_string());
        let loopback = "127.0.0.0/8".parse().expect("this is a network");
        let guard = AddressGuard::new(vec![loopback]);
        let transport = HyperTransport::new(guard, TrustedRoots::web(), Arc::new(SystemClock::start()));
        Self { variables, transport: Arc::new(transport), place: format!("127.0.0.1:{port}") }
    }

    async fn value(&self, entry: &EntryName) -> Result<StoredSecret, Fault> {
        let request = self.request(entry)?;
        let bounds = Bounds { within: ANSWER_WITHIN, bytes: LONGEST_ANSWER };
        let answer = exchange(&*self.transport, &TokioSleep, request, bounds).await;
        let answer = answer.map_err(|fault| self.no_answer(entry, &fault))?;
        if answer.status() != http::StatusCode::OK {
            return Err(self.refused(entry, answer.status(), answer.body()));
        }
        let bad = |what: &str| {
            let detail = format!("`{entry}` from the extension at {}: an answer {what}", self.place);
            Fault::new(FaultCode::StoreAnswerBad, detail)
        };
        // The parser's own message would show the text it stopped at.
        let found: Found =
            serde_json::from_slice(answer.body()).map_err(|_| bad("that is not what it should be"))?;
        if !is_at(Stage::Current, &found.version, &found.stages) {
            let detail = format!("`{entry}` at {CURRENT}: nothing is stored there");
            return Err(Fault::new(FaultCode::EntryNotFound, detail));
        }
        let value = match (found.string, found.binary) {
            (Some(text), _) => Secret::from(text),
            (None, Some(text)) => {
                let bytes = aws_smithy_types::base64::decode(&text).map_err(|_| bad("with broken Base64"))?;
                drop(Secret::from(text));
                Secret::new(bytes)
            }
            (None, None) => return Err(bad("without a value")),
        };
        Ok(StoredSecret { value, version: Version::new(&found.version) })
    }

    fn request(&self, entry: &EntryName) -> Result<Request<hallpass_outbound::Body>, Fault> {
        let Some(token) = text(&self.variables, "AWS_SESSION_TOKEN") else {
            let detail = format!("`{entry}` from the extension: AWS_SESSION_TOKEN is not set");
            return Err(Fault::new(FaultCode::CloudIdentityMissing, detail).with_hint(
                "the extension works inside a Lambda function; elsewhere use the `aws-sm:` reference alone",
            ));
        };
        let secret = utf8_percent_encode(entry.as_str(), NON_ALPHANUMERIC);
        let uri =
            format!("http://{}/secretsmanager/get?secretId={secret}&versionStage={CURRENT}", self.place);
        let mut token = HeaderValue::try_from(token).map_err(|_| self.malformed())?;
        token.set_sensitive(true);
        Request::get(uri).header(TOKEN_HEADER, token).body(empty()).map_err(|_| self.malformed())
    }

    fn malformed(&self) -> Fault {
        let detail = "the extension's port or token in the environment is not well formed";
        Fault::new(FaultCode::ConfigurationInvalid, detail)
            .with_hint("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT is a port from 1 to 65535")
    }

    fn no_answer(&self, entry: &EntryName, fault: &TransportFault) -> Fault {
        let detail = format!("`{entry}` from the extension at {}: {fault}", self.place);
        let code = match fault {
            TransportFault::TooLong => FaultCode::StoreAnswerBad,
            _ => FaultCode::StoreUnreachable,
        };
        Fault::new(code, detail)
            .with_hint("add the layer AWS-Parameters-and-Secrets-Lambda-Extension to the function")
    }

    /// The extension passes on the API's status and text, and has answers of its own with the same statuses.
    fn refused(&self, entry: &EntryName, status: http::StatusCode, body: &[u8]) -> Fault {
        let says = |text: &str| String::from_utf8_lossy(body).contains(text);
        let told =
            |what: &str| format!("`{entry}` from the extension at {}: {what} (status {status})", self.place);
        if says("not ready") {
            return Fault::new(FaultCode::StoreUnreachable, told("it is not ready yet")).with_hint(
                "it serves once the function's initialisation is over; a place behind it bridges the time",
            );
        }
        if says("ResourceNotFoundException") {
            return Fault::new(FaultCode::EntryNotFound, told("there is no such secret"));
        }
        if says("AccessDeniedException") {
            let hint = "allow secretsmanager:GetSecretValue on it for the function's role";
            return Fault::new(
                FaultCode::StoreDenied,
                told("this identity lacks secretsmanager:GetSecretValue"),
            )
            .with_hint(hint);
        }
        if says("Throttling") {
            return Fault::new(FaultCode::StoreThrottled, told("too many requests"));
        }
        match status.as_u16() {
            401 | 403 => {
                Fault::new(FaultCode::CloudIdentityMissing, told("it does not take AWS_SESSION_TOKEN"))
            }
            500.. => Fault::new(FaultCode::StoreUnreachable, told("it failed")),
            _ => Fault::new(FaultCode::StoreAnswerBad, told("it refused the request")),
        }
    }
}

impl Store for SecretsExtension {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "aws-sm", writable: false, compare_and_set: CompareAndSet::None }
    }

    fn place(&self) -> Option<&str> {
        Some(&self.place)
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(async move {
            if stage == Stage::Current {
                return self.value(entry).await;
            }
            let detail = format!("`{entry}`: the extension is asked for the current version only");
            Err(Fault::new(FaultCode::EntryNotFound, detail))
        })
    }

    /// Always empty: the extension lists nothing.
    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

impl fmt::Debug for SecretsExtension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsExtension").field("place", &self.place).finish_non_exhaustive()
    }
}

/// What GetSecretValue answers, as far as it is of use here.
#[derive(Deserialize)]
struct Found {
    #[serde(rename = "VersionId")]
    version: String,
    #[serde(rename = "VersionStages", default)]
    stages: Vec<String>,
    #[serde(rename = "SecretString")]
    string: Option<String>,
    #[serde(rename = "SecretBinary")]
    binary: Option<String>,
}

/// Where the extension listens unless told otherwise (Secrets Manager user guide, "AWS Parameters and Secrets Lambda Extension").
pub const EXTENSION_PORT: u16 = 2773;

/// The header in which the extension wants the session token (as above).
const TOKEN_HEADER: &str = "x-aws-parameters-secrets-token";

/// It is on this machine, but may itself have to ask the API.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// The longest value, 64 KiB, in the longest way to write it as JSON (six bytes for one), with room for its surroundings.
const LONGEST_ANSWER: usize = 6 * 65_536 + 8 * 1024;
