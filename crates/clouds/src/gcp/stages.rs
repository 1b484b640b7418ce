//! Which version is at which stage: pure decisions over a secret's aliases.

use std::collections::BTreeMap;

use hallpass_core::Stage;

/// What a secret says about its versions, as it was read, and as it is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// All its aliases: ours and those of others, which are kept as they are.
    pub(super) aliases: BTreeMap<String, i64>,
    /// All its annotations, likewise.
    pub(super) annotations: BTreeMap<String, String>,
}

/// What is to be done with a secret's marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Amendment {
    /// Everything is so already.
    None,
    /// Writes these, and afterwards disables the versions that fell off.
    Write(Marks, Vec<i64>),
    /// Refused, and why.
    Conflict(&'static str),
}

/// The alias of a stage.
pub(super) fn alias(stage: Stage) -> &'static str {
    match stage {
        Stage::Current => "current",
        Stage::Previous => "previous",
        Stage::Pending => "pending",
    }
}

impl Marks {
    /// The number at `stage`.
    pub(super) fn at(&self, stage: Stage) -> Option<i64> {
        self.aliases.get(alias(stage)).copied()
    }

    /// Whether the stages of this secret are said by aliases. Where they are not, its newest enabled version is CURRENT. An annotation says
    /// so even while no alias does: between the making of a secret and its first promotion nothing is CURRENT, and its only enabled version is
    /// one that must not be seen yet.
    pub(super) fn are_ours(&self) -> bool {
        self.annotations.contains_key(ANNOTATION)
            || [Stage::Current, Stage::Previous, Stage::Pending].iter().any(|stage| self.at(*stage).is_some())
    }

    /// The marks of a secret that hallpass makes.
    pub(super) fn of_a_new_secret() -> Self {
        let mut marks = Self::default();
        marks.claim();
        marks
    }

    /// Takes over a secret that others have kept: its newest enabled version, which is what was read until now, becomes CURRENT by name. Must
    /// be written before a version is added, or readers without an alias would see that one.
    pub(super) fn adopt(&self, newest: Option<i64>) -> Amendment {
        if self.are_ours() {
            return Amendment::None;
        }
        let mut next = self.clone();
        next.claim();
        next.set(Stage::Current, newest);
        Amendment::Write(next, Vec::new())
    }

    /// Makes `number` PENDING in place of an earlier one, which falls off.
    pub(super) fn pend(&self, number: i64) -> Amendment {
        if self.at(Stage::Pending) == Some(number) {
            return Amendment::None;
        }
        let mut next = self.clone();
        next.set(Stage::Pending, Some(number));
        let fallen = next.fallen(self.at(Stage::Pending));
        Amendment::Write(next, fallen)
    }

    /// What [`hallpass_core::Store::promote`] promises. A version that is none of this entry is [`NO_NUMBER`].
    pub(super) fn promote(&self, number: i64, expected: Option<i64>) -> Amendment {
        if self.at(Stage::Current) == Some(number) {
            return Amendment::None;
        }
        if self.at(Stage::Pending) != Some(number) {
            return Amendment::Conflict("its pending version is another by now");
        }
        if expected != self.at(Stage::Current) {
            return Amendment::Conflict("its current version is another by now");
        }
        let mut next = self.clone();
        next.set(Stage::Pending, None);
        next.set(Stage::Previous, self.at(Stage::Current));
        next.set(Stage::Current, Some(number));
        let fallen = next.fallen(self.at(Stage::Previous));
        Amendment::Write(next, fallen)
    }

    /// What [`hallpass_core::Store::discard`] promises.
    pub(super) fn discard(&self, number: i64) -> Amendment {
        if self.at(Stage::Current) == Some(number) {
            return Amendment::Conflict("that version is current");
        }
        let mut next = self.clone();
        for stage in [Stage::Previous, Stage::Pending] {
            if self.at(stage) == Some(number) {
                next.set(stage, None);
            }
        }
        if next == *self { Amendment::None } else { Amendment::Write(next, Vec::new()) }
    }

    /// Whether a version may be disabled: nobody's alias leads to it, and the secret is one whose stages are said by aliases.
    pub(super) fn may_disable(&self, number: i64) -> bool {
        self.are_ours() && !self.aliases.values().any(|used| *used == number)
    }

