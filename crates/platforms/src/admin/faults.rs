//! What an answer to an administrative call means. Pure: no I/O in here.

use hallpass_core::{Fault, FaultCode, Moment};
use hallpass_outbound::{BATCH_RETRY_AFTER_CAP, retry_after};
use http::StatusCode;
use serde::Deserialize;

use super::AdminReply;

/// What a call was for, in the words that a fault needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errand<'a> {
    /// Whose words the answer is in.
    pub(crate) dialect: Dialect,
    /// What the administering identity needs for it, by the platform's own name.
    pub(crate) permission: &'static str,
    /// What it was about, such as `client` or `access key`.
    pub(crate) kind: &'static str,
    /// Which one; empty where it is about all of them, or about one that is to be made.
    pub(crate) id: &'a str,
    /// What to do when the permission is there and the platform refuses still.
    pub(crate) denied_hint: &'static str,
}

/// How a platform speaks of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Genesys Cloud: `code`, and `ININ-Correlation-Id` on every answer.
    Genesys,
    /// CXone: `code` or `error`, and `CorrelationId`.
    Cxone,
}

impl Errand<'_> {
    /// The answer, if it is a success; the fault that it is otherwise. Texts of the platform are not in it: they may repeat what was sent.
    pub(crate) fn judge(&self, reply: AdminReply, now: Moment) -> Result<AdminReply, Fault> {
        if reply.status.is_success() {
            return Ok(reply);
        }
        let what = self.what();
        let trace = self.trace(&reply);
        let fault = match reply.status {
            StatusCode::UNAUTHORIZED => {
                let detail =
                    format!("the token of the administering identity is not accepted for {what} {trace}");
                Fault::new(FaultCode::AdminDenied, detail)
                    .with_hint("see to the credential of the administering integration first")
            }
            StatusCode::FORBIDDEN => {
                let detail = format!("`{}` is missing for {what} {trace}", self.permission);
                let hint =
                    format!("grant `{}` to the administering identity{}", self.permission, self.denied_hint);
                Fault::new(FaultCode::AdminDenied, detail).with_hint(hint)
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                Fault::new(FaultCode::SlotUnknown, format!("{what} {trace}"))
            }
            StatusCode::TOO_MANY_REQUESTS => {
                let fault = Fault::new(FaultCode::UpstreamThrottled, format!("{what} {trace}"));
                match retry_after(&reply.headers, now, BATCH_RETRY_AFTER_CAP) {
                    Some(after) => fault.with_retry_after(after),
                    None => fault,
                }
            }
            StatusCode::GATEWAY_TIMEOUT => {
                Fault::new(FaultCode::UpstreamTimeout, format!("for {what} {trace}"))
            }
            status if status.is_server_error() => {
                Fault::new(FaultCode::UpstreamAnswerBad, format!("it failed for {what} {trace}"))
            }
            _ => Fault::new(FaultCode::UpstreamRefused, format!("{what} {trace}")),
        };
        Err(fault)
    }

    /// A success that cannot be read.
    pub(crate) fn unreadable(&self, reply: &AdminReply) -> Fault {
        let detail =
            format!("the answer about {} is not what is expected {}", self.what(), self.trace(reply));
        Fault::new(FaultCode::UpstreamAnswerBad, detail)
    }

    /// The platform's code for what it refuses, where it is one.
    pub(crate) fn code(&self, reply: &AdminReply) -> Option<String> {
        let wire: Wire = serde_json::from_slice(reply.body.expose()).ok()?;
        let code = wire.code.or(wire.error).and_then(|code| code.as_str().map(str::to_owned))?;
        // Words joined by dots or underscores, as all of these platforms' codes are. A single word could be what was sent, and says no more than the status.
        let plain = |byte: u8| byte.is_ascii_alphabetic() || b"._".contains(&byte);
        let fine = code.len() <= LONGEST_CODE && code.contains(['.', '_']) && code.bytes().all(plain);
        fine.then_some(code)
    }

    fn what(&self) -> String {
        match self.id {
            "" => self.kind.to_owned(),
            id => format!("{} `{id}`", self.kind),
        }
    }

    /// Status, the platform's code and its correlation id: what a person at the vendor's support asks for.
    fn trace(&self, reply: &AdminReply) -> String {
        let mut parts = vec![format!("status {}", reply.status.as_u16())];
        parts.extend(self.code(reply).map(|code| format!("code {code}")));
        parts.extend(self.correlation(reply).map(|id| format!("correlation id {id}")));
        format!("({})", parts.join(", "))
    }

    fn correlation<'r>(&self, reply: &'r AdminReply) -> Option<&'r str> {
        let name = match self.dialect {
            Dialect::Genesys => "inin-correlation-id",
            Dialect::Cxone => "correlationid",
        };
        let id = reply.headers.get(name)?.to_str().ok()?;
        let plain = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
        ((1..=LONGEST_CORRELATION).contains(&id.len()) && id.bytes().all(plain)).then_some(id)
    }
}

