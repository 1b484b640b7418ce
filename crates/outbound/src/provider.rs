//! The process-wide TLS provider, for SDKs of others that look for one.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// Makes ring the process's default TLS provider, unless the program has chosen one already. What this crate sends brings its own provider
/// and does not depend on it; Google's SDK does, and panics where there is none. Calling it again changes nothing.
pub fn ensure_tls_provider() {
    if CryptoProvider::get_default().is_none() {
        // Whoever was quicker has installed one as well: then there is one, which is all that is needed.
        drop::<Result<(), Arc<CryptoProvider>>>(rustls::crypto::ring::default_provider().install_default());
    }
}
