//! A receiver over HTTP: `PUT ADDRESS/INTEGRATION/CONSUMER` says, `GET ADDRESS/INTEGRATION` reads. The protocol is described in `docs/guides/rotation.md`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hallpass_core::{BoxFuture, Fault, FaultCode, Sleep};
use hallpass_lifecycle::rotation::Ack;
use hallpass_outbound::{Body, Bounds, Transport, TransportFault, empty, exchange, full};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde::Deserialize;

use super::bearer::Bearer;
use super::{AckPlace, Said};
use crate::config::AckAddress;

/// A receiver.
#[derive(Debug)]
pub(super) struct Receiver {
    address: AckAddress,
    bearer: Bearer,
    transport: Arc<dyn Transport>,
    sleep: Arc<dyn Sleep>,
}

impl Receiver {
    pub(super) fn at(
        address: AckAddress,
        bearer: Bearer,
        (transport, sleep): (Arc<dyn Transport>, Arc<dyn Sleep>),
    ) -> Self {
        Self { address, bearer, transport, sleep }
    }

    async fn ask(&self, method: Method, path: &str, body: Body) -> Result<Bytes, Fault> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.address.uri(path);
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.bearer.header().await?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let answer = exchange(&*self.transport, &*self.sleep, request, BOUNDS).await;
        self.judge(answer)
    }

    fn judge(&self, answer: Result<Response<Bytes>, TransportFault>) -> Result<Bytes, Fault> {
        let answer = answer.map_err(|fault| match fault {
            TransportFault::AddressRefused(_) => Fault::from(fault),
            fault => self.fault(FaultCode::StoreUnreachable, "does not answer", REACH).with_source(fault),
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.into_body());
        }
        let told = format!("answered with {}", status.as_u16());
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                self.bearer.forget();
                self.fault(
                    FaultCode::StoreDenied,
                    &told,
                    "store the receiver's bearer where `acks_bearer` says",
                )
            }
            StatusCode::TOO_MANY_REQUESTS => self.fault(FaultCode::StoreThrottled, &told, REACH),
            status if status.is_server_error() && status != StatusCode::INSUFFICIENT_STORAGE => {
                self.fault(FaultCode::StoreUnreachable, &told, REACH)
            }
            _ => self.fault(
                FaultCode::StoreAnswerBad,
                &told,
                "check the path in `acks`, and that the receiver knows the integration and has room",
            ),
        })
    }

    fn fault(&self, code: FaultCode, what: &str, hint: &'static str) -> Fault {
        Fault::new(code, format!("`acks`: `{}` {what}", self.address)).with_hint(hint)
    }
}

impl AckPlace for Receiver {
    fn put<'a>(&'a self, said: &'a Said) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let Ack { consumer, fingerprint, environment, at } = &said.ack;
            let body =
                serde_json::json!({ "fingerprint": fingerprint, "environment": environment, "at": at });
            let path = format!("/{}/{consumer}", said.integration);
            self.ask(Method::PUT, &path, full(body.to_string().into())).await.map(drop)
        })
    }

    fn read<'a>(
        &'a self,
        integration: &'a str,
        _registered: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<Vec<Ack>, Fault>> {
        Box::pin(async move {
            let answer = self.ask(Method::GET, &format!("/{integration}"), empty()).await?;
            let told: Result<Told, _> = serde_json::from_slice(&answer);
            told.map(|told| told.acks).map_err(|_| {
                let hint = "check that the address in `acks` is that of a receiver of acknowledgements";
                self.fault(FaultCode::StoreAnswerBad, "answered with no list of acknowledgements", hint)
            })
        })
    }
}

#[derive(Deserialize)]
struct Told {
    acks: Vec<Ack>,
}

const REACH: &str = "check that the receiver runs and that this machine reaches it; it is tried again";

/// A receiver of ours keeps 256 words of two hundred bytes for each integration.
const BOUNDS: Bounds = Bounds { within: Duration::from_secs(5), bytes: 256 * 1024 };
