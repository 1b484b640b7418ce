//! Writing: every change of stages is one PATCH that compares the secret's etag.

use google_cloud_gax::error::rpc::Code;
use google_cloud_secretmanager_v1::model;
use google_cloud_wkt::FieldMask;
use hallpass_core::{EntryName, Fault, FaultCode, Secret, Version};

use super::checksum::crc32c;
use super::faults::Operation;
use super::place::number_of;
use super::reading::{Reader, Seen};
use super::stages::{Amendment, Marks, NO_NUMBER};
use super::told::Kind;

impl Reader {
    /// What [`hallpass_core::Store::put_pending`] promises.
    ///
    /// Up to five requests: look, take over or make the secret, add the version, move the alias `pending` (the commit), disable the version that
    /// was pending before. After a crash between the last two but one, a version without any alias is left enabled: nobody's CURRENT, PREVIOUS
    /// or PENDING, and the next put adds another.
    pub(super) async fn put_pending(&self, entry: &EntryName, value: &Secret) -> Result<Version, Fault> {
        if !(1..=MOST).contains(&value.len()) {
            let detail = format!(
                "`{entry}`: Secret Manager takes values of 1 to {MOST} bytes, and this one has {}",
                value.len()
            );
            return Err(Fault::new(FaultCode::StoreUnwritable, detail)
                .with_hint("store only what the platform's login needs"));
        }
        self.ready(entry).await?;
        let number = self.add(entry, value).await?;
        if let Err(fault) = self.amend(entry, |marks| marks.pend(number)).await {
            self.disable(entry, &[number]).await;
            return Err(fault);
        }
        Ok(self.client.place.version(entry, number))
    }

    /// What [`hallpass_core::Store::promote`] promises. The commit is the one PATCH that moves three aliases.
    pub(super) async fn promote(
        &self,
        entry: &EntryName,
        pending: &Version,
        expected: Option<&Version>,
    ) -> Result<(), Fault> {
        let number = |version: &Version| self.client.place.number(entry, version).unwrap_or(NO_NUMBER);
        let (pending, expected) = (number(pending), expected.map(number));
        self.amend(entry, |marks| marks.promote(pending, expected)).await?;
        Ok(())
    }

    /// What [`hallpass_core::Store::discard`] promises: takes the alias away (the commit), then disables the version.
    ///
    /// Disabled, not destroyed: what is destroyed is gone for good, the old secret is to be kept for some days, and an identity that cannot
    /// destroy cannot wipe out a company's secrets either. A disabled version is unreadable, and still paid for, until somebody destroys it.
    pub(super) async fn discard(&self, entry: &EntryName, version: &Version) -> Result<(), Fault> {
        let Some(number) = self.client.place.number(entry, version) else { return Ok(()) };
        let marks = match self.amend(entry, |marks| marks.discard(number)).await {
            Err(fault) if fault.code() == FaultCode::EntryNotFound => return Ok(()),
            amended => amended?,
        };
        if marks.may_disable(number) {
            self.disable(entry, &[number]).await;
        }
        Ok(())
    }

    /// Sees to it that the secret exists and that its stages are said by aliases: before a version is added that nobody must see.
    async fn ready(&self, entry: &EntryName) -> Result<(), Fault> {
        let seen = match self.seen(entry).await {
            Err(fault) if fault.code() == FaultCode::EntryNotFound => return self.create(entry).await,
            seen => seen?,
        };
        if seen.marks.are_ours() {
            return Ok(());
        }
        let newest = self.newest_enabled(entry).await?;
        self.amend(entry, |marks| marks.adopt(newest)).await?;
        Ok(())
    }

    async fn create(&self, entry: &EntryName) -> Result<(), Fault> {
        // Asked for its check of the name.
        self.client.place.secret(entry)?;
        let mut secret = model::Secret::new().set_annotations(Marks::of_a_new_secret().annotations);
        if self.client.place.location().is_none() {
            // Google chooses the regions; a secret of a location has no replicas to choose.
            secret = secret.set_replication(
                model::Replication::new().set_automatic(model::replication::Automatic::new()),
            );
        }
        let answer = self.client.call(|service| {
            let request = service.create_secret().set_parent(self.client.place.parent());
            request.set_secret_id(entry.as_str()).set_secret(secret.clone()).send()
        });
        match answer.await {
            Ok(_) => Ok(()),
            // Somebody was quicker: with our mark it is as good as ours, and without it the put must not go on.
            Err(told) if told.kind == Kind::Refused(Code::AlreadyExists) => {
                let ours = self.seen(entry).await?.marks.are_ours();
                if ours { Ok(()) } else { Err(conflict(entry, "somebody else made it at this moment")) }
            }
            Err(told) => Err(self.client.fault(&told, Operation::CreateSecret, Some(entry))),
        }
    }

