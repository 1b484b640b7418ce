//! `hallpass quickstart`: the whole story on two emulated platforms, with nothing to configure.
//!
//! It is a proof as much as a tour: every line has an expectation, the figures come from the emulator's witness, and the command
//! fails if one of them does not hold.

mod report;
mod side;
mod stage;
mod story;

use clap::{Args, ValueEnum};
use hallpass_app::Shutdown;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use stage::Stage;
use story::Story;

/// See the whole story on two emulated platforms, with nothing to configure
///
/// Starts an emulated Genesys Cloud, an emulated NICE CXone and one sidecar, stores play secrets, and calls as integrations would: many callers share
/// one token, a revoked token heals unseen, a call outside the allow-list is refused, and neither integration reaches the other's platform. What was
/// counted is checked; the exit code is 0 only if every line held. Nothing leaves this machine and nothing stays on its disk.
///
/// Example: hallpass quickstart --stay
#[derive(Debug, Args)]
pub(crate) struct Quickstart {
    /// Keep platforms and sidecar running afterwards, until Ctrl-C
    #[arg(long)]
    stay: bool,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
    /// Make the emulator misbehave, to see that the story notices
    #[arg(long, value_enum, hide = true)]
    plant: Option<Plant>,
}

/// What can be planted.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Plant {
    /// The next token request to each platform really mints two tokens.
    ExtraMint,
}

impl Quickstart {
    /// Tells the story.
    pub(crate) async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let shutdown = Shutdown::listen()?;
        let stage = Stage::set().await?;
        match self.plant {
            Some(Plant::ExtraMint) => stage.plant_extra_mint(),
            None => {}
        }
        // Whoever loses patience gets a clean end: the temporary folder goes, too.
        let story = tokio::select! {
            story = Story::happen(&stage) => story,
            () = shutdown.first() => return stage.strike().await.map(|()| Exit::Child(INTERRUPTED)),
        };
        if self.json {
            let staying = (self.stay && story.held).then(|| report::Staying::of(&stage));
            printer.json(&report::Data { story: &story, staying })?;
        } else {
            printer.data(&report::text(&story, &stage, printer))?;
            match (story.held, self.stay) {
                (true, true) => printer.data(&report::how_to_call(&stage, printer))?,
                (true, false) => printer.data(&report::next(printer))?,
                (false, _) => {}
            }
        }
        let verdict = report::verdict(&story, &stage);
        if self.stay && story.held {
            shutdown.first().await;
        }
        stage.strike().await?;
        verdict
    }
}

/// 128 and SIGINT, as shells have it.
const INTERRUPTED: u8 = 130;
