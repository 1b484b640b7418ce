//! `hallpass rotate watch`: the schedule itself, on a server.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use hallpass_app::config::waiting_time;
use hallpass_app::{Flags, Purpose, RotationOptions, Shutdown};

use super::due::one;
use crate::exit::Exit;
use crate::explain::explain;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Look again and again for secrets that are due, until SIGTERM or Ctrl-C
///
/// The same as `rotate due` from cron. A rotation under way when it is stopped goes on with the next start, on this machine or another.
///
/// Example: hallpass rotate watch --every 1h
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// How often
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = waiting_time)]
    every: Duration,
    /// Print how each run ended as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Watch {
    /// Watches until it is told to stop.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let shutdown = Shutdown::listen()?;
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        let options = RotationOptions { stay: self.every, accept_downtime_risk: false };
        let names: Vec<String> = app.rotated().map(str::to_owned).collect();
        printer.talk(&format!("watching {} integrations", names.len()));
        let rounds = async {
            let mut round = tokio::time::interval(self.every.max(Duration::from_secs(1)));
            loop {
                round.tick().await;
                for name in &names {
                    if let Err(failure) = one(&app, name, options, self.json, printer).await {
                        // The next round looks again; whoever reads this log is the one to act.
                        explain(&failure, printer);
                    }
                }
            }
        };
        tokio::select! {
            () = shutdown.first() => {}
            () = rounds => {}
        }
        printer.talk("stopped; what was begun goes on with the next start");
        Ok(Exit::Done)
    }
}
