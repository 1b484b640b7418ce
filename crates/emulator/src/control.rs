//! The control door: the emulated world for programs that cannot hold a [`World`].
//!
//! A port of its own, so it never collides with a path of the platform. It hands out secrets and rewrites the
//! world, so it listens on loopback only, wants its exact `Host`, and refuses every request with an `Origin`: a web
//! page in a developer's browser must not reach it. Bodies and answers are JSON; errors are `{"error": "..."}`.
//!
//! | Request | Body | Answer |
//! |---|---|---|
//! | `GET /witness` | | 200, a [`WitnessReport`](crate::WitnessReport) |
//! | `POST /clients` | [`NewClient`], such as `{"name": "queue-sync", "validity_seconds": 300}` | 200 `{"id", "secret"}` |
//! | `POST /clients/{id}/revoke-tokens` | | 200 `{"revoked": 2}` |
//! | `POST /clients/{id}/secret` | `{"secret": "..."}` | 204 |
//! | `POST /clients/{id}/state` | `{"state": "active"}`, `"inactive"`, `"disabled"` or `"removed"` | 204 |
//! | `POST /access-keys` | [`NewAccessKey`](crate::NewAccessKey), such as `{"name": "queue-sync"}` | 200 [`AccessKeys`](crate::AccessKeys) |
//! | `POST /access-keys/{id}/revoke-tokens`, `/secret`, `/state` | as for clients, also by the id of an application | as for clients |
//! | `POST /cxone-clients` | [`NewClient`], for the guide's token path | 200 `{"id", "secret"}` |
//! | `POST /cxone-tenants` | [`NewCxoneTenant`](crate::NewCxoneTenant), such as `{"name": "acme"}` | 200 [`CxoneTenant`](crate::CxoneTenant) |
//! | `POST /cxone-users/{id}/active` | `{"active": false}` | 204 |
//! | `POST /roles` | [`NewRole`](crate::NewRole) | 200 `{"id"}` |
//! | `POST /divisions` | [`NewDivision`](crate::NewDivision) | 200 `{"id"}` |
//! | `POST /integration-credentials` | [`NewIntegrationCredential`](crate::NewIntegrationCredential) | 200 `{"id"}` |
//! | `GET /integration-credentials/{id}` | | 200, its fields, in the clear |
//! | `GET /secrets` | | 200, a list of [`LiveSecret`](crate::LiveSecret): which secrets open the door right now |
//! | `POST /secrets/check` | `{"id": ..., "secret": ...}` | 200 `{"live": true}` |
//! | `POST /refusals` | `{"from": 1767225600, "to": 1767225660}`, both in seconds since 1970 and included | 200, a list of [`SecretRefusal`](crate::SecretRefusal) |
//! | `POST /contacts` | `{"count": 10000, "tenant_id": ...}`, the tenant if it is not the first | 200 `{"ids": [...]}` |
//! | `GET /contacts/{id}` | | 200, the contact, its `tags` and `tagPosts`, how often it was tagged |
//! | `POST /clock/advance` | `{"seconds": 60}` | 200 `{"unix_seconds": ...}` |
//! | `POST /misbehave` | a [`Misbehaviour`] | 204 |
//! | `POST /queues` | `{"name": "Sales"}` | 200 `{"id"}` |
//! | `POST /conversations` | [`NewConversation`] | 200 `{"id", "participants": [...]}` |
//! | `GET /conversations/{id}` | | 200, the conversation and `patches`, how often it was patched |

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    clients::{ClientState, NewClient},
    cxone,
    genesys::{self, conversations::NewConversation},
    misbehave::Misbehaviour,
    world::World,
};

