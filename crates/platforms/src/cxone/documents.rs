//! The two discovery documents, read without trusting them. Pure: no I/O in here.

use hallpass_outbound::Origin;
use serde::Deserialize;

use super::hosts::Hosts;
use crate::settings::TenantId;
use crate::token_url::TokenUrl;

/// Where a tenant is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) api: Origin,
    /// UserHub, where the document names it.
    pub(super) userhub: Option<Origin>,
    pub(super) area: Option<String>,
}

/// Why a document cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It is not the document: a maintenance page, a broken proxy. It may be there again later.
    NotTheDocument,
    /// It names no usable address.
    NoAddress,
    /// It names a host that is neither the issuer's nor one of CXone's.
    ForeignHost,
    /// It is about another tenant.
    OtherTenant,
}

/// The token endpoint of `/.well-known/openid-configuration`.
pub(super) fn token_endpoint(document: &[u8], hosts: &Hosts<'_>) -> Result<TokenUrl, Unusable> {
    let wire: OpenId = serde_json::from_slice(document).map_err(|_| Unusable::NotTheDocument)?;
    let url: TokenUrl = wire.token_endpoint.parse().map_err(|_| Unusable::NoAddress)?;
    if hosts.include(url.origin()) { Ok(url) } else { Err(Unusable::ForeignHost) }
}

/// The places of `/.well-known/cxone-configuration` for `tenant`.
pub(super) fn places(document: &[u8], tenant: &TenantId, hosts: &Hosts<'_>) -> Result<Places, Unusable> {
    let wire: Configuration = serde_json::from_slice(document).map_err(|_| Unusable::NotTheDocument)?;
    let named = wire.tenant_id.as_deref().map(str::parse::<TenantId>);
    if named.is_some_and(|named| named.map_or(true, |named| !named.is(tenant))) {
        return Err(Unusable::OtherTenant);
    }
    let known = |text: &str| {
        let origin: Origin = text.parse().map_err(|_| Unusable::NoAddress)?;
        if hosts.include(&origin) { Ok(origin) } else { Err(Unusable::ForeignHost) }
    };
    let userhub = userhub(&wire, hosts.are_local());
    Ok(Places {
        api: known(&wire.api_endpoint)?,
        userhub: userhub.as_deref().map(known).transpose()?,
        area: wire.area,
    })
}

/// UserHub is `https://{area}.{uhDomain}`, as in `na1.nice-incontact.com`; where the document lacks one of the two, and on this machine, where hosts have no
/// names, it is `auth_endpoint`.
fn userhub(wire: &Configuration, local: bool) -> Option<String> {
    match (&wire.area, &wire.userhub_domain) {
        (Some(area), Some(domain)) if !local => Some(format!("https://{area}.{domain}")),
        _ => wire.auth_endpoint.clone(),
    }
}

#[derive(Deserialize)]
struct OpenId {
    token_endpoint: String,
}

#[derive(Deserialize)]
struct Configuration {
    api_endpoint: String,
    auth_endpoint: Option<String>,
    area: Option<String>,
    #[serde(rename = "uhDomain")]
    userhub_domain: Option<String>,
    #[serde(rename = "tenantId")]
    tenant_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::{Hosts, Unusable, places, token_endpoint};
    use serde_json::json;

