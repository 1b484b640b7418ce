//! The story as people and programs read it.

use hallpass_emulator::Platform;
use serde::Serialize;

use super::side::Counts;
use super::stage::Stage;
use super::story::{Line, Story};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::{Printer, columns};

/// The whole story as text.
pub(super) fn text(story: &Story, stage: &Stage, printer: &Printer) -> String {
    let rows =
        story.lines.iter().map(|line| [format!("{} {}", printer.mark(line.held), line.what), seen(line)]);
    // Aligned as one table, and then told platform by platform.
    let table = columns(&rows.collect::<Vec<_>>());
    let of = |platform: Option<Platform>| {
        let lines = story.lines.iter().zip(table.lines()).filter(|(line, _)| line.platform == platform);
        lines.map(|(_, text)| text).collect::<Vec<_>>().join("\n")
    };
    let mut parts =
        vec![printer.heading("One sidecar, two emulated platforms, and callers that never hold a token")];
    for side in &stage.sides {
        let title = printer.heading(&format!("{}, integration {}", side.title, side.integration));
        parts.push(format!("{title}\n{}", of(Some(side.platform))));
    }
    parts.push(format!("{}\n{}", printer.heading("Both"), of(None)));
    parts.push(format!("{}\n{}", printer.heading("What the platforms counted"), counted(story, stage)));
    parts.join("\n\n")
}

/// The witness's counts, one column for each platform.
fn counted(story: &Story, stage: &Stage) -> String {
    let row = |what: &str, count: fn(&Counts) -> u64| {
        let mut cells = vec![what.to_owned()];
        let counts = story.witness.iter().zip(&stage.sides);
        cells.extend(
            counts.map(|(of, side)| format!("{:>width$}", count(&of.counts), width = side.title.len())),
        );
        three(cells)
    };
    let mut titles = vec![String::new()];
    titles.extend(stage.sides.iter().map(|side| side.title.to_owned()));
    columns(&[
        three(titles),
        row("calls", |counts| counts.calls),
        row("tokens minted", |counts| counts.tokens_minted),
        row("401s, healed by the sidecar", |counts| counts.unauthorized),
        row("changes by the one write", |counts| counts.writes),
        row("calls outside the allow-list", |counts| counts.outside_allow_list),
        row("requests by anybody else", |counts| counts.by_others),
    ])
}

/// A label and a cell for each platform.
fn three(cells: Vec<String>) -> [String; 3] {
    let mut cells = cells.into_iter();
    std::array::from_fn(|_| cells.next().unwrap_or_default())
}

/// What a newcomer may do now.
pub(super) fn next(printer: &Printer) -> String {
    let row = |command: &str, what: &str| [command.to_owned(), what.to_owned()];
    let rows = [
        row("hallpass quickstart --stay", "keep all of it running and call it yourself"),
        row("hallpass emulate", "the emulated platforms alone, to develop against"),
        row("hallpass init", "write a first hallpass.toml"),
        row("hallpass --help", "every command"),
    ];
    format!("\n{}\n{}", printer.heading("Next"), columns(&rows))
}

/// How to call what stays.
pub(super) fn how_to_call(stage: &Stage, printer: &Printer) -> String {
    let (url, pass_file) = (stage.url(), stage.pass_file().display());
    let row = |what: &str, value: String| [what.to_owned(), value];
    let mut rows = vec![row("sidecar", url.to_owned())];
    rows.extend(stage.sides.iter().map(|side| row(side.title, side.url.clone())));
    rows.push(row("configuration", stage.folder().join("hallpass.toml").display().to_string()));
    let paths = stage.sides.iter().map(|side| format!("{}{}", side.integration, side.read.1));
    let calls = paths.chain(["-/status".to_owned()]);
    let calls: String = calls.map(|path| format!("\n  curl -H \"Hallpass: $pass\" {url}/{path}")).collect();
    let heading = printer.heading("It stays until Ctrl-C");
    format!("\n{heading}\n{}\n\n  pass=$(cat {pass_file}){calls}", columns(&rows))
}

/// The story as data.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    /// The story.
    #[serde(flatten)]
    pub(super) story: &'a Story,
    /// Where the sidecar stays, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) staying: Option<Staying<'a>>,
}

/// Where to call, and with what.
#[derive(Serialize)]
pub(super) struct Staying<'a> {
    url: &'a str,
    pass_file: String,
    platforms: Vec<Place<'a>>,
}

/// Where a platform is.
#[derive(Serialize)]
struct Place<'a> {
    platform: Platform,
    url: &'a str,
}

impl<'a> Staying<'a> {
    /// What of `stage` a program needs to know.
    pub(super) fn of(stage: &'a Stage) -> Self {
        let pass_file = stage.pass_file().display().to_string();
        let platforms = stage.sides.iter().map(|side| Place { platform: side.platform, url: &side.url });
        Self { url: stage.url(), pass_file, platforms: platforms.collect() }
    }
}

/// Success only if every line held.
pub(super) fn verdict(story: &Story, stage: &Stage) -> Result<Exit, Failure> {
    let title = |line: &Line| {
        let side = stage.sides.iter().find(|side| Some(side.platform) == line.platform);
        side.map_or("both", |side| side.title)
    };
    let broken = story.lines.iter().filter(|line| !line.held);
    let broken: Vec<_> = broken.map(|line| format!("{}: {}", title(line), line.what)).collect();
    if broken.is_empty() {
        return Ok(Exit::Done);
    }
    let hint = "please report it, with the output of `hallpass --version`";
    let message =
        format!("{} of {} lines did not hold\n{}", broken.len(), story.lines.len(), broken.join("\n"));
    Err(Failure::plain(Exit::Unexpected, message, Some(hint.to_owned()), None))
}

fn seen(line: &Line) -> String {
    if line.held { line.seen.clone() } else { format!("{} (expected: {})", line.seen, line.expected) }
}
