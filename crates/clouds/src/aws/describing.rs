//! Secrets Manager as a store: what is told of secrets without their values.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::ReplicationStatusType;
use hallpass_core::{EntryInfo, EntryName, Fault, FaultCode, Version};

use super::client::Opened;
use super::faults::{Asked, of_sdk};
use super::stages::Stages;
use super::store::{SecretsManager, unusable};

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
    /// In which regions `entry` is kept. Needs `secretsmanager:DescribeSecret`.
    ///
    /// # Errors
    /// `entry-not-found`; `store-*` when AWS could not be asked.
    pub async fn replication(&self, entry: &EntryName) -> Result<Replication, Fault> {
        let opened = self.opened().await?;
        let described = describe(opened, entry).await?;
        let here = region_of(&described, &opened.region);
        let replica = |status: &ReplicationStatusType| Replica {
            region: status.region().unwrap_or_default().to_owned(),
            in_sync: status.status().is_some_and(|status| status.as_str() == "InSync"),
        };
        Ok(Replication {
            primary: described.primary_region().unwrap_or(here).to_owned(),
            replicas: described.replication_status().iter().map(replica).collect(),
        })
    }

    pub(super) async fn info(&self, entry: &EntryName) -> Result<EntryInfo, Fault> {
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
    pub(super) async fn all(&self) -> Result<Vec<EntryInfo>, Fault> {
        let opened = self.opened().await?;
        let (mut found, mut dates) = (Vec::new(), true);
        for (name, stages) in self.listed(opened).await? {
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
        Ok(found)
    }

    /// What secrets are called.
    pub(super) async fn all_names(&self) -> Result<Vec<EntryName>, Fault> {
        let opened = self.opened().await?;
        Ok(self.listed(opened).await?.into_iter().map(|(name, _)| name).collect())
    }

    /// What the list alone says, by name.
    async fn listed(&self, opened: &Opened<Client>) -> Result<Vec<(EntryName, Stages)>, Fault> {
        let subject = "the list of secrets".to_owned();
        let asked = Asked { permission: "secretsmanager:ListSecrets", subject, region: &opened.region };
        let (mut found, mut next) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let request = opened.client.list_secrets().max_results(PAGE).set_next_token(next.take());
            let page = request.send().await.map_err(|error| of_sdk(&asked, &error))?;
            for secret in page.secret_list.unwrap_or_default() {
                let stages = Stages::of(&secret.secret_versions_to_stages.unwrap_or_default());
                // What no entry can be called, and what holds nothing, is not an entry.
                let Some(Ok(name)) = secret.name.map(|name| name.parse::<EntryName>()) else { continue };
                if !stages.is_empty() {
                    found.push((name, stages));
                }
            }
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() {
                found.sort_by(|one: &(EntryName, _), other| one.0.cmp(&other.0));
                return Ok(found);
            }
        }
        Err(unusable(&asked, "that does not end"))
    }
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

/// The most that ListSecrets and ListSecretVersionIds give at once (API reference).
const PAGE: i32 = 100;

/// Half a million secrets are AWS's own limit for a region (user guide, "Quotas"); who sends more pages than that does not end.
const MOST_PAGES: usize = 5_000;
