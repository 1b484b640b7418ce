//! Secrets Manager as a store: writing. Every write looks first and then moves labels, so that what a dead process left half done is finished by
//! the next who calls.

use aws_sdk_secretsmanager::Client;
use aws_smithy_types::Blob;
use hallpass_core::{EntryName, Fault, FaultCode, Secret, Version};

use super::client::Opened;
use super::describing::{describe, region_of, usable};
use super::faults::{Asked, of_sdk};
use super::stages::{self, CURRENT, PENDING, PLACEHOLDER, PLACEHOLDER_VALUE, Promotion, Stages};
use super::store::{SecretsManager, unusable};

/// What a rotation of Secrets Manager writes under.
#[derive(Clone, Copy)]
pub(super) struct Under<'a> {
    /// The version id, which AWS keeps from being given to two values.
    pub(super) token: &'a str,
    /// What AWS knows the writer by, if the event brought it.
    pub(super) rotation_token: Option<&'a Secret>,
}

impl SecretsManager {
    /// `under`: what a rotation brings; without one the SDK draws a version id.
    pub(super) async fn write_pending(
        &self,
        entry: &EntryName,
        value: Secret,
        under: Option<Under<'_>>,
    ) -> Result<Version, Fault> {
        fits(entry, &value)?;
        let opened = self.opened().await?;
        let seen = match writable(opened, entry).await {
            Err(fault) if fault.code() == FaultCode::EntryNotFound => {
                create(opened, entry, fault).await?;
                writable(opened, entry).await?
            }
            seen => seen?,
        };
        if seen.labelled_current.is_none() {
            // As PENDING: only a first version becomes CURRENT unasked. If somebody puts a first value just now, theirs stays CURRENT.
            let request = opened.client.put_secret_value().client_request_token(PLACEHOLDER);
            let request = request.secret_id(entry.as_str()).secret_string(PLACEHOLDER_VALUE);
            let request = request.version_stages(PENDING);
            request.send().await.map_err(|error| of_sdk(&putting(opened, entry), &error))?;
        }
        // Without a token of ours the SDK draws one per call and keeps it for its own repetition, which AWS then ignores.
        let request = opened.client.put_secret_value().secret_id(entry.as_str()).version_stages(PENDING);
        let request = request.set_client_request_token(under.map(|under| under.token.to_owned()));
        let known_by = under.and_then(|under| under.rotation_token?.expose_str());
        let request = request.set_rotation_token(known_by.map(str::to_owned));
        let request = match as_text(&value) {
            Some(text) => request.secret_string(text),
            None => request.secret_binary(Blob::new(value.expose())),
        };
        drop(value);
        let answer = request.send().await.map_err(|error| of_sdk(&putting(opened, entry), &error))?;
        answer
            .version_id()
            .map(Version::new)
            .ok_or_else(|| unusable(&putting(opened, entry), "without a version"))
    }

    pub(super) async fn move_current(
        &self,
        entry: &EntryName,
        pending: &Version,
        expected: Option<&Version>,
    ) -> Result<(), Fault> {
        let opened = self.opened().await?;
        let seen = writable(opened, entry).await?;
        let untidy = match stages::promotion(&seen, pending, expected) {
            Promotion::Conflict(why) => return Err(conflict(entry, why)),
            Promotion::Done => seen.untidy,
            Promotion::Move(from) => {
                if let Err(fault) = relabel(opened, entry, CURRENT, from.as_deref(), Some(pending)).await {
                    // AWS compares `from` with what carries the label now, and answers a lost race like any wrong parameter.
                    let now =
                        Stages::of(&describe(opened, entry).await?.version_ids_to_stages.unwrap_or_default());
                    match stages::promotion(&now, pending, expected) {
                        Promotion::Done => {}
                        Promotion::Conflict(why) => return Err(conflict(entry, why)),
                        Promotion::Move(_) => return Err(fault),
                    }
                }
                true
            }
        };
        if untidy {
            tidy(opened, entry, pending.as_str()).await;
        }
        Ok(())
    }

