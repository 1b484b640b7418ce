//! The bearer that a receiver is shown, out of a store.

use std::sync::{Arc, Mutex, PoisonError};

use hallpass_core::{EntryName, Fault, FaultCode, Secret, Stage, Store};
use hallpass_stores::Reference;
use http::HeaderValue;

/// Reads the bearer when it is first needed, and again once it was refused.
#[derive(Debug)]
pub(super) struct Bearer {
    store: Arc<dyn Store>,
    entry: EntryName,
    kept: Mutex<Option<HeaderValue>>,
}

impl Bearer {
    pub(super) fn from(store: Arc<dyn Store>, reference: &Reference) -> Self {
        Self { store, entry: reference.entry.clone(), kept: Mutex::default() }
    }

    /// The value of the header `Authorization`, marked as sensitive.
    ///
    /// # Errors
    /// What the store says; `credential-malformed` for what is no bearer, quoting nothing.
    pub(super) async fn header(&self) -> Result<HeaderValue, Fault> {
        if let Some(kept) = self.kept().clone() {
            return Ok(kept);
        }
        let stored = self.store.read(&self.entry, Stage::Current).await?;
        let header = header(&stored.value)?;
        *self.kept() = Some(header.clone());
        Ok(header)
    }

    /// It was refused: the next one who asks reads the store again.
    pub(super) fn forget(&self) {
        *self.kept() = None;
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<HeaderValue>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text up to a final line end, which editors add unasked.
fn header(value: &Secret) -> Result<HeaderValue, Fault> {
    let bytes = value.expose();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    // The characters of a bearer token: RFC 6750, section 2.1.
    let fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let malformed = || {
        let detail = format!("`acks_bearer`: {} bytes that are no bearer", bytes.len());
        Fault::new(FaultCode::CredentialMalformed, detail).with_hint(
            "store one line of letters, digits and `-._~+/=`, such as `openssl rand -hex 32` draws",
        )
    };
    if bytes.is_empty() || !bytes.iter().all(fine) {
        return Err(malformed());
    }
    let mut header = HeaderValue::from_bytes(&[b"Bearer ", bytes].concat()).map_err(|_| malformed())?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::header;
    use hallpass_core::Secret;

    #[test]
    fn one_line_is_a_bearer_and_nothing_else_is() {
        let good = header(&Secret::from("k3y.-_~+/=\r\n")).unwrap();
        assert_eq!((good.as_bytes(), good.is_sensitive()), (&b"Bearer k3y.-_~+/="[..], true));
        for bad in ["", "\n", "planted key", "planted\nplanted", "{\"bearer\":\"planted\"}", "planted\u{e9}"]
        {
            let fault = header(&Secret::from(bad)).unwrap_err();
            assert!(!format!("{fault:?}").contains("planted"), "{fault:?}");
        }
    }
}
