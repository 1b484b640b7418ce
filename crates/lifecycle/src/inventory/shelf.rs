//! Which entries of a store nobody names. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{EntryFacts, Looked, Row, RowKind};

/// One store, as far as its list of names says.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// Its scheme in references.
    pub store: &'static str,
    /// Where it is: a file, a region, a vault, a project.
    pub place: String,
    /// Whether it holds nothing but what hallpass put there.
    pub is_ours: bool,
    /// The entries that the configuration names, for a secret or anything else.
    pub named: BTreeSet<String>,
    /// What the names of entries begin with that hallpass keeps for itself, such as acknowledgements.
    pub kept: Vec<String>,
    /// What stands behind the name of an entry in the names of those that hallpass keeps beside it, such as `.rotation`.
    pub companions: &'static [&'static str],
    /// All entries by name, each with the reference that would name it; or why they are not known.
    pub entries: Looked<BTreeMap<String, String>>,
}

/// What was seen of a store, for the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShelfSeen {
    /// Its scheme in references.
    pub store: &'static str,
    /// Where it is.
    pub place: String,
    /// How many entries nobody names; `None` where that is not known.
    pub unnamed: Option<usize>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_seen: Option<String>,
}

impl Shelf {
    /// What is to be said of it as a whole.
    #[must_use]
    pub fn summary(&self) -> ShelfSeen {
        let (unnamed, not_seen) = match &self.entries {
            Looked::Seen(all) => (Some(self.unnamed(all).count()), None),
            Looked::Not(why) => (None, Some(why.clone())),
        };
        ShelfSeen { store: self.store, place: self.place.clone(), unnamed, not_seen }
    }

    /// A line for each entry that nobody names: an orphan where the store is hallpass's own, or where hallpass kept something beside it; else somebody else's.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let Looked::Seen(all) = &self.entries else { return Vec::new() };
        let row = |(name, reference): (&String, &String)| {
            let accompanied = self.companions.iter().any(|word| all.contains_key(&format!("{name}{word}")));
            let is_orphan = self.is_ours || accompanied || self.owner(name).is_some();
            let kind = if is_orphan { RowKind::OrphanEntry } else { RowKind::Foreign };
            let entry = EntryFacts {
                references: vec![reference.clone()],
                version: String::new(),
                fingerprint: String::new(),
                written_at: None,
            };
            Row { entry: Some(entry), ..Row::bare(kind, "", &self.place) }
        };
        self.unnamed(all).map(row).collect()
    }

    /// The entries that nobody names. What stands beside one that is there is not told again. Of a store that others use too only those folders are looked at
    /// in which the configuration names something.
    fn unnamed<'a>(
        &'a self,
        all: &'a BTreeMap<String, String>,
    ) -> impl Iterator<Item = (&'a String, &'a String)> {
        let folders: BTreeSet<&str> = self.named.iter().map(|name| folder(name)).collect();
        let beside = |name: &str| {
            self.owner(name).is_some_and(|owner| self.named.contains(owner) || all.contains_key(owner))
        };
        all.iter().filter(move |(name, _)| {
            let near = self.is_ours || folders.iter().any(|folder| name.starts_with(folder));
            let kept = self.kept.iter().any(|beginning| name.starts_with(beginning));
            near && !kept && !self.named.contains(*name) && !beside(name)
        })
    }

    /// Beside which entry it stands, by its name.
    fn owner<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.companions.iter().find_map(|word| name.strip_suffix(word)).filter(|owner| !owner.is_empty())
    }
}

/// The name up to its last slash.
fn folder(name: &str) -> &str {
    name.rfind('/').map_or("", |at| &name[..=at])
}

#[cfg(test)]
mod tests {
    use super::{Looked, RowKind, Shelf};

    fn shelf(is_ours: bool, named: &[&str], entries: &[&str]) -> Shelf {
        let texts = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        Shelf {
            store: "aws-sm",
            place: "us-east-1".into(),
            is_ours,
            named: texts(named).into_iter().collect(),
            kept: vec!["prod/acks/".into()],
            companions: &[".rotation", ".provision"],
            entries: Looked::Seen(
                entries.iter().map(|name| ((*name).to_owned(), format!("aws-sm:{name}"))).collect(),
            ),
        }
    }

    fn told(shelf: &Shelf) -> Vec<(String, RowKind)> {
        let reference = |row: &super::Row| row.entry.as_ref().unwrap().references[0].clone();
        shelf.rows().iter().map(|row| (reference(row), row.kind)).collect()
    }

    fn row(name: &str, kind: RowKind) -> (String, RowKind) {
        (format!("aws-sm:{name}"), kind)
    }

    #[test]
    fn what_is_named_and_what_stands_beside_it_is_no_stranger() {
        let entries = ["prod/acks/one/two", "prod/queue", "prod/queue.provision", "prod/queue.rotation"];
        let shelf = shelf(true, &["prod/queue"], &entries);
        assert_eq!(told(&shelf), []);
        assert_eq!(shelf.summary().unnamed, Some(0));
    }

    #[test]
    fn in_a_store_of_ours_everything_else_is_an_orphan_and_told_once() {
        let entries = ["gone", "gone.rotation", "lost.rotation", "queue"];
        let shelf = shelf(true, &["queue"], &entries);
        assert_eq!(
            told(&shelf),
            [row("gone", RowKind::OrphanEntry), row("lost.rotation", RowKind::OrphanEntry)]
        );
    }

    #[test]
    fn in_a_store_of_many_only_our_marks_make_an_orphan_and_other_folders_are_left_alone() {
        let entries = ["dev/x", "prod/gone", "prod/gone.rotation", "prod/queue", "prod/theirs"];
        let shelf = shelf(false, &["prod/queue"], &entries);
        assert_eq!(
            told(&shelf),
            [row("prod/gone", RowKind::OrphanEntry), row("prod/theirs", RowKind::Foreign)]
        );
        assert_eq!(shelf.summary().unnamed, Some(2));
    }

    #[test]
    fn without_folders_every_name_is_told() {
        let shelf = shelf(false, &["queue"], &["any/where", "else", "queue"]);
        assert_eq!(told(&shelf), [row("any/where", RowKind::Foreign), row("else", RowKind::Foreign)]);
    }

    #[test]
    fn what_was_not_seen_is_never_none() {
        let blind = Shelf { entries: Looked::Not("denied".into()), ..shelf(true, &["queue"], &[]) };
        assert!(blind.rows().is_empty());
        let said = blind.summary();
        assert_eq!((said.unnamed, said.not_seen.as_deref()), (None, Some("denied")));
    }
}
