//! Signing, as the platform does: RS256, with a public half that anybody can read.
//!
//! The key in `emulator-only-play-key.pkcs8.der` is published with this source. It was made for the emulator, signs
//! nothing but play tokens, and is trusted by nobody: a real platform has keys of its own. It is embedded rather than
//! made at start, because `ring` makes no RSA keys, and so that tokens repeat byte for byte under a seed.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    rsa::{KeyPair, PublicKeyComponents},
    signature::RSA_PKCS1_SHA256,
};
use serde::Serialize;

/// A signed token with these claims.
pub(super) fn signed(claims: &impl Serialize) -> String {
    let mut token = format!("{}.{}", encoded(&HEADER), encoded(claims));
    let mut signature = vec![0; KEY.public().modulus_len()];
    // The randomness blinds the computation; the signature is the same whatever it is.
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)
        .expect("the buffer has the length of the modulus");
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(signature));
    token
}

/// The public half.
pub(super) fn key_set() -> impl Serialize {
    let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(KEY.public());
    let [n, e] = [n, e].map(|number| URL_SAFE_NO_PAD.encode(number));
    KeySet { keys: [Key { kty: "RSA", r#use: "sig", alg: HEADER.alg, kid: HEADER.kid, n, e }] }
}

fn encoded(part: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).expect("claims have string keys only"))
}

#[derive(Serialize)]
struct Header {
    alg: &'static str,
    kid: &'static str,
    typ: &'static str,
}

#[derive(Serialize)]
struct KeySet {
    keys: [Key; 1],
}

#[derive(Serialize)]
struct Key {
    kty: &'static str,
    r#use: &'static str,
    alg: &'static str,
    kid: &'static str,
    n: String,
    e: String,
}

static KEY: LazyLock<KeyPair> = LazyLock::new(|| {
    KeyPair::from_pkcs8(include_bytes!("emulator-only-play-key.pkcs8.der"))
        .expect("the embedded key is an RSA key of 2048 bits")
});

const HEADER: Header = Header { alg: "RS256", kid: "emulator-only-play-key", typ: "JWT" };

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_published_half_verifies_what_the_other_signed() {
        let token = signed(&json!({ "sub": "user:1" }));
        assert_eq!(token, signed(&json!({ "sub": "user:1" })), "the same claims give the same bytes");
        let (signed, signature) = token.rsplit_once('.').expect("a token has three parts");
        let keys: Value = serde_json::to_value(key_set()).expect("the key set is JSON");
        let number = |name: &str| {
            let text = keys["keys"][0][name].as_str().expect("the member is text");
            URL_SAFE_NO_PAD.decode(text).expect("the member is base64url")
        };
        let public = RsaPublicKeyComponents { n: number("n"), e: number("e") };
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("the signature is base64url");
        let verify = |text: &[u8]| public.verify(&RSA_PKCS1_2048_8192_SHA256, text, &signature).is_ok();
        assert!(verify(signed.as_bytes()) && !verify(b"something else"));
    }
}
