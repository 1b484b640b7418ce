//! Which label of AWS is which stage, and which labels to move. Pure: from what DescribeSecret says.
//!
//! | AWS label | stage | but not |
//! |---|---|---|
//! | `AWSCURRENT` | CURRENT | on the placeholder |
//! | `AWSPREVIOUS` | PREVIOUS | on the placeholder |
//! | `AWSPENDING` | PENDING | on the version that is CURRENT: a rotation that has finished |
//!
//! **The placeholder.** Secrets Manager attaches `AWSCURRENT` to the first version of a secret whatever stages were asked for (API
//! reference, PutSecretValue: "If this operation creates the first version for the secret, then Secrets Manager automatically attaches the
//! staging label AWSCURRENT to it"). A first value put as PENDING would be CURRENT at once. So the first version of a secret that hallpass
//! writes to holds `{}` and is called [`PLACEHOLDER`]; whoever reads it reads nothing.

use std::collections::HashMap;

use hallpass_core::{Stage, Version};

/// AWS's label of what readers get.
pub(crate) const CURRENT: &str = "AWSCURRENT";
/// AWS's label of the version before.
pub(crate) const PREVIOUS: &str = "AWSPREVIOUS";
/// AWS's label of a version that a rotation has not finished.
pub(crate) const PENDING: &str = "AWSPENDING";

/// The version id of the placeholder, `hallpass-first` in hexadecimal and zeros: always the same, so that two writers who both find no version
/// make one. A client request token has 32 to 64 characters.
pub(crate) const PLACEHOLDER: &str = "68616c6c-7061-7373-2d66-697273740000";
/// What the placeholder holds: an object without members, in which no credential is found even by other programs.
pub(crate) const PLACEHOLDER_VALUE: &str = "{}";

/// The label of `stage`.
pub(crate) fn label(stage: Stage) -> &'static str {
    match stage {
        Stage::Current => CURRENT,
        Stage::Previous => PREVIOUS,
        Stage::Pending => PENDING,
    }
}

/// Whether the version `id`, which carries `labels`, is what a reader of `stage` may have.
pub(crate) fn is_at(stage: Stage, id: &str, labels: &[String]) -> bool {
    let finished = stage == Stage::Pending && labels.iter().any(|label| label == CURRENT);
    id != PLACEHOLDER && !finished
}

/// The versions of one secret by stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stages {
    /// See [`Stage::Current`].
    pub(crate) current: Option<Version>,
    /// See [`Stage::Previous`].
    pub(crate) previous: Option<Version>,
    /// See [`Stage::Pending`].
    pub(crate) pending: Option<Version>,
    /// What carries `AWSCURRENT`, the placeholder included.
    pub(crate) labelled_current: Option<String>,
    /// Whether `AWSPENDING` is left on the version that is CURRENT.
    pub(crate) untidy: bool,
}

impl Stages {
    /// Reads the labels of every version.
    pub(crate) fn of(labels: &HashMap<String, Vec<String>>) -> Self {
        let carrier = |label: &str| {
            labels.iter().find(|(_, of)| of.iter().any(|one| one == label)).map(|(id, _)| id.as_str())
        };
        let version = |id: Option<&str>| id.filter(|id| *id != PLACEHOLDER).map(Version::new);
        let (current, pending) = (carrier(CURRENT), carrier(PENDING));
        let untidy = pending.is_some() && pending == current;
        Self {
            current: version(current),
            previous: version(carrier(PREVIOUS)),
            pending: version(pending.filter(|_| !untidy)),
            labelled_current: current.map(str::to_owned),
            untidy,
        }
    }

    /// Whether nothing is at any stage.
    pub(crate) fn is_empty(&self) -> bool {
        self.current.is_none() && self.previous.is_none() && self.pending.is_none()
    }
}

/// What making `pending` CURRENT takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Promotion {
    /// It is CURRENT.
    Done,
    /// Move `AWSCURRENT`, from that version if one carries it.
    Move(Option<String>),
    /// It must not be done.
    Conflict(&'static str),
}

