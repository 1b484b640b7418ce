//! Administrative calls as the identity that a table names.

use std::sync::Arc;

use hallpass_core::{Fault, IntegrationName};
use hallpass_platforms::{AdminCalls, IntegrationCalls};

use crate::assemble::App;

/// The calls of `administrator`, behind that of its upstreams where clients and keys are administered.
///
/// # Errors
/// `integration-unknown`.
pub(crate) fn administrative_calls(
    app: &App,
    administrator: &IntegrationName,
    upstream: Option<&str>,
) -> Result<Arc<dyn AdminCalls>, Fault> {
    let administrator = app.integration(administrator.as_str())?;
    let prefix = match (upstream, administrator.described.platform.upstreams.is_empty()) {
        (Some(name), _) => format!("/{name}"),
        (None, true) => String::new(),
        (None, false) => "/userhub".to_owned(),
    };
    let sleep = Arc::clone(&app.parts.sleep);
    Ok(Arc::new(IntegrationCalls::new(administrator.client.clone(), sleep, &prefix)))
}
