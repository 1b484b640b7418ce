//! Names of scopes and permissions as integration guides write them, for profile `guide`.
//!
//! No vendor documents them (reference pages: Genesys Cloud's client credentials have roles, and CXone's rights come from a user's role); consoles and
//! gateways that follow the guides take them, and a name that is in no guide is most likely misspelt.

/// The scopes and permissions that guides name for `platform`; none for one of which they say nothing.
#[must_use]
pub fn guide_names(platform: &str) -> Vec<String> {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    match platform {
        "genesys" => {
            let mut names = owned(GENESYS);
            let areas = GENESYS_AREAS.split_whitespace();
            names.extend(areas.flat_map(|area| [area.to_owned(), format!("{area}:readonly")]));
            names
        }
        "cxone" => owned(CXONE),
        _ => Vec::new(),
    }
}

/// "Securing API Credentials for Serverless Contact Center Integrations": its prerequisites, and the scopes that its first step assigns and warns of.
const GENESYS: &[&str] = &[
    "oauth:client:read",
    "oauth:client:write",
    "oauth:token:generate",
    "routing:queue:read",
    "routing:queue:write",
    "routing:interaction:read",
    "routing:interaction:write",
    "users:read",
    "analytics:report:read",
    "Integration > OAuth Client > Edit",
    "Security > API > Manage",
    "Telephony > Trunk > View",
];

/// The same guide, for NICE CXone.
const CXONE: &[&str] = &[
    "read:api",
    "write:api",
    "read:interaction",
    "write:interaction",
    "read:reporting",
    "Admin > Security > API Credentials > Create/Modify",
    "Admin > Security > Roles > Assign API Scopes",
];

/// The areas of the vendor's own scopes (help.mypurecloud.com, "Introduction to scopes"): an area is reading and writing, `area:readonly` reading.
const GENESYS_AREAS: &str = "\
    alerting analytics architect assistants audits authorization billing coaching content-management \
    conversations data-extensions data-privacy devices dialog employee-engagement employee-performance \
    external-contacts fax gamification gdpr geolocation greetings groups identity-providers \
    infrastructureascode integrations journey knowledge language-understanding learning license locations \
    logcapture messaging messaging-platform notifications oauth organization organization-authorization \
    outbound presence process-automation quality recordings response-management routing scim scripts search \
    social-media speech-and-text-analytics stations telephony textbots upload usage user-basic-info \
    user-recordings users voicemail web-chat webdeployments widgets workforce-management workitems";

#[cfg(test)]
mod tests {
    use super::guide_names;
    use std::collections::BTreeSet;

    #[test]
    fn each_name_stands_there_once_and_only_for_its_platform() {
        for platform in ["genesys", "cxone"] {
            let names = guide_names(platform);
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{platform}");
        }
        assert!(guide_names("genesys").iter().any(|name| name == "routing:readonly"));
        assert!(!guide_names("cxone").iter().any(|name| name == "routing:readonly"));
        assert!(guide_names("oauth2").is_empty());
    }
}
