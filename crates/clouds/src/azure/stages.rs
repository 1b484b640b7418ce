//! Which of a secret's versions is CURRENT, PREVIOUS or PENDING. Pure: only what lists of versions say, never a value.
//!
//! ```text
//!   NAME          version id   tags                                          stage
//!                 9f3c...      (none: written by somebody else)              superseded
//!                 0b71...      hallpass-version=51aa hallpass-previous=9f3c  PREVIOUS
//!                 c4d0...      hallpass-version=77e2 hallpass-previous=51aa  CURRENT: the newest, whoever wrote it
//!   NAME-pending  51aa...      hallpass-stage=pending             disabled   promoted
//!                 77e2...      hallpass-stage=pending  -previous=51aa  dis.  promoted
//!                 e901...      hallpass-stage=pending  -previous=77e2        PENDING: the newest, if enabled
//! ```
//!
//! CURRENT is what an unversioned read returns, so that readers who are not ours get it too. A promoted value keeps the name it had as
//! pending: the tag says it. Somebody else's version is named by the vault's own id. Versions are dated by the second, so those of one second
//! are put in order by what each says it replaced.
//!
//! Tags are believed. A tool that copies all tags of the version before onto a new value would make that value look like the old one; the
//! portal, the command line and Terraform do not.

use std::collections::BTreeMap;

use hallpass_core::Version;

/// On a version of the entry: what it was called as pending, and by that what hallpass calls it.
pub(super) const VERSION_TAG: &str = "hallpass-version";
/// On every version of ours: the one that it replaced.
pub(super) const PREVIOUS_TAG: &str = "hallpass-previous";
/// On versions of the pending secret, with [`PENDING`]: that it is ours, and no stranger's secret of that name.
pub(super) const STAGE_TAG: &str = "hallpass-stage";
/// See [`STAGE_TAG`].
pub(super) const PENDING: &str = "pending";

/// A version, without its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// The vault's own id of it.
    pub(super) id: String,
    /// Whether it can be read.
    pub(super) enabled: bool,
    /// When it was written, in seconds since the Unix epoch.
    pub(super) created: u64,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) content_type: Option<String>,
}

/// The versions at the stages.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stages<'a> {
    pub(super) current: Option<&'a Kept>,
    pub(super) previous: Option<&'a Kept>,
    pub(super) pending: Option<&'a Kept>,
}

impl Kept {
    /// What hallpass calls it.
    pub(super) fn version(&self) -> Version {
        Version::new(self.tags.get(VERSION_TAG).unwrap_or(&self.id))
    }

    pub(super) fn is_called(&self, version: &Version) -> bool {
        self.tags.get(VERSION_TAG).unwrap_or(&self.id) == version.as_str()
    }

    pub(super) fn is_ours_pending(&self) -> bool {
        self.tags.get(STAGE_TAG).is_some_and(|stage| stage == PENDING)
    }

    fn replaced(&self) -> Option<&str> {
        self.tags.get(PREVIOUS_TAG).map(String::as_str)
    }
}

/// The stages, from the versions of the entry and of its pending secret.
pub(super) fn stages<'a>(entry: &'a [Kept], pending: &'a [Kept]) -> Stages<'a> {
    let current = newest(entry);
    let pending = newest(pending).filter(|kept| kept.enabled && kept.is_ours_pending());
    Stages {
        current,
        previous: current.and_then(|current| previous(entry, current)),
        // A promotion that died before it emptied PENDING: the value is CURRENT, and no longer waiting.
        pending: pending
            .filter(|pending| current.is_none_or(|current| !current.is_called(&pending.version()))),
    }
}

/// The version that was written last.
pub(super) fn newest(versions: &[Kept]) -> Option<&Kept> {
    let last = versions.iter().map(|kept| kept.created).max()?;
    let together: Vec<_> = versions.iter().filter(|kept| kept.created == last).collect();
    let is_replaced = |kept: &Kept| {
        let by = |other: &&Kept| {
            other.id != kept.id && other.replaced().is_some_and(|it| it == kept.version().as_str())
        };
        together.iter().any(by)
    };
    // If two of one second know nothing of each other, it is a guess that does not change.
    together
        .iter()
        .filter(|kept| !is_replaced(kept))
        .max_by_key(|kept| &kept.id)
        .or(together.first())
        .copied()
}

