//! Counting calls while they are made.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use hallpass_core::policy::Rule;
use hallpass_core::template::{PathTable, PathTemplate, StarKind};
use hallpass_core::{Ending, ObservedCall};
use http::Method;

use super::record::{Counts, Record, RecordedCall, RecordedStar};

/// Counts the calls of one integration. A call of a kind that was seen before takes a read lock that nobody holds for long and adds to a few atomics.
///
/// Whether values differ is told from a hash of the first one with a key that is drawn for this process and kept nowhere.
#[derive(Debug)]
pub struct Tally {
    paths: PathTable,
    rules: Vec<String>,
    /// One for each rule and method, and for refused calls and method.
    shelves: Vec<RwLock<HashMap<Box<str>, Kind>>>,
    kinds: AtomicUsize,
    other: AtomicU64,
    key: RandomState,
}

/// What a process counted since it was last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The calls, one for each method, template and rule.
    pub calls: Vec<RecordedCall>,
    /// Calls that are not described.
    pub other: u64,
}

/// One method, template and rule.
#[derive(Debug)]
struct Kind {
    stars: Box<[StarSeen]>,
    counts: [AtomicU64; 5],
    first_ms: u64,
    last_ms: AtomicU64,
}

#[derive(Debug)]
struct StarSeen {
    segment: usize,
    kind: AtomicU8,
    /// The hash of the first value; zero before it.
    first: AtomicU64,
    varied: AtomicBool,
}

impl Tally {
    /// Counts calls that `rules` cover, or not, as templates of `paths`.
    #[must_use]
    pub fn new(paths: PathTable, rules: &[Rule]) -> Self {
        let rules: Vec<_> = rules.iter().map(Rule::to_string).collect();
        let shelves = (0..(rules.len() + 1) * METHODS.len()).map(|_| RwLock::default()).collect();
        let (kinds, other) = (AtomicUsize::new(0), AtomicU64::new(0));
        Self { paths, rules, shelves, kinds, other, key: RandomState::new() }
    }

    /// Counts one call at `now_ms`.
    pub fn note(&self, call: &ObservedCall<'_>, now_ms: u64) {
        let method = METHODS.iter().position(|method| method == call.method);
        let (Some(method), Ok(template)) = (method, self.paths.template(call.path)) else {
            self.other.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let (rule, ending) = match call.ending {
            Ending::Refused => (self.rules.len(), REFUSED),
            Ending::Unanswered { rule } => (rule, UNANSWERED),
            Ending::Answered { rule, status } if status.as_u16() < 400 => (rule, WORKED),
            Ending::Answered { rule, status } if matches!(status.as_u16(), 401 | 403) => (rule, DENIED),
            Ending::Answered { rule, .. } => (rule, FAILED),
        };
        let Some(shelf) = self.shelves.get(rule * METHODS.len() + method) else { return };
        if let Some(kind) = shelf.read().unwrap_or_else(PoisonError::into_inner).get(&*template.text) {
            return kind.count(self, call.path, &template, ending, now_ms);
        }
        let mut shelf = shelf.write().unwrap_or_else(PoisonError::into_inner);
        if !shelf.contains_key(&*template.text) {
            // Counted before it is put there, so that many at once do not pass the limit together.
            if self.kinds.fetch_add(1, Ordering::Relaxed) >= Record::MOST_KINDS {
                self.kinds.fetch_sub(1, Ordering::Relaxed);
                self.other.fetch_add(1, Ordering::Relaxed);
                return;
            }
            shelf.insert(template.text.clone().into(), Kind::new(&template, now_ms));
        }
        if let Some(kind) = shelf.get(&*template.text) {
            kind.count(self, call.path, &template, ending, now_ms);
        }
    }

    /// What was counted since this was last called. Each call is in one answer.
    pub fn take(&self) -> Taken {
        let mut taken = Taken { calls: Vec::new(), other: self.other.swap(0, Ordering::Relaxed) };
        for (index, shelf) in self.shelves.iter().enumerate() {
            let (rule, method) = (self.rules.get(index / METHODS.len()), &METHODS[index % METHODS.len()]);
            let shelf = shelf.read().unwrap_or_else(PoisonError::into_inner);
            let calls = shelf.iter().filter_map(|(path, kind)| kind.taken(method, path, rule));
            taken.calls.extend(calls);
        }
        taken
    }
}

impl Taken {
    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.other == 0
    }

