//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use hallpass_app::config::waiting_time;
use hallpass_app::{App, Fault, FaultCode, Secret, secret_of_file};
use hallpass_runtimes::door::{AckDesk, Senders};
use hallpass_runtimes::{Proof, entra, google};

/// Rotate secrets when Azure or Google Cloud says that one is near its end
///
/// Serves POST /azure/event-grid and POST /google/pubsub, and takes acknowledgements below /acks. A message names a secret, and its sender is verified before it is read. What it starts is what `hallpass rotate due` would do for
/// the integrations of that secret: nothing that is not due.
///
/// Example: hallpass-rotator --listen 0.0.0.0:8080 --pubsub-audience https://rotator.example/google/pubsub --pubsub-account push@acme.iam.gserviceaccount.com
#[derive(Debug, Parser)]
#[command(name = "hallpass-rotator", version)]
pub(crate) struct Arguments {
    /// The configuration file
    #[arg(long, value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen; put a front with TLS before it
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7782")]
    pub(crate) listen: SocketAddr,
    /// How long one run waits at one place, such as 30s, 15m or 2h
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = waiting_time)]
    pub(crate) wait: Duration,
    /// How often to look at every integration unasked, so that what waits for time to pass goes on; 0s for never
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = waiting_time)]
    pub(crate) look_every: Duration,
    /// The audience of the push subscription's token
    #[arg(long, value_name = "TEXT", requires = "pubsub_account")]
    pubsub_audience: Option<String>,
    /// The service account whose token a push carries
    #[arg(long, value_name = "EMAIL", requires = "pubsub_audience")]
    pubsub_account: Option<String>,
    /// Where Google publishes its keys
    #[arg(long, value_name = "URL", default_value = "https://www.googleapis.com/oauth2/v3/certs")]
    pubsub_keys: String,
    /// A file with the key that Event Grid shows, in the delivery header Hallpass-Key or as key= in the address
    #[arg(long, value_name = "PATH", conflicts_with = "event_grid_tenant")]
    event_grid_key_file: Option<PathBuf>,
    /// The directory whose token Event Grid shows, by its id
    #[arg(long, value_name = "ID", requires = "event_grid_audience", requires = "event_grid_app")]
    event_grid_tenant: Option<String>,
    /// The audience of that token
    #[arg(long, value_name = "TEXT", requires = "event_grid_tenant")]
    event_grid_audience: Option<String>,
    /// The application that the token was given to, by its id
    #[arg(long, value_name = "ID", requires = "event_grid_tenant")]
    event_grid_app: Option<String>,
    /// Where that directory publishes its keys, if not at login.microsoftonline.com
    #[arg(long, value_name = "URL", requires = "event_grid_tenant")]
    event_grid_keys: Option<String>,
    /// A file with the key that consumers show as bearer at PUT /acks/INTEGRATION/CONSUMER; what they say is kept in the folder that `rotation.acks` names
    #[arg(long, value_name = "PATH")]
    acks_key_file: Option<PathBuf>,
}

impl Arguments {
    /// Reads the arguments of the process; where they are wrong it says so and ends the process with 2.
    pub(crate) fn read() -> Self {
        Self::parse()
    }

    /// Who may wake the integrations.
    pub(crate) async fn senders(&self, app: &App) -> Result<Senders, Fault> {
        let senders = Senders { azure: self.azure(app).await?, google: self.google(app)? };
        if senders.azure.is_none() && senders.google.is_none() && self.acks_key_file.is_none() {
            let hint = "name one with --pubsub-account, --event-grid-tenant, --event-grid-key-file or --acks-key-file; without any, use `hallpass rotate watch`";
            let fault = Fault::new(FaultCode::ConfigurationInvalid, "nobody may wake this program");
            return Err(fault.with_hint(hint));
        }
        Ok(senders)
    }

    /// Where acknowledgements are kept, if they are to be.
    pub(crate) async fn acks(&self, app: &App) -> Result<Option<AckDesk>, Fault> {
        let Some(path) = &self.acks_key_file else { return Ok(None) };
        let books = app.ack_books();
        if books.is_empty() {
            let detail = "--acks-key-file: no integration keeps acknowledgements in a folder";
            let hint = "name a folder in `integrations.NAME.rotation.acks`";
            return Err(Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint(hint));
        }
        Ok(Some(AckDesk::new(key(path, "--acks-key-file").await?, books)))
    }

    fn google(&self, app: &App) -> Result<Option<Proof>, Fault> {
        let (Some(audience), Some(account)) = (&self.pubsub_audience, &self.pubsub_account) else {
            return Ok(None);
        };
        let expected = google(&said(audience, "--pubsub-audience")?, &said(account, "--pubsub-account")?);
        Ok(Some(Proof::Token(Box::new(app.published_keys(&self.pubsub_keys, expected)?))))
    }

    async fn azure(&self, app: &App) -> Result<Option<Proof>, Fault> {
        if let Some(path) = &self.event_grid_key_file {
            return Ok(Some(Proof::Key(key(path, "--event-grid-key-file").await?)));
        }
        let (Some(tenant), Some(audience), Some(application)) =
            (&self.event_grid_tenant, &self.event_grid_audience, &self.event_grid_app)
        else {
            return Ok(None);
        };
        let tenant = said(tenant, "--event-grid-tenant")?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        if !tenant.bytes().all(plain) {
            return Err(Fault::new(
                FaultCode::ConfigurationInvalid,
                "--event-grid-tenant is no id of a directory",
            ));
        }
        let keys = match &self.event_grid_keys {
            Some(keys) => keys.clone(),
            None => format!("https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys"),
        };
        let (audience, application) =
            (said(audience, "--event-grid-audience")?, said(application, "--event-grid-app")?);
        Ok(Some(Proof::Token(Box::new(app.published_keys(&keys, entra(&tenant, &audience, &application))?))))
    }
}

/// A key that is long enough that nobody guesses it.
async fn key(path: &std::path::Path, flag: &str) -> Result<Secret, Fault> {
    let key = secret_of_file(path).await?;
    if key.len() < SHORTEST_KEY {
        let detail = format!("{flag}: a key of {} bytes", key.len());
        let hint = "draw one, such as with `openssl rand -hex 32`";
        return Err(Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint(hint));
    }
    Ok(key)
}

/// An empty text, as an unset variable of a deployment makes one, would be compared with what is missing.
fn said(text: &str, flag: &str) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(Fault::new(FaultCode::ConfigurationInvalid, format!("{flag} is empty")));
    }
    Ok(text.to_owned())
}

/// As many characters as sixteen random bytes have in base64.
const SHORTEST_KEY: usize = 22;