/// What was CURRENT before `current`, if it can still be read. Below a version of ours it is the one that version names; below a
/// stranger's, who names none, the newest that is enabled.
fn previous<'a>(versions: &'a [Kept], current: &Kept) -> Option<&'a Kept> {
    let others = || versions.iter().filter(|kept| kept.id != current.id && kept.enabled);
    if current.tags.contains_key(VERSION_TAG) {
        let name = Version::new(current.replaced()?);
        return others().filter(|kept| kept.is_called(&name)).max_by_key(|kept| kept.created);
    }
    others().max_by_key(|kept| kept.created)
}

/// What a promotion has to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Promotion {
    /// Nothing but tidy up: it is CURRENT already.
    Done,
    /// Write the pending value as a new version with these tags.
    Write { tags: BTreeMap<String, String>, content_type: Option<String> },
}

/// Why a promotion is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There is neither an entry nor a pending value.
    NoEntry,
    /// Another version is pending.
    OtherPending,
    /// Another version is current.
    OtherCurrent,
}

/// Judges a promotion of `wanted`. The operator's own tags and content type are carried on: policies of a vault may demand them.
pub(super) fn promotion(
    current: Option<&Kept>,
    pending: &[Kept],
    wanted: &Version,
    expected: Option<&Version>,
) -> Result<Promotion, Refused> {
    if current.is_some_and(|current| current.is_called(wanted)) {
        return Ok(Promotion::Done);
    }
    if current.is_none() && pending.is_empty() {
        return Err(Refused::NoEntry);
    }
    let pending = newest(pending).filter(|kept| kept.enabled && kept.is_ours_pending());
    if pending.is_none_or(|pending| !pending.is_called(wanted)) {
        return Err(Refused::OtherPending);
    }
    let version = current.map(Kept::version);
    if version.as_ref() != expected {
        return Err(Refused::OtherCurrent);
    }
    let mut tags = current.map(|current| current.tags.clone()).unwrap_or_default();
    tags.insert(VERSION_TAG.to_owned(), wanted.as_str().to_owned());
    match version {
        Some(version) => tags.insert(PREVIOUS_TAG.to_owned(), version.as_str().to_owned()),
        None => tags.remove(PREVIOUS_TAG),
    };
    Ok(Promotion::Write { tags, content_type: current.and_then(|current| current.content_type.clone()) })
}

/// The tags of a new pending version.
pub(super) fn pending_tags(before: &[Kept]) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::from([(STAGE_TAG.to_owned(), PENDING.to_owned())]);
    if let Some(before) = newest(before) {
        tags.insert(PREVIOUS_TAG.to_owned(), before.id.clone());
    }
    tags
}

/// Versions of ours that can still be read although they are at no stage any more: what PREVIOUS replaced, what that one replaced, and so on.
///
/// Only along that line: a version beside it may be one that was written this very moment, and disabling CURRENT would leave readers with
/// nothing. `current` is what an unversioned read met.
pub(super) fn superseded<'a>(entry: &'a [Kept], current: &Kept) -> Vec<&'a Kept> {
    let replaced_by = |kept: &Kept| {
        let name = Version::new(kept.replaced()?);
        entry.iter().filter(|it| it.id != current.id && it.is_called(&name)).max_by_key(|it| it.created)
    };
    let previous = replaced_by(current);
    let line = std::iter::successors(previous.and_then(replaced_by), |kept| replaced_by(kept));
    // As many steps as there are versions: tags that were tampered with may lead in a circle.
    let line = line.take(entry.len()).filter(|kept| previous.is_none_or(|previous| previous.id != kept.id));
    line.filter(|kept| kept.enabled && kept.tags.contains_key(VERSION_TAG)).collect()
}

#[cfg(test)]
mod tests;
