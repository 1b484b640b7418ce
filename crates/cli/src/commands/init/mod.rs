//! `hallpass init`: a first configuration, from flags or from a few questions.

mod questions;
mod write;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use hallpass_app::{Answers, Config, ProcessVariables, Start, WrongAnswer};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::{Printer, columns, shell_word};
use questions::{Question, Questions};

/// Write a first configuration
///
/// Asks on a terminal for what the flags do not say; elsewhere the flags have to say it all: the platform's --region, --name, --environment and --allow.
/// Every answer is checked as it is given. What is written is a commented hallpass.toml without a secret in it; `hallpass check` accepts it.
///
/// Example: hallpass init --region us-east-1 --name queue-sync --environment dev --allow 'GET /api/v2/routing/queues/**'
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The platform [default: genesys]
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// How the platform is spoken to [default: the platform's usual way]
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// The region the organisation lives in, such as us-east-1
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Another key that says where the platform is; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The integration's name: a small letter, then small letters, digits and dashes
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The environment this deployment belongs to, such as dev or prod
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<String>,
    /// A call that is needed, as METHOD PATH; may be repeated
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// Where to write it, or - for standard output [default: where `hallpass check` would look]
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Replace a file that is there already
    #[arg(long)]
    force: bool,
}

impl Init {
    /// Writes it.
    pub(crate) fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let path = Config::path(self.output.as_deref().or(config), &ProcessVariables);
        let to_stdout = path == Path::new("-");
        if !to_stdout && !self.force && path.symlink_metadata().is_ok() {
            // Before anybody answers questions in vain.
            return Err(write::is_there(&path));
        }
        let questions = Questions { printer, interactive: io::stdin().is_terminal() };
        let start = self.start(&questions)?;
        let mut answers = Answers::sound(start);
        let open = self.take_flags(start, &mut answers)?;
        questions.settle(open, &mut answers)?;
        let text = answers.configuration().map_err(|wrong| refused(&wrong))?;
        if to_stdout {
            printer.bytes(text.as_bytes())?;
            return Ok(Exit::Done);
        }
        write::write(&path, &text, self.force)?;
        printer.talk(&format!("wrote `{}`", path.display()));
        printer.talk(&next(&path, &answers.name, self.output.is_some() || config.is_some()));
        Ok(Exit::Done)
    }

    /// What to ask for, by platform and profile.
    fn start(&self, questions: &Questions<'_>) -> Result<&'static Start, Failure> {
        let platform = match &self.platform {
            None if questions.interactive => questions.platform()?,
            None => Start::ALL.first().map_or("", |start| start.platform).to_owned(),
            Some(platform) => platform.clone(),
        };
        Start::find(&platform, self.profile.as_deref()).ok_or_else(|| {
            let known = Start::ALL.iter().map(|start| format!("{} {}", start.platform, start.profile));
            let hint = format!("known: {}", known.collect::<Vec<_>>().join(", "));
            Failure::usage("no such platform, or not in this profile", hint)
        })
    }

    /// Puts what the flags say into `answers`. What they leave open is returned.
    fn take_flags(&self, start: &'static Start, answers: &mut Answers) -> Result<Vec<Question>, Failure> {
        let mut open = Vec::new();
        let set = self.set(start)?;
        for (index, key) in start.keys.iter().enumerate() {
            let given = set.iter().rev().find(|(name, _)| *name == key.name).map(|(_, value)| *value);
            match given {
                Some(value) => value.clone_into(&mut answers.values[index]),
                None => open.push(Question::place(start, index)),
            }
        }
        match &self.name {
            Some(name) => name.clone_into(&mut answers.name),
            None => open.push(Question::name()),
        }
        match &self.environment {
            Some(environment) => environment.clone_into(&mut answers.environment),
            None => open.push(Question::environment()),
        }
        match self.allow.as_slice() {
            [] => open.push(Question::rules(start)),
            rules => rules.clone_into(&mut answers.allow),
        }
        answers.configuration().map_err(|wrong| refused(&wrong))?;
        Ok(open)
    }

    /// The keys that say where the platform is, with `--region` as one of them.
    fn set(&self, start: &Start) -> Result<Vec<(&str, &str)>, Failure> {
        let known: Vec<_> = start.keys.iter().map(|key| key.name).collect();
        let hint = format!("{} {} takes {}", start.platform, start.profile, known.join(", "));
        let mut set = Vec::new();
        for text in &self.set {
            let pair = text.split_once('=').filter(|(name, _)| known.contains(name));
            set.push(
                pair.ok_or_else(|| Failure::usage("`--set` names no key of this platform", hint.clone()))?,
            );
        }
        if let Some(region) = &self.region {
            if !known.contains(&"region") {
                return Err(Failure::usage("this platform has no `--region`", hint));
            }
            set.push(("region", region));
        }
        Ok(set)
    }
}

/// Everything that is wrong with the flags, at once.
fn refused(wrong: &[WrongAnswer]) -> Failure {
    let messages: Vec<_> = wrong.iter().map(|wrong| wrong.message.as_str()).collect();
    let hints: Vec<_> = wrong.iter().filter_map(|wrong| wrong.hint.as_deref()).collect();
    let hint = (!hints.is_empty()).then(|| hints.join("\n"));
    Failure::plain(Exit::Usage, messages.join("\n"), hint, None)
}

/// What to do now. `named` says that the file has to be named to the next commands as well.
fn next(path: &Path, name: &str, named: bool) -> String {
    let config =
        if named { format!(" --config {}", shell_word(&path.display().to_string())) } else { String::new() };
    let row = |command: String, what: &str| [command, what.to_owned()];
    let rows = [
        row(format!("hallpass{config} secret put {name}"), "store the client's id and secret"),
        row(format!("hallpass{config} check"), "see whether everything is in order"),
    ];
    format!("next:\n{}", columns(&rows))
}
