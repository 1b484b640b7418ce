//! How a line is written, and how it is taken apart without parsing it.

use std::fmt;

use super::super::AuditEvent;
use super::key::ChainKey;

/// The version of the schema.
///
/// It does not grow with a kind or a fact that is new: whoever reads a log takes both as texts, and passes over what it does not know. It grows when a member goes, comes or changes its
/// meaning, or when a kind or fact would mean something else than before.
pub const SCHEMA: u32 = 1;

/// No line is longer than this, in bytes: whoever reads needs no more memory. Facts are cut so that it holds.
pub const LONGEST_LINE: usize = 64 * 1024;

/// Which chain a line belongs to: 16 hex digits, drawn when the chain begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainId([u8; 16]);

/// A seal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mac(pub(super) [u8; 32]);

impl ChainId {
    /// The chain of these drawn bytes.
    #[must_use]
    pub fn of(drawn: [u8; 8]) -> Self {
        let mut id = [0; 16];
        hex(&drawn, &mut id);
        Self(id)
    }

    pub(super) fn of_text(text: &[u8]) -> Option<Self> {
        let id: [u8; 16] = text.try_into().ok()?;
        id.iter().all(|digit| nibble(*digit).is_some()).then_some(Self(id))
    }
}

impl Mac {
    /// What stands before the first line.
    pub(super) const NONE: Self = Self([0; 32]);

    /// 64 lower-case hex digits; others are none, so that a flipped case is a change.
    pub(super) fn of_text(text: &[u8]) -> Option<Self> {
        let mut mac = [0; 32];
        if text.len() != 64 {
            return None;
        }
        for (byte, pair) in mac.iter_mut().zip(text.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Some(Self(mac))
    }
}

/// What stands in front of a line, which is all that judging it needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) chain: ChainId,
    pub(super) sequence: u64,
    pub(super) at_ms: u64,
    pub(super) kind: &'a [u8],
    /// What is sealed.
    pub(super) canonical: &'a [u8],
    pub(super) mac: Mac,
}

impl<'a> Head<'a> {
    /// The head of `line`, which has no line end. `None` if it is not of this form.
    pub(super) fn of(line: &'a [u8]) -> Option<Self> {
        let at = line.len().checked_sub(MAC_END)?;
        let (canonical, seal) = line.split_at(at);
        let mac = Mac::of_text(seal.strip_prefix(MAC_START)?.strip_suffix(b"\"}")?)?;
        let rest = canonical.strip_prefix(START)?;
        let (chain, rest) = rest.split_at_checked(16)?;
        let (sequence, rest) = number(rest.strip_prefix(b"\",\"seq\":")?)?;
        let (at_ms, rest) = number(rest.strip_prefix(b",\"at_ms\":")?)?;
        let rest = rest.strip_prefix(b",\"kind\":\"")?;
        let kind = &rest[..rest.iter().position(|byte| *byte == b'"')?];
        Some(Self { chain: ChainId::of_text(chain)?, sequence, at_ms, kind, canonical, mac })
    }
}

/// Appends the line of `event` to `out`, with its line end, and returns its seal.
pub(super) fn write(
    out: &mut Vec<u8>,
    key: &ChainKey,
    (chain, sequence, previous): (ChainId, u64, &Mac),
    event: &AuditEvent,
) -> Mac {
    let start = out.len();
    out.extend_from_slice(START);
    out.extend_from_slice(&chain.0);
    let front =
        format!("\",\"seq\":{sequence},\"at_ms\":{},\"kind\":\"{}\"", event.at_ms(), event.kind().name());
    out.extend_from_slice(front.as_bytes());
    if let Some(integration) = event.integration() {
        out.extend_from_slice(b",\"integration\":");
        text(out, integration);
    }
    out.extend_from_slice(b",\"facts\":{");
    for (at, (name, value)) in event.facts().take(MOST_FACTS).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        text(out, name);
        out.push(b':');
        text(out, value);
    }
    out.push(b'}');
    let mac = key.seal(previous, &out[start..]);
    seal(out, &mac);
    mac
}

/// Ends a line with its seal.
pub(super) fn seal(out: &mut Vec<u8>, mac: &Mac) {
    let mut digits = [0; 64];
    hex(&mac.0, &mut digits);
    out.extend_from_slice(MAC_START);
    out.extend_from_slice(&digits);
    out.extend_from_slice(b"\"}\n");
}

/// The last line in `end`, the end of a file, that is whole and of a chain: its chain, number and seal. And how many bytes stand behind the last line end.
#[must_use]
pub fn last_line(end: &[u8]) -> (Option<(ChainId, u64, Mac)>, usize) {
    let torn = end.iter().rev().take_while(|byte| **byte != b'\n').count();
    let whole = &end[..end.len() - torn];
    let mut lines = whole.split(|byte| *byte == b'\n').rev().filter_map(Head::of);
    (lines.next().map(|head| (head.chain, head.sequence, head.mac)), torn)
}

/// A text of JSON, cut where it is far longer than anything that has to be told.
fn text(out: &mut Vec<u8>, value: &str) {
    let cut = value.floor_char_boundary(LONGEST_FACT);
    let shown = if cut < value.len() { format!("{}…", &value[..cut]) } else { String::new() };
    let value = if shown.is_empty() { value } else { &shown };
    serde_json::to_writer(out, value).expect("a text always serialises into memory");
}

/// Digits without a needless zero in front, so that every number has one form.
pub(super) fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    let mut at = 0;
    while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        at += 1;
    }
    (at == 1 || (at > 1 && bytes[0] != b'0')).then_some((value, &bytes[at..]))
}

fn hex(bytes: &[u8], out: &mut [u8]) {
    for (byte, pair) in bytes.iter().zip(out.chunks_exact_mut(2)) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

fn nibble(digit: u8) -> Option<u8> {
    let value = NIBBLES[usize::from(digit)];
    (value < 16).then_some(value)
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl fmt::Debug for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const START: &[u8] = b"{\"schema\":1,\"chain\":\"";
const MAC_START: &[u8] = b",\"mac\":\"";
const MAC_END: usize = MAC_START.len() + 64 + 2;
const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// 16 of these, each byte of which JSON may write as six, stay below [`LONGEST_LINE`].
const LONGEST_FACT: usize = 512;
const MOST_FACTS: usize = 16;

/// A digit's value by its byte; 255 for what is none.
const NIBBLES: [u8; 256] = {
    let mut table = [255; 256];
    let mut value = 0u8;
    while value < 16 {
        table[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    table
};
