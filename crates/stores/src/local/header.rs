//! The first 96 bytes of the encrypted file. Numbers are big-endian.
//!
//! | Offset | Bytes | What |
//! |---:|---:|---|
//! | 0 | 14 | magic: the ASCII text `hallpass-store` |
//! | 14 | 2 | format version: 1 |
//! | 16 | 2 | length of this header: 96 |
//! | 18 | 1 | key kind: 1 a key file, 2 a passphrase |
//! | 19 | 1 | zero |
//! | 20 | 4 | Argon2id memory in KiB; zero with a key file |
//! | 24 | 4 | Argon2id passes; zero with a key file |
//! | 28 | 4 | Argon2id lanes; zero with a key file |
//! | 32 | 16 | salt, drawn when the store is created |
//! | 48 | 24 | nonce, drawn at every write |
//! | 72 | 16 | key check: equal when the key is right |
//! | 88 | 8 | checksum: the first bytes of SHA-256 over everything before |
//! | 96 | … | XChaCha20-Poly1305 of the content, its tag last; all 96 bytes above are its associated data |
//!
//! Magic, version, length and a checksum in the last eight bytes of the header stay where they are in every later version, so that
//! an older hallpass can tell a newer file from a damaged one.
//!
//! The checksum has no key and protects against nobody: it tells *damage* from a *wrong key*, and it is looked at before any
//! number of the header is believed. The limits of [`PassphraseCost`] are what stops a forged header from asking for a terabyte.

use sha2::{Digest, Sha256};

/// What stands in the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// How the key is derived.
    pub(super) derivation: Derivation,
    /// Makes the keys of two stores differ even when their key files or passphrases do not.
    pub(super) salt: [u8; SALT],
    /// Never used twice.
    pub(super) nonce: [u8; NONCE],
    /// See [`super::seal::Keys`].
    pub(super) check: [u8; CHECK],
}

/// From what the key is derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derivation {
    /// HKDF-SHA-256 over the key file's bytes.
    KeyFile,
    /// HKDF-SHA-256 over Argon2id of the passphrase.
    Passphrase(PassphraseCost),
}

/// What it costs to try one passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassphraseCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Why the bytes are not a store that can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// They are damaged, or never were a store.
    Damaged(&'static str),
    /// A newer hallpass wrote them, in this format.
    Newer(u16),
    /// The key is another.
    WrongKey(&'static str),
}

impl Header {
    /// Reads the header at the start of `file`.
    pub(super) fn parse(file: &[u8]) -> Result<(Self, &[u8]), Refusal> {
        let (prelude, _) = file.split_first_chunk::<PRELUDE>().ok_or(Refusal::Damaged("it is too short"))?;
        let (magic, numbers) = prelude.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(Refusal::Damaged("it does not begin like a store"));
        }
        let (version, length) = (u16_at(numbers, 0), usize::from(u16_at(numbers, 2)));
        let whole = (length >= PRELUDE + CHECKSUM).then(|| file.split_at_checked(length)).flatten();
        let (header, body) = whole.ok_or(Refusal::Damaged("its header is cut off"))?;
        let (sum, found) = header.split_at(length - CHECKSUM);
        if checksum(sum) != found {
            return Err(Refusal::Damaged("its header is damaged"));
        }
        match (version, length) {
            (VERSION, LENGTH) => Ok((Self::fields(header)?, body)),
            (VERSION, _) | (0, _) => Err(Refusal::Damaged("its header has no known form")),
            (newer, _) => Err(Refusal::Newer(newer)),
        }
    }

    /// The 96 bytes.
    pub(super) fn bytes(&self) -> [u8; LENGTH] {
        let (kind, cost) = match self.derivation {
            Derivation::KeyFile => (KEY_FILE, PassphraseCost { memory_kib: 0, passes: 0, lanes: 0 }),
            Derivation::Passphrase(cost) => (PASSPHRASE, cost),
        };
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&LENGTH_FIELD.to_be_bytes());
        bytes.extend_from_slice(&[kind, 0]);
        for number in [cost.memory_kib, cost.passes, cost.lanes] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.check);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        bytes.try_into().expect("the fields of the table add up to its length")
    }

    /// The fields of a header whose length, version and checksum are right.
    fn fields(header: &[u8]) -> Result<Self, Refusal> {
        let unknown = Refusal::Damaged("its header has no known form");
        let cost = [u32_at(header, 20), u32_at(header, 24), u32_at(header, 28)];
        let derivation = match (header[18], header[19], cost) {
            (KEY_FILE, 0, [0, 0, 0]) => Derivation::KeyFile,
            (PASSPHRASE, 0, [memory_kib, passes, lanes]) => {
                let cost = PassphraseCost::new(memory_kib, passes, lanes);
                Derivation::Passphrase(cost.ok_or(Refusal::Damaged("its passphrase cost is out of bounds"))?)
            }
            _ => return Err(unknown),
        };
        let (salt, nonce, check) = (array_at(header, 32), array_at(header, 48), array_at(header, 72));
        Ok(Self { derivation, salt, nonce, check })
    }
}

impl PassphraseCost {
    /// What a new store takes: 64 MiB, three passes, one lane. It is RFC 9106's choice for machines that cannot spare 2 GiB, on one
    /// lane because one thread computes it. A key file needs none of this and opens in microseconds.
    pub const DEFAULT: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

