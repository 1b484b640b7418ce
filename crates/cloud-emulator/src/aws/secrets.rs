//! Secrets Manager: every secret of every region, and what is read of them. The writing operations are in `writes.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::ACCOUNT;
use super::answer::{Refused, required};
use super::keys::Keys;
use super::labels::{CURRENT, Held, Versions};

/// All secrets, by region and name.
#[derive(Debug, Default)]
pub(super) struct Secrets(pub(super) BTreeMap<(String, String), Place>);

/// What a region has under a name.
#[derive(Debug)]
pub(super) enum Place {
    Primary(Secret),
    /// The primary's region, and what it holds if it does not follow.
    Replica(String, Option<Box<Secret>>),
}

#[derive(Clone, Debug)]
pub(super) struct Secret {
    pub(super) suffix: String,
    pub(super) versions: Versions,
    pub(super) key: Option<String>,
    pub(super) replicas: Vec<String>,
    pub(super) created: f64,
    pub(super) deleted: Option<f64>,
    pub(super) rotates: bool,
}

/// A number of its own and the time.
pub(super) type Stamp = (u64, SystemTime);

impl Secrets {
    pub(super) fn freeze(&mut self, region: &str, name: &str) {
        let held = self.seen(region, name).cloned();
        if let (Some(Place::Replica(_, frozen)), Some(held)) = (self.0.get_mut(&at(region, name)), held) {
            *frozen = Some(Box::new(held));
        }
    }

    pub(super) fn thaw(&mut self, region: &str, name: &str) {
        if let Some(Place::Replica(_, frozen)) = self.0.get_mut(&at(region, name)) {
            *frozen = None;
        }
    }

    pub(super) fn labels(&self, region: &str, name: &str) -> BTreeMap<String, BTreeSet<String>> {
        let versions = self.seen(region, name).map(|secret| secret.versions.0.clone()).unwrap_or_default();
        versions.into_iter().map(|(id, version)| (id, version.labels)).collect()
    }

    pub(super) fn answer(
        &mut self,
        keys: &Keys,
        region: &str,
        operation: &str,
        asked: &Value,
        stamp: Stamp,
    ) -> Result<Value, Refused> {
        match operation {
            "CreateSecret" => self.create(region, asked, stamp),
            "ListSecrets" => self.list(region, asked),
            _ => {
                let name = self.named(region, required(asked, "SecretId")?)?;
                match operation {
                    "GetSecretValue" => self.get(keys, region, &name, asked),
                    "DescribeSecret" => self.describe(region, &name),
                    "ListSecretVersionIds" => self.list_versions(region, &name, asked),
                    _ => self.write(region, &name, (operation, asked), stamp),
                }
            }
        }
    }

    fn get(&self, keys: &Keys, region: &str, name: &str, asked: &Value) -> Result<Value, Refused> {
        let secret = self.seen(region, name).ok_or_else(not_found)?;
        if secret.deleted.is_some() {
            return Err(marked_for_deletion());
        }
        let (id, label) = (asked["VersionId"].as_str(), asked["VersionStage"].as_str());
        let found = match id {
            Some(id) => secret.versions.0.get_key_value(id).ok_or_else(|| {
                let message =
                    format!("Secrets Manager can't find the specified secret value for VersionId: {id}");
                Refused::new("ResourceNotFoundException", message)
            })?,
            None => {
                let label = label.unwrap_or(CURRENT);
                secret.versions.at(label).ok_or_else(|| {
                    let message = format!(
                        "Secrets Manager can't find the specified secret value for staging label: {label}"
                    );
                    Refused::new("ResourceNotFoundException", message)
                })?
            }
        };
        if id.is_some() && label.is_some_and(|label| !found.1.labels.contains(label)) {
            let message = "You provided a VersionStage that is not associated to the provided VersionId.";
            return Err(Refused::new("InvalidRequestException", message));
        }
        if !keys.opens(secret.key.as_deref()) {
            let message =
                "Secrets Manager can't decrypt the protected secret text using the provided KMS key.";
            return Err(Refused::new("DecryptionFailure", message));
        }
        let mut answer = identified(region, name, secret);
        answer["VersionId"] = json!(found.0);
        answer["VersionStages"] = json!(found.1.labels);
        answer["CreatedDate"] = json!(found.1.created);
        match &found.1.held {
            Held::Text(text) => answer["SecretString"] = json!(text),
            Held::Binary(bytes) => answer["SecretBinary"] = json!(bytes),
            Held::Nothing => {
                let message = "Secrets Manager can't find the specified secret value.";
                return Err(Refused::new("ResourceNotFoundException", message));
            }
        }
        Ok(answer)
    }

