//! Secrets that stand in a file as they are.

/// A line that looks like it. Never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainSecret {
    /// Which line, from 1.
    pub line: usize,
    /// What it is called there.
    pub name: String,
}

/// The lines of `text` that give a secret's name and, beside it, a value. References, placeholders and templates are no values.
///
/// It knows names such as `client_secret` and `ACCESS_KEY_SECRET` in TOML, YAML, JSON, `.env`, Terraform and Bicep, and what AWS's keys look
/// like. It errs towards silence: a scanner of whole repositories is another tool.
#[must_use]
pub fn plain_secrets(text: &str) -> Vec<PlainSecret> {
    let lines = text.lines().enumerate();
    lines.filter_map(|(index, line)| Some(PlainSecret { line: index + 1, name: named(line)? })).collect()
}

/// The name that a line gives a secret value to.
fn named(line: &str) -> Option<String> {
    let line = line.trim();
    if line.starts_with('#') || line.starts_with("//") {
        return None;
    }
    if let Some(key) = aws_key(line) {
        return Some(key.to_owned());
    }
    // A line may give several: `{ clientId = "a", clientSecret = "b" }`.
    line.split([',', '{', ';']).find_map(|part| {
        let at = part.find(['=', ':'])?;
        let name = bare(&part[..at]);
        let name = name.rsplit([' ', '.']).next().unwrap_or(name);
        let value = bare(part[at + 1..].trim_start_matches(['=', '>', ' ']));
        (is_secret_name(name) && is_value(value)).then(|| name.to_owned())
    })
}

fn bare(text: &str) -> &str {
    text.trim().trim_matches(|letter| matches!(letter, '"' | '\'' | '`' | '}' | ')' | ']')).trim()
}

fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    NAMES.iter().any(|known| plain.ends_with(known))
}

/// Without separators, in lower case; a prefix does not matter.
const NAMES: [&str; 6] =
    ["clientsecret", "accesskeysecret", "secretaccesskey", "apisecret", "refreshtoken", "hallpasspass"];

/// Whether it is a value, and not a reference to one or a place for one.
fn is_value(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let long_enough = value.len() >= 12;
    let one_word = !value.contains([' ', '\t', '(', '$', '<', '@', '*']);
    let reference = REFERENCES.iter().any(|start| lower.starts_with(start));
    let placeholder = PLACEHOLDERS.iter().any(|word| lower.contains(word));
    let a_name = value.contains('.') && !value.bytes().any(|byte| byte.is_ascii_digit());
    long_enough && one_word && !reference && !placeholder && !a_name
}

const REFERENCES: [&str; 13] = [
    "local:",
    "env:",
    "file:",
    "aws-sm:",
    "aws-kms-env:",
    "azure-kv:",
    "azure-appconfig:",
    "gcp-sm:",
    "arn:",
    "projects/",
    "https://",
    "/",
    "{{",
];
const PLACEHOLDERS: [&str; 8] =
    ["example", "changeme", "change-me", "placeholder", "your-", "your_", "xxxx", "redacted"];

/// What AWS's access keys look like (docs.aws.amazon.com, "IAM identifiers", unique id prefixes).
fn aws_key(line: &str) -> Option<&'static str> {
    let is_key = |word: &str| {
        word.len() == 20
            && word.starts_with("AKIA")
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && !word.ends_with("EXAMPLE")
    };
    line.split(|letter: char| !letter.is_ascii_alphanumeric()).any(is_key).then_some("an AWS access key")
}

#[cfg(test)]
mod tests {
    use super::plain_secrets;

    fn names(text: &str) -> Vec<String> {
        plain_secrets(text).into_iter().map(|found| found.name).collect()
    }

    #[test]
    fn secrets_are_found_in_every_usual_form() {
        let value = "k7Jq-29fLm0Zx8Vb3Nn5";
        for line in [
            format!("client_secret = \"{value}\""),
            format!("GENESYS_CLIENT_SECRET={value}"),
            format!("export CLIENT_SECRET='{value}'"),
            format!("  clientSecret: {value}"),
            format!("  \"clientSecret\": \"{value}\","),
            format!("{{ \"clientId\": \"abc\", \"clientSecret\": \"{value}\" }}"),
            format!("access_key_secret: \"{value}\""),
            format!("      Environment: {{ CXONE_ACCESS_KEY_SECRET: {value} }}"),
            "aws_access_key_id = AKIAQ3EGRIDXRLV5NHTB".to_owned(),
        ] {
            assert_eq!(plain_secrets(&line).len(), 1, "{line}");
            assert!(!names(&line)[0].contains(value));
        }
    }

    #[test]
    fn references_placeholders_and_prose_are_left_in_peace() {
        for line in [
            "secret = \"aws-sm:prod/queue-sync?region=us-east-1\"",
            "client_secret = \"local:queue-sync-of-mine\"",
            "CLIENT_SECRET=${GENESYS_CLIENT_SECRET}",
            "clientSecret: <your client secret>",
            "client_secret = var.genesys_client_secret",
            "clientSecret: changeme-please-now",
            "# client_secret = \"k7Jq-29fLm0Zx8Vb3Nn5\"",
            "the client_secret: never write it into a file",
            "client_secret = \"\"",
            "ClientSecret: !Ref GenesysClientSecretParameter1",
            "clientSecret: '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s1)'",
            "AKIAIOSFODNN7EXAMPLE",
        ] {
            assert_eq!(names(line), [""; 0], "{line}");
        }
    }

    #[test]
    fn the_line_is_told() {
        let found = plain_secrets("version = 1\n\nclient_secret = 'k7Jq29fLm0Zx8Vb3'\n");
        assert_eq!((found[0].line, found[0].name.as_str()), (3, "client_secret"));
    }
}