    /// A cost within bounds: 7 to 256 MiB of memory, given in KiB; 1 to 16 passes; 1 to 16 lanes. The lower bound of memory is the least
    /// that OWASP accepts; the upper ones keep a forged file from stopping a small sandbox.
    #[must_use]
    pub const fn new(memory_kib: u32, passes: u32, lanes: u32) -> Option<Self> {
        let memory_fits = 7 * 1024 <= memory_kib && memory_kib <= 256 * 1024;
        let work_fits = 1 <= passes && passes <= 16 && 1 <= lanes && lanes <= 16;
        if memory_fits && work_fits { Some(Self { memory_kib, passes, lanes }) } else { None }
    }

    /// Memory in KiB.
    #[must_use]
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    #[must_use]
    pub const fn passes(self) -> u32 {
        self.passes
    }

    /// Lanes.
    #[must_use]
    pub const fn lanes(self) -> u32 {
        self.lanes
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    array_at(&Sha256::digest(bytes), 0)
}

fn u16_at(bytes: &[u8], offset: usize) -> u16 {
    u16::from_be_bytes(array_at(bytes, offset))
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_be_bytes(array_at(bytes, offset))
}

fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    bytes[offset..offset + N].try_into().expect("a slice of N bytes is an array of N bytes")
}

const MAGIC: &[u8; 14] = b"hallpass-store";
const VERSION: u16 = 1;
/// Magic, version and length: what every version begins with.
const PRELUDE: usize = MAGIC.len() + 4;
const CHECKSUM: usize = 8;
const LENGTH_FIELD: u16 = 96;
/// Of the header, in bytes.
pub(super) const LENGTH: usize = LENGTH_FIELD as usize;
/// Of the salt, in bytes.
pub(super) const SALT: usize = 16;
/// Of the nonce, in bytes.
pub(super) const NONCE: usize = 24;
/// Of the key check, in bytes.
pub(super) const CHECK: usize = 16;
const KEY_FILE: u8 = 1;
const PASSPHRASE: u8 = 2;

#[cfg(test)]
mod tests {
    use super::{Derivation, Header, LENGTH, PassphraseCost, Refusal, checksum};

    fn header(derivation: Derivation) -> Header {
        Header { derivation, salt: [1; 16], nonce: [2; 24], check: [3; 16] }
    }

    /// The header with `edit` applied and the checksum made right again, as a forger would.
    fn forged(edit: impl FnOnce(&mut [u8; LENGTH])) -> Result<Header, Refusal> {
        let mut bytes = header(Derivation::Passphrase(PassphraseCost::DEFAULT)).bytes();
        edit(&mut bytes);
        let sum = checksum(&bytes[..88]);
        bytes[88..].copy_from_slice(&sum);
        Header::parse(&bytes).map(|(header, _)| header)
    }

    #[test]
    fn what_is_written_is_read() {
        for derivation in [Derivation::KeyFile, Derivation::Passphrase(PassphraseCost::DEFAULT)] {
            let header = header(derivation);
            let mut file = header.bytes().to_vec();
            file.extend_from_slice(b"body");
            assert_eq!(Header::parse(&file), Ok((header, &b"body"[..])));
        }
    }

    #[test]
    fn the_table_of_the_module_is_what_is_written() {
        let bytes = header(Derivation::Passphrase(PassphraseCost::DEFAULT)).bytes();
        assert_eq!(&bytes[..20], b"hallpass-store\x00\x01\x00\x60\x02\x00");
        assert_eq!(bytes[20..32], [0, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1]);
        assert_eq!((bytes[32], bytes[48], bytes[72]), (1, 2, 3));
    }

    #[test]
    fn a_forged_header_cannot_ask_for_more_than_the_limits() {
        for (offset, value) in
            [(20, u32::MAX), (20, 256 * 1024 + 1), (20, 1024), (24, 17), (24, 0), (28, 17), (28, 0)]
        {
            let refusal = forged(|bytes| bytes[offset..offset + 4].copy_from_slice(&value.to_be_bytes()));
            assert_eq!(
                refusal,
                Err(Refusal::Damaged("its passphrase cost is out of bounds")),
                "{offset} {value}"
            );
        }
    }

    #[test]
    fn a_newer_version_is_told_from_damage() {
        assert_eq!(forged(|bytes| bytes[15] = 2), Err(Refusal::Newer(2)));
        assert!(matches!(forged(|bytes| bytes[15] = 0), Err(Refusal::Damaged(_))));
        for edit in [(18, 3), (18, 1), (19, 1)] {
            assert!(matches!(forged(|bytes| bytes[edit.0] = edit.1), Err(Refusal::Damaged(_))), "{edit:?}");
        }
        let mut flipped = header(Derivation::KeyFile).bytes();
        flipped[15] ^= 2;
        assert!(
            matches!(Header::parse(&flipped), Err(Refusal::Damaged(_))),
            "one bit is damage, not a version"
        );
    }

    #[test]
    fn a_newer_version_may_have_a_longer_header() {
        let mut newer = b"hallpass-store\x00\x07\x00\x80".to_vec();
        newer.resize(120, 9);
        newer.extend_from_slice(&checksum(&newer.clone()));
        newer.extend_from_slice(b"body");
        assert_eq!(Header::parse(&newer), Err(Refusal::Newer(7)));
    }
}
