//! Who we are to Google, looked for anew after every failure. Where it is looked for is in `chain.rs`.

use std::error::Error as StdError;
use std::ffi::OsString;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use google_cloud_auth::credentials::{CacheableResource, Credentials, CredentialsProvider};
use google_cloud_auth::errors::CredentialsError;
use google_cloud_gax::error::Error as GaxError;
use http::{Extensions, HeaderMap};

use super::chain::Source;
use super::told::in_chain;

/// Looks a variable up by its name.
pub type Variables = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// The identity of this process, shared by everything that calls Google with it.
///
/// The SDK's credentials keep a token fresh in a task of their own, and that task ends for good after an error it takes for permanent: a
/// metadata server that answered 404 while it started, a role that came a minute late. So whatever fails here is thrown away, and the next
/// request looks through the chain again. One failure, one rebuild: requests that failed together share what they failed with.
pub(super) struct Identity {
    variables: Variables,
    limit: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    generation: u64,
    credentials: Option<Credentials>,
}

/// Why no token came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Where it was to come from, in words.
    pub(super) source: String,
    pub(super) what: What,
}

/// What was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    FileUnreadable,
    FileNoJson,
    TypeUnknown,
    Incomplete,
    Late(Duration),
    Unreachable,
    Answered(u16),
    /// The time in our assertion is not Google's.
    Clock,
    Other,
}

impl Identity {
    /// No file is read and nobody is asked before the first [`CredentialsProvider::headers`].
    pub(super) fn new(variables: Variables, limit: Duration) -> Arc<Self> {
        Arc::new(Self { variables, limit, state: Mutex::default() })
    }

    /// Counts the times a token's source was thrown away. To be asked before a request, for [`Identity::retire`].
    pub(super) fn generation(&self) -> u64 {
        self.state().generation
    }

    /// Throws away what gave the tokens of `generation`, unless that has happened already. A token can be refused before its time when it was
    /// revoked, or when the sandbox froze: the SDK measures lifetimes on a clock that stood still.
    pub(super) fn retire(&self, generation: u64) {
        let mut state = self.state();
        if state.generation == generation {
            state.generation += 1;
            state.credentials = None;
        }
    }

    /// `GOOGLE_CLOUD_UNIVERSE_DOMAIN`, for clouds of Google's technology that others run.
    fn universe(&self) -> String {
        let named =
            (self.variables)("GOOGLE_CLOUD_UNIVERSE_DOMAIN").and_then(|value| value.into_string().ok());
        named.unwrap_or_else(|| "googleapis.com".to_owned())
    }

    fn source(&self) -> Source {
        Source::choose(&*self.variables, |path| path.is_file())
    }

    /// The credentials of the present generation. Building them starts the SDK's task, which asks for a token at once, so it needs a runtime.
    fn credentials(&self, source: &Source) -> Result<(u64, Credentials), What> {
        let mut state = self.state();
        if let Some(credentials) = &state.credentials {
            return Ok((state.generation, credentials.clone()));
        }
        let built = source.credentials()?;
        state.credentials = Some(built.clone());
        Ok((state.generation, built))
    }

    async fn ask(&self) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        let source = self.source();
        let trouble = |what: What, passing: bool| {
            CredentialsError::from_source(passing, Trouble { source: source.to_string(), what })
        };
        let (generation, credentials) = self.credentials(&source).map_err(|what| trouble(what, false))?;
        match tokio::time::timeout(self.limit, credentials.headers(Extensions::new())).await {
            Ok(Ok(headers)) => Ok(headers),
            Ok(Err(error)) => {
                self.retire(generation);
                Err(trouble(what_of(&error), error.is_transient()))
            }
            Err(_) => {
                self.retire(generation);
                Err(trouble(What::Late(self.limit), true))
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// [`Identity`] as the SDK takes it.
#[derive(Clone, Debug)]
pub(super) struct Bearer(pub(super) Arc<Identity>);

impl CredentialsProvider for Bearer {
    async fn headers(&self, _: Extensions) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        self.0.ask().await
    }

    async fn universe_domain(&self) -> Option<String> {
        Some(self.0.universe())
    }
}

fn what_of(error: &CredentialsError) -> What {
    let text = |wanted: &'static [&'static str]| {
        in_chain(error, |cause| {
            let text = cause.to_string();
            wanted.iter().any(|word| text.contains(word)).then_some(())
        })
    };
    // "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT
    // claim.": https://developers.google.com/identity/protocols/oauth2/service-account#error-codes
    if text(&["reasonable timeframe", "iat and exp"]).is_some() {
        return What::Clock;
    }
    let answered = in_chain(error, |cause| {
        let by_google = cause.downcast_ref::<GaxError>().and_then(GaxError::http_status_code);
        by_google.or_else(|| status_in(&cause.to_string()))
    });
    match answered {
        Some(status) => What::Answered(status),
        None if error.is_transient() => What::Unreachable,
        None => What::Other,
    }
}

/// The status in `HTTP status client error (400 Bad Request) for url (...)`, as the SDK's HTTP client says it.
fn status_in(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("HTTP status ")?;
    let (_, rest) = rest.split_once('(')?;
    rest.get(..3)?.parse().ok()
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.source)?;
        match &self.what {
            What::FileUnreadable => f.write_str("cannot be read"),
            What::FileNoJson => f.write_str("is not JSON"),
            What::TypeUnknown => f.write_str("has a `type` that is not known here"),
            What::Incomplete => f.write_str("lacks a member, or one is malformed"),
            What::Late(limit) => write!(f, "gave no token within {} s", limit.as_secs_f32()),
            What::Unreachable => f.write_str("cannot be reached"),
            What::Answered(status) => write!(f, "gave no token: HTTP status {status}"),
            What::Clock => f.write_str("gave no token: this machine's clock is not Google's"),
            What::Other => f.write_str("gave no token"),
        }
    }
}

impl StdError for Trouble {}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::status_in;

    #[test]
    fn a_status_is_found_in_the_words_of_the_http_client() {
        let text = "HTTP status client error (400 Bad Request) for url (http://127.0.0.1/v1/token)";
        assert_eq!(status_in(text), Some(400));
        assert_eq!(status_in("connection refused"), None);
    }
}
