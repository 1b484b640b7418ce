//! From the configuration to the sink, with the key read on the way.

use std::sync::Arc;

use hallpass_core::Fault;
use hallpass_core::audit::AuditSink;
use hallpass_core::audit::chain::{ChainKey, Writer};

use super::{Hand, Keyless, open, target};
use crate::Purpose;
use crate::audit::read_key;
use crate::config::Config;
use crate::stores::{Machine, Stores};

/// The sink of the audit log. A key that cannot be had stops what is auditable and nothing else: a configuration can be looked at where its stores are not.
pub(crate) async fn audit_sink(
    config: &Config,
    purpose: Purpose,
    stores: &Stores,
    machine: &Machine,
) -> Result<Arc<dyn AuditSink>, Fault> {
    let target = target(&config.audit, purpose);
    let key = match config.audit.key.as_ref().filter(|_| target.is_some()) {
        None => ChainKey::public(),
        Some(key) => match read_key(stores, key, &*machine.sleep, config.store_limits.read_timeout).await {
            Ok(key) => key,
            Err(fault) => return Ok(Arc::new(Keyless(fault))),
        },
    };
    let writer = Writer {
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        process: std::process::id(),
        program: concat!("hallpass ", env!("CARGO_PKG_VERSION")).to_owned(),
        environment: config.environment.to_string(),
    };
    let (clock, randomness) = (Arc::clone(&machine.clock), Arc::clone(&machine.randomness));
    open(target.as_ref(), &config.audit, key, Hand { writer, clock, randomness })
}
