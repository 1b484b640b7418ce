//! Secrets Manager as a store: reading. What is written is in `writing.rs`.

use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use hallpass_core::{
    BoxFuture, EntryInfo, EntryName, Fault, FaultCode, Secret, Stage, Store, StoreTraits, StoredSecret,
    Version,
};

use super::client::{Lazily, OnlyBrokenOrSkewed, Opened, Settings};
use super::faults::{Asked, of_sdk};
use super::stages::{self, Stages};

/// AWS Secrets Manager in one region.
///
/// An entry is the name or the ARN of a secret, a version is AWS's version id. A read is one request, GetSecretValue; a write asks
/// DescribeSecret first. Every request ends after [`Settings::within`] at the latest. Reads go to whatever the region has,
/// which is a replica if the secret's primary region is another; writes are refused there.
pub struct SecretsManager {
    pub(super) lazily: Lazily<Client>,
}

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replication {
    /// The region that takes writes.
    pub primary: String,
    /// The regions that follow it, in the order AWS lists them. Only the primary knows them.
    pub replicas: Vec<Replica>,
}

/// A copy of a secret in another region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// Its region.
    pub region: String,
    /// Whether AWS says that it holds what the primary holds.
    pub in_sync: bool,
}

impl SecretsManager {
    /// A store that is opened at its first use. This does no I/O and cannot fail; what is wrong with the settings is said by the first read.
    #[must_use]
    pub fn open(settings: Settings) -> Self {
        Self { lazily: Lazily::new(settings) }
    }

    /// In which regions `entry` is kept. Needs `secretsmanager:DescribeSecret`.
    ///
    /// # Errors
    /// As [`Store::describe`].
    pub async fn replication(&self, entry: &EntryName) -> Result<Replication, Fault> {
        let opened = self.opened().await?;
        let described = describe(opened, entry).await?;
        let here = region_of(&described, &opened.region);
        let replica = |status: &aws_sdk_secretsmanager::types::ReplicationStatusType| Replica {
            region: status.region().unwrap_or_default().to_owned(),
            in_sync: status.status().is_some_and(|status| status.as_str() == "InSync"),
        };
        Ok(Replication {
            primary: described.primary_region().unwrap_or(here).to_owned(),
            replicas: described.replication_status().iter().map(replica).collect(),
        })
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

    async fn info(&self, entry: &EntryName) -> Result<EntryInfo, Fault> {
        let opened = self.opened().await?;
        let described = describe(opened, entry).await?;
        usable(opened, entry, &described)?;
        let stages = Stages::of(&described.version_ids_to_stages.unwrap_or_default());
        if stages.is_empty() {
            return Err(Fault::new(FaultCode::EntryNotFound, format!("`{entry}`: nothing is stored in it")));
        }
        let written = written(opened, entry, stages.current.as_ref()).await.unwrap_or_default();
        Ok(info_of(entry.clone(), stages, written))
    }

    /// One page of up to a hundred secrets per request, and one request per secret for the date, one after another: AWS allows fifty of
    /// those in a second, and a list is for a person who waits.
    async fn all(&self) -> Result<Vec<EntryInfo>, Fault> {
        let opened = self.opened().await?;
        let subject = "the list of secrets".to_owned();
        let asked = Asked { permission: "secretsmanager:ListSecrets", subject, region: &opened.region };
        let (mut found, mut next, mut dates) = (Vec::new(), None::<String>, true);
        for _ in 0..MOST_PAGES {
            let request = opened.client.list_secrets().max_results(PAGE).set_next_token(next.take());
            let page = request.send().await.map_err(|error| of_sdk(&asked, &error))?;
            for secret in page.secret_list.unwrap_or_default() {
                let stages = Stages::of(&secret.secret_versions_to_stages.unwrap_or_default());
                // What no entry can be called, and what holds nothing, is not an entry.
                let Some(Ok(name)) = secret.name.map(|name| name.parse::<EntryName>()) else { continue };
                if stages.is_empty() {
                    continue;
                }
                let mut date = None;
                if dates {
                    // Who may not ask for one date may ask for none.
                    match written(opened, &name, stages.current.as_ref()).await {
                        Ok(known) => date = known,
                        Err(fault) => dates = fault.code() != FaultCode::StoreDenied,
                    }
                }
                found.push(info_of(name, stages, date));
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                found.sort_by(|one: &EntryInfo, other| one.name.cmp(&other.name));
                return Ok(found);
            }
        }
        Err(unusable(&asked, "that does not end"))
    }
}

impl Store for SecretsManager {
    fn traits(&self) -> StoreTraits {
        StoreTraits { scheme: "aws-sm", writable: true, compare_and_set: true }
    }

