//! The story as people and programs read it.

use serde::Serialize;

use super::stage::Stage;
use super::story::{Counts, Line, Story};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::{Printer, columns};

/// The whole story as text.
pub(super) fn text(story: &Story, printer: &Printer) -> String {
    let lines =
        story.lines.iter().map(|line| [format!("{} {}", printer.mark(line.held), line.what), seen(line)]);
    let Counts { calls, tokens_minted, unauthorized, outside_allow_list, patches } = story.witness;
    let row = |what: &str, count: u64| [what.to_owned(), format!("{count:>5}")];
    let counts = [
        row("calls", calls),
        row("tokens minted", tokens_minted),
        row("401s, healed by the sidecar", unauthorized),
        row("changes by the one PATCH", patches),
        row("calls outside the allow-list", outside_allow_list),
    ];
    [
        printer.heading("An emulated Genesys Cloud, the sidecar, and callers that never hold a token"),
        String::new(),
        columns(&lines.collect::<Vec<_>>()),
        String::new(),
        printer.heading("What the platform counted"),
        String::new(),
        columns(&counts),
    ]
    .join("\n")
}

/// What a newcomer may do now.
pub(super) fn next(printer: &Printer) -> String {
    let row = |command: &str, what: &str| [command.to_owned(), what.to_owned()];
    let rows = [
        row("hallpass quickstart --stay", "keep all of it running and call it yourself"),
        row("hallpass emulate", "the emulated platform alone, to develop against"),
        row("hallpass schema", "what a hallpass.toml may say"),
        row("hallpass --help", "every command"),
    ];
    format!("\n{}\n\n{}", printer.heading("Next"), columns(&rows))
}

/// How to call what stays.
pub(super) fn how_to_call(stage: &Stage, printer: &Printer) -> String {
    let (url, pass_file, folder) = (stage.url(), stage.pass_file().display(), stage.folder().display());
    let secret_header = format!("Hallpass: $(cat {pass_file})");
    let row = |what: &str, value: String| [what.to_owned(), value];
    let rows = [
        row("sidecar", url.to_owned()),
        row("pass", format!("in {pass_file}")),
        row("platform", stage.platform_url()),
        row("configuration", format!("{folder}/hallpass.toml")),
    ];
    format!(
        "\n{}\n\n{}\n\n  curl -H \"{secret_header}\" {url}/queue-sync/api/v2/routing/queues\n  curl -H \"{secret_header}\" {url}/-/status",
        printer.heading("It stays until Ctrl-C"),
        columns(&rows),
    )
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
    platform_url: String,
}

impl<'a> Staying<'a> {
    /// What of `stage` a program needs to know.
    pub(super) fn of(stage: &'a Stage) -> Self {
        let pass_file = stage.pass_file().display().to_string();
        Self { url: stage.url(), pass_file, platform_url: stage.platform_url() }
    }
}

/// Success only if every line held.
pub(super) fn verdict(story: &Story) -> Result<Exit, Failure> {
    let broken: Vec<_> =
        story.lines.iter().filter(|line| !line.held).map(|line| line.what.as_str()).collect();
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
