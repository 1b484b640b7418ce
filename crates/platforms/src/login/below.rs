//! Logins of integrations with several upstreams: a program that was given `.../INTEGRATION/UPSTREAM` as its base logs in below it.

use std::time::Duration;

use hallpass_core::{LocalLogin, LoginAnswer, LoginReading, LoginRequest, Secret};

use crate::settings::{PlatformSettings, UpstreamName};

/// `login` at the paths of the integration and at those of each of its upstreams.
pub(crate) fn at_upstreams(
    settings: &PlatformSettings,
    login: impl LocalLogin + 'static,
) -> Box<dyn LocalLogin> {
    if settings.upstreams.is_empty() {
        return Box::new(login);
    }
    Box::new(AtUpstreams { names: settings.upstreams.keys().cloned().collect(), login })
}

#[derive(Debug)]
struct AtUpstreams<L> {
    names: Vec<UpstreamName>,
    login: L,
}

impl<L: LocalLogin> AtUpstreams<L> {
    fn plain<'p>(&self, path: &'p str) -> &'p str {
        let below = self.names.iter().find_map(|name| {
            let rest = path.strip_prefix('/')?.strip_prefix(name.as_str())?;
            rest.starts_with('/').then_some(rest)
        });
        below.unwrap_or(path)
    }

    fn request<'r>(&self, request: &LoginRequest<'r>) -> LoginRequest<'r> {
        LoginRequest { path: self.plain(request.path), ..*request }
    }
}

impl<L: LocalLogin> LocalLogin for AtUpstreams<L> {
    fn is_login_path(&self, path: &str) -> bool {
        self.login.is_login_path(self.plain(path))
    }

    fn read(&self, request: &LoginRequest<'_>) -> LoginReading {
        self.login.read(&self.request(request))
    }

    fn granted(&self, request: &LoginRequest<'_>, pass: &Secret, lifetime: Duration) -> LoginAnswer {
        self.login.granted(&self.request(request), pass, lifetime)
    }

    fn refused(&self, request: &LoginRequest<'_>) -> LoginAnswer {
        self.login.refused(&self.request(request))
    }
}
