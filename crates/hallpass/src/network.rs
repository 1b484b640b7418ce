//! How the platform is reached.

use std::fmt;
use std::sync::{Arc, OnceLock};

use hallpass_core::{Clock, Fault, FaultCode};
use hallpass_outbound::{AddressGuard, HyperTransport, SystemClock, Transport, TrustedRoots};
use ipnet::IpNet;

/// Which addresses may be connected to, whose certificates are trusted, and one pool of connections.
///
/// Cheap to clone; clones share the pool, so clients of one process should be given clones of one network. Proxy variables are never read and
/// redirects never followed. Pooled connections live on the tokio runtime that opened them: give each runtime a network of its own. Link-local addresses, where clouds keep their metadata services, cannot be opened.
#[derive(Clone)]
pub struct Network(Arc<Inner>);

struct Inner {
    private: Vec<IpNet>,
    roots: TrustedRoots,
    clock: Arc<dyn Clock>,
    transport: OnceLock<Arc<dyn Transport>>,
}

impl Network {
    /// Public addresses, and the certificate authorities of the public web, compiled in.
    #[must_use]
    pub fn public() -> Self {
        Self::of(Vec::new(), TrustedRoots::web())
    }

    /// Another network, in which the addresses of `network`, such as `10.0.0.0/8`, may be connected to as well.
    ///
    /// # Errors
    /// `configuration-invalid` when it is not a network in CIDR notation.
    pub fn open(&self, network: &str) -> Result<Self, Fault> {
        let opened = network.parse().map_err(|_| {
            let detail = "a private network is not of the form `10.0.0.0/8`";
            Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint("write ADDRESS/BITS")
        })?;
        let mut private = self.0.private.clone();
        private.push(opened);
        Ok(Self::of(private, self.0.roots.clone()))
    }

    /// Another network, in which the certificate authorities in `pem` are trusted as well.
    ///
    /// # Errors
    /// `configuration-invalid` when something in it is no certificate of an authority.
    pub fn trust(&self, pem: &[u8]) -> Result<Self, Fault> {
        let roots = self.0.roots.clone().and_pem(pem).map_err(|fault| {
            Fault::new(FaultCode::ConfigurationInvalid, format!("the extra certificate authorities: {fault}"))
                .with_hint("give PEM text with the certificates of the authorities")
        })?;
        Ok(Self::of(self.0.private.clone(), roots))
    }

    fn of(private: Vec<IpNet>, roots: TrustedRoots) -> Self {
        let clock = Arc::new(SystemClock::start());
        Self(Arc::new(Inner { private, roots, clock, transport: OnceLock::new() }))
    }

    /// Made at the first use: TLS takes a moment to set up.
    pub(crate) fn transport(&self) -> Arc<dyn Transport> {
        let make = || {
            let guard = AddressGuard::new(self.0.private.clone());
            Arc::new(HyperTransport::new(guard, self.0.roots.clone(), self.clock())) as _
        };
        Arc::clone(self.0.transport.get_or_init(make))
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::public()
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("private", &self.0.private).finish_non_exhaustive()
    }
}
