//! One emulated platform's part of the stage: an integration, what it may do there, and what the platform saw of it.

use std::collections::BTreeMap;

use hallpass_app::Secret;
use hallpass_emulator::{
    Act, ClientReport, Emulator, Misbehaviour, NewAccessKey, NewClient, Platform, RequestRecord, World,
};
use serde::Serialize;

use crate::commands::emulate::{self, CXONE_TAGS, Contact, Conversation};

/// One integration at one platform.
#[derive(Debug)]
pub(super) struct Side {
    /// The platform as data calls it.
    pub(super) platform: Platform,
    /// The platform as people call it.
    pub(super) title: &'static str,
    /// Where it is.
    pub(super) url: String,
    /// The integration's name.
    pub(super) integration: &'static str,
    /// Its table in the configuration.
    pub(super) configuration: String,
    /// What many callers read: what it is called, and its path.
    pub(super) read: (&'static str, &'static str),
    /// What one caller changes.
    pub(super) write: Write,
    /// A path that no rule covers.
    pub(super) outside: &'static str,
    /// Under what the platform counts.
    client_id: String,
    thing: Thing,
}

/// A call that changes something.
#[derive(Debug)]
pub(super) struct Write {
    /// What it does.
    pub(super) what: &'static str,
    /// Its method.
    pub(super) method: &'static str,
    /// Its path at the platform.
    pub(super) path: String,
    /// Its body.
    pub(super) body: &'static str,
    /// How the platform answers when it is done.
    pub(super) answer: &'static str,
}

/// What is changed, for the platform's count of changes.
#[derive(Debug)]
enum Thing {
    Conversation(String),
    Contact(u64),
}

/// What a platform counted.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    /// Calls with one of the integration's tokens, live or dead.
    pub(super) calls: u64,
    /// Tokens minted for it.
    pub(super) tokens_minted: u64,
    /// Calls answered with 401.
    pub(super) unauthorized: u64,
    /// Writes that took effect.
    pub(super) writes: u64,
    /// Calls that its allow-list does not cover.
    pub(super) outside_allow_list: u64,
    /// Calls and token requests of anybody else: with no credential, or with the other integration's.
    pub(super) by_others: u64,
}

/// What the local store takes.
pub(super) type Members = BTreeMap<String, Secret>;

impl Side {
    /// The integration `queue-sync` at Genesys Cloud, and its secret.
    pub(super) fn genesys(emulator: &Emulator, conversation: Conversation) -> (Self, Members) {
        let integration = "queue-sync";
        let keys = emulator.world().add_client(NewClient::named(integration));
        let token_url = format!("{}/oauth/token", emulator.login_url());
        let members = members([("client_id", &keys.id), ("client_secret", &keys.secret)]);
        let side = Self {
            platform: Platform::Genesys,
            title: "Genesys Cloud",
            url: emulator.base_url(),
            integration,
            configuration: emulate::genesys(integration, &token_url, &emulator.api_url()),
            read: ("queues", "/api/v2/routing/queues"),
            write: Write {
                what: "one sets a participant's attribute",
                method: "PATCH",
                path: conversation.attributes_path,
                body: r#"{"attributes":{"vip":"yes"}}"#,
                answer: "202",
            },
            outside: "/api/v2/users/me",
            client_id: keys.id,
            thing: Thing::Conversation(conversation.id),
        };
        (side, members)
    }

    /// The integration `contact-export` at CXone, and its secret.
    pub(super) fn cxone(emulator: &Emulator, contact: Contact) -> (Self, Members) {
        let integration = "contact-export";
        let keys = emulator.world().add_access_key(NewAccessKey::named(integration));
        let members = members([
            ("client_id", &keys.client_id),
            ("client_secret", &keys.client_secret),
            ("access_key_id", &keys.access_key_id),
            ("access_key_secret", &keys.access_key_secret),
        ]);
        let side = Self {
            platform: Platform::Cxone,
            title: "NICE CXone",
            url: emulator.cxone_identity_url(),
            integration,
            configuration: emulate::cxone(integration, &emulator.cxone_identity_url()),
            read: ("contacts", "/inContactAPI/services/v31.0/contacts/completed"),
            write: Write {
                what: "one tags a contact",
                method: "POST",
                path: contact.tags_path,
                body: CXONE_TAGS,
                answer: "200",
            },
            outside: "/inContactAPI/services/v31.0/agents",
            client_id: keys.access_key_id,
            thing: Thing::Contact(contact.id),
        };
        (side, members)
    }

    /// Ends the integration's tokens at the platform; how many there were.
    pub(super) fn revoke_tokens(&self, world: &World) -> usize {
        world.revoke_tokens(&self.client_id)
    }

    /// The integration's next token request will really mint two tokens.
    pub(super) fn plant_extra_mint(&self, world: &World) {
        world.misbehave(Misbehaviour::on_token(Act::PlantExtraMint).client(&self.client_id));
    }

    /// What the platform counted so far.
    pub(super) fn counts(&self, world: &World) -> Counts {
        let witness = world.witness();
        let client = witness.clients.get(&self.client_id).cloned().unwrap_or_default();
        let ClientReport { calls, mints, calls_by_status, .. } = client;
        let here = || witness.log.iter().filter(|request| request.platform == self.platform);
        let count = |is: &dyn Fn(&RequestRecord) -> bool| {
            u64::try_from(here().filter(|request| !request.discovery && is(request)).count())
                .unwrap_or(u64::MAX)
        };
        let (read, write) = (self.read.1, self.write.path.as_str());
        Counts {
            calls,
            tokens_minted: mints,
            unauthorized: calls_by_status.get(&401).copied().unwrap_or_default(),
            writes: match &self.thing {
                Thing::Conversation(id) => world.patches_of(id),
                Thing::Contact(id) => world.tag_posts_of(*id),
            },
            outside_allow_list: count(&|request| {
                !request.token_endpoint && request.path != read && request.path != write
            }),
            by_others: count(&|request| request.client_id.as_deref() != Some(&self.client_id)),
        }
    }
}

fn members<const N: usize>(pairs: [(&str, &String); N]) -> Members {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), Secret::from(value.as_str()))).collect()
}

#[cfg(test)]
mod tests {
    use super::Side;
    use crate::caller::Caller;
    use crate::commands::emulate::furnish;
    use hallpass_app::Secret;
    use hallpass_emulator::{Emulator, Settings};

    /// Else the story's zeros would say nothing.
    #[tokio::test]
    async fn strangers_and_uncovered_calls_are_counted_where_they_arrive() {
        let emulator = Emulator::start(Settings::default()).await.unwrap();
        let mut furniture = furnish(emulator.world());
        let (genesys, _) = Side::genesys(&emulator, furniture.conversation);
        let (cxone, _) = Side::cxone(&emulator, furniture.contacts.remove(0));
        let stranger = Caller::new(emulator.base_url().trim_start_matches("http://"), Secret::from("x"));
        for path in [genesys.read.1, genesys.outside, cxone.outside] {
            assert!(stranger.call("GET", path, "").await.unwrap().status >= 400, "{path}");
        }
        let seen = [&genesys, &cxone].map(|side| side.counts(emulator.world()));
        assert_eq!(seen.each_ref().map(|counts| counts.by_others), [2, 1]);
        assert_eq!(seen.each_ref().map(|counts| counts.outside_allow_list), [1, 1]);
        emulator.stop().await;
    }
}
