//! `hallpass rotate due`: whatever it is time for. For cron and pipelines.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use hallpass_app::config::waiting_time;
use hallpass_app::lifecycle::{Order, Stop};
use hallpass_app::{App, Flags, Purpose, RotationOptions};

use super::one::{finish, open};
use crate::exit::Exit;
use crate::explain::explain;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Replace every secret that is due, and go on with what was begun
///
/// Calling it too often does no harm: what is not due is left alone, what waits goes on when its time has come, and two machines at once do not get in each
/// other's way. One that fails does not keep the others from their turn.
///
/// Exit code: 0 when something came to its end, 10 when nothing is due, 11 when something goes on later, 12 when a person is needed; the gravest counts.
///
/// Example: 0 * * * * hallpass rotate due
#[derive(Debug, Args)]
pub(crate) struct Due {
    /// This integration alone
    integration: Option<String>,
    /// How long this run waits at one place, such as 30s, 15m or 2h
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = waiting_time)]
    wait: Duration,
    /// Print how each ended as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Due {
    /// Goes over them, one after the other.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        let options = RotationOptions { stay: self.wait, accept_downtime_risk: false };
        let names: Vec<&str> = match &self.integration {
            Some(name) => vec![name],
            None => app.rotated().collect(),
        };
        if names.is_empty() {
            let hint = "add a table [integrations.NAME.rotation]";
            let message = "no integration says how its secret is replaced".to_owned();
            return Err(Failure::plain(Exit::Configuration, message, Some(hint.to_owned()), None));
        }
        let mut worst = Exit::NothingDue;
        for name in names {
            let exit = match one(&app, name, options, self.json, printer).await {
                Ok(exit) => exit,
                Err(failure) => {
                    explain(&failure, printer);
                    failure.exit()
                }
            };
            worst = graver(worst, exit);
        }
        Ok(worst)
    }
}

/// One integration's turn.
pub(super) async fn one(
    app: &App,
    name: &str,
    options: RotationOptions,
    json: bool,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let rotation = open(app, name, options, printer)?;
    let stop: Stop = rotation.run(Order::Due).await;
    finish(&rotation, &stop, json, printer)
}

/// Faults over people over waiting over having finished over nothing to do.
fn graver(one: Exit, other: Exit) -> Exit {
    let gravity = |exit: Exit| match exit {
        Exit::NothingDue => 0,
        Exit::Done => 1,
        Exit::Waiting => 2,
        Exit::Stuck => 4,
        _ => 3,
    };
    if gravity(other) > gravity(one) { other } else { one }
}
