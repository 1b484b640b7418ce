//! What can be found, and where.

use std::fmt;

use super::super::key::KeyId;
use super::super::line::ChainId;

/// A line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which file, in the order in which they were given, counted from zero.
    pub file: usize,
    /// Which line of it, counted from one.
    pub line: u64,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where it shows. What is missing has no place.
    pub place: Option<Place>,
    /// In which chain, if that is known.
    pub chain: Option<ChainId>,
    /// What it is.
    pub what: What,
}

impl Finding {
    pub(super) fn at(place: Place, chain: Option<ChainId>, what: What) -> Self {
        Self { place: Some(place), chain, what }
    }
}

/// What was found. Lines are counted from zero, as `seq` does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// It has not the form of a line.
    Malformed,
    /// It is longer than any line.
    TooLong,
    /// Part of a line, as a process leaves it that dies while it writes. Not a break: if more of that chain followed, a line would be missing.
    Torn {
        /// How much of it.
        bytes: usize,
    },
    /// Its seal does not fit: the line, or its seal, was changed.
    Changed {
        /// Which line.
        sequence: u64,
    },
    /// Lines that are not there, although later ones are.
    Missing {
        /// The first of them.
        from: u64,
        /// The last of them.
        until: u64,
    },
    /// It was there already, or belongs further up: a line was repeated or moved.
    OutOfPlace {
        /// Which line.
        sequence: u64,
        /// Which one was due.
        due: u64,
    },
    /// It follows the end of its chain.
    AfterEnd {
        /// Which line.
        sequence: u64,
    },
    /// The chain does not begin where chains begin.
    BeginningMissing {
        /// The first line that is there.
        sequence: u64,
    },
    /// The same, where older files may have been removed. Not a break.
    BegunEarlier {
        /// The first line that is there.
        sequence: u64,
    },
    /// The key that it names was not given.
    KeyUnknown(KeyId),
    /// It was made without a key, although one was given: anybody could have written it.
    Unkeyed,
    /// Lines were cut off its end: an anchor, or a later chain, knows of more.
    CutOff {
        /// How many lines there are.
        count: u64,
        /// How many there were.
        known: u64,
    },
    /// Nothing of the chain is there, although an anchor or a later chain knows of it.
    ChainMissing {
        /// How many lines there were.
        known: u64,
    },
    /// The same, where older files may have been removed. Not a break.
    ChainEarlier {
        /// How many lines there were.
        known: u64,
    },
    /// An anchor, or a later chain, names another seal for its line of that count: the chain was made anew.
    Contradicted {
        /// How many lines there were.
        count: u64,
    },
    /// An anchor is not one, or does not fit any key.
    AnchorDamaged,
}

impl What {
    /// Whether something was done to the log. What is not is still worth knowing.
    #[must_use]
    pub fn is_break(&self) -> bool {
        !matches!(self, Self::Torn { .. } | Self::BegunEarlier { .. } | Self::ChainEarlier { .. })
    }

    /// A short name for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLong => "too-long",
            Self::Torn { .. } => "torn",
            Self::Changed { .. } => "changed",
            Self::Missing { .. } => "missing",
            Self::OutOfPlace { .. } => "out-of-place",
            Self::AfterEnd { .. } => "after-end",
            Self::BeginningMissing { .. } => "beginning-missing",
            Self::BegunEarlier { .. } => "begun-earlier",
            Self::KeyUnknown(_) => "key-unknown",
            Self::Unkeyed => "unkeyed",
            Self::CutOff { .. } => "cut-off",
            Self::ChainMissing { .. } => "chain-missing",
            Self::ChainEarlier { .. } => "chain-earlier",
            Self::Contradicted { .. } => "contradicted",
            Self::AnchorDamaged => "anchor-damaged",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => write!(f, "it is no line of an audit log"),
            Self::TooLong => write!(f, "it is longer than any line of an audit log"),
            Self::Torn { bytes } => write!(f, "{bytes} bytes of a line that was never finished"),
            Self::Changed { sequence } => write!(f, "line {sequence} was changed"),
            Self::Missing { from, until } if from == until => write!(f, "line {from} is missing before it"),
            Self::Missing { from, until } => write!(f, "lines {from} to {until} are missing before it"),
            Self::OutOfPlace { sequence, due } => {
                write!(f, "line {sequence} was repeated or moved; {due} is due here")
            }
            Self::AfterEnd { sequence } => write!(f, "line {sequence} follows the end of its chain"),
            Self::BeginningMissing { sequence } => write!(f, "its lines before {sequence} are missing"),
            Self::BegunEarlier { sequence } => {
                write!(f, "its lines before {sequence} are in files that are not here")
            }
            Self::KeyUnknown(key) => write!(f, "it was sealed with the key {key}, which was not given"),
            Self::Unkeyed => write!(f, "it was sealed without a key: anybody could have written it"),
            Self::CutOff { count, known } => {
                write!(f, "it ends after {count} lines, but there were {known}: the rest was cut off")
            }
            Self::ChainMissing { known } => write!(f, "all of it is missing; there were {known} lines"),
            Self::ChainEarlier { known } => {
                write!(f, "it is in files that are not here; there were {known} lines")
            }
            Self::Contradicted { count } => {
                write!(f, "its first {count} lines are not those that were seen: it was written anew")
            }
            Self::AnchorDamaged => write!(f, "this anchor was changed, or its key was not given"),
        }
    }
}
