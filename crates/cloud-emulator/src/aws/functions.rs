//! Lambda: which function a request is about, and what is asked of it (API reference, 2015-03-31). Nothing runs here.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use super::answer::{Refused, required};
use super::function::Function;
use super::{ACCOUNT, Aws};
use crate::Received;

/// All functions, by region and name.
#[derive(Debug, Default)]
pub(super) struct Functions(BTreeMap<(String, String), Function>);

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
        change(self.0.entry((region.to_owned(), name.to_owned())).or_insert_with(Function::made))
    }

    /// IAM's name of what `request` asks for.
    pub(super) fn action(request: &Received) -> Option<&'static str> {
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        Some(match (&request.method, parts.as_slice()) {
            (&Method::POST, ["2015-03-31", "functions"]) => "CreateFunction",
            (&Method::GET, ["2015-03-31", "functions", _, "configuration"]) => "GetFunctionConfiguration",
            (&Method::PUT, ["2015-03-31", "functions", _, "configuration"]) => "UpdateFunctionConfiguration",
            (&Method::POST, ["2015-03-31", "functions", _, "versions"]) => "PublishVersion",
            (&Method::POST, ["2015-03-31", "functions", _, "aliases"]) => "CreateAlias",
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
        let (segments, asked) = (request.segments(), request.json());
        if action == "CreateFunction" {
            return self.create(region, &asked);
        }
        let name = segments[2].rsplit(':').next().unwrap_or_default();
        let arn = arn(region, name);
        let absent =
            |what: &str| Refused::rest(404, "ResourceNotFoundException", format!("{what} not found: {arn}"));
        let function =
            self.0.get_mut(&(region.to_owned(), name.to_owned())).ok_or_else(|| absent("Function"))?;
        match action {
            "GetFunctionConfiguration" => match request.parameter("Qualifier") {
                None | Some("$LATEST") => Ok(function.latest(&arn)),
                Some(qualifier) => function.qualified(qualifier, &arn).ok_or_else(|| absent("Version")),
            },
            "UpdateFunctionConfiguration" => {
                function.update(&asked)?;
                Ok(function.shown(&arn))
            }
            "PublishVersion" => function.publish(&asked, &arn),
            "CreateAlias" => function.name(&asked, &arn),
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

    /// A function whose code nobody looks at, active at once.
    fn create(&mut self, region: &str, asked: &Value) -> Result<Value, Refused> {
        let name = required(asked, "FunctionName")?;
        if self.0.contains_key(&(region.to_owned(), name.to_owned())) {
            let message = format!("Function already exist: {name}");
            return Err(Refused::rest(409, "ResourceConflictException", message));
        }
        let mut function = Function::made();
        function.set(asked)?;
        let shown = function.shown(&arn(region, name));
        self.0.insert((region.to_owned(), name.to_owned()), function);
        Ok(shown)
    }
}

fn arn(region: &str, name: &str) -> String {
    format!("arn:aws:lambda:{region}:{ACCOUNT}:function:{name}")
}
