//! Who this process is to Azure: the first link of a chain whose variables are all there.
//!
//! ```text
//!   1  workload identity   AZURE_FEDERATED_TOKEN_FILE + AZURE_TENANT_ID + AZURE_CLIENT_ID     Kubernetes mounts a token
//!   2  App Service         IDENTITY_ENDPOINT + IDENTITY_HEADER                                Functions, App Service, Container Apps
//!   3  client secret       AZURE_CLIENT_SECRET + AZURE_TENANT_ID + AZURE_CLIENT_ID            a laptop, a build machine
//!   4  metadata service    (none)                                                             virtual machines; the last resort
//! ```
//!
//! The most specific link comes first, and a secret in a variable after everything that needs none. The choice is made once, from variables
//! alone: trying one after the other would hide a broken role behind the time-outs of three others.

use std::ffi::OsString;
use std::path::PathBuf;

use hallpass_core::Secret;

/// Where tokens for applications come from, if not the public cloud's authority; must be HTTPS.
pub(super) const AUTHORITY_HOST: &str = "AZURE_AUTHORITY_HOST";

const TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
const ENDPOINT: &str = "IDENTITY_ENDPOINT";
const HEADER: &str = "IDENTITY_HEADER";
/// Microsoft's other libraries read it too: where the metadata service is, if somebody stands in for it.
const METADATA_HOST: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
/// <https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service>
const METADATA: &str = "http://169.254.169.254";

/// A link of the chain with everything it needs.
#[derive(Clone, Debug)]
pub(super) enum Link {
    /// A token of the cluster, in a file that it renews.
    Workload { tenant: String, client: String, file: PathBuf },
    /// The endpoint beside a function or an app. `client` names one of several identities.
    AppService { endpoint: String, header: Secret, client: Option<String> },
    /// An application with a secret.
    ClientSecret { tenant: String, client: String, secret: Secret },
    /// The metadata service of the machine. `client` as above.
    Metadata { endpoint: String, client: Option<String> },
}

/// The link, and why those before it were not taken.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub(super) link: Link,
    pub(super) passed_over: Vec<String>,
}

impl Link {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Workload { .. } => "workload identity",
            Self::AppService { .. } => "the managed identity of App Service",
            Self::ClientSecret { .. } => "the client secret in AZURE_CLIENT_SECRET",
            Self::Metadata { .. } => "the managed identity of the metadata service",
        }
    }
}

impl Chosen {
    /// `identity: NAME (other link: what it lacks; ...)`, for faults.
    pub(super) fn in_words(&self) -> String {
        match &self.passed_over[..] {
            [] => format!("identity: {}", self.link.name()),
            why => format!("identity: {} ({})", self.link.name(), why.join("; ")),
        }
    }
}

/// Chooses. Empty variables count as missing: that is how templates leave them out.
pub(super) fn choose(variables: &dyn Fn(&str) -> Option<OsString>) -> Chosen {
    let text = |name: &str| variables(name)?.into_string().ok().filter(|text| !text.trim().is_empty());
    let mut passed_over = Vec::new();
    let mut lacks = |link: &str, names: &[&str]| {
        let missing: Vec<_> = names.iter().filter(|name| text(name).is_none()).copied().collect();
        passed_over.push(format!("not {link}: {} not set", missing.join(" and ")));
    };
    let (tenant, client) = (text(TENANT), text(CLIENT));
    let link = 'chosen: {
        let file = variables(TOKEN_FILE).filter(|file| !file.is_empty());
        if let (Some(file), Some(tenant), Some(client)) = (file, &tenant, &client) {
            break 'chosen Link::Workload {
                tenant: tenant.clone(),
                client: client.clone(),
                file: file.into(),
            };
        }
        lacks("workload identity", &[TOKEN_FILE, TENANT, CLIENT]);
        if let (Some(endpoint), Some(header)) = (text(ENDPOINT), text(HEADER)) {
            break 'chosen Link::AppService { endpoint, header: header.into(), client };
        }
        lacks("App Service", &[ENDPOINT, HEADER]);
        if let (Some(tenant), Some(client), Some(secret)) = (&tenant, &client, text(CLIENT_SECRET)) {
            let (tenant, client) = (tenant.clone(), client.clone());
            break 'chosen Link::ClientSecret { tenant, client, secret: secret.into() };
        }
        lacks("a client secret", &[CLIENT_SECRET, TENANT, CLIENT]);
        let host = text(METADATA_HOST).unwrap_or_else(|| METADATA.to_owned());
        Link::Metadata { endpoint: format!("{}{METADATA_PATH}", host.trim_end_matches('/')), client }
    };
    Chosen { link, passed_over }
}

/// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#get-a-token-using-http>
const METADATA_PATH: &str = "/metadata/identity/oauth2/token";

#[cfg(test)]
mod tests {
    use super::{Chosen, Link, choose};
    use std::ffi::OsString;

    fn chosen(set: &[(&str, &str)]) -> Chosen {
        choose(&|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value)))
    }

    const APPLICATION: [(&str, &str); 3] =
        [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "canary")];
    const SERVICE: [(&str, &str); 2] =
        [("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi/token"), ("IDENTITY_HEADER", "canary")];

    #[test]
    fn the_first_whole_link_is_taken() {
        let file = [("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token")];
        let all = [&APPLICATION[..], &SERVICE, &file].concat();
        assert!(matches!(chosen(&all).link, Link::Workload { .. }));
        assert!(matches!(chosen(&[&APPLICATION[..], &SERVICE].concat()).link, Link::AppService { .. }));
        assert!(matches!(chosen(&APPLICATION).link, Link::ClientSecret { .. }));
        let Link::Metadata { endpoint, client } = chosen(&[]).link else { panic!("the last resort") };
        assert_eq!(endpoint, "http://169.254.169.254/metadata/identity/oauth2/token");
        assert_eq!(client, None);
    }

    #[test]
    fn half_a_link_is_passed_over_and_said() {
        let half = chosen(&[
            ("AZURE_FEDERATED_TOKEN_FILE", "/f"),
            ("IDENTITY_ENDPOINT", "http://x"),
            ("AZURE_CLIENT_ID", "c"),
        ]);
        assert!(matches!(&half.link, Link::Metadata { client: Some(client), .. } if client == "c"));
        let said = half.in_words();
        for part in
            ["not workload identity: AZURE_TENANT_ID not set", "not App Service: IDENTITY_HEADER not set"]
        {
            assert!(said.contains(part), "{said}");
        }
        assert!(
            said.contains("not a client secret: AZURE_CLIENT_SECRET and AZURE_TENANT_ID not set"),
            "{said}"
        );
    }

    #[test]
    fn an_empty_variable_counts_as_missing() {
        let service = chosen(&[("IDENTITY_ENDPOINT", "http://x"), ("IDENTITY_HEADER", " ")]);
        assert!(matches!(service.link, Link::Metadata { .. }));
    }

    #[test]
    fn no_secret_is_printed() {
        let text = format!("{:?} {:?}", chosen(&APPLICATION), chosen(&SERVICE));
        assert!(!text.contains("canary"), "{text}");
    }
}
