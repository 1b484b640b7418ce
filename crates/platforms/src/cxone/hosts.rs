//! Which hosts a discovery document may name. It comes over TLS from the issuer, but what it says decides where secrets and tokens go.

use hallpass_outbound::Origin;

use crate::settings::Issuer;

/// The hosts that documents of one issuer may name.
#[derive(Debug)]
pub(super) struct Hosts<'i> {
    issuer: &'i Origin,
}

impl<'i> Hosts<'i> {
    pub(super) fn of(issuer: &'i Issuer) -> Self {
        Self { issuer: issuer.origin() }
    }

    /// Whether the issuer is on this machine: an emulator, a test. Then everything else must be, too.
    pub(super) fn are_local(&self) -> bool {
        self.issuer.is_loopback()
    }

    /// The issuer's own host, or one under a domain of CXone's.
    pub(super) fn include(&self, origin: &Origin) -> bool {
        if self.are_local() {
            return origin.is_loopback();
        }
        let host = origin.host().to_ascii_lowercase();
        let below = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        host.eq_ignore_ascii_case(self.issuer.host()) || DOMAINS.iter().any(|domain| below(domain))
    }
}

/// The domains of CXone: commercial with and without hyphen, government, sovereign. Those of sovereign clouds are listed one by one, since anybody can
/// register the same name under another top level.
const DOMAINS: [&str; 5] = [
    "niceincontact.com",
    "nice-incontact.com",
    "nicecxone-gov.com",
    "nicecxone-sov1.au",
    "nicecxone-sov1.eu",
];

#[cfg(test)]
mod tests {
    use super::Hosts;

    #[test]
    fn only_the_issuer_and_the_vendors_domains_are_included() {
        let includes = |issuer: &str, origin: &str| {
            let issuer = issuer.parse().unwrap();
            Hosts::of(&issuer).include(&origin.parse().unwrap())
        };
        let global = "https://cxone.niceincontact.com";
        for good in [
            "https://cxone.niceincontact.com",
            "https://API-na1.NiceInContact.com",
            "https://na1.nice-incontact.com",
            "https://x.nicecxone-gov.com",
            "https://x.nicecxone-sov1.eu",
        ] {
            assert!(includes(global, good), "{good}");
        }
        for bad in [
            "https://niceincontact.com.evil.example",
            "https://evilniceincontact.com",
            "https://nice-in-contact.com",
            "https://x.nicecxone-sov1.xyz",
            "https://127.0.0.1",
            "http://127.0.0.1:9",
        ] {
            assert!(!includes(global, bad), "{bad}");
        }
        assert!(includes("https://idp.corp.example", "https://IDP.corp.example:8443"));
        assert!(!includes("https://idp.corp.example", "https://api.corp.example"));
        assert!(includes("http://127.0.0.1:1", "http://127.0.0.1:2"));
        assert!(includes("http://127.0.0.1:1", "http://[::1]:2"));
        assert!(!includes("http://127.0.0.1:1", "https://na1.nice-incontact.com"));
    }
}
