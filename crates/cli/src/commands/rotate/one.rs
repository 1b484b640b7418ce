//! One rotation, carried as far as it goes now.

use std::path::Path;
use std::sync::Arc;

use hallpass_app::lifecycle::{Order, Stop};
use hallpass_app::{App, Flags, Purpose, Rotation, RotationOptions};

use super::Common;
use super::progress::Lines;
use super::told::{Ended, exit_of};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Carries out `order` for one integration, and says how it ended.
pub(super) async fn run(
    config: Option<&Path>,
    printer: &Printer,
    common: Common,
    options: RotationOptions,
    order: Order,
) -> Result<Exit, Failure> {
    let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
    let rotation = open(&app, &common.integration, options, printer)?;
    let stop = rotation.run(order).await;
    finish(&rotation, &stop, common.json, printer)
}

/// The rotation of `name`, whose progress is told on standard error.
pub(in crate::commands) fn open(
    app: &App,
    name: &str,
    options: RotationOptions,
    printer: &Printer,
) -> Result<Rotation, Failure> {
    Ok(app.rotation(name, options, Arc::new(Lines::new(*printer)))?)
}

/// Tells how a run ended: in words, or as a fault.
pub(super) fn finish(
    rotation: &Rotation,
    stop: &Stop,
    json: bool,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let now = rotation.now();
    let ended = Ended::of(rotation.integration(), stop, now);
    if json {
        printer.json(&ended)?;
    }
    match stop.fault(rotation.integration(), now) {
        Some(fault) => Err(fault.into()),
        None => {
            printer.talk(&ended.in_words());
            Ok(exit_of(stop))
        }
    }
}
