//! One secret's versions, and the rules by which staging labels move (API reference, PutSecretValue and UpdateSecretVersionStage). Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Refused;

pub(super) const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const PENDING: &str = "AWSPENDING";

/// A value as it was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// `SecretString`.
    Text(String),
    /// `SecretBinary`, in Base64 as it came.
    Binary(String),
    /// Nothing yet: a version that RotateSecret made room for.
    Nothing,
}

/// One version.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) held: Held,
    pub(super) labels: BTreeSet<String>,
    /// Seconds since the epoch.
    pub(super) created: f64,
}

/// All versions of one secret.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions(pub(super) BTreeMap<String, Version>);

impl Versions {
    /// The version that carries `label`.
    pub(super) fn at(&self, label: &str) -> Option<(&String, &Version)> {
        self.0.iter().find(|(_, version)| version.labels.contains(label))
    }

    /// Adds a version. A repetition with the same value changes nothing, one with another value is refused.
    pub(super) fn put(
        &mut self,
        id: &str,
        held: Held,
        labels: &[String],
        created: f64,
    ) -> Result<(), Refused> {
        if let Some(existing) = self.0.get(id) {
            if existing.held == held {
                return Ok(());
            }
            if existing.held == Held::Nothing {
                return self.fill(id, held, labels);
            }
            let message = format!(
                "You can't use ClientRequestToken {id} because that value is already in use for a version of this secret."
            );
            return Err(Refused::new("ResourceExistsException", message));
        }
        let first = self.0.is_empty();
        self.0.insert(id.to_owned(), Version { held, labels: BTreeSet::new(), created });
        let mut wanted: BTreeSet<_> = labels.iter().map(String::as_str).collect();
        // Whatever was asked for, the first version is current.
        if wanted.is_empty() || first {
            wanted.insert(CURRENT);
        }
        for label in wanted {
            self.attach(label, id);
        }
        Ok(())
    }

    /// Makes room for the version of a rotation (user guide, "Rotation Lambda functions"): AWSPENDING, and no value. While AWSPENDING is on another
    /// version than AWSCURRENT the rotation before is unfinished.
    pub(super) fn make_room(&mut self, id: &str, created: f64) -> Result<(), Refused> {
        let carrier = |label: &str| self.at(label).map(|(id, _)| id.clone());
        let (pending, current) = (carrier(PENDING), carrier(CURRENT));
        if pending.is_some() && pending != current {
            let message = "A previous rotation isn't complete. That rotation will be reattempted.";
            return Err(Refused::new("InvalidRequestException", message));
        }
        self.put(id, Held::Nothing, &[PENDING.to_owned()], created)
    }

    fn fill(&mut self, id: &str, held: Held, labels: &[String]) -> Result<(), Refused> {
        if let Some(version) = self.0.get_mut(id) {
            version.held = held;
        }
        labels.iter().for_each(|label| self.attach(label, id));
        Ok(())
    }

    /// Moves, adds or removes a label.
    pub(super) fn relabel(
        &mut self,
        label: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<(), Refused> {
        let invalid = |message: String| Err(Refused::new("InvalidParameterException", message));
        if let Some(unknown) = [from, to].into_iter().flatten().find(|id| !self.0.contains_key(*id)) {
            return invalid(format!("Not a valid version: {unknown}"));
        }
        let carrier = self.at(label).map(|(id, _)| id.clone());
        if let Some(from) = from.filter(|from| carrier.as_deref() != Some(from)) {
            return invalid(format!("Version stage {label} not found in version {from}"));
        }
        match (to, &carrier) {
            (Some(to), Some(carrier)) if carrier != to && from.is_none() => invalid(format!(
                "The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to version {carrier}, so you must \
                 explicitly reference that version in RemoveFromVersionId."
            )),
            (Some(to), _) => {
                self.attach(label, to);
                Ok(())
            }
            (None, _) if label == CURRENT => invalid(format!(
                "You can only move staging label {CURRENT} to a different secret version. It can't be completely removed."
            )),
            (None, _) if from.is_none() => {
                invalid("You must provide MoveToVersionId or RemoveFromVersionId.".to_owned())
            }
            (None, _) => {
                self.detach(label);
                Ok(())
            }
        }
    }

    fn attach(&mut self, label: &str, to: &str) {
        let carrier = self.at(label).map(|(id, _)| id.clone());
        if carrier.as_deref() == Some(to) {
            return;
        }
        self.detach(label);
        if let Some(version) = self.0.get_mut(to) {
            version.labels.insert(label.to_owned());
        }
        if label == CURRENT
            && let Some(replaced) = carrier
        {
            self.detach(PREVIOUS);
            if let Some(version) = self.0.get_mut(&replaced) {
                version.labels.insert(PREVIOUS.to_owned());
            }
        }
    }

    fn detach(&mut self, label: &str) {
        for version in self.0.values_mut() {
            version.labels.remove(label);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, Versions};

    fn put(versions: &mut Versions, id: &str, labels: &[&str]) {
        let labels: Vec<_> = labels.iter().map(ToString::to_string).collect();
        versions.put(id, Held::Text(id.to_owned()), &labels, 0.0).unwrap();
    }

    fn labels(versions: &Versions, id: &str) -> Vec<String> {
        versions.0[id].labels.iter().cloned().collect()
    }

    #[test]
    fn the_first_version_is_current_whatever_was_asked() {
        let mut versions = Versions::default();
        put(&mut versions, "a", &["AWSPENDING"]);
        assert_eq!(labels(&versions, "a"), ["AWSCURRENT", "AWSPENDING"]);
        put(&mut versions, "b", &["AWSPENDING"]);
        assert_eq!(labels(&versions, "a"), ["AWSCURRENT"]);
        assert_eq!(labels(&versions, "b"), ["AWSPENDING"]);
    }

    #[test]
    fn current_moves_only_from_where_it_is_and_leaves_previous_behind() {
        let mut versions = Versions::default();
        put(&mut versions, "a", &[]);
        put(&mut versions, "b", &["AWSPENDING"]);
        assert!(versions.relabel("AWSCURRENT", None, Some("b")).is_err());
        assert!(versions.relabel("AWSCURRENT", Some("b"), Some("b")).is_err());
        assert!(versions.relabel("AWSCURRENT", Some("a"), None).is_err(), "it cannot be taken off");
        versions.relabel("AWSCURRENT", Some("a"), Some("b")).unwrap();
        assert_eq!(labels(&versions, "a"), ["AWSPREVIOUS"]);
        assert_eq!(labels(&versions, "b"), ["AWSCURRENT", "AWSPENDING"]);
        versions.relabel("AWSPENDING", Some("b"), None).unwrap();
        assert_eq!(labels(&versions, "b"), ["AWSCURRENT"]);
    }

    #[test]
    fn a_token_is_good_for_one_value() {
        let mut versions = Versions::default();
        put(&mut versions, "a", &[]);
        put(&mut versions, "a", &["AWSPENDING"]);
        assert_eq!(labels(&versions, "a"), ["AWSCURRENT"], "a repetition is ignored");
        assert!(versions.put("a", Held::Text("other".to_owned()), &[], 0.0).is_err());
    }
}