    /// Adds what was counted later: for a process that could not write down the earlier part.
    pub fn add(&mut self, later: Self) {
        self.other = self.other.saturating_add(later.other);
        for call in later.calls {
            match self.calls.iter_mut().find(|known| known.is_kind_of(&call)) {
                Some(known) => known.absorb(&call),
                None => self.calls.push(call),
            }
        }
    }
}

impl Kind {
    fn new(template: &PathTemplate, now_ms: u64) -> Self {
        let seen = template.stars.iter().map(|star| StarSeen {
            segment: star.segment,
            kind: AtomicU8::new(star.kind as u8),
            first: AtomicU64::new(0),
            varied: AtomicBool::new(false),
        });
        let last_ms = AtomicU64::new(now_ms);
        Self { stars: seen.collect(), counts: Default::default(), first_ms: now_ms, last_ms }
    }

    fn count(&self, tally: &Tally, path: &str, template: &PathTemplate, ending: usize, now_ms: u64) {
        self.counts[ending].fetch_add(1, Ordering::Relaxed);
        self.last_ms.fetch_max(now_ms, Ordering::Relaxed);
        let mut segments = path.split('/').skip(1).enumerate();
        for (seen, star) in self.stars.iter().zip(&template.stars) {
            seen.kind.fetch_max(star.kind as u8, Ordering::Relaxed);
            if seen.varied.load(Ordering::Relaxed) {
                continue;
            }
            let value = segments.find(|(index, _)| *index == seen.segment).map_or("", |(_, value)| value);
            // One more than zero, which stands for none.
            let hash = tally.key.hash_one(value) | 1;
            let first = seen.first.compare_exchange(0, hash, Ordering::Relaxed, Ordering::Relaxed);
            if first.is_err_and(|first| first != hash) {
                seen.varied.store(true, Ordering::Relaxed);
            }
        }
    }

    fn taken(&self, method: &Method, path: &str, rule: Option<&String>) -> Option<RecordedCall> {
        let count = |ending: usize| self.counts[ending].swap(0, Ordering::Relaxed);
        let counts = Counts {
            worked: count(WORKED),
            denied: count(DENIED),
            failed: count(FAILED),
            unanswered: count(UNANSWERED),
            refused: count(REFUSED),
        };
        let star = |seen: &StarSeen| RecordedStar {
            segment: seen.segment,
            kind: kind(seen.kind.load(Ordering::Relaxed)),
            varied: seen.varied.load(Ordering::Relaxed),
        };
        (counts.sum() > 0).then(|| RecordedCall {
            method: method.to_string(),
            path: path.to_owned(),
            rule: rule.cloned(),
            stars: self.stars.iter().map(star).collect(),
            first_ms: self.first_ms,
            last_ms: self.last_ms.load(Ordering::Relaxed),
            counts,
        })
    }
}

fn kind(number: u8) -> StarKind {
    [StarKind::Parameter, StarKind::Value]
        .into_iter()
        .find(|kind| *kind as u8 == number)
        .unwrap_or(StarKind::Unclear)
}

/// The methods that rules are written for. Any other is a token that a caller may put anything into, so it is counted and not kept.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
const WORKED: usize = 0;
const DENIED: usize = 1;
const FAILED: usize = 2;
const UNANSWERED: usize = 3;
const REFUSED: usize = 4;

#[cfg(test)]
mod tests;
