//! What `secret put` is given, made ready for the store.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Read};

use hallpass_app::{Credential, Environment, Fault, FaultCode, Secret, Version, members_of};
use serde::Deserialize;
use serde::de::IgnoredAny;
use zeroize::Zeroize;

use crate::explain::labelled;
use crate::failure::Failure;
use crate::printer::Printer;

/// The members of a credential before it is stored.
#[derive(Debug)]
pub(super) struct Material(BTreeMap<String, Secret>);

impl Material {
    /// Reads the JSON object from standard input, or asks for the members that are `required` where a person sits there.
    ///
    /// A document that names another environment than `ours` is refused: somebody meant it to be kept apart.
    pub(super) fn take(required: &[&str], ours: &Environment, printer: &Printer) -> Result<Self, Failure> {
        if io::stdin().is_terminal() {
            return Self::ask(required, printer);
        }
        let text = read(io::stdin().lock(), "standard input")?;
        Ok(Self::parse(&text, required, ours)?)
    }

    /// Reads one JSON object and nothing else. What was found is never quoted.
    pub(super) fn parse(text: &Secret, required: &[&str], ours: &Environment) -> Result<Self, Fault> {
        let malformed = |what: &str| {
            let hint = format!("give it a JSON object on standard input, with {}", in_words(required));
            Fault::new(FaultCode::CredentialMalformed, what).with_hint(hint)
        };
        if text.expose().trim_ascii().is_empty() {
            return Err(malformed("standard input is empty"));
        }
        let mut json = serde_json::Deserializer::from_slice(text.expose());
        if IgnoredAny::deserialize(&mut json).is_ok() && json.end().is_err() {
            return Err(malformed("something follows the JSON object"));
        }
        let members = members_of(text).map_err(|fault| malformed(fault.detail()))?;
        Credential::parse(text, Version::new("given"), &[])?.belongs_to(ours)?;
        Ok(Self(members))
    }

    /// Of members that were found elsewhere.
    pub(super) fn of(members: BTreeMap<String, Secret>) -> Self {
        Self(members)
    }

    /// Refuses what lacks a member.
    pub(super) fn has(&self, required: &[&str]) -> Result<(), Fault> {
        let missing = required.iter().filter(|member| self.0.get(**member).is_none_or(Secret::is_empty));
        let missing: Vec<_> = missing.copied().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let hint = format!("it needs {}", in_words(required));
        let what = format!("it lacks {}", in_words(&missing));
        Err(Fault::new(FaultCode::CredentialMalformed, what).with_hint(hint))
    }

    fn ask(required: &[&str], printer: &Printer) -> Result<Self, Failure> {
        let mut members = BTreeMap::new();
        for member in required {
            let answer = if is_visible(member) {
                printer.ask(&format!("{member}: "));
                let mut line = String::new();
                io::stdin().read_line(&mut line).map(|_| line)
            } else {
                rpassword::prompt_password(format!("{member} (not shown): "))
            };
            let mut answer =
                answer.map_err(|error| Failure::machine("the terminal cannot be read", error))?;
            members.insert((*member).to_owned(), Secret::from(answer.trim_end_matches(['\r', '\n'])));
            answer.zeroize();
        }
        Ok(Self(members))
    }

    /// The members.
    pub(super) fn members(&self) -> &BTreeMap<String, Secret> {
        &self.0
    }

    /// Tells about white space around a member.
    pub(super) fn warn(&self, printer: &Printer) {
        for member in self.suspicious() {
            let warning = format!("`{member}` begins or ends with white space; it is stored as it is");
            printer.talk(&labelled("warning", &warning));
        }
    }

    /// The members whose text begins or ends with white space, which nearly always came in by mistake.
    fn suspicious(&self) -> impl Iterator<Item = &str> {
        let odd = |value: &Secret| value.expose().trim_ascii().len() != value.len();
        self.0.iter().filter(move |(_, value)| odd(value)).map(|(name, _)| name.as_str())
    }
}

/// All of `input`, if it is not longer than what any store takes for one secret.
pub(super) fn read(input: impl Read, name: &str) -> Result<Secret, Failure> {
    // In one allocation: a buffer that grows leaves copies behind that nobody wipes.
    let mut bytes = Vec::with_capacity(LARGEST + 1);
    let length = input.take(LARGEST as u64 + 1).read_to_end(&mut bytes);
    let text = Secret::new(bytes);
    match length {
        Ok(length) if length <= LARGEST => Ok(text),
        Ok(_) => {
            Err(Fault::new(FaultCode::CredentialMalformed, format!("it is longer than {LARGEST} bytes"))
                .into())
        }
        Err(error) => Err(Failure::machine(format!("{name} cannot be read"), error)),
    }
}

/// Ids are no secrets, and a person wants to see them.
fn is_visible(member: &str) -> bool {
    member.ends_with("_id")
}

/// Names as they are printed.
pub(super) fn in_words(members: &[&str]) -> String {
    members.iter().map(|member| format!("`{member}`")).collect::<Vec<_>>().join(" and ")
}

/// What clouds take for one secret.
const LARGEST: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::Material;
    use hallpass_app::{Fault, FaultCode, Secret};

    fn parse(text: &str) -> Result<Material, Fault> {
        Material::parse(&Secret::from(text), &["client_id", "client_secret"], &"test".parse().unwrap())
    }

    #[test]
    fn a_secret_of_another_environment_is_refused() {
        assert!(parse(r#"{"client_id":"id","client_secret":"s","environment":"test"}"#).is_ok());
        let fault = parse(r#"{"client_id":"id","client_secret":"s","environment":"prod"}"#).unwrap_err();
        assert_eq!(fault.code(), FaultCode::EnvironmentMismatch);
    }

    #[test]
    fn members_are_taken_as_they_are() {
        let material = parse(r#" {"client_id":"id","client_secret":"s \n"} "#).unwrap();
        assert_eq!(material.members()["client_secret"], Secret::from("s \n"));
        assert_eq!(material.suspicious().collect::<Vec<_>>(), ["client_secret"]);
    }

    #[test]
    fn what_is_malformed_is_never_quoted() {
        for text in [
            "",
            " \n",
            "canary",
            "[\"canary\"]",
            "{} canary",
            r#"{"client_id":"canary"} {}"#,
            r#"{"a":4242}"#,
        ] {
            let fault = parse(text).err().unwrap();
            assert_eq!(fault.code(), FaultCode::CredentialMalformed);
            assert!(!format!("{fault} {fault:?} {}", fault.hint()).contains("canary"), "{fault}");
        }
    }
}
