//! Lines in, findings out: one pass, and memory that grows with the number of chains and not of lines.

mod finding;
mod fragment;
mod opening;
mod report;
mod state;

use std::collections::HashMap;

use super::anchor::Anchor;
use super::key::ChainKey;
use super::line::{ChainId, Head, Mac};
pub use finding::{Finding, Place, What};
use fragment::{Fragment, glued, may_be_torn};
use opening::Opening;
pub use opening::Origin;
pub use report::{ChainReport, KeyState, Report, Tail};
use state::State;

/// Judges the lines of a log, which are given one after the other, the oldest file first.
#[derive(Debug)]
pub struct Verifier {
    keys: Vec<ChainKey>,
    accepts_public: bool,
    complete: bool,
    anchors: HashMap<ChainId, Anchor>,
    chains: Vec<State>,
    index: HashMap<ChainId, usize>,
    latest: usize,
    fragment: Option<Fragment>,
    unseen: Vec<Link>,
    findings: Vec<Finding>,
    hidden: u64,
    broken: bool,
    lines: u64,
    first_ms: Option<u64>,
}

/// What one line is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Its seal fits, and it stands where it belongs. With [the public key](ChainKey::public) that says little.
    pub verified: bool,
    /// The chain it says it belongs to.
    pub chain: Option<ChainId>,
}

/// A line that a later chain saw before it began.
#[derive(Debug)]
struct Link {
    chain: ChainId,
    count: u64,
    place: Place,
    first_of_all: bool,
}

impl Verifier {
    /// With these keys, and with the anchors, of which the longest of each chain counts.
    ///
    /// `complete` says that the log is here from its very first line. Otherwise what its beginning refers to may have been removed with older files, and is only noted.
    #[must_use]
    pub fn new(keys: Vec<ChainKey>, anchors: impl IntoIterator<Item = Anchor>, complete: bool) -> Self {
        let accepts_public = keys.is_empty();
        let mut longest = HashMap::<ChainId, Anchor>::new();
        for anchor in anchors {
            let known = longest.entry(anchor.chain).or_insert(anchor);
            if known.count < anchor.count {
                *known = anchor;
            }
        }
        Self {
            keys: keys.into_iter().chain([ChainKey::public()]).collect(),
            accepts_public,
            complete,
            anchors: longest,
            chains: Vec::new(),
            index: HashMap::new(),
            latest: 0,
            fragment: None,
            unseen: Vec::new(),
            findings: Vec::new(),
            hidden: 0,
            broken: false,
            lines: 0,
            first_ms: None,
        }
    }

    /// Chains that were made without a key of one's own are no finding although a key was given: the log began before there was one.
    #[must_use]
    pub fn accepting_public(mut self) -> Self {
        self.accepts_public = true;
        self
    }

    /// Judges the next line, which is given without its line end; `whole` says that it had one.
    pub fn line(&mut self, place: Place, bytes: &[u8], whole: bool) -> Judgement {
        self.lines += 1;
        let head = Head::of(bytes);
        // Counting is quick and looking is not; a line has two of them, and more only where a value has.
        let may_be_glued = head.is_none() || bytes.iter().filter(|byte| **byte == b'{').count() > 2;
        let glued = may_be_glued.then(|| glued(bytes)).flatten();
        if let Some(head) = head.filter(|_| glued.is_none()) {
            return self.judge(place, &head);
        }
        if let Some((at, head)) = glued {
            self.settle(None);
            let what = if may_be_torn(&bytes[..at]) { What::Torn { bytes: at } } else { What::Malformed };
            self.find(Finding::at(place, None, what));
            return self.judge(place, &head);
        }
        self.settle(None);
        self.fragment =
            Some(Fragment { place, bytes: bytes.len(), is_unfinished: !whole && may_be_torn(bytes) });
        Judgement { verified: false, chain: None }
    }

    /// Says that a line was too long to be one, and was passed over.
    pub fn too_long(&mut self, place: Place) {
        self.lines += 1;
        self.settle(None);
        self.find(Finding::at(place, None, What::TooLong));
    }

