//! Every key of the configuration file, from the schema that checks it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use hallpass_app::config::{VARIABLES, schema};
use hallpass_app::{Answers, App, Config, Flags, ProcessVariables, Purpose, Sources, Start};
use serde_json::Value;

use super::{MADE, assert_page, cell};
use crate::arguments::Arguments;

#[test]
fn the_page_of_the_configuration_is_up_to_date() {
    let schema = schema();
    let mut page = format!("# Configuration\n\n{MADE}\n\n{HEAD}{}", precedence());
    Tables { root: &schema, page: &mut page }.table(&schema, "");
    page.push_str(MEMBERS);
    for start in Start::ALL {
        let members = members(start).iter().map(|member| format!("`{member}`")).collect::<Vec<_>>();
        writeln!(page, "| `{}` | `{}` | {} |", start.platform, start.profile, members.join(", ")).unwrap();
    }
    page.push_str(BESIDE);
    assert_page("configuration.md", &page);
}

/// One row for each key that a flag or a variable stands in for. Their own texts say so.
fn precedence() -> String {
    let mut rows = BTreeMap::<String, (String, String)>::new();
    for command in Arguments::grammar().get_subcommands() {
        for argument in command.get_arguments() {
            if let Some(key) = in_place_of(&argument.get_help().map(ToString::to_string).unwrap_or_default())
            {
                let flags = &mut rows.entry(key).or_default().0;
                let between = if flags.is_empty() { "" } else { ", " };
                write!(flags, "{between}`{} --{}`", command.get_name(), argument.get_long().unwrap())
                    .unwrap();
            }
        }
    }
    for variable in VARIABLES {
        if let Some(key) = in_place_of(variable.help) {
            rows.entry(key).or_default().1 = format!("`{}`", variable.name);
        }
    }
    rows.iter().map(|(key, (flags, variable))| format!("| `{key}` | {flags} | {variable} |\n")).collect()
}

fn in_place_of(help: &str) -> Option<String> {
    let (_, rest) = help.split_once("in place of `")?;
    Some(rest.split_once('`')?.0.to_owned())
}

/// Writes one section for each table of the file.
struct Tables<'a> {
    root: &'a Value,
    page: &'a mut String,
}

impl<'a> Tables<'a> {
    fn table(&mut self, schema: &'a Value, path: &str) {
        let title = if path.is_empty() { "At the top".to_owned() } else { format!("`[{path}]`") };
        let text = cell(schema["description"].as_str().unwrap_or_default());
        let mut rows = String::new();
        let mut below = Vec::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let joined = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let resolved = self.resolved(property);
            if resolved["properties"].is_object() {
                below.push((joined, resolved));
            } else if resolved["additionalProperties"].is_object() {
                below.push((format!("{joined}.NAME"), self.resolved(&resolved["additionalProperties"])));
            } else {
                let required = schema["required"]
                    .as_array()
                    .is_some_and(|names| names.contains(&Value::from(name.as_str())));
                rows.push_str(&self.row(&joined, property, resolved, required));
            }
        }
        write!(self.page, "\n## {title}\n\n{text}\n").unwrap();
        if !rows.is_empty() {
            write!(
                self.page,
                "\n| Key | Type | Default | Choices | What it says |\n|---|---|---|---|---|\n{rows}"
            )
            .unwrap();
        }
        below.into_iter().for_each(|(path, schema)| self.table(schema, &path));
    }

    fn row(&self, path: &str, property: &Value, resolved: &'a Value, required: bool) -> String {
        let either = |name: &str| if property[name].is_null() { &resolved[name] } else { &property[name] };
        let default = match either("default") {
            Value::Null if required => "required".to_owned(),
            Value::Null => String::new(),
            value => format!("`{}`", value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
        };
        let choices = either("enum")
            .as_array()
            .into_iter()
            .flatten()
            .map(|choice| format!("`{}`", choice.as_str().unwrap()));
        let choices = choices.collect::<Vec<_>>().join(", ");
        let text = cell(either("description").as_str().unwrap_or_default());
        format!("| `{path}` | {} | {default} | {choices} | {text} |\n", self.kind(resolved))
    }

    /// What a value is, in words.
    fn kind(&self, schema: &'a Value) -> String {
        if let Some(branches) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
            return branches
                .iter()
                .map(|branch| self.kind(self.resolved(branch)))
                .collect::<Vec<_>>()
                .join(", or ");
        }
        match schema["type"].as_str() {
            Some("array") => format!("list: {}", self.kind(self.resolved(&schema["items"]))),
            Some("string")
                if schema["pattern"].as_str().is_some_and(|pattern| pattern.contains("ms|s|m|h")) =>
            {
                "duration".to_owned()
            }
            Some("string") => "text".to_owned(),
            Some("integer") => match (schema["minimum"].as_u64(), schema["maximum"].as_u64()) {
                (Some(least), Some(most)) => format!("number, {least} to {most}"),
                _ => "number".to_owned(),
            },
            Some("boolean") => "true or false".to_owned(),
            Some(other) => other.to_owned(),
            None => "any".to_owned(),
        }
    }

    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let name = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/"));
        name.map_or(schema, |name| &self.root["$defs"][name])
    }
}

/// The members that a secret of that platform and profile needs, by the platform's own word.
fn members(start: &'static Start) -> &'static [&'static str] {
    let answers = Answers::sound(start);
    let text = format!("{}\n[stores.local]\npath = \"store\"\n", answers.configuration().unwrap());
    let config =
        Config::read(Path::new("hallpass.toml"), &text, &Sources::of_process(Flags::default())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(App::assemble(&config, Purpose::Command, Arc::new(ProcessVariables))).unwrap();
    app.required_members(&answers.name).unwrap()
}

const HEAD: &str = "\
The file is TOML. `hallpass init` writes a first one, `hallpass check` tells everything that is wrong with one, and `hallpass schema` prints the JSON Schema
that this page is made from. An unknown key is a fault.

## Where a setting comes from

A flag of the command line wins over a [variable](variables.md), the variable over the file, the file over the default. What loses is still checked.

| Setting | Flag | Variable |
|---|---|---|
| the file itself | `--config` | `HALLPASS_CONFIG` |
";

const MEMBERS: &str = "
## What a secret holds

A stored secret is a JSON object of texts. Which members it needs is said by platform and profile:

| Platform | Profile | Members |
|---|---|---|
";

const BESIDE: &str = "
Beside them hallpass keeps `serial`, a count that goes up with every `hallpass secret put`, and `environment`, the environment it was stored for.
";
