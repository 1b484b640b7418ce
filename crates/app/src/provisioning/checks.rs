//! What provisioning stands on and does not make itself: looked at where a documented call shows it, and otherwise named with the reason and with what a person
//! has to do.

use hallpass_core::{Credential, Fault, FaultCode};
use serde::Serialize;

use crate::assemble::{App, Integration};
use crate::config::ProvisionConfig;

/// One thing that a person sees to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProvisionCheck {
    /// What, such as `application`.
    pub what: &'static str,
    /// Whether it is in order, as far as anybody can know.
    pub state: CheckState,
    /// What was seen, or why it was not looked at.
    pub detail: String,
    /// What a person has to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_do: Option<&'static str>,
}

/// Whether something is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// It was looked at, and is.
    Checked,
    /// It was looked at, and is not; nothing works before it is.
    Missing,
    /// Nobody can look at it from here.
    NotChecked,
}

impl CheckState {
    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Missing => "missing",
            Self::NotChecked => "not checked",
        }
    }
}

/// What was seen of an integration whose client is an access key.
#[derive(Debug)]
struct Looked {
    /// Whether the profile logs in as an application with the key.
    takes_application: bool,
    /// Whether the application's pair is stored.
    application: bool,
    /// What came of asking for a token; `None` where nothing is stored that one could ask with.
    token: Option<Result<(), Fault>>,
}

impl App {
    /// What a person has to see to before the integration `name` works, and what of it is so. Store and platform are read; where the credential is
    /// complete, a token is asked for. Empty for a platform on which provisioning makes everything.
    ///
    /// # Errors
    /// `integration-unknown`; `provision-refused` where the configuration says nothing of provisioning.
    pub async fn provision_checks(&self, name: &str) -> Result<Vec<ProvisionCheck>, Fault> {
        let integration = self.integration(name)?;
        let config = super::provision_config(integration)?;
        let platform = &integration.described.platform;
        if platform.platform != "cxone" || platform.profile == "guide" {
            return Ok(Vec::new());
        }
        let required = integration.client.platform().required_members();
        let stored = self.stored_value(integration).await;
        let has = |member: &str| stored.as_ref().is_some_and(|stored| stored.member(member).is_some());
        let token = match required.iter().all(|member| has(member)) {
            true => Some(integration.client.tokens().token().await.map(drop)),
            false => None,
        };
        let looked = Looked {
            takes_application: required.contains(&"client_id"),
            application: has("client_id") && has("client_secret"),
            token,
        };
        Ok(judged(&looked, config))
    }

    /// What is stored, whatever is missing of it.
    async fn stored_value(&self, integration: &Integration) -> Option<Credential> {
        let (reference, store) = self.written(integration).ok()?;
        let stored = store.read(&reference.entry, hallpass_core::Stage::Current).await.ok()?;
        Credential::parse(&stored.value, stored.version, &[]).ok()
    }
}

fn judged(looked: &Looked, config: &ProvisionConfig) -> Vec<ProvisionCheck> {
    let user = config.user.as_deref().unwrap_or_default();
    let application = looked.takes_application.then(|| application(looked));
    let roles = ProvisionCheck {
        what: "roles of the user",
        state: CheckState::NotChecked,
        detail: format!(
            "no documented call says which roles user `{user}` has; its access keys have the same rights"
        ),
        to_do: Some(
            "give the user one role, with the permissions that the paths of `allow` need and no others",
        ),
    };
    let locations = ProvisionCheck {
        what: "locations",
        state: CheckState::NotChecked,
        detail: "addresses are \"locations\" of a login authenticator, which no documented call shows; whether they bind access keys is not documented".to_owned(),
        to_do: Some("restrict the user's login authenticator in the console, and try from elsewhere that it holds"),
    };
    application.into_iter().chain([user_check(user, looked), roles, locations]).collect()
}

/// An application is registered by a person: the paths of the API for it are not published.
fn application(looked: &Looked) -> ProvisionCheck {
    let refused = refusal(looked).is_some_and(|code| code == FaultCode::CredentialRefused);
    let (state, detail) = match (looked.application, &looked.token) {
        (false, _) => (CheckState::Missing, "its id and secret are not stored".to_owned()),
        (true, Some(Ok(()))) => (CheckState::Checked, "the platform gave a token to it".to_owned()),
        (true, Some(Err(fault))) if refused => {
            (CheckState::Missing, format!("its id and secret are stored, and no token came: {fault}"))
        }
        (true, Some(Err(fault))) => {
            (CheckState::NotChecked, format!("its id and secret are stored, and no token came: {fault}"))
        }
        (true, None) => (
            CheckState::NotChecked,
            "its id and secret are stored; without a key nobody can try them".to_owned(),
        ),
    };
    let to_do = match state {
        CheckState::Checked => None,
        _ => Some(
            "have the vendor register a back-end application with the authentication method `client_secret_basic` (a form; it takes days), and store its `client_id` and `client_secret` with `hallpass secret put`",
        ),
    };
    ProvisionCheck { what: "application", state, detail, to_do }
}

fn user_check(user: &str, looked: &Looked) -> ProvisionCheck {
    let (state, detail) = match &looked.token {
        Some(Ok(())) => {
            (CheckState::Checked, format!("the platform gave a token to an access key of user `{user}`"))
        }
        Some(Err(fault)) => (CheckState::NotChecked, format!("no token came: {fault}")),
        None => (CheckState::NotChecked, "no access key is stored yet with which one could ask".to_owned()),
    };
    let to_do = (state != CheckState::Checked).then_some(
        "make a service user for this integration alone, active, and name its id in `provision.user`",
    );
    ProvisionCheck { what: "user", state, detail, to_do }
}

fn refusal(looked: &Looked) -> Option<FaultCode> {
    looked.token.as_ref()?.as_ref().err().map(Fault::code)
}

#[cfg(test)]
mod tests {
    use super::{CheckState, Looked, application, user_check};
    use hallpass_core::{Fault, FaultCode};

    fn looked(application: bool, token: Option<Result<(), FaultCode>>) -> Looked {
        let token = token.map(|ended| ended.map_err(|code| Fault::new(code, "x")));
        Looked { takes_application: true, application, token }
    }

    #[test]
    fn an_application_is_checked_by_a_token_and_missing_where_it_is_not_stored_or_refused() {
        use CheckState::{Checked, Missing, NotChecked};
        for (application_stored, token, state) in [
            (false, None, Missing),
            (true, None, NotChecked),
            (true, Some(Ok(())), Checked),
            (true, Some(Err(FaultCode::CredentialRefused)), Missing),
            (true, Some(Err(FaultCode::UpstreamTimeout)), NotChecked),
        ] {
            let check = application(&looked(application_stored, token));
            assert_eq!(check.state, state, "{check:?}");
            assert_eq!(check.to_do.is_none(), state == Checked, "{check:?}");
        }
    }

    #[test]
    fn a_user_is_checked_by_a_token_only() {
        assert_eq!(user_check("u", &looked(true, None)).state, CheckState::NotChecked);
        assert_eq!(user_check("u", &looked(true, Some(Ok(())))).state, CheckState::Checked);
        let refused = user_check("u", &looked(true, Some(Err(FaultCode::CredentialRefused))));
        assert_eq!(refused.state, CheckState::NotChecked);
    }
}
