//! A copy of a secret in the environment of a Lambda function, for functions that read nothing but their variables.
//!
//! ```text
//!   GetFunctionConfiguration ──▶ settled? ──▶ holds it? ──no──▶ kms:Encrypt ──▶ UpdateFunctionConfiguration(RevisionId) ─▶ again
//!                                                 └──yes──▶ no alias: done
//!                                                           alias: its version holds it? ──no──▶ PublishVersion(RevisionId) ──▶ UpdateAlias(RevisionId)
//! ```
//!
//! The last line is `release.rs`. Nothing is remembered between the calls: each turn looks at what is there. So who was interrupted anywhere, or met somebody else's change, begins again and finds
//! its own work done. A change of configuration makes new sandboxes; those that run go on with what they have, for as long as they live.

use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput as Configuration;
use aws_sdk_lambda::types::{Environment, LastUpdateStatus, State};
use aws_smithy_types::Blob;
use hallpass_core::{Fault, FaultCode, Secret, Sleep};

use super::answers::{Change, compared, of_function, refused};
use super::client::{Lazily, OnlyBrokenOrSkewed, Opened, Settings};
use super::faults::{Asked, of_sdk};
use super::kms_env::{self, CONTEXT};
use super::variable::{self, Variables};

/// Which variable of which function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionTarget {
    /// The function's name or ARN, without a version or alias.
    pub function: Box<str>,
    /// The variable.
    pub variable: Box<str>,
    /// The KMS key that it is encrypted with: an id, an ARN or `alias/NAME`, in the function's region.
    pub key: Box<str>,
    /// The function's alias that is to point to a version with the new value; without one, only what is unpublished (`$LATEST`) changes.
    pub alias: Option<Box<str>>,
}

impl FunctionTarget {
    /// The function's bare name, which is its encryption context.
    #[must_use]
    pub fn name(&self) -> &str {
        self.function.rsplit_once(":function:").map_or(&self.function, |(_, name)| name)
    }
}

/// Brings a secret into a variable of a Lambda function.
pub struct FunctionVariable {
    lambda: Lazily<Client>,
    kms: Lazily<aws_sdk_kms::Client>,
    pub(super) target: FunctionTarget,
}

impl FunctionVariable {
    /// Opens nothing: no I/O.
    #[must_use]
    pub fn open(settings: Settings, target: FunctionTarget) -> Self {
        Self { lambda: Lazily::new(settings.clone()), kms: Lazily::new(settings), target }
    }

    /// Makes the variable hold `value`, of which `what` says fingerprint and version, and the alias point to a version that has it. Doing it twice changes nothing the
    /// second time. A dropped future leaves a function that works, with the old value or the new one; the next call goes on.
    ///
    /// It waits up to forty seconds for the function, by `sleep`.
    ///
    /// # Errors
    /// `publish-refused` for what a person has to see to, `publish-unsettled` where the function goes on being changed, and what AWS says when it cannot be asked.
    pub async fn publish(&self, value: &Secret, what: &str, sleep: &dyn Sleep) -> Result<(), Fault> {
        let opened = self.lambda.get(build).await?;
        for _ in 0..TURNS {
            let latest = self.settled(opened, None, sleep).await?;
            let variables = self.readable(opened, &latest)?;
            let change = if variable::holds(&variables, &self.target.variable, what) {
                self.sound(opened, &latest)?;
                match &self.target.alias {
                    None => return Ok(()),
                    Some(alias) => match self.release(opened, &latest, alias, what, sleep).await? {
                        Change::Made => return Ok(()),
                        lost @ Change::Lost => lost,
                    },
                }
            } else {
                self.update(opened, &latest, variables, value, what).await?
            };
            if matches!(change, Change::Lost) {
                sleep.sleep(POLL).await;
            }
        }
        Err(self.unsettled(opened, "somebody else goes on changing it"))
    }

    /// The configuration of a version, once no change of it is under way.
    pub(super) async fn settled(
        &self,
        opened: &Opened<Client>,
        version: Option<&str>,
        sleep: &dyn Sleep,
    ) -> Result<Configuration, Fault> {
        for _ in 0..POLLS {
            let seen = self.configuration(opened, version).await?;
            let updating = seen.last_update_status() == Some(&LastUpdateStatus::InProgress);
            if !updating && seen.state() != Some(&State::Pending) {
                return Ok(seen);
            }
            sleep.sleep(POLL).await;
        }
        Err(self.unsettled(opened, "a change of it is still under way"))
    }

