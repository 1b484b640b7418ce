//! An identity provider on loopback: it signs tokens and publishes the keys for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::stage::NOW;

pub(crate) const AUDIENCE: &str = "https://rotator.example/google/pubsub";
pub(crate) const ACCOUNT: &str = "push@acme.iam.gserviceaccount.com";

pub(crate) struct Issuer {
    pub(crate) address: String,
    asked: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/oauth2/v3/certs", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let body = key_set().to_string();
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                assert!(head.starts_with(b"GET /oauth2/v3/certs HTTP/1.1\r\n"));
                count.fetch_add(1, Ordering::Relaxed);
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { address, asked, task: task.abort_handle() }
    }

    /// How often its keys were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What Google says of a push at [`NOW`].
pub(crate) fn claims() -> Value {
    json!({"iss": "https://accounts.google.com", "aud": AUDIENCE, "email": ACCOUNT, "email_verified": true, "exp": NOW + 3600})
}

/// A token with these claims, signed as its header says that it is.
pub(crate) fn token(claims: &Value) -> String {
    let signed = unsigned(&json!({"alg": "RS256", "kid": "play"}), claims);
    let key = key();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
}

/// A token whose shared secret is the published modulus.
pub(crate) fn signed_with_the_public_key(claims: &Value) -> String {
    let signed = unsigned(&json!({"alg": "HS256", "kid": "play"}), claims);
    let set = key_set();
    let secret = URL_SAFE_NO_PAD.decode(set["keys"][0]["n"].as_str().unwrap()).unwrap();
    let tag = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn key_set() -> Value {
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(key().public());
    let [n, e] = [n, e].map(|number| URL_SAFE_NO_PAD.encode(number));
    json!({"keys": [{"kty": "RSA", "kid": "play", "alg": "RS256", "use": "sig", "n": n, "e": e}]})
}

/// The emulator's key is published with its source; here it plays the issuer's.
fn key() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(include_bytes!("../../../emulator/src/cxone/emulator-only-play-key.pkcs8.der"))
        .unwrap()
}
