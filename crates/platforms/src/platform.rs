//! A platform as the token core sees it, put together from the parts in which platforms differ.

use std::fmt;

use bytes::Bytes;
use hallpass_core::sync::{Mutex, lock};
use hallpass_core::{
    BoxFuture, Credential, Grant, IssueFault, IssueVerdict, LocalLogin, Platform, RejectionVerdict, Secret,
};
use hallpass_outbound::TransportFault;
use http::{HeaderMap, Request};

use crate::oauth2::{Judgement, Refusal, judge_challenge, read_answer};
use crate::parts::PlatformParts;
use crate::profile::Profile;
use crate::settings::Scope;
use crate::token_url::TokenUrl;

/// How one profile speaks to its token endpoint. Pure: no I/O in here.
pub(crate) trait Messages: Send + Sync + fmt::Debug {
    /// The one token request of this profile. Nothing else builds any.
    fn request(&self, url: &TokenUrl, credential: &Credential) -> Result<Request<Secret>, IssueFault>;

    /// What a refusal means where RFC 6749 does not say it.
    fn judge(&self, _refusal: &Refusal<'_>) -> Option<Judgement> {
        None
    }

    /// What to think of when nobody answers there, or somebody else.
    fn doubt(&self) -> Option<&'static str> {
        None
    }
}

/// Where a profile's token endpoint is, and what is learned from its answers.
pub(crate) trait Endpoint: Send + Sync + fmt::Debug {
    /// Where it is; may ask.
    fn url(&self) -> BoxFuture<'_, Result<TokenUrl, IssueFault>>;

    /// Looks at an answer that grants a token, before the token is used.
    fn granted<'a>(&'a self, _answer: &'a Bytes) -> BoxFuture<'a, Result<(), IssueFault>> {
        Box::pin(async { Ok(()) })
    }

    /// What is known may be wrong: the next question is asked anew.
    fn doubted(&self) {}

    /// The API refused a token.
    fn rejected(&self) {}
}

impl Endpoint for TokenUrl {
    fn url(&self) -> BoxFuture<'_, Result<TokenUrl, IssueFault>> {
        Box::pin(async { Ok(self.clone()) })
    }
}

/// Every platform of ours.
#[derive(Debug)]
pub(crate) struct TokenPlatform {
    pub(crate) profile: &'static Profile,
    pub(crate) endpoint: Box<dyn Endpoint>,
    pub(crate) messages: Box<dyn Messages>,
    pub(crate) login: Box<dyn LocalLogin>,
    pub(crate) scope: ScopeWatch,
    pub(crate) parts: PlatformParts,
}

impl Platform for TokenPlatform {
    fn name(&self) -> &'static str {
        let profile = self.profile;
        profile.platform
    }

    fn required_members(&self) -> &'static [&'static str] {
        self.profile.members
    }

    fn issue<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<Grant, IssueFault>> {
        Box::pin(async move {
            let url = self.endpoint.url().await?;
            let request = self.messages.request(&url, credential)?;
            let answer = self.parts.send(request).await.map_err(|fault| self.unanswered(&fault))?;
            let read = read_answer(&answer, self.parts.clock.now(), &*self.messages);
            let grant = read.map_err(|fault| self.unechoed(fault, credential)).inspect_err(|fault| {
                if fault.verdict == IssueVerdict::Refused {
                    self.endpoint.doubted();
                }
            })?;
            self.endpoint.granted(answer.body()).await?;
            self.scope.see(grant.scope.as_deref(), &self.parts);
            Ok(grant)
        })
    }

    /// None of these platforms documents a challenge, and expired, revoked and mistyped tokens look alike, so a 401 without a challenge is about the
    /// token. CXone says what it means in the header `icStatusDescription`, for people.
    fn judge_rejection(&self, headers: &HeaderMap, _body: &[u8]) -> RejectionVerdict {
        let verdict = judge_challenge(headers);
        if verdict == RejectionVerdict::TokenRejected {
            self.endpoint.rejected();
        }
        verdict
    }

    fn local_login(&self) -> &dyn LocalLogin {
        &*self.login
    }

    fn remarks(&self) -> Vec<String> {
        self.scope.remark().into_iter().collect()
    }
}

