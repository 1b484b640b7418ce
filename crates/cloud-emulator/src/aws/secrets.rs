//! Secrets Manager: every secret of every region, and the operations on them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::ACCOUNT;
use super::answer::{Refused, required};
use super::keys::Keys;
use super::labels::{CURRENT, Held, Versions};

/// All secrets, by region and name.
#[derive(Debug, Default)]
pub(super) struct Secrets(BTreeMap<(String, String), Place>);

/// What a region has under a name.
#[derive(Debug)]
enum Place {
    Primary(Secret),
    /// The primary's region, and what it holds if it does not follow.
    Replica(String, Option<Box<Secret>>),
}

#[derive(Clone, Debug)]
struct Secret {
    suffix: String,
    versions: Versions,
    key: Option<String>,
    replicas: Vec<String>,
    created: f64,
    deleted: Option<f64>,
}

/// A number of its own and the time.
type Stamp = (u64, SystemTime);

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

    fn write(
        &mut self,
        region: &str,
        name: &str,
        (operation, asked): (&str, &Value),
        stamp: Stamp,
    ) -> Result<Value, Refused> {
        let Some(Place::Primary(secret)) = self.0.get_mut(&at(region, name)) else {
            let message =
                "Operation not permitted on a replica secret. Call must be made in primary secret's region.";
            return Err(Refused::new("InvalidParameterException", message));
        };
        if secret.deleted.is_some() && operation != "RestoreSecret" {
            return Err(marked_for_deletion());
        }
        let mut answer = identified(region, name, secret);
        match operation {
            "PutSecretValue" => {
                let held = held(asked)?.ok_or_else(|| {
                    Refused::new(
                        "InvalidParameterException",
                        "You must provide either SecretString or SecretBinary.",
                    )
                })?;
                let id = token(asked, stamp)?;
                let labels: Vec<_> = texts(&asked["VersionStages"]);
                secret.versions.put(&id, held, &labels, seconds(stamp.1))?;
                answer["VersionStages"] = json!(secret.versions.0[&id].labels);
                answer["VersionId"] = json!(id);
            }
            "UpdateSecretVersionStage" => {
                let (from, to) = (asked["RemoveFromVersionId"].as_str(), asked["MoveToVersionId"].as_str());
                secret.versions.relabel(required(asked, "VersionStage")?, from, to)?;
            }
            "RestoreSecret" => secret.deleted = None,
            "DeleteSecret" => return self.delete(region, name, asked, stamp),
            "ReplicateSecretToRegions" => return self.replicate(region, name, asked),
            _ => return Err(Refused::new("UnknownOperationException", "")),
        }
        Ok(answer)
    }

    fn create(&mut self, region: &str, asked: &Value, stamp: Stamp) -> Result<Value, Refused> {
        let name = required(asked, "Name")?;
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@!-".contains(&byte);
        if !(1..=512).contains(&name.len()) || !name.bytes().all(fine) {
            let message = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
            return Err(Refused::new("ValidationException", message));
        }
        let (held, id) = (held(asked)?, token(asked, stamp)?);
        if let Some(existing) = self.seen(region, name) {
            if existing.deleted.is_some() {
                let message = "You can't create this secret because a secret with this name is already scheduled for deletion.";
                return Err(Refused::new("InvalidRequestException", message));
            }
            let same =
                existing.versions.0.get(&id).is_some_and(|version| Some(&version.held) == held.as_ref());
            if !same {
                let message = format!("The operation failed because the secret {name} already exists.");
                return Err(Refused::new("ResourceExistsException", message));
            }
        } else {
            let now = seconds(stamp.1);
            let mut versions = Versions::default();
            if let Some(held) = held.clone() {
                versions.put(&id, held, &[], now)?;
            }
            let key = asked["KmsKeyId"].as_str().map(str::to_owned);
            let suffix = format!("{:06}", stamp.0 % 1_000_000);
            let secret = Secret { suffix, versions, key, replicas: Vec::new(), created: now, deleted: None };
            self.0.insert(at(region, name), Place::Primary(secret));
        }
        let mut answer =
            self.seen(region, name).map(|secret| identified(region, name, secret)).unwrap_or_default();
        if held.is_some() {
            answer["VersionId"] = json!(id);
        }
        if asked["AddReplicaRegions"].is_array() {
            self.replicate(region, name, asked)?;
        }
        Ok(answer)
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
        }
        Ok(answer)
    }

    fn describe(&self, region: &str, name: &str) -> Result<Value, Refused> {
        let secret = self.seen(region, name).ok_or_else(not_found)?;
        let mut answer = identified(region, name, secret);
        answer["CreatedDate"] = json!(secret.created);
        answer["LastChangedDate"] = json!(secret.created);
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

    fn delete(&mut self, region: &str, name: &str, asked: &Value, stamp: Stamp) -> Result<Value, Refused> {
        let window = asked["RecoveryWindowInDays"].as_u64().unwrap_or(30);
        let force = asked["ForceDeleteWithoutRecovery"].as_bool().unwrap_or_default();
        let Some(Place::Primary(secret)) = self.0.get_mut(&at(region, name)) else { return Err(not_found()) };
        let invalid = |message: String| Refused::new("InvalidParameterException", message);
        if !secret.replicas.is_empty() {
            let regions = secret.replicas.join(", ");
            return Err(invalid(format!(
                "You can't delete secret {name} that still has replica regions [{regions}]."
            )));
        }
        if !(7..=30).contains(&window) {
            return Err(invalid(
                "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).".to_owned(),
            ));
        }
        let mut answer = identified(region, name, secret);
        let date = seconds(stamp.1) + if force { 0.0 } else { window as f64 * 86_400.0 };
        secret.deleted = Some(date);
        answer["DeletionDate"] = json!(date);
        if force {
            self.0.remove(&at(region, name));
        }
        Ok(answer)
    }

    fn replicate(&mut self, region: &str, name: &str, asked: &Value) -> Result<Value, Refused> {
        let wanted = asked["AddReplicaRegions"].as_array().cloned().unwrap_or_default();
        let wanted: Vec<_> =
            wanted.iter().filter_map(|one| one["Region"].as_str().map(str::to_owned)).collect();
        if wanted.iter().any(|other| other == region) {
            return Err(Refused::new("InvalidParameterException", "Invalid replica region."));
        }
        for other in &wanted {
            let replica = Place::Replica(region.to_owned(), None);
            self.0.entry(at(other, name)).or_insert(replica);
        }
        let Some(Place::Primary(secret)) = self.0.get_mut(&at(region, name)) else { return Err(not_found()) };
        secret.replicas.extend(wanted);
        let secret = secret.clone();
        let arn = arn(region, name, &secret);
        Ok(json!({ "ARN": arn, "ReplicationStatus": self.statuses(name, &secret) }))
    }

    fn statuses(&self, name: &str, secret: &Secret) -> Value {
        let status = |other: &String| {
            let follows = matches!(self.0.get(&at(other, name)), Some(Place::Replica(_, None)));
            let status = if follows { "InSync" } else { "InProgress" };
            json!({ "Region": other, "KmsKeyId": "alias/aws/secretsmanager", "Status": status })
        };
        secret.replicas.iter().map(status).collect()
    }

    /// What `region` holds under `name`.
    fn seen(&self, region: &str, name: &str) -> Option<&Secret> {
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

fn at(region: &str, name: &str) -> (String, String) {
    (region.to_owned(), name.to_owned())
}

fn arn(region: &str, name: &str, secret: &Secret) -> String {
    format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}-{}", secret.suffix)
}

fn identified(region: &str, name: &str, secret: &Secret) -> Value {
    json!({ "ARN": arn(region, name, secret), "Name": name })
}

fn labelled(secret: &Secret) -> Map<String, Value> {
    let versions = secret.versions.0.iter().filter(|(_, version)| !version.labels.is_empty());
    versions.map(|(id, version)| (id.clone(), json!(version.labels))).collect()
}

fn held(asked: &Value) -> Result<Option<Held>, Refused> {
    let too_long = |length: usize| length == 0 || length > 65_536;
    let refused = |member: &str| {
        let message = format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must have length less than or equal to 65536"
        );
        Err(Refused::new("ValidationException", message))
    };
    match (asked["SecretString"].as_str(), asked["SecretBinary"].as_str()) {
        (Some(_), Some(_)) => Err(Refused::new(
            "InvalidParameterException",
            "You can't specify both a SecretString and SecretBinary.",
        )),
        (Some(text), None) if too_long(text.len()) => refused("secretString"),
        (Some(text), None) => Ok(Some(Held::Text(text.to_owned()))),
        (None, Some(bytes)) => match base64::engine::general_purpose::STANDARD.decode(bytes) {
            Ok(decoded) if !too_long(decoded.len()) => Ok(Some(Held::Binary(bytes.to_owned()))),
            _ => refused("secretBinary"),
        },
        (None, None) => Ok(None),
    }
}

fn token(asked: &Value, stamp: Stamp) -> Result<String, Refused> {
    match asked["ClientRequestToken"].as_str() {
        None => Ok(format!("7e500000-0000-4000-8000-{:012x}", stamp.0)),
        Some(token) if (32..=64).contains(&token.len()) => Ok(token.to_owned()),
        Some(_) => Err(Refused::new(
            "InvalidParameterException",
            "ClientRequestToken must be 32-64 characters long.",
        )),
    }
}

fn page_size(asked: &Value) -> Result<usize, Refused> {
    let size = asked["MaxResults"].as_u64().unwrap_or(100);
    let fine = usize::try_from(size).ok().filter(|size| (1..=100).contains(size));
    fine.ok_or_else(|| Refused::new("ValidationException", "MaxResults must be between 1 and 100"))
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

fn seconds(now: SystemTime) -> f64 {
    now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn not_found() -> Refused {
    Refused::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

fn marked_for_deletion() -> Refused {
    let message = "You can't perform this operation on the secret because it was marked for deletion.";
    Refused::new("InvalidRequestException", message)
}
