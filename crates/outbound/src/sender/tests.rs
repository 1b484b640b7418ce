use std::sync::Arc;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use hallpass_core::test_support::ManualTime;
use hallpass_core::{Clock, Sleep};
use http::Response;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair};
use serde_json::{Value, json};

use super::token::Unverified;
use super::{Expected, ExpectedMember, NotVerified, PublishedKeys, Refusal, SigningKeys};
use crate::TransportFault;
use crate::test_support::ScriptedTransport;

const NOW: Duration = Duration::from_secs(1_800_000_000);
const AUDIENCE: &str = "https://rotator.example/google/pubsub";
const EMAIL: &str = "push@acme.iam.gserviceaccount.com";

/// The emulator's key is published with its source; here it plays the issuer's.
fn play_key() -> RsaKeyPair {
    let key = include_bytes!("../../../emulator/src/cxone/emulator-only-play-key.pkcs8.der");
    RsaKeyPair::from_pkcs8(key).unwrap()
}

fn key_set() -> Value {
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(play_key().public());
    let [n, e] = [n, e].map(|number| URL_SAFE_NO_PAD.encode(number));
    json!({"keys": [{"kty": "EC", "kid": "other", "crv": "P-256"},
                    {"kty": "RSA", "kid": "play", "alg": "RS256", "use": "sig", "n": n, "e": e}]})
}

fn keys() -> SigningKeys {
    SigningKeys::parse(key_set().to_string().as_bytes()).unwrap()
}

fn claims() -> Value {
    json!({"iss": "https://accounts.google.com", "aud": AUDIENCE, "email": EMAIL, "email_verified": true,
           "sub": "1", "iat": NOW.as_secs() - 5, "exp": NOW.as_secs() + 3600})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims
}

