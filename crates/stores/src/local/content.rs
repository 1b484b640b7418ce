//! The plain content of the encrypted file: an index in JSON, then the values one after another.
//!
//! ```text
//!   4 bytes: length of the index, big-endian │ index: who is where, how long │ values, in the order of the index
//! ```
//!
//! The values stay outside the JSON on purpose. A JSON writer grows its buffer and a JSON reader unescapes into scratch space, and
//! neither wipes what it leaves; this way serde never sees a secret, and any bytes survive without an encoding.

use std::collections::BTreeMap;
use std::time::Duration;

use hallpass_core::{EntryName, Secret, Version};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::header::Refusal;
use crate::shelf::{Entry, Held, Shelf};

/// `shelf` as bytes.
pub(super) fn encode(shelf: &Shelf) -> Zeroizing<Vec<u8>> {
    let index = Index {
        count: shelf.count,
        entries: shelf.entries.iter().map(|(name, entry)| (name.as_str().into(), entry.into())).collect(),
    };
    let index = serde_json::to_vec(&index).expect("numbers and maps with string keys always serialise");
    let values = || shelf.entries.values().flat_map(Entry::held).map(|held| held.value.expose());
    let total: usize = values().map(<[u8]>::len).sum();
    let mut bytes = Zeroizing::new(Vec::with_capacity(4 + index.len() + total));
    let length = u32::try_from(index.len()).expect("the size of a store is limited far below 4 GiB");
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&index);
    values().for_each(|value| bytes.extend_from_slice(value));
    bytes
}

/// The shelf in `bytes`, which are authentic by now: what does not parse here was written by a hallpass with a bug.
pub(super) fn decode(bytes: &[u8]) -> Result<Shelf, Refusal> {
    shelf(bytes).ok_or(Refusal::Damaged("its content has no known form"))
}

fn shelf(bytes: &[u8]) -> Option<Shelf> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (index, mut values) = rest.split_at_checked(length)?;
    let index: Index = serde_json::from_slice(index).ok()?;
    let mut shelf = Shelf { count: index.count, entries: BTreeMap::new() };
    for (name, row) in index.entries {
        let mut take = |place: Option<Place>| match place {
            None => Some(None),
            Some(place) => {
                let (value, rest) = values.split_at_checked(place.length)?;
                values = rest;
                Some(Some(place.held(value)))
            }
        };
        let entry =
            Entry { current: take(row.current)?, previous: take(row.previous)?, pending: take(row.pending)? };
        shelf.entries.insert(name.parse::<EntryName>().ok()?, entry);
    }
    values.is_empty().then_some(shelf)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    count: u64,
    entries: BTreeMap<String, Row>,
}

/// The stages of one entry; its values follow each other in the order of these fields.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<Place>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<Place>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<Place>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    version: String,
    /// Milliseconds since the Unix epoch.
    written_ms: u64,
    /// Of the value, in bytes.
    length: usize,
}

impl From<&Entry> for Row {
    fn from(entry: &Entry) -> Self {
        let place = |held: &Option<Held>| held.as_ref().map(Place::from);
        Self {
            current: place(&entry.current),
            previous: place(&entry.previous),
            pending: place(&entry.pending),
        }
    }
}

impl From<&Held> for Place {
    fn from(held: &Held) -> Self {
        let written_ms = u64::try_from(held.written.as_millis()).unwrap_or(u64::MAX);
        Self { version: held.version.to_string(), written_ms, length: held.value.len() }
    }
}

impl Place {
    fn held(&self, value: &[u8]) -> Held {
        let written = Duration::from_millis(self.written_ms);
        Held { value: Secret::new(value.to_vec()), version: Version::new(&self.version), written }
    }
}

impl Entry {
    /// What is held, in the order of the file.
    fn held(&self) -> impl Iterator<Item = &Held> {
        [&self.current, &self.previous, &self.pending].into_iter().flatten()
    }
}
