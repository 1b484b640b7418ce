//! A platform the test plays.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response};

use crate::credential::Credential;
use crate::login::{LocalLogin, LoginAnswer, LoginAttempt, LoginReading, LoginRequest};
use crate::platform::{Grant, IssueFault, IssueVerdict, Platform, RejectionVerdict};
use crate::runtime::BoxFuture;
use crate::secret::Secret;
use crate::sync::{Arc, Mutex, lock};

/// Grants tokens `token-1`, `token-2`, ... of one lifetime, unless the script says otherwise; counts and remembers requests.
#[derive(Clone, Debug)]
pub struct ScriptedPlatform(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    lifetime: Option<Duration>,
    script: VecDeque<Result<Grant, IssueFault>>,
    asked_with: Vec<String>,
    granted: u64,
}

impl ScriptedPlatform {
    /// A platform whose tokens live for `lifetime`.
    #[must_use]
    pub fn granting(lifetime: Duration) -> Self {
        let state =
            State { lifetime: Some(lifetime), script: VecDeque::new(), asked_with: Vec::new(), granted: 0 };
        Self(Arc::new(Mutex::new(state)))
    }

    /// The next answers, before it goes back to granting.
    pub fn then(&self, answer: Result<Grant, IssueFault>) {
        lock(&self.0).script.push_back(answer);
    }

    /// The next answer is this verdict.
    pub fn then_refuse(&self, verdict: IssueVerdict) {
        self.then(Err(IssueFault { verdict, detail: "as scripted".into(), hint: None }));
    }

    /// Goes back to granting at once, whatever was scripted.
    pub fn forget_script(&self) {
        lock(&self.0).script.clear();
    }

    /// The versions of the credentials it was asked with, in order.
    #[must_use]
    pub fn asked_with(&self) -> Vec<String> {
        lock(&self.0).asked_with.clone()
    }

    /// How many token requests it saw.
    #[must_use]
    pub fn requests(&self) -> usize {
        lock(&self.0).asked_with.len()
    }

    fn answer(&self, credential: &Credential) -> Result<Grant, IssueFault> {
        let mut state = lock(&self.0);
        state.asked_with.push(credential.version().to_string());
        if let Some(scripted) = state.script.pop_front() {
            return scripted;
        }
        state.granted += 1;
        let access_token = Secret::from(format!("token-{}", state.granted));
        Ok(Grant { access_token, lifetime: state.lifetime, scope: None })
    }
}

impl Platform for ScriptedPlatform {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn required_members(&self) -> &'static [&'static str] {
        &["client_id", "client_secret"]
    }

    fn issue<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<Grant, IssueFault>> {
        Box::pin(async move { self.answer(credential) })
    }

    fn judge_rejection(&self, headers: &HeaderMap, _body: &[u8]) -> RejectionVerdict {
        if headers.contains_key("not-about-the-token") {
            RejectionVerdict::NotAboutTheToken
        } else {
            RejectionVerdict::TokenRejected
        }
    }

    fn local_login(&self) -> &dyn LocalLogin {
        &ScriptedLogin
    }
}

/// A login whose body is `ID:SECRET` at `/login`.
#[derive(Clone, Copy, Debug)]
struct ScriptedLogin;

impl LocalLogin for ScriptedLogin {
    fn is_login_path(&self, path: &str) -> bool {
        path == "/login"
    }

    fn read(&self, request: &LoginRequest<'_>) -> LoginReading {
        let claims = std::str::from_utf8(request.body).ok().and_then(|text| text.split_once(':'));
        match claims {
            Some((id, secret)) => LoginReading::Attempt(LoginAttempt {
                client_id: Some(id.to_owned()),
                client_secret: secret.into(),
            }),
            None => LoginReading::Answer(answer(400, Bytes::new())),
        }
    }

    fn granted(&self, _request: &LoginRequest<'_>, pass: &Secret, _lifetime: Duration) -> LoginAnswer {
        answer(200, Bytes::copy_from_slice(pass.expose()))
    }

    fn refused(&self, _request: &LoginRequest<'_>) -> LoginAnswer {
        answer(401, Bytes::new())
    }
}

fn answer(status: u16, body: Bytes) -> LoginAnswer {
    Response::builder().status(status).body(body).expect("a status and nothing else")
}
