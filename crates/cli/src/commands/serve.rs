//! `hallpass serve`: the sidecar as a process of its own.

use std::path::{Path, absolute};

use clap::Args;
use hallpass_app::{Flags, Gateway, HandOver, Listen, Purpose, Shutdown, Stopped};
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Run the sidecar that callers on this machine use
///
/// A caller sends its request to http://HOST:PORT/INTEGRATION/PATH with the pass from the pass file, as `Authorization: Bearer PASS` or
/// `Hallpass: PASS`. SIGTERM or Ctrl-C lets calls in flight end and stops; a second one stops at once. Tokens are asked for when the first call needs
/// one.
///
/// Example: hallpass serve --listen 127.0.0.1:7780
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen, in place of `sidecar.listen`: a loopback address with a port, or unix:/PATH
    #[arg(long, value_name = "ADDRESS:PORT|unix:/PATH")]
    listen: Option<String>,
    /// What is logged, in place of `log.level`: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
    /// Announce the addresses as one line of JSON on standard output as well
    #[arg(long)]
    json: bool,
}

impl Serve {
    /// Serves until it is told to stop.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        let shutdown = Shutdown::listen()?;
        let flags = Flags { listen: self.listen, log: self.log };
        let House { app, .. } = House::open(config, flags, Purpose::Gateway).await?;
        let gateway = app.open(HandOver::File).await?;
        let announcement = Announcement::of(&gateway);
        printer.talk(&announcement.in_words());
        if self.json {
            printer.json(&announcement)?;
        }
        let end = match gateway.serve(shutdown.first(), shutdown.second()).await? {
            Stopped::Drained { cut_off: 0 } => "stopped; every call in flight was answered".to_owned(),
            Stopped::Drained { cut_off } => format!("stopped; calls cut off after all: {cut_off}"),
            Stopped::AtOnce => "stopped at once; calls in flight were cut off".to_owned(),
        };
        printer.talk(&end);
        Ok(Exit::Done)
    }
}

/// Where the sidecar is.
#[derive(Debug, Serialize)]
struct Announcement {
    event: &'static str,
    /// For callers over TCP.
    url: Option<String>,
    /// For callers over a socket.
    unix: Option<String>,
    pass_file: Option<String>,
    health_url: Option<String>,
}

impl Announcement {
    fn of(gateway: &Gateway) -> Self {
        let (url, unix) = match gateway.listen() {
            Listen::Tcp(_) => (Some(gateway.url()), None),
            Listen::Unix(path) => (None, Some(path.display().to_string())),
        };
        Self {
            event: "listening",
            url,
            unix,
            // A caller may be at home in another folder.
            pass_file: gateway
                .pass_file()
                .map(|path| absolute(path).unwrap_or(path.to_owned()).display().to_string()),
            health_url: gateway.health_address().map(|address| format!("http://{address}")),
        }
    }

    fn in_words(&self) -> String {
        let unix = self.unix.as_ref().map(|path| format!("unix:{path}"));
        let address = self.url.as_ref().or(unix.as_ref()).map_or("", String::as_str);
        let pass = self.pass_file.as_ref().map(|path| format!("\nthe pass is in {path}"));
        let health = self.health_url.as_ref().map(|url| format!("\nprobes are answered on {url}"));
        format!("listening on {address}{}{}", pass.unwrap_or_default(), health.unwrap_or_default())
    }
}
