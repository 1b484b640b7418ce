//! What a whole log comes to.

use super::super::line::ChainId;
use super::finding::{Finding, What};
use super::opening::Origin;
use super::state::State;
use super::{Link, Verifier};

/// What a log comes to.
#[derive(Clone, Debug)]
pub struct Report {
    /// Every chain, in the order in which they begin.
    pub chains: Vec<ChainReport>,
    /// What was found, in the order of the lines; the first thousand.
    pub findings: Vec<Finding>,
    /// How many more there were.
    pub hidden: u64,
    /// How many lines were judged.
    pub lines: u64,
    /// Whether anything was done to the log.
    pub broken: bool,
}

/// What one chain comes to.
#[derive(Clone, Debug)]
pub struct ChainReport {
    /// Which one.
    pub chain: ChainId,
    /// Who wrote it, where its beginning is here.
    pub origin: Option<Origin>,
    /// What it was sealed with.
    pub key: KeyState,
    /// The first line that is here, counted from zero.
    pub from: u64,
    /// How many lines it has.
    pub count: u64,
    /// How many of those that are here were found to be as they were written.
    pub verified: u64,
    /// When its first line here was written, in milliseconds since the Unix epoch by the writer's clock.
    pub first_ms: u64,
    /// When its last one was.
    pub last_ms: u64,
    /// What is known of its end.
    pub tail: Tail,
}

/// What a chain was sealed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyState {
    /// One of the keys that were given.
    Secret,
    /// The key that everybody has.
    Public,
    /// None that was given.
    Unknown,
}

/// What is known of a chain's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// It says itself that it ended: nothing was cut off.
    Ended,
    /// Not provable: the process may be running, or was killed, or lines were cut off.
    Open {
        /// That at least so many lines were written is proven by an anchor or by a later chain, and they are here.
        proven: u64,
    },
}

impl Report {
    /// Whether every chain is here to its proven end.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.chains.iter().all(|chain| chain.tail == Tail::Ended)
    }
}

/// Adds what is missing, which shows only now.
pub(super) fn conclude(mut verifier: Verifier) -> Report {
    let missing: Vec<_> = verifier.chains.iter().filter_map(cut_off).collect();
    let unseen = std::mem::take(&mut verifier.unseen);
    let gone: Vec<_> = unseen.iter().filter_map(|link| never_seen(&verifier, link)).collect();
    let mut anchors: Vec<_> = verifier.anchors.drain().map(|(_, anchor)| anchor).collect();
    anchors.sort_unstable_by_key(|anchor| (anchor.at_ms, anchor.chain));
    let first_ms = verifier.first_ms.unwrap_or(u64::MAX);
    let whole: Vec<_> = anchors
        .iter()
        .map(|anchor| {
            let earlier = !verifier.complete && anchor.at_ms < first_ms;
            absent(anchor.chain, anchor.count, earlier)
        })
        .collect();
    // One chain may be missed by several.
    let mut told = Vec::new();
    for finding in missing.into_iter().chain(whole).chain(gone) {
        if finding.place.is_some() || !told.contains(&finding.chain) {
            told.push(finding.chain);
            verifier.find(finding);
        }
    }
    Report {
        chains: verifier.chains.iter().map(told_of).collect(),
        findings: verifier.findings,
        hidden: verifier.hidden,
        lines: verifier.lines,
        broken: verifier.broken,
    }
}

fn cut_off(state: &State) -> Option<Finding> {
    let known = state.anchor.map_or(0, |anchor| anchor.count).max(state.vouched);
    let what = What::CutOff { count: state.count, known };
    (state.count < known).then(|| Finding::at(state.last, Some(state.id), what))
}

/// The line that stood last when a chain began is in the same file, unless that chain's beginning is the first line of all.
fn never_seen(verifier: &Verifier, link: &Link) -> Option<Finding> {
    if let Some(at) = verifier.index.get(&link.chain) {
        let state = &verifier.chains[*at];
        let what = What::CutOff { count: state.count, known: link.count };
        return (state.count < link.count).then(|| Finding::at(state.last, Some(state.id), what));
    }
    Some(absent(link.chain, link.count, !verifier.complete && link.first_of_all))
}

fn absent(chain: ChainId, known: u64, earlier: bool) -> Finding {
    let what = if earlier { What::ChainEarlier { known } } else { What::ChainMissing { known } };
    Finding { place: None, chain: Some(chain), what }
}

fn told_of(state: &State) -> ChainReport {
    let proven = state.anchored.max(state.vouched.min(state.count));
    ChainReport {
        chain: state.id,
        origin: state.origin.clone(),
        key: state.key_state,
        from: state.from,
        count: state.count,
        verified: state.verified,
        first_ms: state.first_ms,
        last_ms: state.last_ms,
        tail: if state.ended { Tail::Ended } else { Tail::Open { proven } },
    }
}