/// Decides as [`hallpass_core::Store::promote`] promises.
pub(crate) fn promotion(stages: &Stages, pending: &Version, expected: Option<&Version>) -> Promotion {
    if stages.current.as_ref() == Some(pending) {
        return Promotion::Done;
    }
    if stages.pending.as_ref() != Some(pending) {
        return Promotion::Conflict("its pending version is another by now");
    }
    if stages.current.as_ref() != expected {
        return Promotion::Conflict("its current version is another by now");
    }
    Promotion::Move(stages.labelled_current.clone())
}

/// The labels to take off `version` so that it is gone, or why it stays.
pub(crate) fn removal(stages: &Stages, version: &Version) -> Result<Vec<&'static str>, &'static str> {
    if stages.current.as_ref() == Some(version) {
        return Err("that version is current");
    }
    let carried = [(&stages.pending, PENDING), (&stages.previous, PREVIOUS)];
    Ok(carried.into_iter().filter(|(at, _)| at.as_ref() == Some(version)).map(|(_, label)| label).collect())
}

#[cfg(test)]
mod tests {
    use super::{
        CURRENT, HashMap, PENDING, PLACEHOLDER, PREVIOUS, Promotion, Stage, Stages, Version, is_at,
        promotion, removal,
    };

    fn stages(versions: &[(&str, &[&str])]) -> Stages {
        let owned = |labels: &[&str]| labels.iter().map(ToString::to_string).collect();
        let labels: HashMap<_, _> =
            versions.iter().map(|(id, labels)| (id.to_string(), owned(labels))).collect();
        Stages::of(&labels)
    }

    fn version(id: &str) -> Version {
        Version::new(id)
    }

    #[test]
    fn the_placeholder_is_at_no_stage() {
        let first = stages(&[(PLACEHOLDER, &[CURRENT]), ("a", &[PENDING])]);
        assert_eq!((&first.current, &first.pending), (&None, &Some(version("a"))));
        assert_eq!(
            promotion(&first, &version("a"), None),
            Promotion::Move(Some(PLACEHOLDER.to_owned())),
            "it is what AWSCURRENT has to be taken from"
        );
        assert_eq!(stages(&[(PLACEHOLDER, &[PREVIOUS]), ("a", &[CURRENT])]).previous, None);
        assert!(!is_at(Stage::Current, PLACEHOLDER, &[CURRENT.to_owned()]));
    }

    #[test]
    fn pending_on_the_current_version_is_no_pending() {
        let finished = stages(&[("b", &[CURRENT, PENDING]), ("a", &[PREVIOUS])]);
        assert_eq!((&finished.pending, finished.untidy), (&None, true));
        assert_eq!(promotion(&finished, &version("b"), Some(&version("a"))), Promotion::Done);
        assert!(!is_at(Stage::Pending, "b", &[CURRENT.to_owned(), PENDING.to_owned()]));
        assert!(is_at(Stage::Current, "b", &[CURRENT.to_owned(), PENDING.to_owned()]));
    }

    #[test]
    fn promotion_compares_both_versions() {
        let two = stages(&[("b", &[PENDING]), ("a", &[CURRENT])]);
        let (a, b) = (version("a"), version("b"));
        assert_eq!(promotion(&two, &b, Some(&a)), Promotion::Move(Some("a".to_owned())));
        for (pending, expected) in [(&b, None), (&b, Some(&b)), (&version("c"), Some(&a))] {
            assert!(
                matches!(promotion(&two, pending, expected), Promotion::Conflict(_)),
                "{pending} {expected:?}"
            );
        }
        assert_eq!(promotion(&stages(&[("b", &[PENDING])]), &b, None), Promotion::Move(None));
    }

    #[test]
    fn only_current_cannot_be_removed() {
        let three = stages(&[("c", &[PENDING]), ("b", &[CURRENT]), ("a", &[PREVIOUS])]);
        assert!(removal(&three, &version("b")).is_err());
        assert_eq!(removal(&three, &version("c")), Ok(vec![PENDING]));
        assert_eq!(removal(&three, &version("a")), Ok(vec![PREVIOUS]));
        assert_eq!(removal(&three, &version("x")), Ok(vec![]));
    }
}
