//! `hallpass provision`: the client of an integration at its platform, from the configuration.

mod apply;
mod changes;
mod consent;
mod destroy;
mod drawn;
mod plan;
mod progress;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use hallpass_app::clients::{Engine, Goal, Planned};
use hallpass_app::config::waiting_time;
use hallpass_app::{App, Config, LintReport, ProcessVariables, ProvisionOptions};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Make the client of an integration at its platform what the configuration says
///
/// `plan` shows what would be made, changed and removed; `apply` does it, and puts the secret straight into the store, where nobody sees it; `destroy`
/// takes client and secret away again. Each run looks at the platform first, so a run that was interrupted is finished by the next one.
///
/// Example: hallpass provision plan queue-sync
#[derive(Debug, Subcommand)]
pub(crate) enum ProvisionCommand {
    Plan(plan::PlanCommand),
    Apply(apply::Apply),
    Destroy(destroy::Destroy),
}

impl ProvisionCommand {
    /// Does what was asked.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        match self {
            Self::Plan(command) => command.run(config, printer).await,
            Self::Apply(command) => command.run(config, printer).await,
            Self::Destroy(command) => command.run(config, printer).await,
        }
    }
}

/// What lint says of the client of `integration` as it would be after what is `planned`.
async fn judged(
    house: &House,
    config: Option<&Path>,
    integration: &str,
    planned: Option<&Planned>,
) -> Result<LintReport, Failure> {
    let file = Config::path(config, &ProcessVariables);
    let present = |planned: &Planned| planned.seen.serving().and_then(|client| client.token_lifetime);
    let kept = planned.and_then(present);
    Ok(house.app.lint_planned(&house.config, &file, integration, kept).await?)
}

/// What the commands that change something have in common.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// The integration whose client it is
    integration: String,
    /// How long this run waits at one place, such as 30s or 15m; beyond that it ends, and the next run goes on
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = waiting_time)]
    wait: Duration,
    /// Do not ask; needed where standard input is no terminal
    #[arg(long)]
    yes: bool,
    /// Also touch a client that hallpass did not make: one of the same name, or the one whose secret is stored
    #[arg(long)]
    adopt: bool,
    /// Also remove what was used within the last two days, or of which nobody knows
    #[arg(long)]
    even_if_used: bool,
    /// Print how it ended as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Common {
    /// The engine, and who tells what it does.
    fn engine(&self, app: &App, printer: &Printer) -> Result<(Engine, Arc<progress::Lines>), Failure> {
        let options =
            ProvisionOptions { adopt: self.adopt, even_if_used: self.even_if_used, stay: self.wait };
        let lines = Arc::new(progress::Lines::new(*printer));
        Ok((app.provisioning(&self.integration, options, Arc::clone(&lines) as _)?, lines))
    }

    /// The plan, shown on standard error; `None` where there is nothing to do.
    async fn shown(
        &self,
        engine: &Engine,
        goal: Goal,
        printer: &Printer,
    ) -> Result<Option<Planned>, Failure> {
        let planned = engine.plan(goal).await?;
        if planned.is_nothing() {
            return Ok(None);
        }
        printer.talk(&drawn::text(&drawn::Report::of(&planned), &printer.for_talk()));
        match planned.refused {
            Some(fault) => Err(fault.into()),
            None => Ok(Some(planned)),
        }
    }
}