    async fn add(&self, entry: &EntryName, value: &Secret) -> Result<i64, Fault> {
        let parent = self.client.place.secret(entry)?;
        let checksum = i64::from(crc32c(value.expose()));
        let answer = self.client.call(|service| {
            let payload =
                model::SecretPayload::new().set_data(value.expose().to_vec()).set_data_crc32c(checksum);
            service.add_secret_version().set_parent(&parent).set_payload(payload).send()
        });
        let version =
            answer.await.map_err(|told| self.client.fault(&told, Operation::AddVersion, Some(entry)))?;
        number_of(&version.name).ok_or_else(|| {
            Fault::new(
                FaultCode::StoreAnswerBad,
                format!("`{entry}`: the answer to a new version names none"),
            )
        })
    }

    /// Looks, decides, writes if the secret is still as it was seen, and otherwise looks again: the decision is made anew over what is there,
    /// so a lost race ends as it would have ended had this call come second. Returns the marks as they are then.
    async fn amend(
        &self,
        entry: &EntryName,
        decide: impl Fn(&Marks) -> Amendment + Send,
    ) -> Result<Marks, Fault> {
        for _ in 0..ATTEMPTS {
            let seen = self.seen(entry).await?;
            let (next, fallen) = match decide(&seen.marks) {
                Amendment::None => return Ok(seen.marks),
                Amendment::Conflict(why) => return Err(conflict(entry, why)),
                Amendment::Write(next, fallen) => (next, fallen),
            };
            match self.patch(entry, &seen, &next).await {
                Err(fault) if fault.code() == FaultCode::VersionConflict => {}
                written => {
                    written?;
                    self.disable(entry, &fallen).await;
                    return Ok(next);
                }
            }
        }
        Err(conflict(entry, "it was changed by others again and again"))
    }

    async fn patch(&self, entry: &EntryName, seen: &Seen, next: &Marks) -> Result<(), Fault> {
        let name = self.client.place.secret(entry)?;
        let secret = model::Secret::new()
            .set_name(name)
            .set_etag(&seen.etag)
            .set_version_aliases(next.aliases.clone())
            .set_annotations(next.annotations.clone());
        // Only what changes: writing aliases back as they were would need no more rights, but say more in the audit log than happened.
        let paths = [
            (next.aliases != seen.marks.aliases).then_some("version_aliases"),
            (next.annotations != seen.marks.annotations).then_some("annotations"),
        ];
        let mask = FieldMask::default().set_paths(paths.into_iter().flatten());
        let answer = self.client.call(|service| {
            let request = service.update_secret().set_secret(secret.clone());
            request.set_update_mask(mask.clone()).send()
        });
        answer.await.map_err(|told| self.client.fault(&told, Operation::UpdateSecret, Some(entry)))?;
        Ok(())
    }

    /// Disables versions that no alias leads to any longer. What it is done for has been committed before, so a failure is told and not returned:
    /// the caller would repeat what has happened.
    async fn disable(&self, entry: &EntryName, numbers: &[i64]) {
        for number in numbers {
            let Err(fault) = self.disable_one(entry, *number).await else { continue };
            let flags = self.client.place.flags();
            tracing::warn!(
                entry = entry.as_str(),
                version = *number,
                %fault,
                "a version that is no longer used could not be disabled; do it with `gcloud secrets versions disable {number} --secret={entry} {flags}`"
            );
        }
    }

    async fn disable_one(&self, entry: &EntryName, number: i64) -> Result<(), Fault> {
        let name = format!("{}/versions/{number}", self.client.place.secret(entry)?);
        let answer = self.client.call(|service| service.disable_secret_version().set_name(&name).send());
        match answer.await {
            Ok(_) => Ok(()),
            // Never there, or destroyed: nobody reads it.
            Err(told) if told.is_absent() || told.words.destroyed => Ok(()),
            Err(told) => Err(self.client.fault(&told, Operation::DisableVersion, Some(entry))),
        }
    }
}

fn conflict(entry: &EntryName, why: &str) -> Fault {
    Fault::new(FaultCode::VersionConflict, format!("`{entry}`: {why}"))
}

/// "Payload size: 64 KiB": <https://cloud.google.com/secret-manager/quotas>.
const MOST: usize = 64 * 1024;

/// How often a write looks again after a lost race.
const ATTEMPTS: u32 = 3;
