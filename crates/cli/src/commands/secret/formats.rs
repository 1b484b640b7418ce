//! The forms in which a client's id and secret are handed around, and how each is recognised.
//!
//! Nothing of what was found is ever quoted: only names that we know ourselves are.

use std::collections::BTreeMap;

use hallpass_app::{Environment, Fault, FaultCode, Secret};
use serde_json::Value;

use super::material::{Material, in_words};

/// In which form a secret came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Our own JSON object, as `secret put` takes it.
    Object,
    /// What a platform answers when an OAuth client is made: `id` and `secret` among much else.
    ClientAnswer,
    /// Lines `NAME=VALUE`.
    Dotenv,
}

impl Format {
    /// As it is told.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Object => "a JSON object with our members",
            Self::ClientAnswer => "the JSON of an OAuth client",
            Self::Dotenv => "dotenv lines",
        }
    }
}

/// Reads `text` in whatever form it is. `required` are the members the platform needs.
pub(super) fn read(
    text: &Secret,
    required: &[&str],
    ours: &Environment,
) -> Result<(Format, Material), Fault> {
    let Some(plain) = text.expose_str() else { return Err(unknown("it is not UTF-8 text", required)) };
    let plain = plain.trim_start_matches('\u{feff}').trim();
    if plain.is_empty() {
        return Err(unknown("it is empty", required));
    }
    let (format, material) = if plain.starts_with(['{', '[']) {
        match client_answer(plain, required)? {
            Some(members) => (Format::ClientAnswer, Material::of(members)),
            None => (Format::Object, object(plain, required, ours)?),
        }
    } else {
        (Format::Dotenv, Material::of(dotenv(plain, required)?))
    };
    filled(material.members(), format)?;
    material.has(required)?;
    Ok((format, material))
}

/// Our own object. What `secret put` advises does not fit a file.
fn object(text: &str, required: &[&str], ours: &Environment) -> Result<Material, Fault> {
    Material::parse(&Secret::from(text), required, ours).map_err(|fault| match fault.code() {
        FaultCode::CredentialMalformed => unknown(fault.detail(), required),
        _ => fault,
    })
}

/// `id` and `secret` of the one client in there; `None` for an object that is no such answer.
fn client_answer(text: &str, required: &[&str]) -> Result<Option<BTreeMap<String, Secret>>, Fault> {
    // The parser's own message is dropped on purpose: it may quote the text it stumbled over.
    let value: Value =
        serde_json::from_str(text).map_err(|_| unknown("it is not well formed JSON", required))?;
    let clients = match &value {
        Value::Array(clients) => clients.as_slice(),
        // What a list of clients is answered with.
        Value::Object(object) => match object.get("entities") {
            Some(Value::Array(clients)) => clients.as_slice(),
            _ => std::slice::from_ref(&value),
        },
        _ => &[],
    };
    let [client] = clients else { return Err(not_one(clients.len())) };
    let text = |name: &str| client.get(name).and_then(Value::as_str).map(Secret::from);
    let named = [("client_id", text("id")), ("client_secret", text("secret"))];
    let is_ours = required.iter().any(|member| client.get(*member).is_some());
    match named {
        _ if is_ours => Ok(None),
        [(_, None), (_, None)] => Err(unknown("the JSON object has neither `client_id` nor `id`", required)),
        [(_, Some(_)), (_, None)] => {
            let fault =
                Fault::new(FaultCode::CredentialMalformed, "the OAuth client has an `id` and no `secret`");
            Err(fault.with_hint("platforms show a secret once, when the client is made; take that answer, or make a new secret"))
        }
        named => {
            Ok(Some(named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()))
        }
    }
}

/// The members that lines name: each in capitals, or under the names the platform's own tools use.
fn dotenv(text: &str, required: &[&str]) -> Result<BTreeMap<String, Secret>, Fault> {
    let mut found = BTreeMap::<String, Vec<Secret>>::new();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.strip_prefix("export ").unwrap_or(name).trim();
        let theirs = VENDOR_NAMES.iter().find(|(vendor, _)| *vendor == name).map(|(_, member)| *member);
        let member = theirs.or_else(|| required.iter().find(|member| member.to_uppercase() == name).copied());
        if let Some(member) = member {
            found.entry(member.to_owned()).or_default().push(Secret::from(unquoted(value.trim())));
        }
    }
    if found.is_empty() {
        return Err(unknown("no line names a member", required));
    }
    let most = found.values().map(|values| distinct(values)).max().unwrap_or_default();
    if most > 1 {
        return Err(not_one(most));
    }
    Ok(found.into_iter().filter_map(|(name, values)| Some((name, values.into_iter().next()?))).collect())
}

fn distinct(values: &[Secret]) -> usize {
    values.iter().enumerate().filter(|(index, value)| !values[..*index].contains(value)).count()
}