    fn fallen(&self, number: Option<i64>) -> Vec<i64> {
        number.into_iter().filter(|number| self.may_disable(*number)).collect()
    }

    fn claim(&mut self) {
        self.annotations.insert(ANNOTATION.to_owned(), "aliases".to_owned());
    }

    fn set(&mut self, stage: Stage, number: Option<i64>) {
        match number {
            Some(number) => self.aliases.insert(alias(stage).to_owned(), number),
            None => self.aliases.remove(alias(stage)),
        };
    }
}

/// No version has this number: they begin at 1.
pub(super) const NO_NUMBER: i64 = 0;

/// The key of our annotation: "must be between 1 and 63 characters long, [...] begin and end with an alphanumeric character, and may have
/// dashes, underscores, dots and alphanumerics in between" (field `annotations` of
/// <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets#Secret>).
pub(super) const ANNOTATION: &str = "hallpass-stages";

#[cfg(test)]
mod tests {
    use super::{Amendment, Marks, NO_NUMBER};

    fn marks(aliases: &[(&str, i64)]) -> Marks {
        let mut marks = Marks::of_a_new_secret();
        marks.aliases = aliases.iter().map(|(alias, number)| ((*alias).to_owned(), *number)).collect();
        marks
    }

    #[test]
    fn a_promotion_moves_three_aliases_at_once_and_keeps_those_of_others() {
        let before = marks(&[("current", 2), ("previous", 1), ("pending", 3), ("blue", 2)]);
        let after = marks(&[("current", 3), ("previous", 2), ("blue", 2)]);
        assert_eq!(before.promote(3, Some(2)), Amendment::Write(after.clone(), vec![1]));
        assert_eq!(after.promote(3, Some(2)), Amendment::None, "again after success");
    }

    #[test]
    fn a_promotion_with_a_wrong_expectation_is_refused() {
        let before = marks(&[("current", 2), ("pending", 3)]);
        for (pending, expected) in [
            (3, None),
            (3, Some(1)),
            (3, Some(NO_NUMBER)),
            (1, Some(2)),
            (NO_NUMBER, Some(2)),
            (NO_NUMBER, None),
        ] {
            assert!(
                matches!(before.promote(pending, expected), Amendment::Conflict(_)),
                "{pending:?} {expected:?}"
            );
        }
        assert!(matches!(marks(&[("pending", 1)]).promote(1, None), Amendment::Write(..)));
    }

    #[test]
    fn what_others_point_at_is_never_disabled() {
        let before = marks(&[("current", 2), ("previous", 1), ("pending", 3), ("green", 1)]);
        let Amendment::Write(_, fallen) = before.promote(3, Some(2)) else {
            panic!("the expectation is right")
        };
        assert_eq!(fallen, [] as [i64; 0], "an alias of somebody else leads to it");
        let strange = Marks { annotations: [].into(), ..marks(&[("green", 1)]) };
        assert!(!strange.may_disable(4), "nor anything of a secret that is not ours");
    }

    #[test]
    fn a_new_pending_replaces_the_old_one() {
        let before = marks(&[("current", 1), ("pending", 2)]);
        assert_eq!(before.pend(3), Amendment::Write(marks(&[("current", 1), ("pending", 3)]), vec![2]));
        assert_eq!(before.pend(2), Amendment::None);
    }

    #[test]
    fn adoption_pins_what_was_read_before() {
        let strange = Marks { aliases: [("blue".to_owned(), 1)].into(), annotations: [].into() };
        assert_eq!(strange.adopt(Some(4)), Amendment::Write(marks(&[("blue", 1), ("current", 4)]), vec![]));
        assert_eq!(strange.adopt(None), Amendment::Write(marks(&[("blue", 1)]), vec![]));
        assert_eq!(marks(&[]).adopt(Some(4)), Amendment::None, "what is ours already has no current");
    }

    #[test]
    fn discarding_takes_everything_but_current() {
        let before = marks(&[("current", 2), ("previous", 1), ("pending", 3)]);
        assert!(matches!(before.discard(2), Amendment::Conflict(_)));
        assert_eq!(before.discard(1), Amendment::Write(marks(&[("current", 2), ("pending", 3)]), vec![]));
        assert_eq!(before.discard(3), Amendment::Write(marks(&[("current", 2), ("previous", 1)]), vec![]));
        assert_eq!(before.discard(9), Amendment::None);
    }
}
