//! Secrets that stand in a file as they are.

/// A line that looks like it. Never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainSecret {
    /// Which line, from 1.
    pub line: usize,
    /// What it is called there.
    pub name: String,
}

/// The lines of `text` that give a secret's name and, beside it or just below it, a value. References, placeholders and templates are no values.
///
/// It knows names such as `client_secret` and `ACCESS_KEY_SECRET` in TOML, YAML, JSON, `.env`, Dockerfiles, CloudFormation, Terraform and Bicep, also where name and value are
/// two members (`name: X`, `value: Y`) or the value is a default below the name, and what AWS's keys look like. It errs towards silence: a scanner of
/// whole repositories is another tool.
#[must_use]
pub fn plain_secrets(text: &str) -> Vec<PlainSecret> {
    let mut found = Vec::new();
    let mut pending: Option<Pending> = None;
    for (index, line) in text.lines().enumerate() {
        let plain = line.trim();
        if plain.is_empty() || plain.starts_with('#') || plain.starts_with("//") {
            continue;
        }
        let indent = line.len() - line.trim_start_matches([' ', '\t', '-']).len();
        pending = pending.filter(|one| one.reaches(index, indent));
        let name =
            aws_key(plain).map(str::to_owned).or_else(|| given_in(plain, (index, indent), &mut pending));
        if let Some(name) = name {
            pending = None;
            found.push(PlainSecret { line: index + 1, name });
        }
    }
    found
}

/// A secret's name that was read, and whose value may come.
struct Pending {
    name: String,
    line: usize,
    indent: usize,
    /// Whether the value is a member of what the name begins (`ClientSecret:`, below it `Default: X`), and not one beside it (`name: ClientSecret`, `value: X`).
    below: bool,
}

impl Pending {
    /// Whether a line may still belong to it: by its indentation, since neither braces nor blocks are parsed.
    fn reaches(&self, line: usize, indent: usize) -> bool {
        let inside = if self.below { indent > self.indent } else { indent >= self.indent };
        inside && line - self.line <= NEAR
    }
}

/// The most lines between a name and its value: a type, a description, a mark that it is not to be shown.
const NEAR: usize = 6;

/// The name that a line gives a secret value to. A name without a value is kept in `pending`.
fn given_in(line: &str, (index, indent): (usize, usize), pending: &mut Option<Pending>) -> Option<String> {
    // A line may give several: `{ clientId = "a", clientSecret = "b" }`, `ENV ID=a SECRET=b`.
    for piece in line.split([',', '{', ';']).flat_map(|part| std::iter::once(part).chain(assignments(part))) {
        let Some(at) = piece.find(['=', ':']) else {
            if let Some(name) = spaced(piece) {
                return Some(name.to_owned());
            }
            // `variable "client_secret"`, `param clientSecret string`.
            if let Some(name) = declared(piece) {
                *pending = Some(Pending { name: name.to_owned(), line: index, indent, below: true });
            }
            continue;
        };
        let (left, value) = (bare(&piece[..at]), bare(piece[at + 1..].trim_start_matches(['=', '>', ' '])));
        let member = left.to_ascii_lowercase();
        if let Some(name) = secret_name(left) {
            if is_value(value) {
                return Some(name.to_owned());
            }
            let below = value.is_empty();
            *pending = below.then(|| Pending { name: name.to_owned(), line: index, indent, below });
        } else if NAMING.contains(&member.as_str()) {
            let name = is_secret_name(value).then(|| value.to_owned());
            *pending = name.map(|name| Pending { name, line: index, indent, below: false });
        } else if VALUES.contains(&member.as_str()) && is_value(value) && pending.is_some() {
            return pending.take().map(|one| one.name);
        }
    }
    None
}

/// Members that hold the name of a setting, and those that hold its value.
const NAMING: [&str; 4] = ["name", "key", "parameterkey", "parametername"];
const VALUES: [&str; 5] = ["value", "default", "defaultvalue", "parametervalue", "secretstring"];

/// The words of a part that are `NAME=VALUE`, as in a Dockerfile or a shell.
fn assignments(part: &str) -> impl Iterator<Item = &str> {
    let is_assignment = |word: &&str| {
        let (name, value) = word.split_once('=').unwrap_or_default();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        !name.is_empty() && !value.is_empty() && name.chars().all(plain)
    };
    part.split_whitespace().filter(is_assignment)
}

/// The name in `ENV NAME VALUE`, which Dockerfiles may say without a `=`.
fn spaced(part: &str) -> Option<&str> {
    let words: Vec<&str> = part.split_whitespace().collect();
    let &[instruction, name, value] = words.as_slice() else { return None };
    let gives = instruction.eq_ignore_ascii_case("env") && is_secret_name(name) && is_value(bare(value));
    gives.then_some(name)
}

/// The name that a declaration without a value is for.
fn declared(part: &str) -> Option<&str> {
    let mut words = part.split_whitespace();
    matches!(words.next()?, "variable" | "param" | "parameter").then_some(())?;
    words.map(bare).find(|word| is_secret_name(word))
}

/// The name of a secret among the last words before a value: `export CLIENT_SECRET`, `param clientSecret string`, `genesys.client.secret`.
fn secret_name(left: &str) -> Option<&str> {
    let dotted = left.rsplit([' ', '.']).next().unwrap_or(left);
    let mut words = left.split_whitespace().rev().take(3);
    if is_secret_name(dotted) { Some(dotted) } else { words.find(|word| is_secret_name(word)) }
}

fn bare(text: &str) -> &str {
    let edge = |letter: char| {
        letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | '}' | ')' | ']' | '-' | '\\')
    };
    text.trim().trim_matches(edge).trim()
}

fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    NAMES.iter().any(|known| plain.ends_with(known))
}

/// Without separators, in lower case; a prefix does not matter.
const NAMES: [&str; 7] = [
    "clientsecret",
    "accesskeysecret",
    "secretaccesskey",
    "apisecret",
    "refreshtoken",
    "hallpasspass",
    "secretstring",
];

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

const REFERENCES: [&str; 19] = [
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
    "!",
    "var.",
    "module.",
    "data.",
    "local.",
    "%",
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
mod tests;
