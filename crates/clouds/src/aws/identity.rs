//! Who this process is to AWS: the places where a function, a container, a host and a laptop keep their credentials.
//!
//! ```text
//!   variables ──▶ profile files ──▶ web identity (EKS) ──▶ container endpoint (ECS, EKS pods) ──▶ instance metadata (EC2)
//! ```
//!
//! The order is that of AWS's own chain (AWS SDKs and Tools Reference, "Standardized credential providers"). It is put together here
//! because the SDK's ready-made chain reads the environment where we hand it in, and gives the metadata service more time than we have.

use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_secretsmanager::config::SharedHttpClient;
use hallpass_core::sync::Arc;

/// Looks a variable of the environment up by its name.
pub type Variables = Arc<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

/// Where credentials may come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// The whole chain. What stands behind the variables is read by the SDK itself, from the process's own environment and home.
    #[default]
    Chain,
    /// Only `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`: no file is read and no metadata service is asked.
    VariablesOnly,
}

/// The chain of credentials.
pub(crate) fn credentials(
    identity: Identity,
    variables: &Variables,
    region: Region,
    http: SharedHttpClient,
) -> SharedCredentialsProvider {
    let keys = Keys(Arc::clone(variables));
    if identity == Identity::VariablesOnly {
        return SharedCredentialsProvider::new(keys);
    }
    let surroundings = surroundings(http).with_region(Some(region));
    let chain = CredentialsProviderChain::first_try("Variables", keys)
        .or_else("Profile", ProfileFileCredentialsProvider::builder().configure(&surroundings).build())
        .or_else(
            "WebIdentity",
            WebIdentityTokenCredentialsProvider::builder().configure(&surroundings).build(),
        )
        .or_else("Container", EcsCredentialsProvider::builder().configure(&surroundings).build());
    if metadata_disabled(variables) {
        return SharedCredentialsProvider::new(chain);
    }
    let instance =
        ImdsCredentialsProvider::builder().configure(&surroundings).imds_client(metadata(&surroundings));
    SharedCredentialsProvider::new(chain.or_else("Instance", instance.build()))
}

/// The region, if the reference does not say it: from the variables, then from where the chain of credentials looks.
pub(crate) async fn region(
    identity: Identity,
    variables: &Variables,
    http: SharedHttpClient,
) -> Option<Region> {
    if let Some(region) = region_in(variables) {
        return Some(Region::new(region));
    }
    if identity == Identity::VariablesOnly {
        return None;
    }
    let surroundings = surroundings(http);
    let chain =
        RegionProviderChain::first_try(ProfileFileRegionProvider::builder().configure(&surroundings).build());
    if metadata_disabled(variables) {
        return chain.region().await;
    }
    let instance =
        ImdsRegionProvider::builder().configure(&surroundings).imds_client(metadata(&surroundings));
    chain.or_else(instance.build()).region().await
}

/// The region that the variables name.
pub(crate) fn region_in(variables: &Variables) -> Option<String> {
    // Lambda sets both; elsewhere AWS_REGION is the stronger one (AWS SDKs and Tools Reference, "AWS Region").
    text(variables, "AWS_REGION").or_else(|| text(variables, "AWS_DEFAULT_REGION"))
}

/// A variable that is set, not empty, and text.
pub(crate) fn text(variables: &Variables, name: &str) -> Option<String> {
    variables(name)?.into_string().ok().filter(|value| !value.is_empty())
}

fn surroundings(http: SharedHttpClient) -> ProviderConfig {
    ProviderConfig::without_region()
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_http_client(http)
}

/// `AWS_EC2_METADATA_DISABLED=true`: outside EC2 the address of the metadata service may lead anywhere, or nowhere for a long time.
fn metadata_disabled(variables: &Variables) -> bool {
    text(variables, "AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn metadata(surroundings: &ProviderConfig) -> imds::Client {
    imds::Client::builder()
        .configure(surroundings)
        .connect_timeout(METADATA_CONNECT_WITHIN)
        .read_timeout(METADATA_ANSWER_WITHIN)
        .max_attempts(METADATA_ATTEMPTS)
        .build()
}

/// The metadata service is on the host itself, at a link-local address. Who does not answer a connection within this is not there; the
/// SDK's own second, four times over, would use up the whole time of a read on a machine outside EC2.
const METADATA_CONNECT_WITHIN: Duration = Duration::from_millis(300);

/// As the SDK has it: under load the service takes its time to answer.
const METADATA_ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// One more than once: a token that ran out between two requests is answered with 401 and fetched anew.
const METADATA_ATTEMPTS: u32 = 2;

/// The keys in the variables, as Lambda sets them.
struct Keys(Variables);

impl Keys {
    fn read(&self) -> provider::Result {
        let key = |name| text(&self.0, name);
        let (Some(id), Some(secret)) = (key("AWS_ACCESS_KEY_ID"), key("AWS_SECRET_ACCESS_KEY")) else {
            return Err(CredentialsError::not_loaded_no_source());
        };
        Ok(Credentials::new(id, secret, key("AWS_SESSION_TOKEN"), None, "variables"))
    }
}

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(self.read())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

#[cfg(test)]
mod tests {
    use super::{Arc, Keys, OsString, Variables, metadata_disabled, region_in};

    fn set(pairs: &'static [(&str, &str)]) -> Variables {
        Arc::new(|name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn both_keys_make_an_identity_and_one_does_not() {
        let whole = set(&[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "key")]);
        assert_eq!(Keys(whole).read().unwrap().access_key_id(), "AKID");
        for half in [
            set(&[("AWS_ACCESS_KEY_ID", "AKID")]),
            set(&[("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "")]),
        ] {
            assert!(Keys(half).read().is_err());
        }
    }

    #[test]
    fn the_stronger_variable_names_the_region() {
        assert_eq!(
            region_in(&set(&[("AWS_DEFAULT_REGION", "b"), ("AWS_REGION", "a")])).as_deref(),
            Some("a")
        );
        assert_eq!(region_in(&set(&[("AWS_DEFAULT_REGION", "b"), ("AWS_REGION", "")])).as_deref(), Some("b"));
        assert_eq!(region_in(&set(&[])), None);
    }

    #[test]
    fn the_metadata_service_can_be_switched_off() {
        assert!(metadata_disabled(&set(&[("AWS_EC2_METADATA_DISABLED", "TRUE")])));
        assert!(!metadata_disabled(&set(&[("AWS_EC2_METADATA_DISABLED", "0")])));
        assert!(!metadata_disabled(&set(&[])));
    }
}
