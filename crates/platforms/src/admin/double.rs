//! A platform's administration that answers from a list, for tests of what is sent and how replies are read.

use std::collections::VecDeque;
use std::sync::Mutex;

use hallpass_core::{BoxFuture, Fault, FaultCode, Secret};

use super::{AdminCall, AdminCalls, AdminReply};

/// Answers calls in order and remembers them. A call beyond the list meets a broken connection.
#[derive(Debug, Default)]
pub(crate) struct ScriptedCalls {
    replies: Mutex<VecDeque<(u16, String)>>,
    sent: Mutex<Vec<(String, String)>>,
}

impl ScriptedCalls {
    pub(crate) fn new<'a>(replies: impl IntoIterator<Item = (u16, &'a str)>) -> Self {
        let replies = replies.into_iter().map(|(status, body)| (status, body.to_owned())).collect();
        Self { replies: Mutex::new(replies), sent: Mutex::default() }
    }

    /// What was sent: `METHOD TARGET` and the body.
    pub(crate) fn sent(&self) -> Vec<(String, String)> {
        self.sent.lock().expect("no holder panics").clone()
    }

    /// What was sent, without bodies.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.sent().into_iter().map(|(line, _)| line).collect()
    }
}

impl AdminCalls for ScriptedCalls {
    fn call(&self, call: AdminCall) -> BoxFuture<'_, Result<AdminReply, Fault>> {
        let body = call.body.as_ref().and_then(Secret::expose_str).unwrap_or_default().to_owned();
        self.sent.lock().expect("no holder panics").push((format!("{} {}", call.method, call.target), body));
        let reply = self.replies.lock().expect("no holder panics").pop_front();
        Box::pin(async move {
            let (status, body) = reply.ok_or_else(|| Fault::new(FaultCode::UpstreamAnswerBad, "broken"))?;
            let status = status.try_into().expect("a test names a status");
            Ok(AdminReply { status, headers: http::HeaderMap::new(), body: Secret::from(body) })
        })
    }
}
