//! `hallpass emulate`: the emulated platforms by themselves, to develop and test against.

mod announcement;
mod arguments;
mod furniture;
mod lines;

use std::net::SocketAddr;

use clap::Args;
use hallpass_app::Shutdown;
use hallpass_emulator::{Emulator, Settings};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;
use announcement::{Announcement, Cxone};
use arguments::{AccessKeyArgument, ClientArgument};

pub(crate) use furniture::{Contact, Conversation, Furniture, furnish};
pub(crate) use lines::{CXONE_TAGS, OUTBOUND, cxone, genesys};

/// Run emulated platforms, Genesys Cloud and NICE CXone, to develop and test against
///
/// They keep clients, access keys, live tokens, quotas, queues, conversations and contacts in memory and forget them when they stop (Ctrl-C or
/// SIGTERM). The ids and secrets printed are play secrets: they open nothing but this emulator.
///
/// Example: hallpass emulate --listen 127.0.0.1:7790 --client queue-sync --access-key contact-export
#[derive(Debug, Args)]
pub(crate) struct Emulate {
    /// Where the platforms listen; port 0 takes a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Open the control door as well: HTTP on a free loopback port, for revoking tokens, misbehaviour, the witness's counts
    #[arg(long)]
    control: bool,
    /// A client of Genesys Cloud to register; may be repeated. Id and secret are drawn unless given
    #[arg(long, value_name = "NAME[:ID[:SECRET]]", default_value = "queue-sync")]
    client: Vec<ClientArgument>,
    /// An access key of CXone to register, with an application to go with it; may be repeated
    #[arg(long, value_name = "NAME", default_value = "contact-export")]
    access_key: Vec<AccessKeyArgument>,
    /// How long tokens live [default: 86400 for clients, 3600 for access keys]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=172_800))]
    validity: Option<u64>,
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
        let announcement = self.announcement(&emulator);
        if self.json {
            printer.json(&announcement)?;
        } else {
            printer.data(&announcement.text(printer))?;
            printer.talk("stop it with Ctrl-C");
        }
        shutdown.first().await;
        emulator.stop().await;
        Ok(Exit::Done)
    }

    /// Puts everything into `emulator` that callers need, and says what.
    fn announcement(&self, emulator: &Emulator) -> Announcement {
        let world = emulator.world();
        let clients = self.client.iter().map(|client| client.register(world, self.validity)).collect();
        let access_keys = self.access_key.iter().map(|key| key.register(world, self.validity)).collect();
        let Furniture { conversation, contacts } = furnish(world);
        Announcement {
            event: "listening",
            url: emulator.base_url(),
            token_url: format!("{}/oauth/token", emulator.login_url()),
            api_url: emulator.api_url(),
            control_url: emulator.control_url(),
            clients,
            conversation,
            cxone: Cxone {
                identity_url: emulator.cxone_identity_url(),
                userhub_url: emulator.cxone_userhub_url(),
                api_url: emulator.cxone_api_url(),
                access_keys,
                contacts,
            },
        }
    }
}