    fn place(&self) -> Option<&str> {
        self.lazily.region()
    }

    fn read<'a>(&'a self, entry: &'a EntryName, stage: Stage) -> BoxFuture<'a, Result<StoredSecret, Fault>> {
        Box::pin(self.value(entry, stage))
    }

    /// Every secret of account and region that holds a value: AWS does not know which of them are hallpass's. Those scheduled for deletion
    /// are left out.
    fn list(&self) -> BoxFuture<'_, Result<Vec<EntryInfo>, Fault>> {
        Box::pin(self.all())
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
        Box::pin(self.write_pending(entry, value))
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

pub(super) async fn describe(
    opened: &Opened<Client>,
    entry: &EntryName,
) -> Result<DescribeSecretOutput, Fault> {
    let (permission, subject) = ("secretsmanager:DescribeSecret", format!("`{entry}`"));
    let asked = Asked { permission, subject, region: &opened.region };
    opened
        .client
        .describe_secret()
        .secret_id(entry.as_str())
        .send()
        .await
        .map_err(|error| of_sdk(&asked, &error))
}

/// DescribeSecret also answers for a secret that is on its way out, and nothing else does.
pub(super) fn usable(
    opened: &Opened<Client>,
    entry: &EntryName,
    described: &DescribeSecretOutput,
) -> Result<(), Fault> {
    if described.deleted_date().is_none() {
        return Ok(());
    }
    let detail = format!("`{entry}` in {}: the secret is scheduled for deletion", opened.region);
    Err(Fault::new(FaultCode::StoreVersionUnusable, detail)
        .with_hint("bring it back with `aws secretsmanager restore-secret`, or store it under another name"))
}

/// The region that answered: the ARN's, which is right also where an endpoint of our own stands in for another region.
pub(super) fn region_of<'a>(described: &'a DescribeSecretOutput, here: &'a str) -> &'a str {
    described.arn().and_then(|arn| arn.split(':').nth(3)).unwrap_or(here)
}

/// When the version was made. DescribeSecret says only when anything of the secret was last changed.
async fn written(
    opened: &Opened<Client>,
    entry: &EntryName,
    current: Option<&Version>,
) -> Result<Option<Duration>, Fault> {
    let Some(current) = current else { return Ok(None) };
    let (permission, subject) = ("secretsmanager:ListSecretVersionIds", format!("`{entry}`"));
    let asked = Asked { permission, subject, region: &opened.region };
    let request = opened.client.list_secret_version_ids().secret_id(entry.as_str()).max_results(PAGE);
    let page = request.send().await.map_err(|error| of_sdk(&asked, &error))?;
    let version = page.versions().iter().find(|version| version.version_id() == Some(current.as_str()));
    let date = version.and_then(|version| version.created_date());
    Ok(date.and_then(|date| u64::try_from(date.secs()).ok()).map(Duration::from_secs))
}

fn info_of(name: EntryName, stages: Stages, written: Option<Duration>) -> EntryInfo {
    let Stages { current, previous, pending, .. } = stages;
    EntryInfo { name, current, previous, pending, written }
}

pub(super) fn unusable(asked: &Asked<'_>, what: &str) -> Fault {
    Fault::new(FaultCode::StoreAnswerBad, format!("{} in {}: an answer {what}", asked.subject, asked.region))
}

/// The most that ListSecrets and ListSecretVersionIds give at once (API reference).
const PAGE: i32 = 100;

/// Half a million secrets are AWS's own limit for a region (user guide, "Quotas"); who sends more pages than that does not end.
const MOST_PAGES: usize = 5_000;
