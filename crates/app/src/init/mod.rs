//! A first configuration, written from a few answers.
//!
//! What a platform needs is one row of data ([`Start`]). The text is judged by the very check that every configuration goes through, so what is
//! written cannot be refused afterwards, and an answer that is wrong is told with that check's own words.

mod starts;

use std::ffi::OsString;
use std::path::Path;

use crate::config::{Config, Flags, MachineFiles, Sources, Variables};

pub use starts::{Key, Start};

/// What the configuration is made from.
#[derive(Clone, Debug)]
pub struct Answers {
    start: &'static Start,
    /// The environment.
    pub environment: String,
    /// The integration's name.
    pub name: String,
    /// The rules.
    pub allow: Vec<String>,
    /// The values of the keys of [`Start::keys`], in their order.
    pub values: Vec<String>,
}

/// What is wrong with an answer. Nothing of the answer is quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongAnswer {
    /// What was expected, as a lower-case fragment.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Answers {
    /// Sound answers for `start`, to be replaced one by one.
    #[must_use]
    pub fn sound(start: &'static Start) -> Self {
        Self {
            start,
            environment: "dev".to_owned(),
            name: "queue-sync".to_owned(),
            allow: vec![start.rule.to_owned()],
            values: start.keys.iter().map(|key| key.example.to_owned()).collect(),
        }
    }

    /// The configuration, if it is in order.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn configuration(&self) -> Result<String, Vec<WrongAnswer>> {
        let text = self.text();
        let sources = Sources { variables: &NoVariables, files: &MachineFiles, flags: Flags::default() };
        match Config::read(Path::new("hallpass.toml"), &text, &sources) {
            Ok(_) => Ok(text),
            Err(faults) => {
                let wrong = faults.as_slice().iter().map(|fault| WrongAnswer {
                    message: self.reworded(&fault.message),
                    hint: fault.hint.clone(),
                });
                Err(wrong.collect())
            }
        }
    }

    /// A message of the check without the path of the key, which nobody has typed yet.
    fn reworded(&self, message: &str) -> String {
        let path = format!("`integrations.{}.", self.name);
        match message.strip_prefix(&path) {
            Some(rest) => format!("`{rest}"),
            None if message.starts_with("`integrations.") => {
                format!("`name`: {}", message.split_once("`: ").map_or(message, |(_, rest)| rest))
            }
            None => message.to_owned(),
        }
    }

    fn text(&self) -> String {
        let Self { start, environment, name, allow, values } = self;
        let Start { platform, profile, title, .. } = start;
        let keys = start.keys.iter().zip(values);
        let keys: String =
            keys.map(|(key, value)| format!("# {}\n{} = {}\n", key.help, key.name, quoted(value))).collect();
        let rules: String = allow.iter().map(|rule| format!("    {},\n", quoted(rule))).collect();
        // A bare key where it can be one: this is a file for people.
        let bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !name.is_empty();
        let (table, secret) =
            (if bare { name.clone() } else { quoted(name) }, quoted(&format!("local:{name}")));
        format!(
            "{HEAD}environment = {}\n{MIDDLE}\n[integrations.{table}]\n# {title}\nplatform = {}\nprofile = {}\n{keys}{SECRET}secret = {secret}\n{ALLOW}allow = [\n{rules}]\n",
            quoted(environment),
            quoted(platform),
            quoted(profile),
        )
    }
}

/// `text` as a basic string of TOML: what JSON escapes is escaped there in the same way, but for one character.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// A first configuration is judged by itself, whatever the environment of the asker says.
#[derive(Debug)]
struct NoVariables;

impl Variables for NoVariables {
    fn value(&self, _: &str) -> Option<OsString> {
        None
    }
}

const HEAD: &str = "\
# The configuration of hallpass. It holds no secret: it may lie beside your code.
# `hallpass check` reads it, `hallpass schema` says what else it can say.
version = 1

# Written beside every stored secret; one that was stored for another environment is refused.
";

const MIDDLE: &str = "
# Where the sidecar listens, and the file with the pass that callers show; needed only where the defaults do not fit.
# [sidecar]
# listen = \"127.0.0.1:7780\"
# pass_file = \"/run/hallpass/pass\"    # by default below XDG_RUNTIME_DIR
";

const SECRET: &str = "\
# Where the client's id and secret rest: in the encrypted local store, under this name. Never the secret itself.
# Other places are env:VARIABLE and file:PATH.
";

const ALLOW: &str = "\
# What it may call, as METHOD PATH. Everything else is refused.
# `*` is one whole segment of the path, a final `/**` zero or more. Try one with `hallpass policy test`.
";

#[cfg(test)]
mod tests {
    use super::{Answers, Start};
    use hallpass_platforms::profiles;

    /// Every platform and profile of this build, by the schema and the platforms' own list.
    fn known() -> Vec<(String, &'static str)> {
        let schema = crate::config::schema();
        let names = schema["$defs"]["IntegrationTable"]["properties"]["platform"]["enum"].as_array().unwrap();
        let platforms = names.iter().map(|name| name.as_str().unwrap());
        let pairs =
            platforms.flat_map(|platform| profiles(platform).map(|profile| (platform.to_owned(), profile)));
        pairs.collect()
    }

    #[test]
    fn every_platform_and_profile_has_a_start_that_is_in_order() {
        for (platform, profile) in known() {
            let start = Start::find(&platform, Some(profile));
            let start = start.unwrap_or_else(|| panic!("add a row to `Start::ALL` for {platform} {profile}"));
            let sound = Answers::sound(start);
            assert_eq!(sound.configuration().err(), None, "{platform} {profile}");
            for (index, key) in start.keys.iter().enumerate() {
                for choice in start.choices(key) {
                    let mut answers = sound.clone();
                    answers.values[index] = choice.to_owned();
                    assert_eq!(answers.configuration().err(), None, "{platform} {profile} {choice}");
                }
            }
        }
        assert_eq!(known().len(), Start::ALL.len(), "a row for something that does not exist");
    }

    #[test]
    fn a_wrong_answer_is_told_in_the_words_of_the_check_and_not_quoted() {
        let sound = Answers::sound(&Start::ALL[0]);
        type Change = fn(&mut Answers, &str);
        let cases: [(Change, &str, &str); 6] = [
            (
                |answers, text| answers.values[0] = text.to_owned(),
                "us-east-11canary",
                "`region`: expected a region",
            ),
            (|answers, text| answers.name = text.to_owned(), "Canary", "`name`: expected a name of the form"),
            (
                |answers, text| answers.name = text.to_owned(),
                "canary]\nx = 1",
                "`name`: expected a name of the form",
            ),
            (|answers, text| answers.name = text.to_owned(), "", "`name`: expected a name of the form"),
            (|answers, text| answers.environment = text.to_owned(), "canary!\"", "`environment`: "),
            (|answers, text| answers.allow = vec![text.to_owned()], "canary", "`allow`: rule 1: expected"),
        ];
        for (change, text, told) in cases {
            let mut answers = sound.clone();
            change(&mut answers, text);
            let wrong = answers.configuration().unwrap_err();
            assert!(wrong[0].message.starts_with(told), "{text}: {wrong:?}");
            assert!(!format!("{wrong:?}").to_lowercase().contains("canary"), "{wrong:?}");
        }
    }
}
