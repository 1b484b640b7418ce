//! The judgement of one token: a pure function of token, keys and time.

use std::fmt;
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::keys::SigningKeys;

/// What a sender's token must say.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Who may have signed it: `iss`, compared as a whole.
    pub issuers: Vec<String>,
    /// For whom: `aud`, alone or in a list.
    pub audience: String,
    /// What else it must say. Empty would let every sender through that the issuer knows.
    pub members: Vec<ExpectedMember>,
}

/// One more claim.
#[derive(Clone, Debug)]
pub struct ExpectedMember {
    /// Its name, or its names where it was renamed; the first that is there counts.
    pub names: &'static [&'static str],
    /// Its value: a text, or `true`.
    pub value: Value,
}

/// That a token was judged, and found to be what was expected. There is no other way to make one.
#[derive(Debug)]
pub struct Sender(());

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It has not three parts of base64url with JSON objects in them, or is too long.
    Malformed,
    /// It is not signed with RS256: `none`, a shared key, or another algorithm.
    Algorithm,
    /// Its header demands something that we do not know (`crit`, RFC 7515 4.1.11).
    Critical,
    /// The issuer publishes no such key.
    KeyUnknown,
    /// The signature does not fit.
    Signature,
    /// Somebody else issued it.
    Issuer,
    /// It is for somebody else.
    Audience,
    /// It has expired, or does not say when it will.
    Expired,
    /// It is for later.
    NotYet,
    /// This claim is missing or says something else.
    Member(&'static str),
}

impl Refusal {
    /// In words that quote nothing of the token.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Malformed => "it is not a signed token",
            Self::Algorithm => "it is not signed with RS256",
            Self::Critical => "it demands an extension that is not known",
            Self::KeyUnknown => "its issuer publishes no key of that name",
            Self::Signature => "its signature does not fit",
            Self::Issuer => "somebody else issued it",
            Self::Audience => "it is for another audience",
            Self::Expired => "it has expired",
            Self::NotYet => "it is not valid yet",
            Self::Member(_) => "it is of another sender",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())?;
        match self {
            Self::Member(name) => write!(f, " (`{name}`)"),
            _ => Ok(()),
        }
    }
}

/// The parts of a token, of which only the header was looked at.
#[derive(Debug)]
pub(super) struct Unverified<'a> {
    signed: &'a str,
    claims: &'a str,
    signature: Vec<u8>,
    key: String,
}

impl<'a> Unverified<'a> {
    /// Takes `token` apart. Only the header is read: it names the key.
    pub(super) fn parse(token: &'a str) -> Result<Self, Refusal> {
        if token.len() > LONGEST_TOKEN {
            return Err(Refusal::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Refusal::Malformed)?;
        if claims.contains('.') {
            return Err(Refusal::Malformed);
        }
        let header: Header = decoded(header)?;
        // The algorithm is ours to choose, never the token's: otherwise `none` needs no key, and HS256 takes the published key for a shared one.
        if header.alg != "RS256" {
            return Err(Refusal::Algorithm);
        }
        if header.crit.is_some() {
            return Err(Refusal::Critical);
        }
        let key = header.kid.ok_or(Refusal::KeyUnknown)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Malformed)?;
        Ok(Self { signed, claims, signature, key })
    }

    /// The name of the key it says it was signed with.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Judges signature and claims at `now`, the time since the Unix epoch.
    pub(super) fn judge(
        &self,
        keys: &SigningKeys,
        expected: &Expected,
        now: Duration,
    ) -> Result<Sender, Refusal> {
        if !keys.holds(&self.key) {
            return Err(Refusal::KeyUnknown);
        }
        if !keys.verify(&self.key, self.signed.as_bytes(), &self.signature) {
            return Err(Refusal::Signature);
        }
        let claims: Claims = decoded(self.claims)?;
        claims.judge(expected, now).map(|()| Sender(()))
    }
}

fn decoded<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims(serde_json::Map<String, Value>);

impl Claims {
    fn judge(&self, expected: &Expected, now: Duration) -> Result<(), Refusal> {
        let issuer = self.0.get("iss").and_then(Value::as_str);
        if !issuer.is_some_and(|issuer| expected.issuers.iter().any(|known| known == issuer)) {
            return Err(Refusal::Issuer);
        }
        let is_ours = |value: &Value| value.as_str() == Some(&expected.audience);
        let ours = match self.0.get("aud") {
            Some(Value::Array(several)) => several.iter().any(is_ours),
            Some(one) => is_ours(one),
            None => false,
        };
        if !ours {
            return Err(Refusal::Audience);
        }
        let until = self.seconds("exp").ok_or(Refusal::Expired)?;
        if now >= until.saturating_add(SKEW) {
            return Err(Refusal::Expired);
        }
        if self.0.contains_key("nbf") {
            let from = self.seconds("nbf").ok_or(Refusal::NotYet)?;
            if now.saturating_add(SKEW) < from {
                return Err(Refusal::NotYet);
            }
        }
        expected.members.iter().try_for_each(|member| self.says(member))
    }

    fn says(&self, member: &ExpectedMember) -> Result<(), Refusal> {
        let found = member.names.iter().find_map(|name| self.0.get(*name));
        if found == Some(&member.value) {
            return Ok(());
        }
        Err(Refusal::Member(member.names.first().copied().unwrap_or_default()))
    }

    /// NumericDate (RFC 7519 2): seconds, possibly with a fraction, which is cut off. Nothing negative and nothing that is not finite.
    fn seconds(&self, name: &str) -> Option<Duration> {
        let seconds = self.0.get(name)?.as_f64().filter(|seconds| seconds.is_finite())?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

/// The tolerance for clocks that differ; the token core and rotation reckon with the same minute.
const SKEW: Duration = Duration::from_secs(60);

/// Google's are about a kilobyte, Entra's two. hyper lets heads of several times that through.
const LONGEST_TOKEN: usize = 8 * 1024;
