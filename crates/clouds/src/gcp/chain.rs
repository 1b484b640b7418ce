//! Where an identity comes from: the chain of application default credentials.
//!
//! ```text
//!   GOOGLE_APPLICATION_CREDENTIALS ▸ ~/.config/gcloud/application_default_credentials.json ▸ metadata server
//!     service_account, external_account (workload identity federation),                      GCE_METADATA_HOST
//!     authorized_user, impersonated_service_account
//! ```
//!
//! The order is that of <https://cloud.google.com/docs/authentication/application-default-credentials>. The variables come in as a value.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use google_cloud_auth::credentials::{
    Credentials, external_account, impersonated, mds, service_account, user_account,
};
use serde_json::Value;

use super::identity::What;

/// Where a token is to come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A file of credentials.
    File(PathBuf),
    /// The metadata server at this host; `None` is the usual one.
    Metadata(Option<String>),
}

impl Source {
    /// The first link of the chain that holds. A file that is named and not there is not passed over: it is what somebody wanted.
    pub(super) fn choose(
        variables: &(dyn Fn(&str) -> Option<OsString> + Send + Sync),
        is_file: impl Fn(&PathBuf) -> bool,
    ) -> Self {
        if let Some(path) = variables("GOOGLE_APPLICATION_CREDENTIALS").filter(|path| !path.is_empty()) {
            return Self::File(path.into());
        }
        let home = variables("HOME").map(|home| PathBuf::from(home).join(".config"));
        let well_known = variables("APPDATA").map(PathBuf::from).into_iter().chain(home);
        let mut well_known = well_known.map(|root| root.join("gcloud/application_default_credentials.json"));
        match well_known.find(is_file) {
            Some(path) => Self::File(path),
            None => Self::Metadata(variables("GCE_METADATA_HOST").and_then(|host| host.into_string().ok())),
        }
    }

    /// The SDK's credentials. Building them starts its task, which asks for a token at once, so it needs a runtime.
    pub(super) fn credentials(&self) -> Result<Credentials, What> {
        match self {
            Self::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|_| What::FileUnreadable)?;
                from_file(serde_json::from_str(&text).map_err(|_| What::FileNoJson)?)
            }
            Self::Metadata(host) => {
                let builder = mds::Builder::default().with_scopes([SCOPE]);
                let builder = match host {
                    Some(host) => builder.with_endpoint(format!("http://{host}")),
                    None => builder,
                };
                builder.build().map_err(|_| What::Incomplete)
            }
        }
    }
}

fn from_file(json: Value) -> Result<Credentials, What> {
    let built = match json["type"].as_str().unwrap_or_default() {
        "service_account" => {
            let scopes = service_account::AccessSpecifier::from_scopes([SCOPE]);
            service_account::Builder::new(json).with_access_specifier(scopes).build()
        }
        "external_account" => external_account::Builder::new(json).with_scopes([SCOPE]).build(),
        "authorized_user" => user_account::Builder::new(json).with_scopes([SCOPE]).build(),
        "impersonated_service_account" => impersonated::Builder::new(json).with_scopes([SCOPE]).build(),
        _ => return Err(What::TypeUnknown),
    };
    // The SDK's own words may quote the file.
    built.map_err(|_| What::Incomplete)
}

/// The one scope Secret Manager takes: "Requires the following OAuth scope"
/// (<https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access>).
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "the credentials file {}", path.display()),
            Self::Metadata(Some(host)) => write!(f, "the metadata server at {host}"),
            Self::Metadata(None) => f.write_str("the metadata server"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::Source;

    fn chosen(variables: &[(&str, &str)], file: bool) -> Source {
        let look = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        // What is borrowed here is only lent for the call.
        let owned: Vec<(String, OsString)> =
            variables.iter().filter_map(|(name, _)| Some(((*name).to_owned(), look(name)?))).collect();
        let look =
            move |name: &str| owned.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        Source::choose(&look, |_| file)
    }

    #[test]
    fn the_chain_is_a_named_file_then_the_well_known_file_then_the_metadata_server() {
        let all = [
            ("GOOGLE_APPLICATION_CREDENTIALS", "/run/key.json"),
            ("HOME", "/home/u"),
            ("GCE_METADATA_HOST", "127.0.0.1:1"),
        ];
        assert_eq!(chosen(&all, true), Source::File("/run/key.json".into()));
        assert_eq!(chosen(&all, false), Source::File("/run/key.json".into()), "named, so not passed over");
        let well_known = PathBuf::from("/home/u/.config/gcloud/application_default_credentials.json");
        assert_eq!(chosen(&all[1..], true), Source::File(well_known));
        assert_eq!(chosen(&all[1..], false), Source::Metadata(Some("127.0.0.1:1".to_owned())));
        assert_eq!(chosen(&[("GOOGLE_APPLICATION_CREDENTIALS", "")], false), Source::Metadata(None));
    }
}