    fn describe(&self, region: &str, name: &str) -> Result<Value, Refused> {
        let secret = self.seen(region, name).ok_or_else(not_found)?;
        let mut answer = identified(region, name, secret);
        answer["CreatedDate"] = json!(secret.created);
        answer["LastChangedDate"] = json!(secret.created);
        if secret.rotates {
            answer["RotationEnabled"] = json!(true);
        }
        if let Some(deleted) = secret.deleted {
            answer["DeletedDate"] = json!(deleted);
        }
        let labelled = labelled(secret);
        if !labelled.is_empty() {
            answer["VersionIdsToStages"] = Value::Object(labelled);
        }
        match self.0.get(&at(region, name)) {
            Some(Place::Replica(primary, _)) => answer["PrimaryRegion"] = json!(primary),
            _ if !secret.replicas.is_empty() => {
                answer["PrimaryRegion"] = json!(region);
                answer["ReplicationStatus"] = self.statuses(name, secret);
            }
            _ => {}
        }
        Ok(answer)
    }

    fn list(&self, region: &str, asked: &Value) -> Result<Value, Refused> {
        let size = page_size(asked)?;
        let planned = asked["IncludePlannedDeletion"].as_bool().unwrap_or_default();
        let after = asked["NextToken"].as_str();
        let mine = self.0.keys().filter(|(of, _)| of == region).map(|(_, name)| name);
        let mut entries = Vec::new();
        let mut more = None;
        for name in mine.filter(|name| after.is_none_or(|after| name.as_str() > after)) {
            let Some(secret) = self.seen(region, name).filter(|secret| planned || secret.deleted.is_none())
            else {
                continue;
            };
            if entries.len() == size {
                break;
            }
            let mut entry = identified(region, name, secret);
            entry["SecretVersionsToStages"] = Value::Object(labelled(secret));
            entry["CreatedDate"] = json!(secret.created);
            entries.push(entry);
            more = Some(name);
        }
        let full = entries.len() == size;
        let mut answer = json!({ "SecretList": entries });
        if let Some(last) = more.filter(|_| full) {
            answer["NextToken"] = json!(last);
        }
        Ok(answer)
    }

    fn list_versions(&self, region: &str, name: &str, asked: &Value) -> Result<Value, Refused> {
        page_size(asked)?;
        let secret = self.seen(region, name).ok_or_else(not_found)?;
        let all = asked["IncludeDeprecated"].as_bool().unwrap_or_default();
        let versions = secret.versions.0.iter().filter(|(_, version)| all || !version.labels.is_empty());
        let entry = |(id, version): (&String, &super::labels::Version)| json!({ "VersionId": id, "VersionStages": version.labels, "CreatedDate": version.created });
        let mut answer = identified(region, name, secret);
        answer["Versions"] = versions.map(entry).collect();
        Ok(answer)
    }

    /// What `region` holds under `name`.
    pub(super) fn seen(&self, region: &str, name: &str) -> Option<&Secret> {
        match self.0.get(&at(region, name))? {
            Place::Primary(secret) => Some(secret),
            Place::Replica(_, Some(frozen)) => Some(frozen),
            Place::Replica(primary, None) => match self.0.get(&at(primary, name))? {
                Place::Primary(secret) => Some(secret),
                Place::Replica(..) => None,
            },
        }
    }

    /// The name behind a name or an ARN, which may lack AWS's six characters.
    fn named(&self, region: &str, id: &str) -> Result<String, Refused> {
        let start = format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:");
        let mine = self.0.keys().filter(|(of, _)| of == region).map(|(_, name)| name);
        let is = |name: &&String| match id.strip_prefix(&start) {
            Some(rest) => {
                rest == *name
                    || self
                        .seen(region, name)
                        .is_some_and(|secret| rest == format!("{name}-{}", secret.suffix))
            }
            None => id == *name,
        };
        mine.into_iter().find(is).cloned().ok_or_else(not_found)
    }
}

pub(super) fn at(region: &str, name: &str) -> (String, String) {
    (region.to_owned(), name.to_owned())
}

pub(super) fn arn(region: &str, name: &str, secret: &Secret) -> String {
    format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}-{}", secret.suffix)
}

pub(super) fn identified(region: &str, name: &str, secret: &Secret) -> Value {
    json!({ "ARN": arn(region, name, secret), "Name": name })
}

fn labelled(secret: &Secret) -> Map<String, Value> {
    let versions = secret.versions.0.iter().filter(|(_, version)| !version.labels.is_empty());
    versions.map(|(id, version)| (id.clone(), json!(version.labels))).collect()
}

fn page_size(asked: &Value) -> Result<usize, Refused> {
    let size = asked["MaxResults"].as_u64().unwrap_or(100);
    let fine = usize::try_from(size).ok().filter(|size| (1..=100).contains(size));
    fine.ok_or_else(|| Refused::new("ValidationException", "MaxResults must be between 1 and 100"))
}

pub(super) fn seconds(now: SystemTime) -> f64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

pub(super) fn not_found() -> Refused {
    Refused::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

pub(super) fn marked_for_deletion() -> Refused {
    let message = "You can't perform this operation on the secret because it was marked for deletion.";
    Refused::new("InvalidRequestException", message)
}
