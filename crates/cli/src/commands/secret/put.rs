//! `hallpass secret put`: a secret into the store, by any way but the command line.

use std::path::Path;

use clap::Args;
use hallpass_app::{Config, Fault, FaultCode, Flags, Purpose, Put as Written};
use serde::Serialize;

use super::material::Material;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Store an integration's secret, read from standard input or asked for
///
/// Standard input is a JSON object with the members that the platform needs, such as {"client_id": "...", "client_secret": "..."}. On a terminal they
/// are asked for one by one, and what is secret is not shown. Never give a secret as an argument: every process can read those.
///
/// The value is checked, written beside the present one, and then takes its place in one step; the present one is kept as the previous version.
///
/// Example: vault-export queue-sync | hallpass secret put queue-sync
#[derive(Debug, Args)]
pub(crate) struct Put {
    /// The integration whose secret it is, or one of its references, such as local:NAME
    #[arg(value_name = "INTEGRATION|REFERENCE")]
    target: String,
    /// Never here; caught only so that it can be refused without being repeated
    #[arg(hide = true, num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
    /// Print what was stored, less the secret, as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Put {
    /// Stores it.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        if !self.rest.is_empty() || !is_name(&self.target) {
            return Err(secret_in_arguments());
        }
        let House { config, app } = House::open(config, Flags::default(), Purpose::Command).await?;
        let integration = &integration(&self.target, &config)?;
        let material = Material::take(app.required_members(integration)?, config.environment(), printer)?;
        material.warn(printer);
        let put = app.put_secret(integration, material.members()).await?;
        Stored::of(&put).tell(self.json, printer)?;
        Ok(Exit::Done)
    }
}

/// The integration that `target` names: directly, or by the reference that its secret is written to.
fn integration(target: &str, config: &Config) -> Result<String, Fault> {
    if scheme_of(target).is_none() {
        return Ok(target.to_owned());
    }
    let first = |secret: &[String]| secret.iter().find(|reference| scheme_of(reference).is_some()).cloned();
    let found =
        config.integrations().find(|integration| first(&integration.secret).as_deref() == Some(target));
    found.map(|integration| integration.name).ok_or_else(|| {
        let hint = "name an integration, or the first reference of one that can be written; `hallpass check` lists them";
        Fault::new(FaultCode::IntegrationUnknown, "none keeps its secret there").with_hint(hint)
    })
}

/// What was stored, without what is secret.
#[derive(Serialize)]
pub(super) struct Stored<'a> {
    reference: &'a str,
    entry: &'a str,
    version: &'a str,
    serial: u64,
    fingerprint: String,
}

impl<'a> Stored<'a> {
    /// What of `put` may be told.
    pub(super) fn of(put: &'a Written) -> Self {
        let fingerprint = put.fingerprint.to_string();
        let (reference, entry, version) = (&put.reference, put.entry.as_str(), put.version.as_str());
        Self { reference, entry, version, serial: put.serial, fingerprint }
    }

    /// Tells it, and prints it where a program wants to know.
    pub(super) fn tell(&self, json: bool, printer: &Printer) -> Result<(), Failure> {
        if json {
            printer.json(self)?;
        }
        let Self { reference, version, serial, fingerprint, .. } = self;
        printer.talk(&format!(
            "stored `{reference}`: version {version}, serial {serial}, fingerprint {fingerprint}"
        ));
        Ok(())
    }
}

/// Whether `text` can be the name of an integration or a reference. What cannot is taken for a secret, and not repeated.
fn is_name(text: &str) -> bool {
    let (name, also) = match scheme_of(text) {
        Some(scheme) => (&text[scheme.len()..], &b":?=&"[..]),
        None => (text, &b""[..]),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./%".contains(&byte) || also.contains(&byte);
    (1..=512).contains(&name.len()) && name.bytes().all(plain)
}

fn secret_in_arguments() -> Failure {
    Failure::usage(
        "a secret seems to stand on the command line; it is not stored, and not shown",
        "give it on standard input; every process of this machine could read it and the shell may remember it, so replace it",
    )
}

/// How a reference to a store that hallpass can write begins.
fn scheme_of(text: &str) -> Option<&'static str> {
    WRITTEN.iter().find(|scheme| text.starts_with(**scheme)).copied()
}

const WRITTEN: [&str; 4] = ["local:", "aws-sm:", "azure-kv:", "gcp-sm:"];

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn what_looks_like_a_secret_is_no_name() {
        for name in [
            "queue-sync",
            "local:prod/queue-sync",
            "local:a%20b",
            "azure-kv:https://v.vault.azure.net/secrets/q",
        ] {
            assert!(is_name(name), "{name}");
        }
        for secret in ["", "{\"client_secret\":\"x\"}", "id:secret", "a b", "a=b", &"a".repeat(513)] {
            assert!(!is_name(secret), "{secret}");
        }
    }
}
