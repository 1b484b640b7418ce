//! Acme Voice: a platform that does not exist. `docs/guides/adding-a-platform.md` shows this file, and a test holds the two together.

use std::sync::Arc;

use hallpass_core::{Fault, FaultCode, IssueVerdict};

use crate::login::{ClientCredentialsLogin, Refused, at_upstreams};
use crate::oauth2::{ClientCredentials, Judgement, Refusal};
use crate::parts::{Connected, PlatformParts};
use crate::platform::{ScopeWatch, TokenPlatform};
use crate::profile::{Profile, Regions, Way};
use crate::settings::{ClientAuth, Key, PlatformSettings};
use crate::token_url::TokenUrl;
use crate::upstreams::fixed_upstreams;

/// What it takes and needs.
pub(crate) static STANDARD: Profile = Profile {
    platform: "acme-voice",
    name: "standard",
    members: &["client_id", "client_secret"],
    regions: Regions::Listed(|| vec!["north", "south"]),
    ways: &[
        Way { required: &[Key::Region], optional: &[] },
        Way { required: &[Key::TokenUrl, Key::ApiUrl], optional: &[] },
    ],
    extras: &[Key::Scope],
    discovers: &[],
    caution: None,
    connect,
};

/// What it does.
fn connect(
    profile: &'static Profile,
    settings: &PlatformSettings,
    parts: PlatformParts,
) -> Result<Connected, Fault> {
    let missing = || Fault::new(FaultCode::ConfigurationInvalid, "`region` is missing");
    let (token_url, api) = match (&settings.region, &settings.token_url) {
        (Some(region), _) => {
            let origin = |kind: &str| format!("https://{kind}.{region}.acme-voice.example").parse();
            let login = origin("login").map_err(|_| missing())?;
            (TokenUrl::at(login, "/token"), Some(origin("api").map_err(|_| missing())?))
        }
        (None, Some(url)) => (url.clone(), None),
        (None, None) => return Err(missing()),
    };
    let upstreams = fixed_upstreams(settings, api)?;
    let login = ClientCredentialsLogin {
        paths: &["/token"],
        token_type: "Bearer",
        scope: None,
        refused: Refused::answer,
    };
    let platform = TokenPlatform {
        profile,
        endpoint: Box::new(token_url),
        messages: Box::new(messages(settings)),
        login: at_upstreams(settings, login),
        scope: ScopeWatch::over(settings.scope.clone()),
        parts,
    };
    Ok(Connected { platform: Arc::new(platform), upstreams })
}

/// What it sends, and what a refusal means that RFC 6749 does not know: here, that a blocked account is answered with 423.
fn messages(settings: &PlatformSettings) -> ClientCredentials {
    let scope = settings.scope.as_ref().map(|scope| ("scope".to_owned(), scope.to_string()));
    ClientCredentials {
        auth: ClientAuth::Post,
        fields: scope.into_iter().collect(),
        asks_for_json: true,
        judge: |refusal: &Refusal<'_>| {
            let blocked = refusal.status.as_u16() == 423;
            let hint = Some("the account is blocked: ask its administrator");
            blocked.then_some(Judgement { verdict: IssueVerdict::CredentialRefused, hint })
        },
        doubt: Some("check `region`"),
    }
}

#[cfg(test)]
mod tests {
    use super::STANDARD;
    use crate::parts::PlatformParts;
    use crate::settings::PlatformSettings;
    use hallpass_core::test_support::ManualTime;
    use hallpass_core::{Credential, IssueVerdict, Secret, Version};
    use hallpass_outbound::test_support::ScriptedTransport;
    use http::Response;
    use std::sync::Arc;

    #[test]
    fn the_guide_shows_this_file() {
        let guide = include_str!("../../../docs/guides/adding-a-platform.md");
        let (shown, _tests) = include_str!("worked_example.rs").split_once("\n#[cfg(test)]").unwrap();
        assert!(guide.contains(&format!("```rust\n{shown}```\n")), "copy the file's text into the guide");
    }

    #[tokio::test]
    async fn the_example_works() {
        let time = ManualTime::default();
        let blocked = Response::builder().status(423).body("{}".into()).unwrap();
        let transport = Arc::new(ScriptedTransport::new([Ok(blocked)]));
        let parts = PlatformParts {
            integration: "a".parse().unwrap(),
            transport: Arc::clone(&transport) as _,
            sleep: Arc::new(time.clone()),
            clock: Arc::new(time),
        };
        let settings = PlatformSettings { region: Some("north".into()), ..PlatformSettings::default() };
        STANDARD.check(&settings).unwrap();
        let connected = (STANDARD.connect)(&STANDARD, &settings, parts).unwrap();
        let stored = Secret::from(r#"{"client_id":"i","client_secret":"s"}"#);
        let credential = Credential::parse(&stored, Version::new("1"), STANDARD.members).unwrap();
        let fault = connected.platform.issue(&credential).await.unwrap_err();
        assert_eq!(fault.verdict, IssueVerdict::CredentialRefused);
        let sent = &transport.sent()[0];
        assert_eq!(sent.uri, "https://login.north.acme-voice.example/token");
        assert_eq!(sent.body, "grant_type=client_credentials&client_id=i&client_secret=s");
    }
}
