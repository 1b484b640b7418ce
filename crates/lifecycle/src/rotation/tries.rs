//! The tries of one process with a pending secret.

use hallpass_core::Version;

use super::event::Verdict;
use super::time::WallTime;

/// Tries of this process with one pending version. How often it was tried in all stands in the document, see [`super::TryMark`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tries {
    /// Which version.
    pub version: Option<Version>,
    /// Whether one was written down and is still to be made.
    pub announced: bool,
    /// How many were not answered.
    pub unanswered: u8,
    /// When the first was.
    pub first: Option<WallTime>,
    /// When the last was.
    pub last: Option<WallTime>,
    /// What came of the last.
    pub verdict: Option<Verdict>,
    /// Whether that one was taken off the count again.
    pub uncounted: bool,
}

impl Tries {
    /// These, if they are about `version`; none of it else.
    pub(super) fn of(&mut self, version: &Version) -> &mut Self {
        if self.version.as_ref() != Some(version) {
            *self = Self { version: Some(version.clone()), ..Self::default() };
        }
        self
    }

    pub(super) fn add(&mut self, version: &Version, verdict: &Verdict, at: WallTime) {
        let tries = self.of(version);
        tries.announced = false;
        tries.uncounted = false;
        tries.unanswered =
            tries.unanswered.saturating_add(u8::from(matches!(verdict, Verdict::Unreachable(_))));
        tries.first = tries.first.or(Some(at));
        tries.last = Some(at);
        tries.verdict = Some(verdict.clone());
    }
}