/// A value as the shells that read such files see it: quotes around it are none of it.
fn unquoted(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

/// A template that nobody filled in is told from a file that lacks something.
fn filled(members: &BTreeMap<String, Secret>, format: Format) -> Result<(), Fault> {
    let is_blank = |value: &Secret| {
        let text = value.expose().trim_ascii();
        text.is_empty() || (text.starts_with(b"<") && text.ends_with(b">"))
    };
    let blank: Vec<_> =
        members.iter().filter(|(_, value)| is_blank(value)).map(|(name, _)| name.as_str()).collect();
    if blank.is_empty() {
        return Ok(());
    }
    let what = format!("it is a template: {} without a value for {}", format.name(), in_words(&blank));
    Err(Fault::new(FaultCode::CredentialMalformed, what).with_hint("fill the values in, and import it again"))
}

fn not_one(count: usize) -> Fault {
    let what = format!("it holds {count} clients, and one is wanted");
    Fault::new(FaultCode::CredentialMalformed, what)
        .with_hint("leave only the client of this integration in it")
}

fn unknown(what: &str, required: &[&str]) -> Fault {
    let capitals: Vec<_> = required.iter().map(|member| member.to_uppercase()).collect();
    let capitals: Vec<_> = capitals.iter().map(String::as_str).collect();
    let hint = format!(
        "it may be a JSON object with {}, the JSON of an OAuth client with `id` and `secret`, or lines with {}",
        in_words(required),
        in_words(&capitals)
    );
    Fault::new(FaultCode::CredentialMalformed, what).with_hint(hint)
}

/// What the command lines of vendors read from the environment, and which member it is.
const VENDOR_NAMES: &[(&str, &str)] =
    &[("GENESYSCLOUD_OAUTHCLIENT_ID", "client_id"), ("GENESYSCLOUD_OAUTHCLIENT_SECRET", "client_secret")];

#[cfg(test)]
mod tests {
    use super::{Format, read};
    use hallpass_app::{Fault, FaultCode, Secret};

    const NEEDED: &[&str] = &["client_id", "client_secret"];

    fn parsed(text: &str) -> Result<(Format, String, Secret), Fault> {
        let (format, material) = read(&Secret::from(text), NEEDED, &"test".parse().unwrap())?;
        let members = material.members();
        let id = members["client_id"].expose_str().unwrap().to_owned();
        Ok((format, id, members["client_secret"].clone()))
    }

    #[test]
    fn every_form_is_recognised() {
        let cases = [
            (r#"{"client_id":"id","client_secret":"s"}"#, Format::Object),
            (
                r#"{"id":"id","name":"queue sync","secret":"s","accessTokenValiditySeconds":86400,"roleIds":[]}"#,
                Format::ClientAnswer,
            ),
            (r#"[{"id":"id","secret":"s"}]"#, Format::ClientAnswer),
            (r#"{"entities":[{"id":"id","secret":"s"}],"total":1}"#, Format::ClientAnswer),
            ("CLIENT_ID=id\nCLIENT_SECRET=s\n", Format::Dotenv),
            (
                "\u{feff}# ours\r\nexport CLIENT_ID='id'\r\nOTHER=1\r\nCLIENT_SECRET = \"s\"\r\n",
                Format::Dotenv,
            ),
            (
                "GENESYSCLOUD_REGION=mypurecloud.com\nGENESYSCLOUD_OAUTHCLIENT_ID=id\nGENESYSCLOUD_OAUTHCLIENT_SECRET=s",
                Format::Dotenv,
            ),
            ("CLIENT_ID=id\nCLIENT_ID=id\nCLIENT_SECRET=s", Format::Dotenv),
        ];
        for (text, format) in cases {
            assert_eq!(parsed(text).unwrap(), (format, "id".to_owned(), Secret::from("s")), "{text}");
        }
    }

    #[test]
    fn a_secret_may_hold_what_separates_lines_and_names() {
        let text = "CLIENT_ID=id\nCLIENT_SECRET=a=b#c \"d'\n";
        assert_eq!(parsed(text).unwrap().2, Secret::from("a=b#c \"d'"));
    }

    #[test]
    fn what_cannot_be_taken_is_told_apart_and_never_quoted() {
        let cases = [
            ("", "empty"),
            ("canary", "no line"),
            ("{\"canary", "well formed"),
            ("{\"canary\":1}", "neither"),
            ("{\"client_id\":\"canary\"}", "lacks `client_secret`"),
            ("{\"client_id\":\"canary\",\"client_secret\":42}", "not a text"),
            ("{\"id\":\"canary\"}", "no `secret`"),
            ("[{\"id\":\"canary\",\"secret\":\"a\"},{\"id\":\"canary2\",\"secret\":\"b\"}]", "2 clients"),
            ("{\"entities\":[]}", "0 clients"),
            ("CLIENT_ID=canary", "lacks `client_secret`"),
            ("CLIENT_ID=canary\nCLIENT_ID=other\nCLIENT_SECRET=x", "2 clients"),
            ("CLIENT_ID=canary\nGENESYSCLOUD_OAUTHCLIENT_ID=other\nCLIENT_SECRET=x", "2 clients"),
            ("CLIENT_ID=\nCLIENT_SECRET=\"\"", "template"),
            ("CLIENT_ID=canary\nCLIENT_SECRET=<your secret>", "template"),
            ("{\"id\":\"canary\",\"secret\":\"\"}", "template"),
        ];
        for (text, told) in cases {
            let fault = parsed(text).unwrap_err();
            assert_eq!(fault.code(), FaultCode::CredentialMalformed, "{text}");
            assert!(fault.to_string().contains(told), "{text}: {fault}");
            assert!(!format!("{fault} {fault:?} {}", fault.hint()).contains("canary"), "{fault}");
        }
    }
}
