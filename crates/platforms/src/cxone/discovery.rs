//! Finding the token endpoint before a login, and the API after it.

use std::sync::Arc;

use bytes::Bytes;
use hallpass_core::{BoxFuture, IssueFault, IssueVerdict};

use super::claims;
use super::documents::{Places, Unusable, places, token_endpoint};
use super::findings::Findings;
use super::hosts::Hosts;
use super::messages::HYPHEN;
use crate::oauth2::fetch;
use crate::parts::PlatformParts;
use crate::platform::Endpoint;
use crate::settings::{Issuer, TenantId};
use crate::token_url::TokenUrl;

/// The issuer's word on where everything is, kept for the life of the process until a failure makes it doubtful: a refusal of the token endpoint that is no
/// OAuth error, an unreachable host, a 401 of the API.
#[derive(Debug)]
pub(super) struct Discovery {
    pub(super) issuer: Issuer,
    /// What the configuration says about the tenant.
    pub(super) tenant: Option<TenantId>,
    /// Whether some upstream is where the platform says.
    pub(super) asks_for_places: bool,
    pub(super) findings: Arc<Findings>,
    pub(super) parts: PlatformParts,
}

impl Discovery {
    async fn ask_for_token_url(&self) -> Result<TokenUrl, IssueFault> {
        let place =
            self.issuer.document("openid-configuration").ok_or_else(|| refused(ISSUER, CHECK_ISSUER))?;
        let document = fetch(&self.parts, ISSUER, place.uri()).await?;
        let document = document.ok_or_else(|| refused("the issuer has no openid-configuration", HYPHEN))?;
        token_endpoint(&document, &Hosts::of(&self.issuer)).map_err(|why| explain(ISSUER, why))
    }

    async fn ask_for_places(&self, tenant: &TenantId) -> Result<Places, IssueFault> {
        // The id is made of letters, digits and hyphens: nothing in it needs an escape.
        let name = format!("cxone-configuration?tenantId={tenant}");
        let place = self.issuer.document(&name).ok_or_else(|| refused(PLACES, CHECK_ISSUER))?;
        let document = fetch(&self.parts, PLACES, place.uri()).await?;
        let document =
            document.ok_or_else(|| refused("the issuer does not know the tenant", CHECK_ISSUER))?;
        places(&document, tenant, &Hosts::of(&self.issuer)).map_err(|why| explain(PLACES, why))
    }

    async fn settle(&self, answer: &Bytes) -> Result<(), IssueFault> {
        let tenant = agreed(claims::tenant(answer), self.tenant.as_ref())?;
        if let Some(tenant) = &tenant {
            self.findings.found_tenant(tenant.clone());
        }
        if !self.asks_for_places {
            return Ok(());
        }
        let tenant = tenant.ok_or_else(|| {
            refused("the token names no tenant, so its API cannot be found", "name `tenant`, or `api_url`")
        })?;
        let (known, certain) = self.findings.has_places(&tenant);
        if certain {
            return Ok(());
        }
        match self.ask_for_places(&tenant).await {
            Ok(places) => {
                self.findings.found_places(tenant, places);
                Ok(())
            }
            // An outage of the document is no outage of the API.
            Err(fault) if known && fault.verdict != IssueVerdict::Refused => {
                tracing::warn!(integration = %self.parts.integration, detail = fault.detail, "the API's place could not be confirmed");
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }
}

impl Endpoint for Discovery {
    fn url(&self) -> BoxFuture<'_, Result<TokenUrl, IssueFault>> {
        Box::pin(async {
            if let Some(known) = self.findings.token_url() {
                return Ok(known);
            }
            let url = self.ask_for_token_url().await?;
            self.findings.found_token_url(url.clone());
            Ok(url)
        })
    }

    fn granted<'a>(&'a self, answer: &'a Bytes) -> BoxFuture<'a, Result<(), IssueFault>> {
        Box::pin(self.settle(answer))
    }

    fn doubted(&self) {
        self.findings.doubt_everything();
    }

    fn rejected(&self) {
        self.findings.doubt_places();
    }
}

/// A fixed token endpoint whose tokens must be of one tenant.
#[derive(Debug)]
pub(super) struct OfTenant {
    url: TokenUrl,
    tenant: Option<TenantId>,
}

impl OfTenant {
    pub(super) fn new(url: TokenUrl, tenant: Option<TenantId>) -> Self {
        Self { url, tenant }
    }
}

impl Endpoint for OfTenant {
    fn url(&self) -> BoxFuture<'_, Result<TokenUrl, IssueFault>> {
        Box::pin(async { Ok(self.url.clone()) })
    }

    fn granted<'a>(&'a self, answer: &'a Bytes) -> BoxFuture<'a, Result<(), IssueFault>> {
        Box::pin(async { agreed(claims::tenant(answer), self.tenant.as_ref()).map(drop) })
    }
}

/// The tenant that both the token and the configuration name. A token of another tenant is a credential in the wrong place.
fn agreed(of_token: Option<TenantId>, configured: Option<&TenantId>) -> Result<Option<TenantId>, IssueFault> {
    match (of_token, configured) {
        (Some(of_token), Some(configured)) if !of_token.is(configured) => Err(refused(
            "the token is for another tenant than `tenant` names",
            "the stored access key belongs to another tenant: check the secret, then `tenant`",
        )),
        (of_token, configured) => Ok(of_token.or_else(|| configured.cloned())),
    }
}

fn explain(what: &str, why: Unusable) -> IssueFault {
    let (detail, hint) = match why {
        Unusable::NotTheDocument => {
            let verdict = IssueVerdict::Passing { retry_after: None };
            return IssueFault { verdict, detail: format!("{what}: it is not the document"), hint: None };
        }
        Unusable::NoAddress => ("it names no usable address", CHECK_ISSUER),
        Unusable::ForeignHost => (
            "it names a host that is neither the issuer's nor one of CXone's",
            "if that is right, name the API as `api_url`, or the server that logs in as `issuer`",
        ),
        Unusable::OtherTenant => ("it is about another tenant", CHECK_ISSUER),
    };
    refused(&format!("{what}: {detail}"), hint)
}

fn refused(detail: &str, hint: &'static str) -> IssueFault {
    IssueFault { verdict: IssueVerdict::Refused, detail: detail.to_owned(), hint: Some(hint) }
}

const ISSUER: &str = "the issuer's openid-configuration";
const PLACES: &str = "the tenant's cxone-configuration";
const CHECK_ISSUER: &str = "check `issuer`: https://cxone.niceincontact.com, or the one of your cloud";