    pub(super) async fn configuration(
        &self,
        opened: &Opened<Client>,
        version: Option<&str>,
    ) -> Result<Configuration, Fault> {
        let request = opened.client.get_function_configuration().function_name(&*self.target.function);
        let request = request.set_qualifier(version.map(str::to_owned));
        let asked = self.asked("lambda:GetFunctionConfiguration", opened);
        request.send().await.map_err(|error| of_function(&asked, &error))
    }

    /// The variables, unless AWS kept them back: who writes back what it was not shown deletes it.
    pub(super) fn readable(
        &self,
        opened: &Opened<Client>,
        latest: &Configuration,
    ) -> Result<Variables, Fault> {
        if latest.environment().is_some_and(|environment| environment.error().is_some()) {
            let why = "Lambda does not show its variables, so they cannot be kept";
            let hint = "allow kms:Decrypt with the key that the function's configuration names";
            return Err(self.refused(opened, why).with_hint(hint));
        }
        Ok(variable::variables(latest))
    }

    /// Whether the change that brought the variable also took effect.
    fn sound(&self, opened: &Opened<Client>, latest: &Configuration) -> Result<(), Fault> {
        if latest.last_update_status() != Some(&LastUpdateStatus::Failed) {
            return Ok(());
        }
        let reason = latest.last_update_status_reason_code().map_or("no reason", |code| code.as_str());
        Err(self.refused(opened, &format!("Lambda could not put its new configuration into use ({reason})")))
    }

    async fn update(
        &self,
        opened: &Opened<Client>,
        latest: &Configuration,
        variables: Variables,
        value: &Secret,
        what: &str,
    ) -> Result<Change, Fault> {
        let sealed = self.sealed(value).await?;
        let variables = variable::with(variables, &self.target.variable, what, sealed);
        let request = opened.client.update_function_configuration().function_name(&*self.target.function);
        let request = request.environment(Environment::builder().set_variables(Some(variables)).build());
        let request = request.set_revision_id(latest.revision_id().map(str::to_owned));
        let asked = self.asked("lambda:UpdateFunctionConfiguration", opened);
        compared(&asked, request.send().await)
    }

    /// What KMS makes of `value` for this function alone, as Base64.
    async fn sealed(&self, value: &Secret) -> Result<String, Fault> {
        let opened = self.kms.get(kms_env::build).await?;
        let request = opened.client.encrypt().key_id(&*self.target.key);
        let request = request.encryption_context(CONTEXT, self.target.name());
        let request = request.plaintext(Blob::new(value.expose()));
        let subject = format!("the key of `{}` for function `{}`", self.target.variable, self.target.name());
        let asked = Asked { permission: "kms:Encrypt", subject, region: &opened.region };
        let answer = request.send().await.map_err(|error| of_sdk(&asked, &error))?;
        answer.ciphertext_blob().map(aws_smithy_types::base64::encode).ok_or_else(|| {
            Fault::new(
                FaultCode::StoreAnswerBad,
                format!("{}: an answer without a ciphertext", asked.subject),
            )
        })
    }

    pub(super) fn asked<'a>(&self, permission: &'static str, opened: &'a Opened<Client>) -> Asked<'a> {
        let subject = format!("the function `{}`", self.target.name());
        Asked { permission, subject, region: &opened.region }
    }

    pub(super) fn refused(&self, opened: &Opened<Client>, why: &str) -> Fault {
        refused(&self.asked("", opened), why)
    }

    pub(super) fn unsettled(&self, opened: &Opened<Client>, why: &str) -> Fault {
        let Asked { subject, region, .. } = self.asked("", opened);
        Fault::new(FaultCode::PublishUnsettled, format!("{subject} in {region}: {why}"))
            .with_retry_after(POLL)
    }
}

impl fmt::Debug for FunctionVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionVariable").field("target", &self.target).finish_non_exhaustive()
    }
}

fn build(shared: &SdkConfig, endpoint: Option<&str>) -> Client {
    let mut configuration =
        aws_sdk_lambda::config::Builder::from(shared).retry_classifier(OnlyBrokenOrSkewed);
    if let Some(endpoint) = endpoint {
        configuration = configuration.endpoint_url(endpoint);
    }
    Client::from_conf(configuration.build())
}

/// How long it waits before it looks again. A change of configuration takes seconds where the function is in no VPC.
const POLL: Duration = Duration::from_secs(2);

/// How often it looks: forty seconds. Longer than usual, and shorter than the minute by which the lease of a rotation is given up early; the next call goes on waiting.
const POLLS: u32 = 20;

/// How often it begins anew after somebody else's change; its own takes one turn.
const TURNS: u32 = 5;
