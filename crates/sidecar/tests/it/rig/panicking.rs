//! A platform whose local login has a bug.

use hallpass_core::test_support::ScriptedPlatform;
use hallpass_core::{
    BoxFuture, Credential, Grant, IssueFault, LocalLogin, LoginAnswer, LoginReading, LoginRequest, Platform,
    RejectionVerdict, Secret,
};
use http::HeaderMap;
use std::time::Duration;

/// Panics when asked about `/panic`; otherwise as scripted.
#[derive(Debug)]
pub(crate) struct Panicking(pub(crate) ScriptedPlatform);

impl Platform for Panicking {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn required_members(&self) -> &'static [&'static str] {
        self.0.required_members()
    }

    fn issue<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<Grant, IssueFault>> {
        self.0.issue(credential)
    }

    fn judge_rejection(&self, headers: &HeaderMap, body: &[u8]) -> RejectionVerdict {
        self.0.judge_rejection(headers, body)
    }

    fn local_login(&self) -> &dyn LocalLogin {
        self
    }
}

impl LocalLogin for Panicking {
    fn is_login_path(&self, path: &str) -> bool {
        assert_ne!(path, "/panic", "a bug, as scripted");
        self.0.local_login().is_login_path(path)
    }

    fn read(&self, request: &LoginRequest<'_>) -> LoginReading {
        self.0.local_login().read(request)
    }

    fn granted(&self, request: &LoginRequest<'_>, pass: &Secret, lifetime: Duration) -> LoginAnswer {
        self.0.local_login().granted(request, pass, lifetime)
    }

    fn refused(&self, request: &LoginRequest<'_>) -> LoginAnswer {
        self.0.local_login().refused(request)
    }
}