fn expected() -> Expected {
    let member = |name, value| ExpectedMember { names: name, value };
    Expected {
        issuers: vec!["https://accounts.google.com".into()],
        audience: AUDIENCE.into(),
        members: vec![member(&["email"], EMAIL.into()), member(&["email_verified"], true.into())],
    }
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed_by(header: &Value, claims: &Value, padding: &'static dyn RsaEncoding) -> String {
    let signed = format!("{}.{}", encoded(header), encoded(claims));
    let key = play_key();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(padding, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn signed(claims: &Value) -> String {
    signed_by(&json!({"alg": "RS256", "kid": "play", "typ": "JWT"}), claims, &RSA_PKCS1_SHA256)
}

fn judged(token: &str) -> Result<(), Refusal> {
    Unverified::parse(token)?.judge(&keys(), &expected(), NOW).map(drop)
}

#[test]
fn what_the_issuer_signed_for_us_is_accepted() {
    assert_eq!(judged(&signed(&claims())), Ok(()));
    assert_eq!(judged(&signed(&with("aud", json!(["someone", AUDIENCE])))), Ok(()));
    assert_eq!(judged(&signed(&with("exp", json!(NOW.as_secs() - 59)))), Ok(()), "clocks differ");
    assert_eq!(judged(&signed(&with("exp", json!(1_800_000_000.5)))), Ok(()));
    assert_eq!(judged(&signed(&with("nbf", json!(NOW.as_secs() + 59)))), Ok(()));
}

#[test]
fn every_other_claim_is_refused_by_name() {
    use Refusal::{Audience, Expired, Issuer, Member, NotYet};
    let second = NOW.as_secs();
    for (name, value, refusal) in [
        ("iss", json!("https://accounts.google.com/"), Issuer),
        ("iss", json!("accounts.google.com"), Issuer),
        ("iss", json!(["https://accounts.google.com"]), Issuer),
        ("iss", Value::Null, Issuer),
        ("aud", json!("https://rotator.example"), Audience),
        ("aud", json!([]), Audience),
        ("aud", json!({"0": AUDIENCE}), Audience),
        ("aud", Value::Null, Audience),
        ("exp", json!(second - 60), Expired),
        ("exp", json!(0), Expired),
        ("exp", json!("9999999999"), Expired),
        ("exp", json!(-1), Expired),
        ("exp", json!(1e308), Expired),
        ("exp", Value::Null, Expired),
        ("nbf", json!(second + 61), NotYet),
        ("nbf", json!("soon"), NotYet),
        ("email", json!("push@evil.iam.gserviceaccount.com"), Member("email")),
        ("email", json!(EMAIL.to_uppercase()), Member("email")),
        ("email", Value::Null, Member("email")),
        ("email_verified", json!(false), Member("email_verified")),
        ("email_verified", Value::Null, Member("email_verified")),
    ] {
        let token = signed(&with(name, value.clone()));
        assert_eq!(judged(&token), Err(refusal), "{name} = {value}");
    }
}

#[test]
fn a_token_cannot_choose_how_it_is_verified() {
    let good = signed(&claims());
    let (body, signature) = good.rsplit_once('.').unwrap();
    let none = format!("{}.{}.", encoded(&json!({"alg": "none", "kid": "play"})), encoded(&claims()));
    assert_eq!(judged(&none), Err(Refusal::Algorithm));
    for alg in ["None", "NONE", "rs256", "RS512", "ES256", ""] {
        let header = json!({"alg": alg, "kid": "play"});
        let token = format!("{}.{}.{signature}", encoded(&header), encoded(&claims()));
        assert_eq!(judged(&token), Err(Refusal::Algorithm), "{alg}");
    }
    // The published key as the shared secret of an HMAC, in each form in which somebody might have it.
    let set = key_set();
    let modulus = set["keys"][1]["n"].as_str().unwrap();
    for secret in [modulus.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(modulus).unwrap()] {
        let header = json!({"alg": "HS256", "kid": "play"});
        let signed = format!("{}.{}", encoded(&header), encoded(&claims()));
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &secret);
        let tag = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, signed.as_bytes()));
        assert_eq!(judged(&format!("{signed}.{tag}")), Err(Refusal::Algorithm));
        let (_, rs) = good.split_once('.').unwrap();
        let claims = rs.split_once('.').unwrap().0;
        let header = good.split_once('.').unwrap().0;
        assert_eq!(judged(&format!("{header}.{claims}.{tag}")), Err(Refusal::Signature));
    }
    let longer = json!({"alg": "RS256", "kid": "play"});
    assert_eq!(judged(&signed_by(&longer, &claims(), &RSA_PKCS1_SHA512)), Err(Refusal::Signature));
    let critical = json!({"alg": "RS256", "kid": "play", "crit": ["b64"], "b64": false});
    assert_eq!(judged(&signed_by(&critical, &claims(), &RSA_PKCS1_SHA256)), Err(Refusal::Critical));
    for header in [json!({"alg": "RS256"}), json!({"alg": "RS256", "kid": "other"})] {
        assert_eq!(judged(&signed_by(&header, &claims(), &RSA_PKCS1_SHA256)), Err(Refusal::KeyUnknown));
    }
    let forged = format!("{}.{}", body, URL_SAFE_NO_PAD.encode([7; 256]));
    assert_eq!(judged(&forged), Err(Refusal::Signature));
    let header = good.split_once('.').unwrap().0;
    let moved = format!("{header}.{}.{signature}", encoded(&with("aud", json!("x"))));
    assert_eq!(judged(&moved), Err(Refusal::Signature), "the claims are not looked at before");
}

