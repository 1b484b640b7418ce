//! Secrets Manager as a store: reading. What is told without values is in `describing.rs`, what is written in `writing.rs`.

use std::fmt;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use hallpass_core::{
    BoxFuture, CompareAndSet, EntryInfo, EntryName, Fault, FaultCode, Secret, Stage, Store, StoreTraits,
    StoredSecret, Version,
};

use super::client::{Lazily, OnlyBrokenOrSkewed, Opened, Settings};
use super::faults::{Asked, of_sdk};
use super::stages;

/// AWS Secrets Manager in one region.
///
/// An entry is the name or the ARN of a secret, a version is AWS's version id. A read is one request, GetSecretValue; a write asks
/// DescribeSecret first. Every request ends after [`Settings::within`] at the latest. Reads go to whatever the region has,
/// which is a replica if the secret's primary region is another; writes are refused there.
pub struct SecretsManager {
    pub(super) lazily: Lazily<Client>,
}

impl SecretsManager {
    /// A store that is opened at its first use. This does no I/O and cannot fail; what is wrong with the settings is said by the first read.
    #[must_use]
    pub fn open(settings: Settings) -> Self {
        Self { lazily: Lazily::new(settings) }
    }

    pub(super) async fn opened(&self) -> Result<&Opened<Client>, Fault> {
        self.lazily.get(build).await
    }

    async fn value(&self, entry: &EntryName, stage: Stage) -> Result<StoredSecret, Fault> {
        let opened = self.opened().await?;
        let request =
            opened.client.get_secret_value().secret_id(entry.as_str()).version_stage(stages::label(stage));
        let subject = format!("`{entry}` at {}", stages::label(stage));
        let asked = Asked { permission: "secretsmanager:GetSecretValue", subject, region: &opened.region };
        let answer = request.send().await.map_err(|error| of_sdk(&asked, &error))?;
        let Some(version) = answer.version_id else { return Err(unusable(&asked, "without a version")) };
        if !stages::is_at(stage, &version, answer.version_stages.as_deref().unwrap_or_default()) {
            return Err(Fault::new(
                FaultCode::EntryNotFound,
                format!("{}: nothing is stored there", asked.subject),
            ));
        }
        let value = match (answer.secret_string, answer.secret_binary) {
            (Some(text), _) => Secret::from(text),
            (None, Some(bytes)) => Secret::new(bytes.into_inner()),
            (None, None) => return Err(unusable(&asked, "without a value")),
        };
        Ok(StoredSecret { value, version: Version::new(&version) })
    }
}

impl Store for SecretsManager {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "aws-sm", writable: true, compare_and_set: CompareAndSet::Own }
    }

    fn place(&self) -> Option<&str> {
        self.lazily.region()
    }

    fn connect(&self) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(self.lazily.connect(build))
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(self.value(entry, stage))
    }

    /// Every secret of account and region that holds a value: AWS does not know which of them are hallpass's. Those scheduled for deletion
    /// are left out.
    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(self.all())
    }

    /// ListSecrets, a hundred to a page.
    fn names(&self) -> BoxFuture<'_, Result<Option<Vec<EntryName>>, Fault>> {
        Box::pin(async move { self.all_names().await.map(Some) })
    }

    /// DescribeSecret, and ListSecretVersionIds for the date, which is left out where that is not permitted.
    fn describe<'a>(&'a self, entry: &'a EntryName) -> BoxFuture<'a, Result<EntryInfo, Fault>> {
        Box::pin(self.info(entry))
    }

    /// A secret that does not exist is created, with AWS's own key. Two writers at once leave one pending version, the later one's. The value a
    /// later put replaces stays at AWS without a label until AWS removes it (user guide, "Secret versions"), readable by its version
    /// id for who may read the secret.
    ///
    /// AWS advises against more than one put in ten minutes, sustained (API reference, PutSecretValue).
    fn put_pending<'a>(
        &'a self,
        entry: &'a EntryName,
        value: Secret,
    ) -> BoxFuture<'a, Result<Version, Fault>> {
        Box::pin(self.write_pending(entry, value, None))
    }

    /// AWS compares CURRENT only. A value put between our look at PENDING and the move does not stop the move: it is then pending behind the version
    /// that was promoted, as if it had been put a moment later.
    fn promote<'a>(
        &'a self,
        entry: &'a EntryName,
        pending: &'a Version,
        expected: Option<&'a Version>,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.move_current(entry, pending, expected))
    }

    /// Takes the version's label off. AWS removes what has no label when it sees fit, and until then returns it to who asks for the version id.
    fn discard<'a>(&'a self, entry: &'a EntryName, version: &'a Version) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(self.take_labels(entry, version))
    }
}

impl fmt::Debug for SecretsManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsManager").field("settings", self.lazily.settings()).finish_non_exhaustive()
    }
}

fn build(shared: &SdkConfig, endpoint: Option<&str>) -> Client {
    let mut configuration =
        aws_sdk_secretsmanager::config::Builder::from(shared).retry_classifier(OnlyBrokenOrSkewed);
    if let Some(endpoint) = endpoint {
        configuration = configuration.endpoint_url(endpoint);
    }
    Client::from_conf(configuration.build())
}

pub(super) fn unusable(asked: &Asked<'_>, what: &str) -> Fault {
    Fault::new(FaultCode::StoreAnswerBad, format!("{} in {}: an answer {what}", asked.subject, asked.region))
}
