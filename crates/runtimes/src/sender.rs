//! Who may wake us.
//!
//! Google's Pub/Sub signs a token for each push (<https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions>). Event Grid has a token of Entra
//! (<https://learn.microsoft.com/azure/event-grid/secure-webhook-delivery>), or else sends whatever stands in the address or the delivery headers of the
//! subscription, which then is a key that both sides know.

use hallpass_app::{Expected, ExpectedMember, Fault, NotVerified, PublishedKeys, Secret};
use http::header::AUTHORIZATION;
use http::request::Parts;
use percent_encoding::percent_decode_str;

/// How the sender of one door proves itself.
#[derive(Debug)]
pub enum Proof {
    /// By a token that its cloud signed.
    Token(Box<PublishedKeys>),
    /// By a key that both sides know.
    Key(Secret),
}

/// That the sender of a message is known. Only [`Proof::judge`] makes one, and bodies are read by nobody without it.
#[derive(Debug)]
pub struct Vouched(());

/// Why a sender is not let in.
#[derive(Debug)]
pub enum NotVouched {
    /// It is not who may; in words that quote nothing.
    Refused(String),
    /// Nobody knows right now: the sender is to try again.
    Later(Fault),
}

impl Proof {
    /// Judges the head of a request.
    ///
    /// # Errors
    /// [`NotVouched`]. Whether a key was missing or wrong is not told apart.
    pub async fn judge(&self, head: &Parts) -> Result<Vouched, NotVouched> {
        let refused = |why: &str| NotVouched::Refused(why.to_owned());
        match self {
            Self::Token(keys) => {
                let token = bearer(head).ok_or_else(|| refused("it has no single bearer token"))?;
                match keys.verify(token).await {
                    Ok(_) => Ok(Vouched(())),
                    Err(NotVerified::Refused(refusal)) => Err(refused(&refusal.to_string())),
                    Err(NotVerified::Unknown(fault)) => Err(NotVouched::Later(fault)),
                }
            }
            // An empty key would let everybody in who sends an empty one.
            Self::Key(key) if !key.is_empty() && shown(head).is_some_and(|shown| shown == *key) => {
                Ok(Vouched(()))
            }
            Self::Key(_) => Err(refused("it does not show the key")),
        }
    }
}

/// What a push of Pub/Sub must show: a token of Google for `audience`, of the service account `email`.
#[must_use]
pub fn google(audience: &str, email: &str) -> Expected {
    Expected {
        issuers: vec!["https://accounts.google.com".into()],
        audience: audience.into(),
        // Anybody with a project can have Google sign a token for any audience; only the e-mail says whose it is.
        members: vec![
            ExpectedMember { names: &["email"], value: email.into() },
            ExpectedMember { names: &["email_verified"], value: true.into() },
        ],
    }
}

/// What a delivery of Event Grid must show: a token of the directory `tenant` for `audience`, of the application `app`.
#[must_use]
pub fn entra(tenant: &str, audience: &str, app: &str) -> Expected {
    Expected {
        // Which of the two an application's tokens have is a setting of that application.
        issuers: vec![
            format!("https://sts.windows.net/{tenant}/"),
            format!("https://login.microsoftonline.com/{tenant}/v2.0"),
        ],
        audience: audience.into(),
        // `appid` in tokens of version 1, `azp` in those of version 2.
        members: vec![ExpectedMember { names: &["appid", "azp"], value: app.into() }],
    }
}

/// The token of the only `Authorization` header; none where there are two.
pub(crate) fn bearer(head: &Parts) -> Option<&str> {
    let mut values = head.headers.get_all(AUTHORIZATION).iter();
    let (value, more) = (values.next()?, values.next());
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    (more.is_none() && scheme.eq_ignore_ascii_case("bearer")).then_some(token)
}

/// The key that a request shows: in [`KEY_HEADER`], or as `key=` of its query.
fn shown(head: &Parts) -> Option<Secret> {
    let mut values = head.headers.get_all(KEY_HEADER).iter();
    if let Some(value) = values.next() {
        return values.next().is_none().then(|| Secret::new(value.as_bytes().to_vec()));
    }
    let mut keys = head.uri.query()?.split('&').filter_map(|pair| pair.strip_prefix("key="));
    let (key, more) = (keys.next()?, keys.next());
    more.is_none().then(|| Secret::new(percent_decode_str(key).collect()))
}

/// The delivery header with the key. A header is better than the address: addresses stand in logs.
pub const KEY_HEADER: &str = "hallpass-key";

#[cfg(test)]
impl Vouched {
    pub(crate) fn for_test() -> Self {
        Self(())
    }
}

#[cfg(test)]
mod tests {
    use super::{NotVouched, Proof};
    use http::Request;

    async fn verdict(key: &str, request: http::request::Builder) -> bool {
        let (head, ()) = request.body(()).unwrap().into_parts();
        match Proof::Key(key.into()).judge(&head).await {
            Ok(_) => true,
            Err(NotVouched::Refused(why)) => {
                assert!(!why.contains(key) || key.is_empty(), "{why}");
                false
            }
            Err(NotVouched::Later(_)) => panic!("a key needs nobody else"),
        }
    }

    #[tokio::test]
    async fn a_key_is_shown_once_and_whole() {
        let at = |uri: &str| Request::builder().uri(uri);
        assert!(verdict("k-1&", at("/azure/event-grid?a=b&key=k-1%26")).await);
        assert!(verdict("k-1&", at("/").header("Hallpass-Key", "k-1&")).await);
        for request in [
            at("/"),
            at("/?key="),
            at("/?key=k-1"),
            at("/?Key=k-1%26"),
            at("/?key=k-1%26&key=k-1%26"),
            at("/?key=k-1%26").header("Hallpass-Key", "wrong"),
            at("/").header("Hallpass-Key", "k-1&").header("Hallpass-Key", "k-1&"),
            at("/").header("Authorization", "Bearer k-1&"),
        ] {
            assert!(!verdict("k-1&", request).await);
        }
        assert!(!verdict("", at("/?key=")).await);
        assert!(!verdict("", at("/").header("Hallpass-Key", "")).await);
    }
}
