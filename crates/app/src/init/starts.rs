//! What is asked for, one row for each platform and profile.

use hallpass_platforms::{Regions, profile};

/// What a first configuration for one platform and profile asks for.
#[derive(Debug)]
pub struct Start {
    /// As the key `platform` says it.
    pub platform: &'static str,
    /// As the key `profile` says it.
    pub profile: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// The keys that say where it is, in the order in which they are asked for.
    pub keys: &'static [Key],
    /// A call that most integrations make, as an example of a rule.
    pub rule: &'static str,
}

/// One key that says where a platform is.
#[derive(Debug)]
pub struct Key {
    /// Its name in the file.
    pub name: &'static str,
    /// What it says, in one line.
    pub help: &'static str,
    /// A sound value.
    pub example: &'static str,
}

impl Start {
    /// One for each platform and profile, in the order in which they are offered.
    pub const ALL: &'static [Self] = &[
        Self {
            platform: "genesys",
            profile: "standard",
            title: "Genesys Cloud",
            keys: &[REGION],
            rule: GENESYS_RULE,
        },
        Self {
            platform: "genesys",
            profile: "guide",
            title: "Genesys Cloud, as older integration guides describe it",
            keys: &[ORGANIZATION],
            rule: GENESYS_RULE,
        },
        Self {
            platform: "cxone",
            profile: "standard",
            title: "NICE CXone, with an application and an access key",
            keys: &[],
            rule: CXONE_RULE,
        },
        Self {
            platform: "cxone",
            profile: "userhub",
            title: "NICE CXone, with an access key alone",
            keys: &[USERHUB_REGION],
            rule: CXONE_RULE,
        },
        Self {
            platform: "cxone",
            profile: "guide",
            title: "NICE CXone, as older integration guides describe it",
            keys: &[],
            rule: CXONE_RULE,
        },
        Self {
            platform: "oauth2",
            profile: "standard",
            title: "Any OAuth 2.0 server with the client-credentials grant",
            keys: &[TOKEN_URL, API_URL],
            rule: "GET /api/**",
        },
    ];

    /// The one for `platform` in `profile`; without a profile, the first of the platform.
    #[must_use]
    pub fn find(platform: &str, profile: Option<&str>) -> Option<&'static Self> {
        let fits = |start: &&Self| {
            start.platform == platform && profile.is_none_or(|profile| start.profile == profile)
        };
        Self::ALL.iter().find(fits)
    }

    /// The values that `key` can have; none where there is no list.
    #[must_use]
    pub fn choices(&self, key: &Key) -> Vec<&'static str> {
        match profile(self.platform, self.profile).map(|profile| profile.regions) {
            Some(Regions::Listed(all)) if key.name == REGION.name => all(),
            _ => Vec::new(),
        }
    }
}

const REGION: Key = Key {
    name: "region",
    help: "The region your organisation lives in. A client of one region is unknown in every other.",
    example: "us-east-1",
};

const ORGANIZATION: Key = Key {
    name: "organization",
    help: "The short name of your organisation, as it stands in its addresses.",
    example: "acme",
};

const USERHUB_REGION: Key = Key {
    name: "region",
    help: "The UserHub region of your tenant, as it stands in its address: na1.nice-incontact.com is `na1`.",
    example: "na1",
};

const TOKEN_URL: Key = Key {
    name: "token_url",
    help: "Where tokens are asked for.",
    example: "https://login.example.com/oauth/token",
};

const API_URL: Key = Key {
    name: "api_url",
    help: "Where calls go: scheme and host, no path.",
    example: "https://api.example.com",
};

const GENESYS_RULE: &str = "GET /api/v2/routing/queues/**";
const CXONE_RULE: &str = "GET /inContactAPI/services/*/contacts/completed";
