//! `hallpass emulate`: the emulated platform by itself, to develop and test against.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use hallpass_app::Shutdown;
use hallpass_emulator::{ClientKeys, Emulator, NewClient, NewConversation, Settings, World};
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::{Printer, columns};

/// Run an emulated Genesys Cloud to develop and test against
///
/// It keeps clients, live tokens, quotas, queues and conversations in memory and forgets them when it stops (Ctrl-C or SIGTERM). The client
/// ids and secrets it prints are play secrets: they open nothing but this emulator.
///
/// Example: hallpass emulate --listen 127.0.0.1:7790 --client queue-sync
#[derive(Debug, Args)]
pub(crate) struct Emulate {
    /// Where the platform listens; port 0 takes a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Open the control door as well: HTTP on a free loopback port, for revoking tokens, misbehaviour, the witness's counts
    #[arg(long)]
    control: bool,
    /// A client to register; may be repeated. Id and secret are drawn unless given
    #[arg(long, value_name = "NAME[:ID[:SECRET]]", default_value = "queue-sync")]
    client: Vec<ClientArgument>,
    /// How long the clients' tokens live
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400, value_parser = clap::value_parser!(u64).range(1..=172_800))]
    validity: u64,
    /// Count ids, secrets and tokens up from this seed instead of drawing them, so that runs repeat
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Print one line of JSON instead of text
    #[arg(long)]
    json: bool,
}

impl Emulate {
    /// Runs until it is told to stop.
    pub(crate) async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let shutdown = Shutdown::listen()?;
        let settings =
            Settings { listen: self.listen, control: self.control, seed: self.seed, ..Settings::default() };
        let emulator = Emulator::start(settings).await.map_err(|error| {
            Failure::machine(format!("the emulator cannot listen on {}", self.listen), error)
        })?;
        let validity = Duration::from_secs(self.validity);
        let clients =
            self.client.into_iter().map(|client| client.register(emulator.world(), validity)).collect();
        let announcement = Announcement {
            event: "listening",
            url: emulator.base_url(),
            token_url: format!("{}/oauth/token", emulator.login_url()),
            api_url: emulator.api_url(),
            control_url: emulator.control_url(),
            clients,
            conversation: furnish(emulator.world()),
        };
        if self.json {
            printer.json(&announcement)?;
        } else {
            printer.data(&announcement.text())?;
            printer.talk("stop it with Ctrl-C");
        }
        shutdown.first().await;
        emulator.stop().await;
        Ok(Exit::Done)
    }
}

/// Gives an empty world what a first call may ask for, and a first PATCH may change.
pub(crate) fn furnish(world: &World) -> Conversation {
    for queue in ["Billing", "Sales", "Support"] {
        world.add_queue(queue);
    }
    let keys = world.add_conversation(NewConversation::new().participant("customer"));
    let participant = keys.participants.first().map_or("", String::as_str);
    let attributes_path = format!("/api/v2/conversations/{}/participants/{participant}/attributes", keys.id);
    Conversation { id: keys.id, attributes_path }
}

/// A conversation with one participant.
#[derive(Debug, Serialize)]
pub(crate) struct Conversation {
    /// Its id.
    pub(crate) id: String,
    /// Where the participant's attributes are.
    pub(crate) attributes_path: String,
}

/// What `--client` says.
#[derive(Clone, Debug)]
struct ClientArgument(NewClient, String);

impl ClientArgument {
    fn register(self, world: &World, validity: Duration) -> Client {
        let ClientKeys { id, secret } = world.add_client(self.0.validity(validity));
        Client { name: self.1, id, secret }
    }
}

impl FromStr for ClientArgument {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, ':');
        let name = parts.next().filter(|name| !name.is_empty()).ok_or("expected a name")?;
        let mut client = NewClient::named(name);
        if let Some(id) = parts.next() {
            client = client
                .id(Some(id).filter(|id| !id.is_empty()).ok_or("expected an id after the first `:`")?);
        }
        if let Some(secret) = parts.next() {
            client = client.secret(
                Some(secret)
                    .filter(|text| !text.is_empty())
                    .ok_or("expected a secret after the second `:`")?,
            );
        }
        Ok(Self(client, name.to_owned()))
    }
}

/// What is said once it runs.
#[derive(Serialize)]
struct Announcement {
    event: &'static str,
    url: String,
    token_url: String,
    api_url: String,
    control_url: Option<String>,
    clients: Vec<Client>,
    conversation: Conversation,
}

#[derive(Serialize)]
struct Client {
    name: String,
    id: String,
    secret: String,
}

impl Announcement {
    fn text(&self) -> String {
        let mut rows = vec![["platform".to_owned(), self.url.clone()]];
        rows.extend(self.control_url.iter().map(|url| ["control".to_owned(), url.clone()]));
        let mut text = columns(&rows);
        for client in &self.clients {
            let row = |key: &str, value: &str| [key.to_owned(), value.to_owned()];
            let rows = [
                row("client", &client.name),
                row("client_id", &client.id),
                row("client_secret", &client.secret),
            ];
            text.push_str(&format!("\n\n{}", columns(&rows)));
        }
        text.push_str(&format!("\n\nTo try a PATCH on:\n\n  {}", self.conversation.attributes_path));
        let name = self.clients.first().map_or("queue-sync", |client| client.name.as_str());
        let (token_url, api_url) = (&self.token_url, &self.api_url);
        text.push_str(&format!(
            "\n\nThe secrets are play secrets: they open nothing but this emulator.\n\n\
             In hallpass.toml:\n\n\
             [outbound]\n\
             private_networks = [\"127.0.0.0/8\"]\n\n\
             [integrations.{name}]\n\
             platform = \"genesys\"\n\
             token_url = \"{token_url}\"\n\
             api_url = \"{api_url}\"\n\
             secret = \"local:{name}\"\n\
             allow = [\"GET /api/v2/routing/queues/**\", \"PATCH /api/v2/conversations/*/participants/*/attributes\"]"
        ));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::ClientArgument;

    #[test]
    fn a_client_is_a_name_an_id_and_a_secret() {
        let parsed = |text: &str| text.parse::<ClientArgument>().map(|client| client.1);
        assert_eq!(parsed("a").as_deref(), Ok("a"));
        assert_eq!(parsed("a:b:c:d").as_deref(), Ok("a"));
        for bad in ["", ":b", "a:", "a:b:"] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }
}