#[test]
fn what_is_no_token_is_refused_and_nothing_panics() {
    let good = signed(&claims());
    let long = format!("{good}{}", "A".repeat(9000));
    for token in
        ["", ".", "..", "...", "a.b.c", "é.é.é", &good[1..], &format!("{good}="), &format!("{good}.x"), &long]
    {
        assert_eq!(judged(token), Err(Refusal::Malformed), "{token:.20}");
    }
    let array = signed(&json!([1, 2]));
    assert_eq!(judged(&array), Err(Refusal::Malformed));
    for cut in 0..good.len() {
        assert!(judged(&good[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn key_sets_are_read_leniently_and_weak_keys_never_verify() {
    assert!(SigningKeys::parse(b"[]").is_none() && SigningKeys::parse(b"{}").is_none());
    let odd = json!({"keys": [7, {"kty": "RSA"}, {"kty": "RSA", "kid": "x", "n": "!", "e": "AQAB"},
        {"kty": "RSA", "kid": "enc", "use": "enc", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "weak", "n": URL_SAFE_NO_PAD.encode([255; 64]), "e": "AQAB"}]});
    let keys = SigningKeys::parse(odd.to_string().as_bytes()).unwrap();
    assert!(!keys.holds("x") && !keys.holds("enc") && keys.holds("weak"));
    assert!(!keys.verify("weak", b"x", &[0; 64]));
}

struct Scene {
    network: Arc<ScriptedTransport>,
    time: ManualTime,
    keys: PublishedKeys,
}

fn scene(replies: Vec<Result<Response<Bytes>, TransportFault>>) -> Scene {
    let network = Arc::new(ScriptedTransport::new(replies));
    let time = ManualTime::default();
    let (clock, sleep): (Arc<dyn Clock>, Arc<dyn Sleep>) = (Arc::new(time.clone()), Arc::new(time.clone()));
    let address = "https://www.googleapis.com/oauth2/v3/certs".parse().unwrap();
    let keys = PublishedKeys::at(address, expected(), (Arc::clone(&network) as _, clock, sleep));
    Scene { network, time, keys }
}

fn published() -> Result<Response<Bytes>, TransportFault> {
    Ok(Response::new(Bytes::from(key_set().to_string())))
}

fn broken() -> Result<Response<Bytes>, TransportFault> {
    Err(TransportFault::TimedOut)
}

impl Scene {
    /// A token that is valid now, of the key `kid`.
    fn token(&self, kid: &str) -> String {
        let now = self.time.now().wall.as_secs();
        let claims = with("exp", json!(now + 300));
        signed_by(&json!({"alg": "RS256", "kid": kid}), &claims, &RSA_PKCS1_SHA256)
    }

    async fn verdict(&self, token: &str) -> &'static str {
        match self.keys.verify(token).await {
            Ok(_) => "accepted",
            Err(NotVerified::Refused(_)) => "refused",
            Err(NotVerified::Unknown(_)) => "unknown",
        }
    }
}

#[tokio::test]
async fn keys_are_fetched_once_and_again_after_an_hour() {
    let scene = scene(vec![published(), published()]);
    let many = futures_of(&scene, 8).await;
    assert_eq!(many, ["accepted"; 8]);
    assert_eq!(scene.network.sent().len(), 1, "one fetch, whoever waits for it");
    scene.time.advance(Duration::from_secs(3599));
    assert_eq!(scene.verdict(&scene.token("play")).await, "accepted");
    assert_eq!(scene.network.sent().len(), 1);
    scene.time.advance(Duration::from_secs(1));
    assert_eq!(scene.verdict(&scene.token("play")).await, "accepted");
    assert_eq!(scene.network.sent().len(), 2);
}

async fn futures_of(scene: &Scene, count: usize) -> Vec<&'static str> {
    let token = scene.token("play");
    let mut verdicts = Vec::new();
    let mut waiting: Vec<_> = (0..count).map(|_| Box::pin(scene.verdict(&token))).collect();
    std::future::poll_fn(|context| {
        waiting.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(verdict) => {
                verdicts.push(verdict);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    verdicts
}

#[tokio::test]
async fn invented_keys_cause_no_flood_of_fetches() {
    let scene = scene(vec![published(), published()]);
    for _ in 0..50 {
        assert_eq!(scene.verdict(&scene.token("invented")).await, "refused");
    }
    assert_eq!(scene.network.sent().len(), 1);
    scene.time.advance(Duration::from_secs(300));
    assert_eq!(scene.verdict(&scene.token("invented")).await, "refused");
    assert_eq!(scene.network.sent().len(), 2, "a key may be new after all");
}

#[tokio::test]
async fn what_is_malformed_causes_no_fetch() {
    let scene = scene(vec![]);
    assert_eq!(scene.verdict("a.b.c").await, "refused");
    assert!(scene.network.sent().is_empty());
}

#[tokio::test]
async fn without_keys_nobody_knows_and_old_keys_bridge_an_outage() {
    let unavailable = Ok(Response::builder().status(503).body(Bytes::new()).unwrap());
    let garbage = Ok(Response::new(Bytes::from_static(b"<html>")));
    let scene = scene(vec![broken(), unavailable, garbage, published(), broken()]);
    assert_eq!(scene.verdict(&scene.token("play")).await, "unknown");
    assert_eq!(scene.verdict(&scene.token("play")).await, "unknown");
    assert_eq!(scene.network.sent().len(), 1, "a failure is not repeated at once");
    for _ in 0..2 {
        scene.time.advance(Duration::from_secs(5));
        assert_eq!(scene.verdict(&scene.token("play")).await, "unknown");
    }
    scene.time.advance(Duration::from_secs(5));
    assert_eq!(scene.verdict(&scene.token("play")).await, "accepted");
    scene.time.advance(Duration::from_secs(3600));
    assert_eq!(scene.verdict(&scene.token("play")).await, "accepted", "they were the issuer's own");
    assert_eq!(scene.network.sent().len(), 5);
}
