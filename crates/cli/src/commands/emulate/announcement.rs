//! What is said once the platforms are there.

use hallpass_emulator::AccessKeys;
use serde::Serialize;

use super::furniture::{Contact, Conversation};
use super::lines::{self, CXONE_TAGS, OUTBOUND};
use crate::printer::{Printer, columns};

/// Where everything is and what opens it. What is not under `cxone` is Genesys Cloud's.
#[derive(Serialize)]
pub(super) struct Announcement {
    pub(super) event: &'static str,
    pub(super) url: String,
    pub(super) token_url: String,
    pub(super) api_url: String,
    pub(super) control_url: Option<String>,
    pub(super) clients: Vec<Client>,
    pub(super) conversation: Conversation,
    pub(super) cxone: Cxone,
}

/// A client of Genesys Cloud.
#[derive(Serialize)]
pub(super) struct Client {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) secret: String,
}

/// NICE CXone.
#[derive(Serialize)]
pub(super) struct Cxone {
    pub(super) identity_url: String,
    pub(super) userhub_url: String,
    pub(super) api_url: String,
    pub(super) access_keys: Vec<AccessKey>,
    pub(super) contacts: Vec<Contact>,
}

/// An access key and its application.
#[derive(Serialize)]
pub(super) struct AccessKey {
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) keys: AccessKeys,
}

impl Announcement {
    /// For people.
    pub(super) fn text(&self, printer: &Printer) -> String {
        let mut parts = vec![printer.heading("Genesys Cloud"), self.genesys()];
        parts.extend([printer.heading("NICE CXone"), self.cxone.text()]);
        if let Some(url) = &self.control_url {
            parts.extend([printer.heading("Control door"), columns(&[row("address", url)])]);
        }
        parts.push("The secrets are play secrets: they open nothing but this emulator.".to_owned());
        parts.extend([printer.heading("In hallpass.toml"), self.configuration()]);
        parts.join("\n\n")
    }

    fn genesys(&self) -> String {
        let mut rows = vec![row("address", &self.url)];
        for client in &self.clients {
            rows.extend([
                row("client", &client.name),
                row("client_id", &client.id),
                row("client_secret", &client.secret),
            ]);
        }
        rows.push(row("try PATCH", &self.conversation.attributes_path));
        columns(&rows)
    }

    fn configuration(&self) -> String {
        let mut lines = vec![OUTBOUND.to_owned()];
        lines.extend(self.clients.first().map(|client| {
            let Self { token_url, api_url, .. } = self;
            lines::genesys(&client.name, token_url, api_url)
        }));
        lines.extend(
            self.cxone.access_keys.first().map(|key| lines::cxone(&key.name, &self.cxone.identity_url)),
        );
        lines.join("\n\n")
    }
}

impl Cxone {
    fn text(&self) -> String {
        let mut rows = vec![
            row("identity", &self.identity_url),
            row("userhub", &self.userhub_url),
            row("api", &self.api_url),
        ];
        for AccessKey { name, keys } in &self.access_keys {
            rows.extend([
                row("access key", name),
                row("access_key_id", &keys.access_key_id),
                row("access_key_secret", &keys.access_key_secret),
                row("client_id", &keys.client_id),
                row("client_secret", &keys.client_secret),
                row("tenant", &keys.tenant_id),
                row("user", &keys.user_id),
            ]);
        }
        for contact in self.contacts.iter().take(1) {
            rows.extend([row("try POST", &contact.tags_path), row("its body", CXONE_TAGS)]);
        }
        columns(&rows)
    }
}

fn row(what: &str, value: &str) -> [String; 2] {
    [what.to_owned(), value.to_owned()]
}
