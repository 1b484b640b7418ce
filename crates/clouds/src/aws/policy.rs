//! What IAM has to allow, as policy text. Pure.
//!
//! Names of actions, resources and condition keys are those of the Service Authorization Reference ("Actions, resources, and condition keys for AWS
//! Secrets Manager" and "... for AWS Key Management Service").

use serde_json::{Value, json};

use super::function::FunctionTarget;

/// What a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A running function: reads the secrets, and nothing else.
    Read,
    /// Whoever rotates or stores: creates, puts, moves labels, reads back. Separate, because a function that can be made to talk should
    /// not be able to write.
    Write,
    /// A function with encrypted variables (`aws-kms-env`): decrypts with the key, in its own name only.
    DecryptVariables,
}

/// What a policy is about.
#[derive(Clone, Copy, Debug)]
pub struct Grounds<'a> {
    /// `aws`, `aws-us-gov` or `aws-cn`.
    pub partition: &'a str,
    /// The region of the secrets.
    pub region: &'a str,
    /// The account; `None` where it is not known, which leaves a `*` that is to be replaced.
    pub account: Option<&'a str>,
    /// Names or ARNs of the secrets. Not used for [`Use::DecryptVariables`].
    pub entries: &'a [&'a str],
    /// The ARN of the customer managed key; `None` for AWS's own key, which needs no permission.
    pub key: Option<&'a str>,
    /// The function's name, for [`Use::DecryptVariables`].
    pub function: Option<&'a str>,
}

/// The policy, as indented JSON for a role of its own. The statements name exact secrets; only the six characters that AWS appends to a name are
/// left open (user guide, "Permissions policy examples").
#[must_use]
pub fn policy(use_: Use, grounds: &Grounds<'_>) -> String {
    let statements: Vec<_> = match use_ {
        Use::Read => [Some(secrets(grounds, READING)), key_behind_secrets(grounds, &["kms:Decrypt"])].into(),
        Use::Write => [
            Some(secrets(grounds, WRITING)),
            key_behind_secrets(grounds, &["kms:Decrypt", "kms:GenerateDataKey"]),
        ]
        .into(),
        Use::DecryptVariables => [Some(key_of_variables(grounds)), None].into(),
    };
    let statements: Vec<_> = statements.into_iter().flatten().collect();
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    format!("{policy:#}")
}

/// What who rotates needs beside [`Use::Write`] to bring a secret into a function's variable.
#[must_use]
pub fn publishing(target: &FunctionTarget, grounds: &Grounds<'_>) -> String {
    let Grounds { partition, region, account, .. } = grounds;
    let (account, name) = (account.unwrap_or("*"), target.name());
    let function = match target.function.starts_with("arn:") {
        true => target.function.to_string(),
        false => format!("arn:{partition}:lambda:{region}:{account}:function:{name}"),
    };
    let mut actions = vec!["lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"];
    let mut resources = vec![function.clone()];
    if target.alias.is_some() {
        actions.extend(["lambda:GetAlias", "lambda:PublishVersion", "lambda:UpdateAlias"]);
        // Versions and aliases are resources of their own.
        resources.push(format!("{function}:*"));
    }
    let mut condition = json!({ "kms:EncryptionContext:LambdaFunctionName": name });
    let keys = format!("arn:{partition}:kms:{region}:{account}:key/");
    let key = match &*target.key {
        arn if arn.starts_with("arn:") && arn.contains(":key/") => arn.to_owned(),
        alias if alias.contains("alias/") => {
            // A policy cannot name an alias as a resource.
            condition["kms:RequestAlias"] = json!(alias.rsplit_once(':').map_or(alias, |(_, alias)| alias));
            format!("{keys}*")
        }
        id => format!("{keys}{id}"),
    };
    let statements = json!([
        { "Sid": "HallpassFunction", "Effect": "Allow", "Action": actions, "Resource": resources },
        { "Sid": "HallpassFunctionKey", "Effect": "Allow", "Action": ["kms:Encrypt"], "Resource": key, "Condition": { "StringEquals": condition } },
    ]);
    format!("{:#}", json!({ "Version": "2012-10-17", "Statement": statements }))
}

const READING: &[&str] = &["secretsmanager:GetSecretValue"];

/// ListSecrets is not among them: it knows no resource, so it would show the names of every secret of the account.
const WRITING: &[&str] = &[
    "secretsmanager:CreateSecret",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:ListSecretVersionIds",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
];

fn secrets(grounds: &Grounds<'_>, actions: &[&str]) -> Value {
    let resources: Vec<_> = grounds.entries.iter().map(|entry| resource(grounds, entry)).collect();
    json!({ "Sid": "HallpassSecrets", "Effect": "Allow", "Action": actions, "Resource": resources })
}

/// The key, usable through Secrets Manager only.
fn key_behind_secrets(grounds: &Grounds<'_>, actions: &[&str]) -> Option<Value> {
    let suffix = if grounds.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let through = format!("secretsmanager.{}.{suffix}", grounds.region);
    let condition = json!({ "StringEquals": { "kms:ViaService": through } });
    let statement = |key| json!({ "Sid": "HallpassKey", "Effect": "Allow", "Action": actions, "Resource": key, "Condition": condition });
    grounds.key.map(statement)
}

