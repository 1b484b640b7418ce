//! One Lambda function: its configuration, its versions and aliases (API reference, 2015-03-31).
//!
//! A change takes effect after the next look at the function, as it takes seconds at AWS; until then another change is refused. Every change has a
//! revision, and who names another than the present one is refused.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::{Refused, required};

/// A function as an operator sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// The variables of `$LATEST`.
    pub variables: BTreeMap<String, String>,
    /// What stands for its code.
    pub code: String,
    /// Changes so far.
    pub changes: u64,
    /// Its versions from 1: code and variables.
    pub versions: Vec<(String, BTreeMap<String, String>)>,
    /// Its aliases: the version, how often it was moved, and a second version that gets some of the calls.
    pub aliases: BTreeMap<String, (usize, u64, Option<usize>)>,
    /// How many looks a change takes until it is in effect.
    pub looks: u32,
    /// Whether changes come to nothing.
    pub fails: bool,
    /// Whether variables are kept back, as where the caller may not decrypt them.
    pub hidden: bool,
    /// What somebody else does just before the next change.
    pub meddling: Option<(String, String)>,
    updating: u32,
}

impl Function {
    /// One without variables, of which nothing was published.
    pub(super) fn made() -> Self {
        Self { code: "code 1".to_owned(), looks: 1, ..Self::default() }
    }

    fn revision(&self) -> String {
        format!("4e710000-0000-4000-8000-{:012x}", self.changes)
    }

    /// A look, which lets time go by.
    pub(super) fn latest(&mut self, arn: &str) -> Value {
        let shown = self.shown(arn);
        self.updating = self.updating.saturating_sub(1);
        shown
    }

    pub(super) fn shown(&self, arn: &str) -> Value {
        let status = match self.updating {
            0 if self.fails && self.changes > 0 => "Failed",
            0 => "Successful",
            _ => "InProgress",
        };
        let mut shown = configuration(arn, "$LATEST", &self.code, &self.variables);
        shown["LastUpdateStatus"] = json!(status);
        shown["RevisionId"] = json!(self.revision());
        if status == "Failed" {
            shown["LastUpdateStatusReasonCode"] = json!("InternalError");
        }
        if self.hidden {
            let error = json!({ "ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt your environment variables" });
            shown["Environment"] = json!({ "Error": error });
        }
        shown
    }

    /// A version, by its number or by an alias of it.
    pub(super) fn qualified(&self, qualifier: &str, arn: &str) -> Option<Value> {
        let behind = self.aliases.get(qualifier).map(|(version, ..)| version.to_string());
        self.version(behind.as_deref().unwrap_or(qualifier), arn)
    }

    fn version(&self, version: &str, arn: &str) -> Option<Value> {
        let number: usize = version.parse().ok()?;
        let (code, variables) = self.versions.get(number.checked_sub(1)?)?;
        Some(configuration(arn, version, code, variables))
    }

    pub(super) fn update(&mut self, asked: &Value) -> Result<(), Refused> {
        if let Some((name, value)) = self.meddling.take() {
            self.variables.insert(name, value);
            self.changes += 1;
        }
        self.compare(asked, &self.revision())?;
        if self.updating > 0 {
            let message =
                "The operation cannot be performed at this time. An update is in progress for resource";
            return Err(Refused::rest(409, "ResourceConflictException", message));
        }
        if self.set(asked)? {
            self.changes += 1;
            self.updating = self.looks;
        }
        Ok(())
    }

    /// Takes over the variables that are given, all of them or none; whether any were.
    pub(super) fn set(&mut self, asked: &Value) -> Result<bool, Refused> {
        let Some(given) = asked["Environment"]["Variables"].as_object() else { return Ok(false) };
        let pairs = given.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let variables: BTreeMap<_, _> = pairs.collect();
        if variables.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > 4096 {
            let message = "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.";
            return Err(Refused::rest(400, "InvalidParameterValueException", message));
        }
        self.variables = variables;
        Ok(true)
    }

    /// A version; the last one where nothing changed since.
    pub(super) fn publish(&mut self, asked: &Value, arn: &str) -> Result<Value, Refused> {
        self.compare(asked, &self.revision())?;
        let latest = (self.code.clone(), self.variables.clone());
        if self.versions.last() != Some(&latest) {
            self.versions.push(latest);
        }
        let version = self.versions.len().to_string();
        Ok(self.version(&version, arn).unwrap_or_default())
    }

    /// A new alias.
    pub(super) fn name(&mut self, asked: &Value, arn: &str) -> Result<Value, Refused> {
        let (name, version) = (required(asked, "Name")?, required(asked, "FunctionVersion")?);
        if self.aliases.contains_key(name) {
            let message = format!("Alias already exists: {arn}:{name}");
            return Err(Refused::rest(409, "ResourceConflictException", message));
        }
        let absent = || {
            Refused::rest(404, "ResourceNotFoundException", format!("Function not found: {arn}:{version}"))
        };
        let number = version.parse().ok().filter(|number| (1..=self.versions.len()).contains(number));
        self.aliases.insert(name.to_owned(), (number.ok_or_else(absent)?, 0, None));
        Ok(self.alias(name))
    }

    pub(super) fn alias(&self, name: &str) -> Value {
        let (version, moved, second) = &self.aliases[name];
        let mut alias = json!({ "Name": name, "FunctionVersion": version.to_string(), "RevisionId": format!("moved {moved}") });
        if let Some(second) = second {
            alias["RoutingConfig"] = json!({ "AdditionalVersionWeights": { (second.to_string()): 0.1 } });
        }
        alias
    }

    pub(super) fn point(&mut self, name: &str, asked: &Value) -> Result<Value, Refused> {
        self.compare(asked, &format!("moved {}", self.aliases[name].1))?;
        let version = asked["FunctionVersion"].as_str().and_then(|version| version.parse().ok());
        if let (Some(version), Some(alias)) = (version, self.aliases.get_mut(name)) {
            (alias.0, alias.1) = (version, alias.1 + 1);
        }
        Ok(self.alias(name))
    }

    fn compare(&self, asked: &Value, present: &str) -> Result<(), Refused> {
        if asked["RevisionId"].as_str().is_none_or(|named| named == present) {
            return Ok(());
        }
        let message = "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id";
        Err(Refused::rest(412, "PreconditionFailedException", message))
    }
}

fn configuration(arn: &str, version: &str, code: &str, variables: &BTreeMap<String, String>) -> Value {
    let name = arn.rsplit(':').next().unwrap_or_default();
    json!({
        "FunctionName": name, "FunctionArn": arn, "Version": version, "CodeSha256": code, "Runtime": "provided.al2023",
        "Handler": "bootstrap", "Timeout": 3, "MemorySize": 128, "State": "Active", "Environment": { "Variables": variables },
    })
}