#[derive(Deserialize)]
struct Wire {
    code: Option<serde_json::Value>,
    error: Option<serde_json::Value>,
}

/// The longest code that is known, `too.many.requests.retry.after`, has 29 letters.
const LONGEST_CODE: usize = 48;
/// A UUID has 36.
const LONGEST_CORRELATION: usize = 64;

#[cfg(test)]
mod tests {
    use super::{Dialect, Errand};
    use crate::admin::AdminReply;
    use hallpass_core::{Fault, Moment, Secret};
    use std::time::Duration;

    const NOW: Moment = Moment { wall: Duration::from_secs(1_700_000_000), monotonic: Duration::ZERO };

    fn reply(status: u16, header: &'static str, body: &str) -> AdminReply {
        let mut headers = http::HeaderMap::new();
        headers.insert(header, "00000001-0000-4000-8000-00000000000c".parse().unwrap());
        headers.insert("retry-after", "7".parse().unwrap());
        AdminReply { status: status.try_into().unwrap(), headers, body: Secret::from(body) }
    }

    fn errand(dialect: Dialect) -> Errand<'static> {
        Errand {
            dialect,
            permission: "oauth:client:edit",
            kind: "client",
            id: "a",
            denied_hint: ", and its roles",
        }
    }

    fn fault(status: u16, body: &str) -> Fault {
        errand(Dialect::Genesys).judge(reply(status, "inin-correlation-id", body), NOW).unwrap_err()
    }

    #[test]
    fn every_status_has_its_fault() {
        for (status, code) in [
            (302, "upstream-refused"),
            (400, "upstream-refused"),
            (401, "admin-denied"),
            (403, "admin-denied"),
            (404, "slot-unknown"),
            (409, "upstream-refused"),
            (410, "slot-unknown"),
            (413, "upstream-refused"),
            (429, "upstream-throttled"),
            (500, "upstream-answer-bad"),
            (503, "upstream-answer-bad"),
            (504, "upstream-timeout"),
        ] {
            let fault = fault(status, "<html>");
            assert_eq!(fault.code().name(), code, "{status}");
            assert!(fault.detail().contains("00000001-0000-4000-8000-00000000000c"), "{fault}");
            assert!(fault.detail().contains("client `a`"), "{fault}");
        }
        assert!(errand(Dialect::Genesys).judge(reply(204, "x", ""), NOW).is_ok());
    }

    #[test]
    fn a_denied_call_names_the_permission_and_a_throttled_one_the_time() {
        let denied = fault(403, r#"{"code":"missing.permissions"}"#);
        assert!(denied.detail().contains("`oauth:client:edit` is missing"), "{denied}");
        assert!(denied.detail().contains("code missing.permissions"), "{denied}");
        assert_eq!(denied.hint(), "grant `oauth:client:edit` to the administering identity, and its roles");
        assert_eq!(fault(429, "").retry_after(), Some(Duration::from_secs(7)));
    }

    #[test]
    fn texts_of_the_platform_are_not_repeated() {
        let bodies = [
            r#"{"code":"canary7","message":"canary7"}"#,
            r#"{"code":{"canary":7},"error":"canary7"}"#,
            r#"{"code":7,"errors":["canary7"]}"#,
            "canary7",
        ];
        for body in bodies {
            let mut reply = reply(400, "x", body);
            reply.headers.insert("inin-correlation-id", "canary7".parse().unwrap());
            let fault = errand(Dialect::Genesys).judge(reply, NOW).unwrap_err();
            assert!(!format!("{fault:?}{fault}{}", fault.hint()).contains("canary"), "{fault:?}");
        }
    }

    #[test]
    fn the_other_dialect_has_another_header() {
        let reply = reply(400, "correlationid", r#"{"code":"BAD_REQUEST"}"#);
        let fault = errand(Dialect::Cxone).judge(reply, NOW).unwrap_err();
        assert!(fault.detail().contains("code BAD_REQUEST, correlation id 0000"), "{fault}");
    }
}