impl TokenPlatform {
    /// A server may answer with what it was sent, and a secret of plain words passes for an error code.
    fn unechoed(&self, mut fault: IssueFault, credential: &Credential) -> IssueFault {
        let values = self.profile.members.iter().filter_map(|name| credential.member(name));
        let mut values = values.map(Secret::expose).filter(|value| value.len() >= SHORTEST_ECHO);
        if values.any(|value| repeats(fault.detail.as_bytes(), value)) {
            fault.detail = "it answered with a part of the credential, which is not shown".into();
        }
        fault
    }

    fn unanswered(&self, fault: &TransportFault) -> IssueFault {
        let nobody = matches!(fault, TransportFault::Unreachable(_) | TransportFault::AddressRefused(_));
        if nobody {
            self.endpoint.doubted();
        }
        IssueFault {
            verdict: IssueVerdict::Passing { retry_after: None },
            detail: format!("the token endpoint: {fault}"),
            hint: self.messages.doubt().filter(|_| nobody),
        }
    }
}

/// Notices when a platform grants more than was asked for: least privilege was meant, and somebody must hear that it is not what came.
#[derive(Debug)]
pub(crate) struct ScopeWatch {
    asked: Option<Scope>,
    beyond: Mutex<Option<String>>,
}

impl ScopeWatch {
    /// Watches for more than `asked`; for nothing where nothing was asked.
    pub(crate) fn over(asked: Option<Scope>) -> Self {
        Self { asked, beyond: Mutex::default() }
    }

    /// Warns once in the life of the process.
    fn see(&self, granted: Option<&str>, parts: &PlatformParts) {
        let (Some(asked), Some(granted)) = (&self.asked, granted) else { return };
        let beyond = asked.beyond(granted);
        let shown = beyond.iter().take(SCOPES_SHOWN).copied().collect::<Vec<_>>().join(" ");
        let mut before = lock(&self.beyond);
        if before.is_none() && !beyond.is_empty() {
            tracing::warn!(integration = %parts.integration, beyond = shown, "the platform grants more than `scope` asks for");
        }
        if !beyond.is_empty() {
            *before = Some(shown);
        }
    }

    fn remark(&self) -> Option<String> {
        let beyond = lock(&self.beyond);
        beyond.as_ref().map(|beyond| format!("the platform grants more than `scope` asks for: {beyond}"))
    }
}

fn repeats(text: &[u8], value: &[u8]) -> bool {
    text.windows(value.len()).any(|part| part.eq_ignore_ascii_case(value))
}

/// What is shorter is no secret, and occurs in plain words by chance.
const SHORTEST_ECHO: usize = 8;

/// How many scopes too many are named: enough to recognise what happened.
const SCOPES_SHOWN: usize = 8;

#[cfg(test)]
mod tests {
    use super::ScopeWatch;
    use crate::parts::PlatformParts;
    use hallpass_core::test_support::ManualTime;
    use hallpass_outbound::test_support::ScriptedTransport;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    struct Counting(Arc<AtomicUsize>);

    impl Subscriber for Counting {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == tracing::Level::WARN
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn more_than_was_asked_for_is_warned_about_once() {
        let time = ManualTime::default();
        let parts = PlatformParts {
            integration: "a".parse().unwrap(),
            transport: Arc::new(ScriptedTransport::new([])),
            sleep: Arc::new(time.clone()),
            clock: Arc::new(time),
        };
        let warnings = Arc::new(AtomicUsize::new(0));
        tracing::subscriber::with_default(Counting(Arc::clone(&warnings)), || {
            let unasked = ScopeWatch::over(None);
            unasked.see(Some("everything"), &parts);
            let watch = ScopeWatch::over(Some("a b".parse().unwrap()));
            for granted in [None, Some("a"), Some("b a")] {
                watch.see(granted, &parts);
            }
            assert_eq!((warnings.load(Ordering::SeqCst), watch.remark()), (0, None));
            for granted in [Some("a *"), Some("a b c"), Some("a")] {
                watch.see(granted, &parts);
            }
            assert!(watch.remark().is_some_and(|remark| remark.ends_with(": c")));
            assert!(unasked.remark().is_none());
        });
        assert_eq!(warnings.load(Ordering::SeqCst), 1);
    }
}
