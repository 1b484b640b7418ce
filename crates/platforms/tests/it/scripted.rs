//! A platform whose network is played by the test.

use std::sync::Arc;

use bytes::Bytes;
use hallpass_core::test_support::ManualTime;
use hallpass_core::{Credential, Grant, IssueFault, Secret, Version};
use hallpass_outbound::TransportFault;
use hallpass_outbound::test_support::{ScriptedTransport, SentRequest};
use hallpass_platforms::{Connected, PlatformParts, PlatformSettings, connect};
use http::Response;
use serde_json::Value;

pub(crate) type Reply = Result<Response<Bytes>, TransportFault>;

/// A connected platform and what it sent.
pub(crate) struct Stage {
    pub(crate) transport: Arc<ScriptedTransport>,
    pub(crate) connected: Connected,
}

impl Stage {
    pub(crate) fn new(settings: &PlatformSettings, replies: impl IntoIterator<Item = Reply>) -> Self {
        let (transport, time) = (Arc::new(ScriptedTransport::new(replies)), ManualTime::default());
        let parts = PlatformParts {
            integration: "queue-sync".parse().unwrap(),
            transport: Arc::clone(&transport) as _,
            sleep: Arc::new(time.clone()),
            clock: Arc::new(time),
        };
        Self { transport, connected: connect(settings, parts).unwrap() }
    }

    pub(crate) async fn issue(&self) -> Result<Grant, IssueFault> {
        let members = self.connected.platform.required_members();
        let stored: serde_json::Map<_, _> =
            members.iter().map(|name| ((*name).to_owned(), Value::from(format!("the-{name}")))).collect();
        let stored = Secret::from(Value::from(stored).to_string());
        let credential = Credential::parse(&stored, Version::new("1"), members).unwrap();
        let issued = self.connected.platform.issue(&credential).await;
        if let Err(fault) = &issued {
            assert!(!format!("{fault:?}").contains("canary"), "a value of the wire is shown: {fault:?}");
        }
        issued
    }

    /// Method and URL of each request, in order.
    pub(crate) fn sent(&self) -> Vec<String> {
        self.transport.sent().iter().map(|sent| format!("{} {}", sent.method, sent.uri)).collect()
    }

    pub(crate) fn request(&self, index: usize) -> SentRequest {
        self.transport.sent()[index].clone()
    }

    /// Where a call to `target` goes, or the code of the fault.
    pub(crate) fn route(&self, target: &str) -> Result<String, &'static str> {
        let routed = self.connected.upstreams.route(&target.parse().unwrap());
        routed.map(|to| format!("{}{}", to.origin, to.target)).map_err(|fault| fault.code().name())
    }
}

pub(crate) fn settings(platform: &str, profile: &str) -> PlatformSettings {
    PlatformSettings { platform: platform.into(), profile: profile.into(), ..PlatformSettings::default() }
}

#[expect(clippy::needless_pass_by_value, reason = "a call reads better without borrowing what it makes")]
pub(crate) fn answer(status: u16, body: impl ToString) -> Reply {
    Ok(Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap())
}

pub(crate) fn token() -> Reply {
    answer(200, r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#)
}
