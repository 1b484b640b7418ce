//! `hallpass policy test`: would this call be allowed, and why?

use std::path::{Path, PathBuf};

use clap::Args;
use hallpass_app::{Config, Fault, Flags, Sources, Verdict};

use super::calls::{self, Call};
use super::report::{Many, One};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Say whether an integration may make a call, and why
///
/// Names the rule that covers the call, or the nearest rules and the first thing in which each differs: the method, a segment of the path, a trailing
/// slash, the query. Nothing is sent and no secret is read. The exit code is 0 for allowed and 7 for refused.
///
/// With --calls it judges a list, one METHOD PATH a line; empty lines and lines with # are skipped. A line may begin with `allow` or `deny`, and
/// then has to be so: the exit code is 0 if all of that holds, 9 if something does not, and 7 if a line without such a word is refused.
///
/// Example: hallpass policy test queue-sync GET '/api/v2/routing/queues?pageSize=1'
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The integration's name
    integration: String,
    /// The method, such as GET
    #[arg(required_unless_present = "calls")]
    method: Option<String>,
    /// Path and query, exactly as they would be sent
    #[arg(required_unless_present = "calls")]
    path: Option<String>,
    /// Judge the calls of this file, or of standard input
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["method", "path"])]
    calls: Option<PathBuf>,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl Test {
    /// Judges the call, or all of them.
    pub(crate) fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let config = Config::load(config, &Sources::of_process(Flags::default())).map_err(Fault::from)?;
        let name = &self.integration;
        if let Some(file) = &self.calls {
            let calls = calls::read(file)?;
            let judge = |call: Call| Ok((config.policy_verdict(name, &call.method, &call.target)?, call));
            let judged = calls.into_iter().map(judge).collect::<Result<Vec<_>, Fault>>()?;
            return Many::of(name, judged).tell(self.json, printer);
        }
        // The grammar demands both where there is no list.
        let (method, target) = (self.method.unwrap_or_default(), self.path.unwrap_or_default());
        let verdict = config.policy_verdict(name, &method, &target)?;
        let allowed = matches!(verdict, Verdict::Allowed { .. });
        One { integration: name, call: calls::shown(&method, &target), verdict: &verdict }
            .tell(self.json, printer)?;
        Ok(if allowed { Exit::Done } else { Exit::Refused })
    }
}
