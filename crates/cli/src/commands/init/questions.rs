//! What is asked on a terminal, one question a line.

use std::io::{self, BufRead};

use hallpass_app::{Answers, Start};

use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::printer::Printer;

/// Asks, where somebody is there to answer.
pub(super) struct Questions<'a> {
    pub(super) printer: &'a Printer,
    /// Whether standard input is a terminal.
    pub(super) interactive: bool,
}

/// One thing that is still to be said.
pub(super) struct Question {
    /// The flag that says it, without dashes; also what the question is called.
    flag: String,
    /// What the answer means, in one line.
    help: String,
    choices: Vec<&'static str>,
    default: Option<&'static str>,
    what: What,
}

/// Where an answer belongs.
#[derive(Clone, Copy)]
enum What {
    Value(usize),
    Name,
    Environment,
    Rules,
}

impl Question {
    /// The key `index` of those that say where the platform is.
    pub(super) fn place(start: &'static Start, index: usize) -> Self {
        let key = &start.keys[index];
        let flag = if key.name == "region" { "region".to_owned() } else { format!("set {}=", key.name) };
        let choices = start.choices(key);
        Self { flag, help: key.help.to_owned(), choices, default: None, what: What::Value(index) }
    }

    /// The integration's name.
    pub(super) fn name() -> Self {
        let help = "What the integration is called: callers put it first in the path, logs show it.";
        Self::plain("name", help, Some("queue-sync"), What::Name)
    }

    /// The environment.
    pub(super) fn environment() -> Self {
        let help = "The environment this deployment belongs to. Secrets stored for another one are refused.";
        Self::plain("environment", help, Some("dev"), What::Environment)
    }

    /// The rules.
    pub(super) fn rules(start: &'static Start) -> Self {
        let help = "The calls it needs, one METHOD PATH a line; an empty line ends them. `*` is one segment, a final `/**` the rest.";
        Self::plain("allow", help, Some(start.rule), What::Rules)
    }

    fn plain(flag: &str, help: &str, default: Option<&'static str>, what: What) -> Self {
        Self { flag: flag.to_owned(), help: help.to_owned(), choices: Vec::new(), default, what }
    }
}

impl Questions<'_> {
    /// Asks everything in `open` until every answer is right.
    pub(super) fn settle(&self, open: Vec<Question>, answers: &mut Answers) -> Result<(), Failure> {
        if !self.interactive && !open.is_empty() {
            let flags: Vec<_> = open.iter().map(|question| format!("`--{}`", question.flag)).collect();
            let message = format!(
                "standard input is not a terminal, and these flags are missing: {}",
                flags.join(", ")
            );
            return Err(Failure::usage(message, "give them, or run it on a terminal and be asked"));
        }
        for question in open {
            self.explain(&question.help, &question.choices);
            match question.what {
                What::Rules => self.rules(&question, answers)?,
                _ => self.until_right(&question, answers, |answers, text| match question.what {
                    What::Value(index) => answers.values[index] = text,
                    What::Name => answers.name = text,
                    What::Environment => answers.environment = text,
                    What::Rules => answers.allow = vec![text],
                })?,
            }
        }
        Ok(())
    }

    /// Asks for the platform.
    pub(super) fn platform(&self) -> Result<String, Failure> {
        let mut known: Vec<_> = Start::ALL.iter().map(|start| start.platform).collect();
        known.dedup();
        self.explain("The platform whose API is called.", &known);
        loop {
            let typed = self.ask("platform", known.first().copied())?;
            if known.contains(&typed.as_str()) {
                return Ok(typed);
            }
            self.wrong("`platform`: expected one of these", None);
        }
    }

    /// One rule a line. The first may be left to the default, an empty line after it ends them.
    fn rules(&self, question: &Question, answers: &mut Answers) -> Result<(), Failure> {
        self.until_right(question, answers, |answers, text| answers.allow = vec![text])?;
        let further = Question {
            flag: "allow".to_owned(),
            help: String::new(),
            default: None,
            choices: Vec::new(),
            ..*question
        };
        let mut ended = false;
        while !ended {
            let before = answers.allow.len();
            self.until_right(&further, answers, |answers, text| {
                if !text.is_empty() {
                    answers.allow.push(text);
                }
            })?;
            ended = answers.allow.len() == before;
        }
        Ok(())
    }

    /// Asks until `put` with what was typed leaves sound answers.
    fn until_right(
        &self,
        question: &Question,
        answers: &mut Answers,
        put: impl Fn(&mut Answers, String),
    ) -> Result<(), Failure> {
        loop {
            let mut tried = answers.clone();
            put(&mut tried, self.ask(&question.flag, question.default)?);
            match tried.configuration() {
                Ok(_) => {
                    *answers = tried;
                    return Ok(());
                }
                Err(wrong) => {
                    wrong.iter().for_each(|wrong| self.wrong(&wrong.message, wrong.hint.as_deref()));
                }
            }
        }
    }

    fn ask(&self, name: &str, default: Option<&str>) -> Result<String, Failure> {
        let shown = default.map(|default| format!(" [{default}]")).unwrap_or_default();
        self.printer.ask(&format!("{}{shown}: ", name.trim_start_matches("set ").trim_end_matches('=')));
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        match read.map_err(|error| Failure::machine("the terminal cannot be read", error))? {
            0 => {
                let message = "the terminal was closed before everything was answered; nothing was written";
                Err(Failure::plain(Exit::Usage, message, None, None))
            }
            _ => Ok(Some(line.trim().to_owned())
                .filter(|line| !line.is_empty())
                .or(default.map(str::to_owned))
                .unwrap_or_default()),
        }
    }

    fn explain(&self, help: &str, choices: &[&str]) {
        self.printer.talk(&format!("\n{help}"));
        if !choices.is_empty() {
            self.printer.talk(&labelled("one of", &wrapped(choices)));
        }
    }

    fn wrong(&self, message: &str, hint: Option<&str>) {
        self.printer.talk(&labelled("error", message));
        hint.into_iter().for_each(|hint| self.printer.talk(&labelled("hint", hint)));
    }
}

/// Choices on lines that fit a terminal.
fn wrapped(choices: &[&str]) -> String {
    let mut lines = vec![String::new()];
    for choice in choices {
        let room = lines.last().is_some_and(|line| line.len() + choice.len() + 2 <= WIDTH);
        if !room {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let between = if line.is_empty() { "" } else { ", " };
            line.push_str(between);
            line.push_str(choice);
        }
    }
    lines.join("\n")
}

const WIDTH: usize = 70;