fn key_of_variables(grounds: &Grounds<'_>) -> Value {
    let any =
        format!("arn:{}:kms:{}:{}:key/*", grounds.partition, grounds.region, grounds.account.unwrap_or("*"));
    let function = grounds.function.unwrap_or("*");
    let condition = json!({ "StringEquals": { "kms:EncryptionContext:LambdaFunctionName": function } });
    json!({
        "Sid": "HallpassVariables",
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": grounds.key.unwrap_or(&any),
        "Condition": condition,
    })
}

fn resource(grounds: &Grounds<'_>, entry: &str) -> String {
    if !entry.starts_with("arn:") {
        let account = grounds.account.unwrap_or("*");
        let Grounds { partition, region, .. } = grounds;
        return format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{entry}-??????");
    }
    if is_complete(entry) { entry.to_owned() } else { format!("{entry}-??????") }
}

/// Whether an ARN ends in what AWS appends: a hyphen and six letters or digits. A name that ends so itself looks complete and is not; AWS advises
/// against such names for that reason (API reference, CreateSecret).
fn is_complete(arn: &str) -> bool {
    let suffix = arn.rsplit_once('-').map(|(_, suffix)| suffix);
    suffix.is_some_and(|suffix| suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::{FunctionTarget, Grounds, Use, Value, policy, publishing};

    const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234";

    fn grounds<'a>(entries: &'a [&'a str], key: Option<&'a str>) -> Grounds<'a> {
        Grounds {
            partition: "aws",
            region: "eu-west-1",
            account: Some("123456789012"),
            entries,
            key,
            function: Some("queue-sync"),
        }
    }

    fn parsed(use_: Use, grounds: &Grounds<'_>) -> Value {
        serde_json::from_str(&policy(use_, grounds)).unwrap()
    }

    #[test]
    fn a_reader_may_read_exactly_its_secrets() {
        let complete = "arn:aws:secretsmanager:eu-west-1:1:secret:b-AbCdE1";
        let partial = "arn:aws:secretsmanager:eu-west-1:1:secret:prod/queue-sync";
        let read = parsed(Use::Read, &grounds(&["prod/a", complete, partial], None));
        let statements = read["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 1, "AWS's own key needs no statement");
        assert_eq!(statements[0]["Action"], serde_json::json!(["secretsmanager:GetSecretValue"]));
        let expected = [
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/a-??????",
            complete,
            &format!("{partial}-??????"),
        ];
        assert_eq!(statements[0]["Resource"], serde_json::json!(expected));
    }

    #[test]
    fn a_customer_managed_key_is_opened_through_secrets_manager_only() {
        let read = parsed(Use::Read, &grounds(&["a"], Some(KEY)));
        let key = &read["Statement"][1];
        assert_eq!((&key["Resource"], &key["Action"]), (&KEY.into(), &serde_json::json!(["kms:Decrypt"])));
        assert_eq!(
            key["Condition"]["StringEquals"]["kms:ViaService"],
            "secretsmanager.eu-west-1.amazonaws.com"
        );
    }

    #[test]
    fn only_a_writer_may_write_and_nobody_may_do_everything() {
        let write = policy(Use::Write, &grounds(&["a"], Some(KEY)));
        assert!(write.contains("PutSecretValue") && write.contains("kms:GenerateDataKey"));
        for use_ in [Use::Read, Use::Write, Use::DecryptVariables] {
            let text = policy(use_, &grounds(&["a"], Some(KEY)));
            assert!(!text.contains("\"*\"") && !text.contains(":*\""), "{text}");
            assert_eq!(text.contains("Put"), use_ == Use::Write);
        }
    }

    #[test]
    fn who_publishes_may_change_one_function_and_encrypt_for_it_alone() {
        let target = |function: &str, key: &str, alias: Option<&str>| FunctionTarget {
            function: function.into(),
            variable: "SECRET".into(),
            key: key.into(),
            alias: alias.map(Into::into),
        };
        let of =
            |target| -> Value { serde_json::from_str(&publishing(&target, &grounds(&[], None))).unwrap() };
        let plain = of(target("queue-sync", KEY, None));
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:queue-sync";
        assert_eq!(plain["Statement"][0]["Resource"], serde_json::json!([arn]));
        let two = ["lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"];
        assert_eq!(plain["Statement"][0]["Action"], serde_json::json!(two));
        let key = &plain["Statement"][1];
        assert_eq!((&key["Resource"], &key["Action"]), (&KEY.into(), &serde_json::json!(["kms:Encrypt"])));
        let context = &key["Condition"]["StringEquals"]["kms:EncryptionContext:LambdaFunctionName"];
        assert_eq!(context, "queue-sync");
        let aliased = of(target(arn, "alias/q", Some("live")));
        assert_eq!(aliased["Statement"][0]["Resource"], serde_json::json!([arn, format!("{arn}:*")]));
        assert_eq!(aliased["Statement"][0]["Action"].as_array().unwrap().len(), 5);
        assert_eq!(aliased["Statement"][1]["Condition"]["StringEquals"]["kms:RequestAlias"], "alias/q");
        let id = of(target("queue-sync", "1234", None));
        assert_eq!(id["Statement"][1]["Resource"], KEY);
    }

    #[test]
    fn a_function_decrypts_in_its_own_name() {
        let variables = parsed(Use::DecryptVariables, &grounds(&[], Some(KEY)));
        let condition = &variables["Statement"][0]["Condition"]["StringEquals"];
        assert_eq!(condition["kms:EncryptionContext:LambdaFunctionName"], "queue-sync");
    }
}
