//! Lambda: the configuration of functions, their versions and aliases (API reference, 2015-03-31). Nothing runs here.
//!
//! A change takes effect after the next look at the function, as it takes seconds at AWS; until then another change is refused. Every change has a
//! revision, and who names another than the present one is refused.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use super::answer::Refused;
use super::{ACCOUNT, Aws};
use crate::Received;

/// All functions, by region and name.
#[derive(Debug, Default)]
pub(super) struct Functions(BTreeMap<(String, String), Function>);

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

impl Aws {
    /// What an operator does to the function `name` of `region`, or learns of it. It is made if there is none.
    pub fn function<T>(&self, region: &str, name: &str, change: impl FnOnce(&mut Function) -> T) -> T {
        self.change(|state| state.functions.change(region, name, change))
    }
}

impl Functions {
    pub(super) fn change<T>(
        &mut self,
        region: &str,
        name: &str,
        change: impl FnOnce(&mut Function) -> T,
    ) -> T {
        change(self.0.entry((region.to_owned(), name.to_owned())).or_insert_with(|| Function {
            code: "code 1".to_owned(),
            looks: 1,
            ..Function::default()
        }))
    }

    /// IAM's name of what `request` asks for.
    pub(super) fn action(request: &Received) -> Option<&'static str> {
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        Some(match (&request.method, parts.as_slice()) {
            (&Method::GET, ["2015-03-31", "functions", _, "configuration"]) => "GetFunctionConfiguration",
            (&Method::PUT, ["2015-03-31", "functions", _, "configuration"]) => "UpdateFunctionConfiguration",
            (&Method::POST, ["2015-03-31", "functions", _, "versions"]) => "PublishVersion",
            (&Method::GET, ["2015-03-31", "functions", _, "aliases", _]) => "GetAlias",
            (&Method::PUT, ["2015-03-31", "functions", _, "aliases", _]) => "UpdateAlias",
            _ => return None,
        })
    }

    pub(super) fn answer(
        &mut self,
        region: &str,
        action: &str,
        request: &Received,
    ) -> Result<Value, Refused> {
        let segments = request.segments();
        let name = segments[2].rsplit(':').next().unwrap_or_default();
        let arn = format!("arn:aws:lambda:{region}:{ACCOUNT}:function:{name}");
        let absent =
            |what: &str| Refused::rest(404, "ResourceNotFoundException", format!("{what} not found: {arn}"));
        let function =
            self.0.get_mut(&(region.to_owned(), name.to_owned())).ok_or_else(|| absent("Function"))?;
        let asked = request.json();
        match action {
            "GetFunctionConfiguration" => match request.parameter("Qualifier") {
                None | Some("$LATEST") => Ok(function.latest(&arn)),
                Some(version) => function.version(version, &arn).ok_or_else(|| absent("Version")),
            },
            "UpdateFunctionConfiguration" => {
                function.update(&asked)?;
                Ok(function.shown(&arn))
            }
            "PublishVersion" => function.publish(&asked, &arn),
            _ => {
                let alias = segments[4].as_str();
                if !function.aliases.contains_key(alias) {
                    return Err(absent("Alias"));
                }
                if action == "UpdateAlias" {
                    function.point(alias, &asked)
                } else {
                    Ok(function.alias(alias))
                }
            }
        }
    }
}

impl Function {
    fn revision(&self) -> String {
        format!("4e710000-0000-4000-8000-{:012x}", self.changes)
    }

    /// A look, which lets time go by.
    fn latest(&mut self, arn: &str) -> Value {
        let shown = self.shown(arn);
        self.updating = self.updating.saturating_sub(1);
        shown
    }

    fn shown(&self, arn: &str) -> Value {
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

    fn version(&self, version: &str, arn: &str) -> Option<Value> {
        let number: usize = version.parse().ok()?;
        let (code, variables) = self.versions.get(number.checked_sub(1)?)?;
        Some(configuration(arn, version, code, variables))
    }

    fn update(&mut self, asked: &Value) -> Result<(), Refused> {
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
        let Some(given) = asked["Environment"]["Variables"].as_object() else { return Ok(()) };
        let pairs = given.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let variables: BTreeMap<_, _> = pairs.collect();
        if variables.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > 4096 {
            let message = "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.";
            return Err(Refused::rest(400, "InvalidParameterValueException", message));
        }
        self.variables = variables;
        self.changes += 1;
        self.updating = self.looks;
        Ok(())
    }

    /// A version; the last one where nothing changed since.
    fn publish(&mut self, asked: &Value, arn: &str) -> Result<Value, Refused> {
        self.compare(asked, &self.revision())?;
        let latest = (self.code.clone(), self.variables.clone());
        if self.versions.last() != Some(&latest) {
            self.versions.push(latest);
        }
        let version = self.versions.len().to_string();
        Ok(self.version(&version, arn).unwrap_or_default())
    }

    fn alias(&self, name: &str) -> Value {
        let (version, moved, second) = &self.aliases[name];
        let mut alias = json!({ "Name": name, "FunctionVersion": version.to_string(), "RevisionId": format!("moved {moved}") });
        if let Some(second) = second {
            alias["RoutingConfig"] = json!({ "AdditionalVersionWeights": { (second.to_string()): 0.1 } });
        }
        alias
    }

    fn point(&mut self, name: &str, asked: &Value) -> Result<Value, Refused> {
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
