//! Sealing and opening: XChaCha20-Poly1305 under keys expanded from a root.
//!
//! ```text
//!   key file's 32 bytes ─────────┐
//!   passphrase ─▶ Argon2id ──────┴▶ HKDF-SHA-256 (salt) ─┬▶ "hallpass-store 1 encryption" ─▶ 32-byte key
//!                                                        └▶ "hallpass-store 1 check" ──────▶ 16-byte key check
//! ```
//!
//! The key check stands in the header, so that a wrong key can be told from a damaged file. It helps nobody to guess: whoever
//! has the file could try a key on the content's tag just as well.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::header::{CHECK, Header, Refusal, SALT};

/// The keys of one store.
pub(super) struct Keys {
    encryption: Zeroizing<[u8; 32]>,
    check: [u8; CHECK],
}

impl Keys {
    /// Expands a root.
    pub(super) fn expand(root: &[u8; 32], salt: &[u8; SALT]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(salt), root);
        let mut keys = Self { encryption: Zeroizing::default(), check: [0; CHECK] };
        let lengths = "HKDF-SHA-256 expands to anything up to 8160 bytes";
        hkdf.expand(b"hallpass-store 1 encryption", &mut *keys.encryption).expect(lengths);
        hkdf.expand(b"hallpass-store 1 check", &mut keys.check).expect(lengths);
        keys
    }

    /// The key check that belongs into the header.
    pub(super) fn check(&self) -> [u8; CHECK] {
        self.check
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.encryption).into())
    }
}

/// The whole file: `header` and then `content` under `keys`. The header's nonce must be fresh.
pub(super) fn seal(header: &Header, keys: &Keys, content: &[u8]) -> Vec<u8> {
    let header_bytes = header.bytes();
    // Sealed in a buffer of its own, with room for the tag: growing would leave the plain content behind.
    let mut body = Zeroizing::new(Vec::with_capacity(content.len() + TAG));
    body.extend_from_slice(content);
    keys.cipher()
        .encrypt_in_place(&XNonce::from(header.nonce), &header_bytes, &mut *body)
        .expect("a vector grows, and no content comes near the cipher's 256 GiB");
    [&header_bytes[..], &body[..]].concat()
}

/// The content of a file whose header is `header` and whose rest is `body`.
///
/// # Errors
/// `WrongKey` when the key check differs, `Damaged` when anything else does.
pub(super) fn open(header: &Header, body: &[u8], keys: &Keys) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    // Both sides of this comparison are known to whoever has file and key, so its time tells nothing.
    if header.check != keys.check {
        return Err(Refusal::WrongKey("its key check differs"));
    }
    let mut content = Zeroizing::new(body.to_vec());
    let opened = keys.cipher().decrypt_in_place(&XNonce::from(header.nonce), &header.bytes(), &mut *content);
    opened.map_err(|_| Refusal::Damaged("its content is not what was written"))?;
    Ok(content)
}

/// Of the tag, in bytes.
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use super::super::header::{Derivation, Header, Refusal};
    use super::{Keys, open, seal};
    use sha2::{Digest, Sha256};

    fn sealed(content: &[u8]) -> (Header, Keys, Vec<u8>) {
        let keys = Keys::expand(&[7; 32], &[1; 16]);
        let (derivation, check) = (Derivation::KeyFile, keys.check());
        let header = Header { derivation, salt: [1; 16], nonce: [2; 24], check };
        let file = seal(&header, &keys, content);
        (header, keys, file)
    }

    #[test]
    fn the_format_is_what_it_was() {
        // The digest was also computed from the table in `header` by a program in another language with other libraries.
        let (_, _, file) = sealed(b"content");
        let digest: String = Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            digest, "a12d26ecf83d983db49fd179a12e31b71cff49f61fb6f76e35b388db18b8c3dc",
            "stores in use no longer open"
        );
    }

    #[test]
    fn the_header_is_authenticated() {
        let (header, keys, file) = sealed(b"content");
        let body = &file[96..];
        assert_eq!(open(&header, body, &keys).unwrap().as_slice(), b"content");
        let other = Header { salt: [9; 16], ..header.clone() };
        assert!(
            matches!(open(&other, body, &keys), Err(Refusal::Damaged(_))),
            "the keys fit, the header does not"
        );
        let other = Header { check: [0; 16], ..header };
        assert!(matches!(open(&other, body, &keys), Err(Refusal::WrongKey(_))));
    }
}