    #[test]
    fn a_token_endpoint_is_the_issuers_or_nobodys() {
        let issuer = "https://cxone.niceincontact.com".parse().unwrap();
        let read = |document: String| token_endpoint(document.as_bytes(), &Hosts::of(&issuer));
        let of = |url: &str| json!({ "issuer": "x", "token_endpoint": url, "jwks_uri": 1 }).to_string();
        let good = read(of("https://cxone.niceincontact.com/auth/token")).unwrap();
        assert_eq!(good.uri(), "https://cxone.niceincontact.com/auth/token");
        let cases = [
            (of("https://evil.example/auth/token"), Unusable::ForeignHost),
            (of("https://127.0.0.1/auth/token"), Unusable::ForeignHost),
            (of("https://cxone.niceincontact.com@evil.example/auth/token"), Unusable::NoAddress),
            (of("http://cxone.niceincontact.com/auth/token"), Unusable::NoAddress),
            (of("https://cxone.niceincontact.com"), Unusable::NoAddress),
            (of("/auth/token"), Unusable::NoAddress),
            ("<html>".to_owned(), Unusable::NotTheDocument),
            (String::new(), Unusable::NotTheDocument),
            ("{}".to_owned(), Unusable::NotTheDocument),
            (r#"{"token_endpoint":null}"#.to_owned(), Unusable::NotTheDocument),
            (r#"{"token_endpoint":"a","token_endpoint":"b"}"#.to_owned(), Unusable::NotTheDocument),
        ];
        for (document, expected) in cases {
            assert_eq!(read(document.clone()), Err(expected), "{document}");
        }
    }

    #[test]
    fn the_places_are_those_of_the_tenant_and_of_cxone() {
        let issuer = "https://cxone.niceincontact.com".parse().unwrap();
        let tenant = "AA-1".parse().unwrap();
        let read = |document: &serde_json::Value| {
            places(document.to_string().as_bytes(), &tenant, &Hosts::of(&issuer))
        };
        let good = json!({
            "private": false, "api_endpoint": "https://api-na1.niceincontact.com/", "area": "na1",
            "auth_endpoint": "https://cxone.niceincontact.com", "uhDomain": "nice-incontact.com", "tenantId": "aa-1",
        });
        let with = |key: &str, value: serde_json::Value| {
            let mut document = good.clone();
            document[key] = value;
            document
        };
        let found = read(&good).unwrap();
        assert_eq!(found.api.to_string(), "https://api-na1.niceincontact.com");
        assert_eq!(found.userhub.unwrap().to_string(), "https://na1.nice-incontact.com");
        let found = read(&with("uhDomain", json!(null))).unwrap();
        assert_eq!(found.userhub.unwrap().to_string(), "https://cxone.niceincontact.com");
        assert!(read(&with("tenantId", json!(null))).is_ok(), "the member is optional");
        let cases = [
            (with("tenantId", json!("bb-2")), Unusable::OtherTenant),
            (with("tenantId", json!("")), Unusable::OtherTenant),
            (with("api_endpoint", json!("https://evil.example")), Unusable::ForeignHost),
            (with("api_endpoint", json!("http://api-na1.niceincontact.com")), Unusable::NoAddress),
            (with("api_endpoint", json!("https://api-na1.niceincontact.com/x")), Unusable::NoAddress),
            (with("uhDomain", json!("evil.example")), Unusable::ForeignHost),
            (with("area", json!("evil.example/")), Unusable::NoAddress),
            (with("api_endpoint", json!(null)), Unusable::NotTheDocument),
            (json!([]), Unusable::NotTheDocument),
        ];
        for (document, expected) in cases {
            assert_eq!(read(&document).unwrap_err(), expected, "{document}");
        }
    }

    #[test]
    fn documents_of_this_machine_name_this_machine() {
        let issuer = "http://127.0.0.1:1".parse().unwrap();
        let tenant = "aa-1".parse().unwrap();
        let read = |api: &str, auth: &str| {
            let document = json!({ "api_endpoint": api, "auth_endpoint": auth, "area": "na1", "uhDomain": "nice-incontact.com" });
            places(document.to_string().as_bytes(), &tenant, &Hosts::of(&issuer))
        };
        let found = read("http://127.0.0.1:2", "http://127.0.0.1:3").unwrap();
        assert_eq!(found.userhub.unwrap().to_string(), "http://127.0.0.1:3");
        assert_eq!(
            read("https://api-na1.niceincontact.com", "http://127.0.0.1:3"),
            Err(Unusable::ForeignHost)
        );
        assert_eq!(read("http://127.0.0.1:2", "https://evil.example"), Err(Unusable::ForeignHost));
    }
}
