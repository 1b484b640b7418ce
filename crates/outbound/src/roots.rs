//! The certificate authorities that are trusted.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// The public web authorities, compiled in, and any private ones that are added.
#[derive(Clone, Debug)]
pub struct TrustedRoots(RootCertStore);

/// Why a text adds no authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootsFault {
    /// It is not PEM, or its Base64 is broken.
    #[error("it is not well formed PEM")]
    NotPem,
    /// A certificate in it cannot be an authority.
    #[error("it holds something that is no certificate of an authority")]
    NotAnAuthority,
    /// There is no certificate in it.
    #[error("it holds no certificate")]
    Empty,
}

impl TrustedRoots {
    /// The public web authorities.
    #[must_use]
    pub fn web() -> Self {
        Self(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    /// Adds every certificate of `pem`.
    ///
    /// # Errors
    /// What is wrong with it; nothing of it counts then.
    pub fn and_pem(mut self, pem: &[u8]) -> Result<Self, RootsFault> {
        let before = self.0.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| RootsFault::NotPem)?;
            self.0.add(certificate).map_err(|_| RootsFault::NotAnAuthority)?;
        }
        if self.0.len() == before { Err(RootsFault::Empty) } else { Ok(self) }
    }

    /// TLS 1.2 and 1.3 towards servers that these roots vouch for, with ring. Also for a cloud's SDK that brings an HTTP client of its own:
    /// so one place decides whom we trust.
    #[must_use]
    pub fn into_client_config(self) -> ClientConfig {
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring supports the default protocol versions")
            .with_root_certificates(self.0)
            .with_no_client_auth()
    }
}
