//! From `--config` to a wired house: what every command but the tours begins with.

use std::path::Path;
use std::sync::Arc;

use hallpass_app::{
    App, Config, Fault, Flags, ProcessVariables, Purpose, Sources, Variables, config, start_logging,
};

use crate::failure::Failure;

/// A configuration and what it names, wired.
#[derive(Debug)]
pub(crate) struct House {
    /// What the file, the variables and the flags say.
    pub(crate) config: Config,
    /// The running parts.
    pub(crate) app: App,
}

impl House {
    /// Reads the configuration and wires everything it names.
    ///
    /// A gateway logs as configured. A single command says on standard error what there is to say, so it logs only where HALLPASS_LOG asks
    /// for it.
    pub(crate) async fn open(path: Option<&Path>, flags: Flags, purpose: Purpose) -> Result<Self, Failure> {
        let config = Config::load(path, &Sources::of_process(flags)).map_err(Fault::from)?;
        let asked_for =
            ProcessVariables.value(config::HALLPASS_LOG.name).is_some_and(|level| !level.is_empty());
        if purpose == Purpose::Gateway || asked_for {
            start_logging(&config);
        }
        let app = App::assemble(&config, purpose, Arc::new(ProcessVariables)).await?;
        Ok(Self { config, app })
    }
}
