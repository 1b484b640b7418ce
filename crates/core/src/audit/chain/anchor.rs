//! An anchor: how long a chain was at some time, kept where the log is not.

use super::key::ChainKey;
use super::line::{self, ChainId, Mac};

/// How many lines a chain had, and the seal of the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The chain.
    pub chain: ChainId,
    /// How many lines it had.
    pub count: u64,
    /// The seal of the last of them.
    pub head: Mac,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: u64,
}

/// Why a line of an anchors' file is none that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorFault {
    /// It is not of the form of an anchor.
    Malformed,
    /// It fits none of the keys: it was changed, or its key was not given.
    Unsealed,
}

impl Anchor {
    /// Appends its line to `out`: `{"anchor":1,"chain":"…","count":N,"head":"…","at_ms":N,"mac":"…"}`. It is sealed with the chain's key behind nothing; a line
    /// of a log begins otherwise, so neither can stand for the other.
    pub fn write(&self, key: &ChainKey, out: &mut Vec<u8>) {
        let start = out.len();
        let text = format!(
            "{{\"anchor\":1,\"chain\":\"{}\",\"count\":{},\"head\":\"{}\",\"at_ms\":{}",
            self.chain, self.count, self.head, self.at_ms
        );
        out.extend_from_slice(text.as_bytes());
        let mac = key.seal(&Mac::NONE, &out[start..]);
        line::seal(out, &mac);
    }

    /// Reads a line, which has no line end.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn read(line: &[u8], keys: &[ChainKey]) -> Result<Self, AnchorFault> {
        let (anchor, canonical, mac) = Self::parsed(line).ok_or(AnchorFault::Malformed)?;
        let fits = keys.iter().any(|key| key.seal(&Mac::NONE, canonical) == mac);
        if fits { Ok(anchor) } else { Err(AnchorFault::Unsealed) }
    }

    fn parsed(line: &[u8]) -> Option<(Self, &[u8], Mac)> {
        let at = line.len().checked_sub(74)?;
        let (canonical, seal) = line.split_at(at);
        let mac = Mac::of_text(seal.strip_prefix(b",\"mac\":\"")?.strip_suffix(b"\"}")?)?;
        let (chain, rest) = canonical.strip_prefix(b"{\"anchor\":1,\"chain\":\"")?.split_at_checked(16)?;
        let (count, rest) = line::number(rest.strip_prefix(b"\",\"count\":")?)?;
        let (head, rest) = rest.strip_prefix(b",\"head\":\"")?.split_at_checked(64)?;
        let (at_ms, rest) = line::number(rest.strip_prefix(b"\",\"at_ms\":")?)?;
        let anchor = Self { chain: ChainId::of_text(chain)?, count, head: Mac::of_text(head)?, at_ms };
        rest.is_empty().then_some((anchor, canonical, mac))
    }
}
