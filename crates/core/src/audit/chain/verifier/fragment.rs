//! What has not the form of a line, and may be what a process left that died.

use super::super::line::Head;
use super::finding::Place;

/// Something without the form of a line. What follows tells whether somebody died over it.
#[derive(Debug)]
pub(super) struct Fragment {
    pub(super) place: Place,
    pub(super) bytes: usize,
    /// It has no line end, and begins as a line does.
    pub(super) is_unfinished: bool,
}

/// The line that begins within `bytes`, and where: somebody died over a line, and another process went on writing right behind it. Within a value the
/// quotes of this mark are escaped.
pub(super) fn glued(bytes: &[u8]) -> Option<(usize, Head<'_>)> {
    let at = bytes.windows(START.len()).skip(1).position(|at| at == START)? + 1;
    Some((at, Head::of(&bytes[at..])?))
}

/// Whether it may be what is left of a line whose writer died: it begins as lines do, as far as it goes.
pub(super) fn may_be_torn(bytes: &[u8]) -> bool {
    let shared = bytes.len().min(START.len());
    bytes[..shared] == START[..shared]
}

const START: &[u8] = b"{\"schema\":1,\"chain\":\"";
