//! Where a new secret is brought to besides its store, as it is written and as it is meant.

use std::collections::BTreeMap;
use std::time::Duration;

use hallpass_outbound::Origin;
use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;
use super::check::Checker;
use super::defaults;
use super::settings::PublishConfig;
use super::suggest::presentable;
use super::units::read_long;

/// A function that gets the secret by its environment, encrypted for it: it reads `aws-kms-env:VARIABLE`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishTable {
    /// The AWS Lambda function, by name or ARN, without a version.
    #[schemars(required, example = &"queue-sync")]
    pub(super) aws_lambda: Option<At<String>>,
    /// The variable that holds the secret. A second one, with `_PUBLISHED` behind its name, says which it is.
    #[schemars(required, example = &"QUEUE_SYNC_SECRET")]
    pub(super) variable: Option<At<String>>,
    /// The KMS key that encrypts it: an id, an ARN or `alias/NAME`, in the function's region.
    #[schemars(required, example = &"alias/queue-sync")]
    pub(super) key: Option<At<String>>,
    /// The function's alias that callers use: it is moved to a version with the new secret. Default: none, and only `$LATEST` has it.
    pub(super) alias: Option<At<String>>,
    /// The function's region. Default: that of its ARN, or of the surroundings.
    pub(super) region: Option<At<String>>,
    /// Where Lambda and KMS are, if not at their usual addresses: a stand-in. `https`, or `http` to a loopback address.
    pub(super) endpoint: Option<At<String>>,
}

impl Checker<'_, '_> {
    /// The functions in order of their names, if all of them can be had. `sandbox_life` is what was written of it.
    pub(super) fn publish(
        &mut self,
        path: &str,
        tables: &BTreeMap<At<String>, At<PublishTable>>,
        sandbox_life: Option<(Duration, std::ops::Range<usize>)>,
    ) -> Option<Vec<PublishConfig>> {
        let least = read_long(defaults::SANDBOX_LIFE).unwrap_or_default();
        if let Some((_, span)) = sandbox_life.filter(|(life, _)| !tables.is_empty() && *life < least) {
            let message = format!(
                "`{path}.sandbox_life`: expected at least {}: sandboxes of the functions in `publish` keep the old secret for as long as they live",
                defaults::SANDBOX_LIFE
            );
            self.faults.at(span, message, None);
            return None;
        }
        let read: Vec<_> = tables.iter().map(|(name, table)| self.function(path, name, table)).collect();
        read.into_iter().collect()
    }

    fn function(&mut self, path: &str, name: &At<String>, table: &PublishTable) -> Option<PublishConfig> {
        let path = format!("{path}.publish.{}", presentable(name));
        let mut sound = true;
        let mut expect = |key: &str, text: Option<&At<String>>, fine: fn(&str) -> bool, expected: &str| {
            if let Some(text) = text.filter(|text| !fine(text)) {
                self.faults.at(text.span(), format!("`{path}.{key}`: expected {expected}"), None);
                sound = false;
            }
        };
        expect(
            "aws_lambda",
            table.aws_lambda.as_ref(),
            is_function,
            "a function's name or ARN, without a version",
        );
        expect(
            "variable",
            table.variable.as_ref(),
            is_variable,
            "a variable's name: letters, digits and `_`, and none of AWS's own",
        );
        expect("key", table.key.as_ref(), is_key, "a KMS key: an id, an ARN or `alias/NAME`");
        expect("alias", table.alias.as_ref(), is_alias, "an alias's name, which is no number");
        expect(
            "endpoint",
            table.endpoint.as_ref(),
            |text| text.parse::<Origin>().is_ok(),
            "an origin such as \"https://lambda.internal\"",
        );
        let (function, region) = (table.aws_lambda.as_ref()?, table.region.as_ref());
        let of_arn = function.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(2));
        if let (Some(region), Some(of_arn)) = (region, of_arn)
            && region.as_str() != of_arn
        {
            self.faults.at(region.span(), format!("`{path}.region`: the function's ARN names another"), None);
            return None;
        }
        let text = |text: &Option<At<String>>| text.as_ref().map(|text| text.as_str().to_owned());
        sound.then_some(PublishConfig {
            region: text(&table.region).or(of_arn.map(str::to_owned)),
            function: text(&table.aws_lambda)?,
            variable: text(&table.variable)?,
            key: text(&table.key)?,
            alias: text(&table.alias),
            endpoint: text(&table.endpoint),
        })
    }
}

/// API reference, UpdateFunctionConfiguration, `FunctionName`; without a qualifier, and without an account before a bare name.
fn is_function(text: &str) -> bool {
    let is_name = |name: &str| {
        (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    match text.split(':').collect::<Vec<_>>()[..] {
        [name] => is_name(name),
        ["arn", partition, "lambda", region, account, "function", name] => {
            let number = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            !partition.is_empty() && !region.is_empty() && number && is_name(name)
        }
        _ => false,
    }
}

/// Developer Guide, "Using environment variables": a letter first, two characters at least; what begins with `AWS_` or `LAMBDA_` is AWS's.
fn is_variable(text: &str) -> bool {
    let fine = text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    fine && text.as_bytes()[0].is_ascii_alphabetic()
        && !["AWS_", "LAMBDA_"].iter().any(|own| text.starts_with(own))
}

fn is_key(text: &str) -> bool {
    (1..=2048).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/:".contains(&byte))
}

/// API reference, GetAlias, `Name`.
fn is_alias(text: &str) -> bool {
    let fine = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    fine && (1..=128).contains(&text.len()) && !text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{is_alias, is_function, is_key, is_variable};

    #[test]
    fn names_are_those_that_aws_takes() {
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:queue-sync";
        assert!(is_function("queue-sync") && is_function(arn) && is_function("a_B-1"));
        for wrong in [
            "",
            "a b",
            "queue-sync:live",
            "123456789012:function:x",
            "arn:aws:s3:::x",
            &format!("{arn}:live"),
            &"x".repeat(65),
        ] {
            assert!(!is_function(wrong), "{wrong}");
        }
        assert!(is_variable("QUEUE_SYNC") && is_variable("a1"));
        for wrong in ["", "A", "1A", "A-B", "AWS_X", "LAMBDA_X", "É1", "_X"] {
            assert!(!is_variable(wrong), "{wrong}");
        }
        assert!(
            is_key("alias/queue-sync")
                && is_key("arn:aws:kms:eu-west-1:1:key/4e7")
                && !is_key("")
                && !is_key("a b")
        );
        assert!(
            is_alias("live") && is_alias("v1") && !is_alias("7") && !is_alias("") && !is_alias("$LATEST")
        );
    }
}
