//! The regions of Genesys Cloud. A client of one region is unknown in every other.

use hallpass_core::Fault;
use hallpass_outbound::Origin;

use crate::parts::unknown;

/// The two hosts of one region: never organisation-specific.
#[derive(Debug)]
pub(super) struct Region {
    pub(super) login: Origin,
    pub(super) api: Origin,
}

/// The hosts of the region `key`.
pub(super) fn find(key: &str) -> Result<Region, Fault> {
    let domain = DOMAINS.iter().find(|(known, _)| *known == key).map(|(_, domain)| domain);
    let domain = domain.ok_or_else(|| unknown("region", &keys()))?;
    let origin = |host: &str| {
        format!("https://{host}.{domain}").parse().expect("every domain of the table makes an origin")
    };
    Ok(Region { login: origin("login"), api: origin("api") })
}

/// All keys.
pub(super) fn keys() -> Vec<&'static str> {
    DOMAINS.iter().map(|(key, _)| *key).collect()
}

/// Key and domain, as in the `PureCloudRegionHosts` of the vendor's SDKs (Python 269.0.0, JavaScript 262.0.0).
const DOMAINS: [(&str, &str); 18] = [
    ("us-east-1", "mypurecloud.com"),
    ("us-east-2", "use2.us-gov-pure.cloud"),
    ("us-west-2", "usw2.pure.cloud"),
    ("ca-central-1", "cac1.pure.cloud"),
    ("mx-central-1", "mxc1.pure.cloud"),
    ("sa-east-1", "sae1.pure.cloud"),
    ("eu-west-1", "mypurecloud.ie"),
    ("eu-west-2", "euw2.pure.cloud"),
    ("eu-central-1", "mypurecloud.de"),
    ("eu-central-2", "euc2.pure.cloud"),
    ("eusc-de-east-1", "edee1.eusc-pure.cloud"),
    ("me-central-1", "mec1.pure.cloud"),
    ("ap-south-1", "aps1.pure.cloud"),
    ("ap-northeast-1", "mypurecloud.jp"),
    ("ap-northeast-2", "apne2.pure.cloud"),
    ("ap-northeast-3", "apne3.pure.cloud"),
    ("ap-southeast-1", "apse1.pure.cloud"),
    ("ap-southeast-2", "mypurecloud.com.au"),
];

#[cfg(test)]
mod tests {
    use super::{find, keys};

    #[test]
    fn every_region_has_a_login_and_an_api_host() {
        assert_eq!(keys().len(), 18);
        for key in keys() {
            let region = find(key).unwrap();
            assert!(region.login.authority().starts_with("login."), "{key}");
            assert!(region.api.authority().starts_with("api."), "{key}");
        }
        assert_eq!(find("ap-southeast-2").unwrap().api.to_string(), "https://api.mypurecloud.com.au");
        assert!(find("us-east-9").unwrap_err().detail().contains("`us-east-1`"));
    }
}
