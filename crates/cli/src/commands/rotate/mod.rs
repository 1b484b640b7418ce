//! `hallpass rotate`: replacing secrets that are in use.

mod due;
mod history;
mod hold;
mod one;
mod plan;
mod progress;
mod status;
mod told;
mod watch;

use std::path::Path;
use std::time::Duration;

use clap::{Args, Subcommand};
use hallpass_app::RotationOptions;
use hallpass_app::config::waiting_time;
use hallpass_app::lifecycle::Order;

pub(super) use one::open;
pub(super) use told::{Ended, exit_of};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Replace secrets that are in use, without a failed call
///
/// A rotation makes a new secret, tries it with the integration's real permissions, makes it the current one, waits until nothing uses the old one any more,
/// switches that off, watches, and removes it. That takes days, most of them waiting; each run goes as far as it can and ends, and the next goes on from what
/// stands beside the secret, on whatever machine.
///
/// Example: hallpass rotate due
#[derive(Debug, Subcommand)]
pub(crate) enum RotateCommand {
    Plan(plan::PlanCommand),
    Run(Run),
    Due(due::Due),
    Resume(Resume),
    Status(status::StatusCommand),
    History(history::History),
    Hold(hold::Hold),
    Abort(Abort),
    Sweep(Sweep),
    Watch(watch::Watch),
}

impl RotateCommand {
    /// Does what was asked.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        match self {
            Self::Plan(command) => command.run(config, printer).await,
            Self::Run(Run { common, accept_downtime_risk }) => {
                let options = RotationOptions { accept_downtime_risk, ..common.options() };
                one::run(config, printer, common, options, Order::Run).await
            }
            Self::Due(command) => command.run(config, printer).await,
            Self::Resume(Resume { common }) => {
                let options = common.options();
                one::run(config, printer, common, options, Order::Resume).await
            }
            Self::Status(command) => command.run(config, printer).await,
            Self::History(command) => command.run(config, printer).await,
            Self::Hold(command) => command.run(config, printer).await,
            Self::Abort(Abort { common }) => {
                let options = common.options();
                one::run(config, printer, common, options, Order::Abort).await
            }
            Self::Sweep(Sweep { common }) => {
                let options = common.options();
                one::run(config, printer, common, options, Order::Sweep).await
            }
            Self::Watch(command) => command.run(config, printer).await,
        }
    }
}

/// What the commands about one integration have in common.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// The integration whose secret it is
    integration: String,
    /// How long this run waits at one place, such as 30s, 15m or 2h; beyond that it ends, and the next run goes on
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = waiting_time)]
    wait: Duration,
    /// Print how it ended as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Common {
    fn options(&self) -> RotationOptions {
        RotationOptions { stay: self.wait, accept_downtime_risk: false }
    }
}

/// Replace the secret now, or go on with what was begun
///
/// Example: hallpass rotate run queue-sync --wait 15m
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    common: Common,
    /// Replace the only secret of a platform that keeps one: calls that need a token fail until every consumer has read the new secret
    #[arg(long)]
    accept_downtime_risk: bool,
}

/// Go on where a person was needed
///
/// Whatever was in the way is looked at anew, and what is there now is taken as it is.
///
/// Example: hallpass rotate resume queue-sync
#[derive(Debug, Args)]
pub(crate) struct Resume {
    #[command(flatten)]
    common: Common,
}

/// Give up what was begun
///
/// Before the promotion what was made is cleared away. After it, inside the watch window, the old secret is switched on and made current again.
///
/// Example: hallpass rotate abort queue-sync
#[derive(Debug, Args)]
pub(crate) struct Abort {
    #[command(flatten)]
    common: Common,
}

/// Remove secrets that an interrupted run left at the platform
///
/// Example: hallpass rotate sweep queue-sync
#[derive(Debug, Args)]
pub(crate) struct Sweep {
    #[command(flatten)]
    common: Common,
}
