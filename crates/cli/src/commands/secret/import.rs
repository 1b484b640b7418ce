//! `hallpass secret import`: a secret out of whatever file it came in.

use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use hallpass_app::{Config, Fault, FaultCode, Flags, Purpose};

use super::formats;
use super::material;
use super::put::Stored;
use crate::exit::Exit;
use crate::explain::labelled;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::{Printer, shell_word};

/// Store an integration's secret from a file in one of the usual forms
///
/// The form is recognised: the JSON object that `secret put` takes; the JSON that a platform answers with when an OAuth client is made, with `id` and
/// `secret`; or lines such as CLIENT_ID=... and CLIENT_SECRET=..., as well as GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET as
/// the vendor's command line reads them. Nothing of it is shown, and the file is left as it is.
///
/// Example: hallpass secret import .env --integration queue-sync
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file, or - for standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// The integration whose secret it is; needed where several are configured
    #[arg(long, value_name = "NAME")]
    integration: Option<String>,
    /// Print what was stored, less the secret, as one line of JSON
    #[arg(long)]
    json: bool,
}

impl Import {
    /// Stores it.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let House { config, app } = House::open(config, Flags::default(), Purpose::Command).await?;
        let integration = &only(self.integration, &config)?;
        let required = app.required_members(integration)?;
        let source = Source::open(&self.file)?;
        let cannot = |fault: Fault| cannot_be_imported(&source.name, fault);
        let text = material::read(source.input, &source.name).map_err(|failure| match failure {
            Failure::Fault(fault) => cannot(fault),
            failure => failure,
        })?;
        let (format, material) = formats::read(&text, required, config.environment()).map_err(cannot)?;
        printer.talk(&format!("read {}", format.name()));
        material.warn(printer);
        let put = app.put_secret(integration, material.members()).await?;
        Stored::of(&put).tell(self.json, printer)?;
        if let Some(is_open) = source.is_open {
            printer.talk(&labelled("warning", &still_there(&self.file, is_open)));
        }
        Ok(Exit::Done)
    }
}

/// The integration that is meant: the one named, or the only one there is.
fn only(named: Option<String>, config: &Config) -> Result<String, Failure> {
    let mut names = config.integrations().map(|integration| integration.name);
    match (named, names.next(), names.next()) {
        (Some(name), ..) => Ok(name),
        (None, Some(name), None) => Ok(name),
        (None, ..) => {
            let known: Vec<_> = config.integrations().map(|integration| integration.name).collect();
            let hint = format!("give `--integration` with one of {}", known.join(", "));
            Err(Failure::usage("several integrations are configured", hint))
        }
    }
}

/// The usual summary speaks of a stored secret; this one is still to be stored.
fn cannot_be_imported(name: &str, fault: Fault) -> Failure {
    if fault.code() != FaultCode::CredentialMalformed {
        return fault.into();
    }
    let message = format!("{name} cannot be imported: {}", fault.detail());
    Failure::plain(Exit::of(fault.code()), message, Some(fault.hint().to_owned()), None)
}

/// Where the secret comes from.
struct Source {
    /// As it is spoken of.
    name: String,
    input: Box<dyn io::Read>,
    /// Whether others can read the file; `None` where there is none.
    is_open: Option<bool>,
}

impl Source {
    fn open(file: &Path) -> Result<Self, Failure> {
        if file == Path::new("-") {
            let name = "standard input".to_owned();
            return Ok(Self { name, input: Box::new(io::stdin().lock()), is_open: None });
        }
        let name = format!("`{}`", file.display());
        let opened = File::open(file).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, input) = opened.map_err(|error| {
            let hint = "name a file that this user may read, or `-` for standard input";
            Failure::plain(
                Exit::Machine,
                format!("{name} cannot be read"),
                Some(hint.to_owned()),
                Some(Box::new(error)),
            )
        })?;
        let is_open = metadata.permissions().mode() & 0o077 != 0;
        Ok(Self { name, input: Box::new(input), is_open: Some(is_open) })
    }
}

fn still_there(file: &Path, is_open: bool) -> String {
    let others = if is_open { ", and other users can read it" } else { "" };
    let path = shell_word(&file.display().to_string());
    format!(
        "`{}` still holds the secret{others}\nonce nothing reads it any more: rm {path}\nif it was ever committed or sent around, make a new secret at the platform",
        file.display()
    )
}
