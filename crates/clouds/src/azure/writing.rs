//! Writing to a vault: PENDING, promotion, discarding. What of it is atomic is said at [`KeyVault`].

use hallpass_core::{EntryName, Fault, FaultCode, Secret, Version};

use super::entry::{pending_of, secret_of, text_of};
use super::stages::{Kept, Promotion, Refused, newest, pending_tags, promotion, superseded};
use super::store::KeyVault;

impl KeyVault {
    /// What [`hallpass_core::Store::put_pending`] promises.
    pub(super) async fn put(&self, entry: &EntryName, value: &Secret) -> Result<Version, Fault> {
        let name = secret_of(entry)?;
        let pending = pending_of(name)?;
        let text = text_of(name, value)?;
        let before = self.vault().versions(&pending).await?;
        if before.iter().any(|kept| !kept.is_ours_pending()) {
            let what = format!(
                "`{pending}` in `{}` holds something that hallpass did not write",
                self.vault().host()
            );
            let hint = "hallpass keeps pending values under that name: rename one of the two secrets";
            return Err(Fault::new(FaultCode::StoreUnwritable, what).with_hint(hint));
        }
        let written = self.vault().set(&pending, text, pending_tags(&before), None, None).await?;
        for earlier in before.iter().filter(|kept| kept.enabled) {
            self.vault().disable(&pending, &earlier.id).await?;
        }
        Ok(written.version())
    }

    /// What [`hallpass_core::Store::promote`] promises, in the steps that [`KeyVault`] documents.
    pub(super) async fn promote_to(
        &self,
        entry: &EntryName,
        wanted: &Version,
        expected: Option<&Version>,
    ) -> Result<(), Fault> {
        let name = secret_of(entry)?;
        let pending = pending_of(name)?;
        let waiting = self.vault().versions(&pending).await?;
        let current = self.current(name).await?;
        let now = match promotion(current.as_ref(), &waiting, wanted, expected)
            .map_err(|why| refusal(entry, why))?
        {
            Promotion::Done => current,
            Promotion::Write { tags, content_type } => {
                let id = newest(&waiting).map(|kept| kept.id.as_str());
                let got = self.vault().get(&pending, id).await?;
                let (text, expires) = (text_of(name, &got.value)?, self.expiry(name));
                let written = self.vault().set(name, text, tags, content_type, expires).await?;
                let now = self.current(name).await?;
                // The old one still, or none: a reader that has not heard of the write, which was acknowledged.
                let stale = now.as_ref().map(|now| &now.id) == current.as_ref().map(|before| &before.id);
                if !stale && now.is_some_and(|now| !now.is_called(wanted)) {
                    let why = "somebody else wrote at the same time, and theirs is current";
                    return Err(conflict(entry, why));
                }
                Some(written)
            }
        };
        self.tidy(name, &pending, wanted, now.as_ref()).await
    }

    /// What an unversioned read meets. The list's dates would not tell two versions of one second apart.
    async fn current(&self, name: &str) -> Result<Option<Kept>, Fault> {
        match self.vault().get(name, None).await {
            Ok(got) => Ok(Some(got.kept)),
            Err(fault) if fault.code() == FaultCode::EntryNotFound => Ok(None),
            // Disabled, so it can only be seen in the list.
            Err(fault) if fault.code() == FaultCode::StoreVersionUnusable => {
                Ok(newest(&self.vault().versions(name).await?).cloned())
            }
            Err(fault) => Err(fault),
        }
    }

    /// The last step of a promotion. `current` is the promoted version.
    async fn tidy(
        &self,
        name: &str,
        pending: &str,
        promoted: &Version,
        current: Option<&Kept>,
    ) -> Result<(), Fault> {
        let waiting = self.vault().versions(pending).await?;
        for kept in waiting.iter().filter(|kept| kept.enabled && kept.is_called(promoted)) {
            self.vault().disable(pending, &kept.id).await?;
        }
        let versions = self.vault().versions(name).await?;
        for kept in current.map(|current| superseded(&versions, current)).unwrap_or_default() {
            self.vault().disable(name, &kept.id).await?;
        }
        Ok(())
    }

    /// What [`hallpass_core::Store::discard`] promises.
    pub(super) async fn drop_version(&self, entry: &EntryName, version: &Version) -> Result<(), Fault> {
        let name = secret_of(entry)?;
        let pending = pending_of(name)?;
        let current = self.current(name).await?;
        let versions = self.vault().versions(name).await?;
        // Either look may be behind; what one of them calls current stays.
        let either = [current.as_ref(), newest(&versions)].into_iter().flatten();
        if either.into_iter().any(|current| current.is_called(version)) {
            return Err(conflict(entry, "that version is current"));
        }
        for kept in versions.iter().filter(|kept| kept.enabled && kept.is_called(version)) {
            self.vault().disable(name, &kept.id).await?;
        }
        let waiting = self.vault().versions(&pending).await?;
        let ours = waiting.iter().filter(|kept| kept.enabled && kept.is_ours_pending());
        // A promotion that died before it emptied PENDING left a second copy of CURRENT there.
        let is_left = |kept: &Kept| current.as_ref().is_some_and(|now| now.is_called(&kept.version()));
        for kept in ours.filter(|kept| kept.is_called(version) || is_left(kept)) {
            self.vault().disable(&pending, &kept.id).await?;
        }
        Ok(())
    }
}

fn refusal(entry: &EntryName, why: Refused) -> Fault {
    match why {
        Refused::NoEntry => Fault::new(FaultCode::EntryNotFound, format!("`{entry}`")),
        Refused::OtherPending => conflict(entry, "its pending version is another by now"),
        Refused::OtherCurrent => conflict(entry, "its current version is another by now"),
    }
}

fn conflict(entry: &EntryName, why: &str) -> Fault {
    Fault::new(FaultCode::VersionConflict, format!("`{entry}`: {why}"))
}