    /// Says that an anchor does not count, which is a finding: it was there to be believed.
    pub fn anchor_damaged(&mut self, place: Place) {
        self.find(Finding::at(place, None, What::AnchorDamaged));
    }

    /// Who wrote the chain, once its beginning was seen.
    #[must_use]
    pub fn origin(&self, chain: ChainId) -> Option<&Origin> {
        self.chains.get(*self.index.get(&chain)?)?.origin.as_ref()
    }

    /// Whether anything was found so far that should not be.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// What all of it comes to.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.settle(None);
        report::conclude(self)
    }

    fn judge(&mut self, place: Place, head: &Head<'_>) -> Judgement {
        let first_of_all = self.first_ms.is_none();
        self.first_ms.get_or_insert(head.at_ms);
        let opening = Opening::of(head);
        let at = match self.chains.get(self.latest).filter(|state| state.id == head.chain) {
            Some(_) => Some(self.latest),
            None => self.index.get(&head.chain).copied(),
        };
        let (at, verified) = match at {
            Some(at) => (at, self.next(at, place, head)),
            None => self.first(place, head, opening.as_ref()),
        };
        self.latest = at;
        let begun = opening.filter(|_| verified);
        self.settle(begun.as_ref());
        if let Some((chain, sequence, mac)) = begun.as_ref().and_then(|opening| opening.after) {
            self.link(Link { chain, count: sequence.saturating_add(1), place, first_of_all }, mac);
        }
        Judgement { verified, chain: Some(head.chain) }
    }

    /// A further line of a chain.
    fn next(&mut self, at: usize, place: Place, head: &Head<'_>) -> bool {
        let (verified, what) = self.chains[at].next(&self.keys, place, head);
        what.into_iter().flatten().for_each(|what| self.find(Finding::at(place, Some(head.chain), what)));
        verified
    }

    /// The first line there is of a chain.
    fn first(&mut self, place: Place, head: &Head<'_>, opening: Option<&Opening>) -> (usize, bool) {
        let anchor = self.anchors.remove(&head.chain);
        let (state, verified, what) = State::first(&self.keys, anchor, place, head, opening);
        let public = state.key_state == KeyState::Public && !self.accepts_public;
        self.chains.push(state);
        let at = self.chains.len() - 1;
        self.index.insert(head.chain, at);
        let unkeyed = public.then_some(What::Unkeyed);
        for what in what.into_iter().flatten().chain(unkeyed) {
            let what = match what {
                // Where older files may be gone, a chain that says that it goes on is as it should be.
                What::BeginningMissing { sequence } if !self.complete && opening.is_some() => {
                    What::BegunEarlier { sequence }
                }
                what => what,
            };
            self.find(Finding::at(place, Some(head.chain), what));
        }
        (at, verified)
    }

    /// Takes note of what a chain saw when it began.
    fn link(&mut self, link: Link, mac: Mac) {
        let Some(at) = self.index.get(&link.chain) else {
            self.unseen.push(link);
            return;
        };
        if self.chains[*at].vouch(link.count, mac) {
            let what = What::Contradicted { count: link.count };
            self.find(Finding::at(link.place, Some(link.chain), what));
        }
    }

    /// Decides what the fragment was, now that `next` begins right behind it, or something else does.
    fn settle(&mut self, next: Option<&Opening>) {
        let Some(Fragment { place, bytes, is_unfinished }) = self.fragment.take() else { return };
        let torn = next.map_or(0, |opening| opening.torn);
        // Nothing at all is left of it where whoever wrote it was not dead after all, but slow.
        let vouched = torn > 0 && (torn == bytes || bytes == 0);
        let what = if vouched || is_unfinished { What::Torn { bytes } } else { What::Malformed };
        self.find(Finding::at(place, None, what));
    }

    fn find(&mut self, finding: Finding) {
        self.broken |= finding.what.is_break();
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else {
            self.hidden += 1;
        }
    }
}

/// Nobody reads more; the rest is counted.
const MOST_FINDINGS: usize = 1000;