    pub(super) async fn take_labels(&self, entry: &EntryName, version: &Version) -> Result<(), Fault> {
        let opened = self.opened().await?;
        let seen = match writable(opened, entry).await {
            Err(fault) if fault.code() == FaultCode::EntryNotFound => return Ok(()),
            seen => seen?,
        };
        // A promotion that was cut off just before its last call is not made again: whoever goes on finds the version CURRENT. So the label is looked for here, too.
        if let Some(current) = seen.labelled_current.as_deref().filter(|_| seen.untidy) {
            tidy(opened, entry, current).await;
        }
        for label in stages::removal(&seen, version).map_err(|why| conflict(entry, why))? {
            if let Err(fault) = relabel(opened, entry, label, Some(version.as_str()), None).await {
                let now =
                    Stages::of(&describe(opened, entry).await?.version_ids_to_stages.unwrap_or_default());
                let left = stages::removal(&now, version).map_err(|why| conflict(entry, why))?;
                if left.contains(&label) {
                    return Err(fault);
                }
            }
        }
        Ok(())
    }
}

/// What is at which stage, if `entry` can be written here.
async fn writable(opened: &Opened<Client>, entry: &EntryName) -> Result<Stages, Fault> {
    let described = describe(opened, entry).await?;
    usable(opened, entry, &described)?;
    let here = region_of(&described, &opened.region);
    if let Some(primary) = described.primary_region()
        && primary != here
    {
        let detail = format!("`{entry}` in {here} is a replica; its primary region is {primary}");
        return Err(Fault::new(FaultCode::StoreReadOnly, detail)
            .with_hint(format!("write to it with `?region={primary}`; the replica follows")));
    }
    Ok(Stages::of(&described.version_ids_to_stages.unwrap_or_default()))
}

/// Creates the secret with the placeholder as its first version, unless somebody else does meanwhile. `absent` is what to say where a secret
/// cannot be created.
async fn create(opened: &Opened<Client>, entry: &EntryName, absent: Fault) -> Result<(), Fault> {
    if entry.as_str().starts_with("arn:") {
        return Err(absent.with_hint("AWS gives an ARN to what it creates: store it by its name first"));
    }
    let subject = format!("`{entry}`");
    let asked = Asked { permission: "secretsmanager:CreateSecret", subject, region: &opened.region };
    let request = opened.client.create_secret().name(entry.as_str()).client_request_token(PLACEHOLDER);
    match request.secret_string(PLACEHOLDER_VALUE).send().await {
        Ok(_) => Ok(()),
        Err(error) => match of_sdk(&asked, &error) {
            exists if exists.code() == FaultCode::VersionConflict => Ok(()),
            fault => Err(fault),
        },
    }
}

/// Takes AWSPENDING off the version that is CURRENT. There it counts as none, so nothing depends on it. It is done for others: a rotation that finds the label on
/// another version later takes it for unfinished.
async fn tidy(opened: &Opened<Client>, entry: &EntryName, current: &str) {
    drop(relabel(opened, entry, PENDING, Some(current), None).await);
}

async fn relabel(
    opened: &Opened<Client>,
    entry: &EntryName,
    label: &str,
    from: Option<&str>,
    to: Option<&Version>,
) -> Result<(), Fault> {
    let (permission, subject) = ("secretsmanager:UpdateSecretVersionStage", format!("`{entry}`"));
    let asked = Asked { permission, subject, region: &opened.region };
    let request = opened.client.update_secret_version_stage().secret_id(entry.as_str()).version_stage(label);
    let request = request.set_remove_from_version_id(from.map(str::to_owned));
    let request = request.set_move_to_version_id(to.map(|version| version.as_str().to_owned()));
    request.send().await.map(drop).map_err(|error| of_sdk(&asked, &error))
}

fn putting<'a>(opened: &'a Opened<Client>, entry: &EntryName) -> Asked<'a> {
    Asked {
        permission: "secretsmanager:PutSecretValue",
        subject: format!("`{entry}`"),
        region: &opened.region,
    }
}

/// Text goes as `SecretString`, which AWS's console and other programs show; what is not text, or holds a NUL that many a reader stops at, as
/// `SecretBinary`.
fn as_text(value: &Secret) -> Option<&str> {
    value.expose_str().filter(|text| !text.contains('\0'))
}

/// AWS would refuse it too, with a message that repeats what was sent.
fn fits(entry: &EntryName, value: &Secret) -> Result<(), Fault> {
    if (1..=MOST_BYTES).contains(&value.len()) {
        return Ok(());
    }
    let detail = format!("`{entry}`: AWS keeps values of 1 to {MOST_BYTES} bytes");
    Err(Fault::new(FaultCode::CredentialMalformed, detail))
}

fn conflict(entry: &EntryName, why: &str) -> Fault {
    Fault::new(FaultCode::VersionConflict, format!("`{entry}`: {why}"))
}

/// The longest value of a secret (API reference, PutSecretValue).
const MOST_BYTES: usize = 65_536;
