//! Secrets Manager: the operations that change something.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::{Refused, required};
use super::labels::{Held, Versions};
use super::secrets::{
    Place, Secret, Secrets, Stamp, arn, at, identified, marked_for_deletion, not_found, seconds,
};

impl Secrets {
    pub(super) fn write(
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
            "RotateSecret" => {
                let id = token(asked, stamp)?;
                secret.versions.make_room(&id, seconds(stamp.1))?;
                secret.rotates = true;
                answer["VersionId"] = json!(id);
            }
            "CancelRotateSecret" => secret.rotates = false,
            "RestoreSecret" => secret.deleted = None,
            "DeleteSecret" => return self.delete(region, name, asked, stamp),
            "ReplicateSecretToRegions" => return self.replicate(region, name, asked),
            _ => return Err(Refused::new("UnknownOperationException", "")),
        }
        Ok(answer)
    }

    pub(super) fn create(&mut self, region: &str, asked: &Value, stamp: Stamp) -> Result<Value, Refused> {
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
            let secret = Secret {
                suffix,
                versions,
                key,
                replicas: Vec::new(),
                created: now,
                deleted: None,
                rotates: false,
            };
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

    pub(super) fn statuses(&self, name: &str, secret: &Secret) -> Value {
        let status = |other: &String| {
            let follows = matches!(self.0.get(&at(other, name)), Some(Place::Replica(_, None)));
            let status = if follows { "InSync" } else { "InProgress" };
            json!({ "Region": other, "KmsKeyId": "alias/aws/secretsmanager", "Status": status })
        };
        secret.replicas.iter().map(status).collect()
    }
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
        (None, Some(bytes)) => match STANDARD.decode(bytes) {
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

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}
