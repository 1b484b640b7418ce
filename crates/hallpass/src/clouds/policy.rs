//! What has to be granted in a cloud for the references of one identity.

use hallpass_core::Fault;
use hallpass_stores::Reference;
#[cfg(any(feature = "aws", feature = "azure", feature = "gcp"))]
use hallpass_stores::Scheme;

use super::{Variables, not_built_in};

/// What an identity does with the secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It reads them: a running function.
    Read,
    /// It replaces them as well: whoever stores and rotates.
    Write,
    /// It keeps the documents of rotations there: whoever rotates.
    Document,
}

/// The least that has to be granted for `reference`, as the cloud wants it said; `None` for what needs nothing granted: files, variables, an
/// extension that has the function's own rights.
///
/// # Errors
/// `configuration-invalid` where this build lacks that cloud; `reference-malformed` for names that the cloud does not accept.
#[cfg_attr(
    not(all(feature = "aws", feature = "azure", feature = "gcp")),
    allow(unused_variables, reason = "what a missing cloud would need")
)]
pub fn policy(
    reference: &Reference,
    purpose: Purpose,
    variables: &Variables,
) -> Result<Option<String>, Fault> {
    match reference.scheme {
        #[cfg(feature = "aws")]
        Scheme::AwsSm | Scheme::AwsKmsEnv => Ok(Some(aws(reference, purpose, variables))),
        #[cfg(feature = "azure")]
        Scheme::AzureKv | Scheme::AzureAppconfig => azure(reference, purpose).map(Some),
        #[cfg(feature = "gcp")]
        Scheme::GcpSm => gcp(reference, purpose).map(Some),
        scheme if super::is_built_in(scheme) => Ok(None),
        scheme => Err(not_built_in(scheme)),
    }
}

/// The least that has to be granted to bring a secret into the variable of a Lambda function, in `region` or that of the surroundings.
#[cfg(feature = "aws")]
#[must_use]
pub fn publishing(target: &super::FunctionTarget, region: Option<&str>, variables: &Variables) -> String {
    let region = region_of(region, variables);
    let partition = partition(&region);
    let grounds = hallpass_clouds::aws::Grounds {
        partition,
        region: &region,
        account: None,
        entries: &[],
        key: None,
        function: None,
    };
    hallpass_clouds::aws::publishing(target, &grounds)
}

#[cfg(feature = "aws")]
fn said(variables: &Variables, name: &str) -> Option<String> {
    variables(name)?.into_string().ok().filter(|value| !value.is_empty())
}

#[cfg(feature = "aws")]
fn region_of(named: Option<&str>, variables: &Variables) -> String {
    let region = named.map(str::to_owned).or_else(|| said(variables, "AWS_REGION"));
    region.unwrap_or_else(|| "REGION".to_owned())
}

#[cfg(feature = "aws")]
fn partition(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

#[cfg(feature = "aws")]
fn aws(reference: &Reference, purpose: Purpose, variables: &Variables) -> String {
    use hallpass_clouds::aws::{Grounds, Use, policy};
    let region = region_of(reference.options.region.as_deref(), variables);
    let function = said(variables, "AWS_LAMBDA_FUNCTION_NAME");
    let partition = partition(&region);
    let grounds = Grounds {
        partition,
        region: &region,
        account: None,
        entries: &[reference.entry.as_str()],
        key: None,
        function: function.as_deref(),
    };
    let use_ = match (reference.scheme, purpose) {
        (Scheme::AwsKmsEnv, _) => Use::DecryptVariables,
        (_, Purpose::Read) => Use::Read,
        (_, Purpose::Write | Purpose::Document) => Use::Write,
    };
    policy(use_, &grounds)
}

#[cfg(feature = "azure")]
fn azure(reference: &Reference, purpose: Purpose) -> Result<String, Fault> {
    use hallpass_clouds::azure::policy;
    let house = reference.house.as_deref().unwrap_or_default().trim_start_matches("https://");
    match (reference.scheme, purpose) {
        (Scheme::AzureAppconfig, Purpose::Document) => policy::writing_configuration(house),
        (Scheme::AzureAppconfig, _) => policy::reading_configuration(house),
        (_, Purpose::Read) => policy::reading(house, &reference.entry),
        (_, Purpose::Write | Purpose::Document) => policy::writing(house, &reference.entry),
    }
}

#[cfg(feature = "gcp")]
fn gcp(reference: &Reference, purpose: Purpose) -> Result<String, Fault> {
    use hallpass_clouds::gcp::{reader_policy, writer_policy};
    let (place, entries) = (super::gcp::place(reference)?, [reference.entry.clone()]);
    Ok(match purpose {
        Purpose::Read => reader_policy(&place, &entries, MEMBER),
        Purpose::Write | Purpose::Document => writer_policy(&place, &entries, MEMBER),
    })
}

/// To be replaced by whoever runs the commands.
#[cfg(feature = "gcp")]
const MEMBER: &str = "\"serviceAccount:$SERVICE_ACCOUNT\"";
