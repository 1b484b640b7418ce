//! The client-credentials grant (RFC 6749 4.4), in the spellings that platforms want.

use hallpass_core::{Credential, IssueFault, Secret};
use http::Request;

use super::request::TokenForm;
use super::verdict::{Judgement, Refusal};
use crate::platform::Messages;
use crate::settings::ClientAuth;
use crate::token_url::TokenUrl;

/// The messages of a profile that uses this grant.
#[derive(Debug)]
pub(crate) struct ClientCredentials {
    /// How the client shows its id and secret.
    pub(crate) auth: ClientAuth,
    /// Fields behind those of the client.
    pub(crate) fields: Vec<(String, String)>,
    /// Whether to say that JSON is wanted.
    pub(crate) asks_for_json: bool,
    /// What a refusal means where RFC 6749 does not say it.
    pub(crate) judge: fn(&Refusal<'_>) -> Option<Judgement>,
    /// See [`Messages::doubt`].
    pub(crate) doubt: Option<&'static str>,
}

impl Messages for ClientCredentials {
    fn request(&self, url: &TokenUrl, credential: &Credential) -> Result<Request<Secret>, IssueFault> {
        let fields: Vec<_> =
            self.fields.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let form = TokenForm {
            auth: self.auth,
            grant: "client_credentials",
            fields: &fields,
            asks_for_json: self.asks_for_json,
        };
        form.request(url, credential)
    }

    fn judge(&self, refusal: &Refusal<'_>) -> Option<Judgement> {
        (self.judge)(refusal)
    }

    fn doubt(&self) -> Option<&'static str> {
        self.doubt
    }
}
