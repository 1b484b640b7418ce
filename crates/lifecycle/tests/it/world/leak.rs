//! What leaked, watched: whether it is dead, whether it comes back, and whether there is something for those who look at the store.

use std::collections::BTreeSet;

use super::platform::credential_of;
use super::{Sim, World};

/// Secrets that leaked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leak {
    /// Slot and secret of each.
    pub(crate) pairs: BTreeSet<(String, String)>,
    /// Those that were seen dead.
    dead: BTreeSet<(String, String)>,
    /// Whether CURRENT has to work all the time: whoever is refused reads it again.
    pub(crate) current_works: bool,
}

impl World {
    /// After every operation.
    pub(super) fn watch_leak(&mut self) {
        let Some(leak) = &mut self.leak else { return };
        let (platform, now) = (&self.platform, self.now);
        let mut violations = Vec::new();
        for pair in &leak.pairs {
            if !platform.accepts_pair(pair, now) {
                leak.dead.insert(pair.clone());
            } else if leak.dead.contains(pair) {
                violations.push(format!("{}: {pair:?} came back", self.step.name()));
            }
        }
        let current = self.shelf.entries.get("queue-sync").and_then(|entry| entry.current.as_ref());
        if leak.current_works && !current.is_some_and(|(_, value)| platform.accepts(value, now)) {
            violations.push(format!("{}: CURRENT does not work", self.step.name()));
        }
        self.violations.extend(violations);
    }
}

impl Sim {
    /// Every secret that the entry holds has leaked; consumers that keep to the rules read again when they are refused.
    pub(crate) fn leak(&self, current_works: bool) -> BTreeSet<(String, String)> {
        let mut world = self.lock();
        let entry = world.shelf.entries.get("queue-sync").cloned().unwrap_or_default();
        let stages = [entry.current, entry.previous, entry.pending];
        let pairs: BTreeSet<_> =
            stages.into_iter().flatten().filter_map(|(_, value)| credential_of(&value)).collect();
        // A secret that is dead before anything was done about it may be made usable by a step on its way.
        world.leak = Some(Leak { pairs: pairs.clone(), dead: BTreeSet::new(), current_works });
        pairs
    }

    /// Only these.
    pub(crate) fn leak_only(&self, pairs: &[(String, String)], current_works: bool) {
        let pairs = pairs.iter().cloned().collect();
        self.lock().leak = Some(Leak { pairs, dead: BTreeSet::new(), current_works });
    }

    /// Whether anything of what leaked gives a token, whatever is switched on again at the platform.
    pub(crate) fn can_come_back(&self) -> bool {
        let world = self.lock();
        let pairs = world.leak.as_ref().map(|leak| leak.pairs.clone()).unwrap_or_default();
        pairs
            .iter()
            .any(|(slot, secret)| world.platform.slots.get(slot).is_some_and(|found| found.secret == *secret))
    }
}