/// Loopback, whatever the settings say about the platform's own address.
pub(crate) const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Answers one request to the control door.
pub(crate) async fn handle(
    world: World,
    address: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let answer = match admitted(&request, address) {
        Ok(()) => {
            let (parts, body) = request.into_parts();
            match Limited::new(body, LARGEST).collect().await {
                Ok(body) => order(&world, parts.method.as_str(), parts.uri.path(), &body.to_bytes()),
                Err(_) => Err(Refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large".to_owned())),
            }
        }
        Err(refused) => Err(refused),
    };
    let (status, body) = match answer {
        Ok(Value::Null) => (StatusCode::NO_CONTENT, Bytes::new()),
        Ok(value) => (StatusCode::OK, value.to_string().into()),
        Err(Refused(status, message)) => (status, json!({ "error": message }).to_string().into()),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    Ok(response)
}

/// Why an order is not carried out.
pub(crate) struct Refused(StatusCode, String);

impl Refused {
    pub(crate) fn not_found(what: &str) -> Self {
        Self(StatusCode::NOT_FOUND, what.to_owned())
    }
}

fn admitted(request: &Request<Incoming>, address: SocketAddr) -> Result<(), Refused> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let exact = hosts.next().is_some_and(|host| host.as_bytes() == address.to_string().as_bytes());
    if !exact || hosts.next().is_some() {
        return Err(Refused(StatusCode::MISDIRECTED_REQUEST, format!("the host must be {address}")));
    }
    if request.headers().contains_key(header::ORIGIN) {
        return Err(Refused(StatusCode::FORBIDDEN, "browsers have no business here".to_owned()));
    }
    Ok(())
}

/// Carries one order out; `Null` has no answer beyond having been carried out.
fn order(world: &World, method: &str, path: &str, body: &[u8]) -> Result<Value, Refused> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (method, segments.as_slice()) {
        ("GET", ["witness"]) => encoded(&world.witness()),
        ("POST", ["clients"]) => {
            let keys = world.add_client(read::<NewClient>(body)?);
            Ok(json!({ "id": keys.id, "secret": keys.secret }))
        }
        ("POST", ["clients" | "access-keys", id, what]) => {
            if !world.knows_client(id) {
                return Err(Refused::not_found("no such client"));
            }
            order_client(world, id, what, body)
        }
        ("POST", ["clock", "advance"]) => {
            world.advance(Duration::from_secs(read::<Advance>(body)?.seconds));
            Ok(json!({ "unix_seconds": world.unix_seconds() }))
        }
        ("POST", ["misbehave"]) => {
            world.misbehave(read::<Misbehaviour>(body)?);
            Ok(Value::Null)
        }
        ("POST", ["queues"]) => Ok(json!({ "id": world.add_queue(read::<Named>(body)?.name) })),
        ("POST", ["conversations"]) => encoded(&world.add_conversation(read::<NewConversation>(body)?)),
        ("GET", ["conversations", id]) => conversation(world, id),
        ("GET", ["secrets"]) => encoded(&world.live_secrets()),
        ("POST", ["secrets", "check"]) => {
            let asked = read::<SecretOf>(body)?;
            Ok(json!({ "live": world.is_live(&asked.id, &asked.secret) }))
        }
        ("POST", ["refusals"]) => {
            let Between { from, to } = read(body)?;
            encoded(&world.secrets_refused(from, to))
        }
        (method, segments) => genesys::orders::order(world, method, segments, body)
            .or_else(|| cxone::orders::order(world, method, segments, body))
            .unwrap_or_else(|| Err(no_such_order())),
    }
}

fn order_client(world: &World, id: &str, what: &str, body: &[u8]) -> Result<Value, Refused> {
    match what {
        "revoke-tokens" => return Ok(json!({ "revoked": world.revoke_tokens(id) })),
        "secret" => world.set_secret(id, &read::<NewSecret>(body)?.secret),
        "state" => match read::<NewState>(body)?.state {
            StateOrder::Active => world.set_state(id, ClientState::Active),
            StateOrder::Inactive => world.set_state(id, ClientState::Inactive),
            StateOrder::Disabled => world.set_state(id, ClientState::Disabled),
            StateOrder::Removed => world.remove_client(id),
        },
        _ => return Err(no_such_order()),
    }
    Ok(Value::Null)
}

fn conversation(world: &World, id: &str) -> Result<Value, Refused> {
    let state = world.state();
    let found = state.genesys.conversations.get(id);
    let found = found.ok_or_else(|| Refused::not_found("no such conversation"))?;
    let mut value = encoded(found)?;
    value["patches"] = found.patches.into();
    Ok(value)
}

pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    // The message names members and lines; it echoes no value that could be a secret but of the wrong type.
    serde_json::from_slice(body).map_err(|error| Refused(StatusCode::BAD_REQUEST, error.to_string()))
}

pub(crate) fn encoded(value: &impl serde::Serialize) -> Result<Value, Refused> {
    serde_json::to_value(value).map_err(|error| Refused(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

fn no_such_order() -> Refused {
    Refused::not_found("no such order")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSecret {
    secret: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretOf {
    id: String,
    secret: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Between {
    from: u64,
    to: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewState {
    state: StateOrder,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum StateOrder {
    Active,
    Inactive,
    Disabled,
    Removed,
}

const LARGEST: usize = 1024 * 1024;
