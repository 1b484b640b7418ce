//! What is sent, in which order, and what replies mean; over a list of replies.

use std::sync::Arc;

use hallpass_core::test_support::ManualTime;
use hallpass_core::{BoxFuture, LastUsed, SecretAdmin as _, Sleep, SlotId};

use super::{GenesysAdmin, GenesysAdminSettings, genesys_admin_rules};
use crate::admin::double::ScriptedCalls;

/// Sleeps by moving the clock.
#[derive(Debug)]
struct Jumping(ManualTime);

impl Sleep for Jumping {
    fn sleep(&self, duration: std::time::Duration) -> BoxFuture<'static, ()> {
        self.0.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

fn admin<'a>(replies: impl IntoIterator<Item = (u16, &'a str)>) -> (GenesysAdmin, Arc<ScriptedCalls>) {
    let calls = Arc::new(ScriptedCalls::new(replies));
    let time = ManualTime::default();
    let settings = GenesysAdminSettings { clients: vec!["b".into(), "a".into()], token_lifetime: None };
    let sleep = Arc::new(Jumping(time.clone()));
    (GenesysAdmin::new(Arc::clone(&calls) as _, Arc::new(time), sleep, &settings).unwrap(), calls)
}

const ACTIVE: &str = r#"{"id":"a","name":"n","authorizedGrantType":"g","state":"active"}"#;
const INACTIVE: &str = r#"{"id":"a","name":"n","authorizedGrantType":"g","state":"inactive"}"#;
const DISABLED: &str = r#"{"id":"a","name":"n","authorizedGrantType":"g","state":"disabled"}"#;
const DELETED: &str = r#"{"id":"a","name":"n","authorizedGrantType":"g","state":"deleted"}"#;
const NOT_YET: &str = r#"{"code":"cannot.delete.client"}"#;

fn slot(id: &str) -> SlotId {
    SlotId::new(id)
}

#[tokio::test]
async fn a_state_that_is_right_already_is_not_written() {
    for (state, active) in [(ACTIVE, true), (INACTIVE, false), (DISABLED, false)] {
        let (admin, calls) = admin([(200, state)]);
        admin.set_active(&slot("a"), active).await.unwrap();
        assert_eq!(calls.lines(), ["GET /api/v2/oauth/clients/a"]);
    }
    let (admin, calls) = admin([(200, ACTIVE), (200, INACTIVE)]);
    admin.set_active(&slot("a"), false).await.unwrap();
    assert_eq!(calls.sent()[1].1, r#"{"authorizedGrantType":"g","name":"n","state":"inactive"}"#);
}

#[tokio::test]
async fn what_the_vendor_disabled_is_not_switched_on() {
    let (admin, calls) = admin([(200, DISABLED)]);
    let fault = admin.set_active(&slot("a"), true).await.unwrap_err();
    assert_eq!((fault.code().name(), calls.lines().len()), ("upstream-refused", 1));
}

#[tokio::test]
async fn a_state_that_was_accepted_and_did_not_come_is_a_fault() {
    for (answer, code) in [(ACTIVE, "upstream-refused"), ("{}", "upstream-answer-bad")] {
        let (admin, _) = admin([(200, ACTIVE), (200, answer)]);
        let fault = admin.set_active(&slot("a"), false).await.unwrap_err();
        assert_eq!(fault.code().name(), code);
    }
}

#[tokio::test]
async fn a_client_is_deleted_once_it_is_inactive_and_followed_until_it_is_gone() {
    let (admin, calls) =
        admin([(200, ACTIVE), (200, INACTIVE), (400, NOT_YET), (204, ""), (200, INACTIVE), (200, DELETED)]);
    admin.delete(&slot("a")).await.unwrap();
    let methods: Vec<String> =
        calls.lines().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    // The second DELETE was taken, so there is no third.
    assert_eq!(methods, ["GET", "PUT", "DELETE", "DELETE", "GET", "GET"]);
}

#[tokio::test]
async fn what_is_gone_or_going_is_deleted_already() {
    let going = INACTIVE.replace('}', r#","dateToDelete":"2026-01-08T00:00:00Z"}"#);
    for (status, body) in [(404, "{}"), (200, DELETED), (200, going.as_str())] {
        let (admin, calls) = admin([(status, body)]);
        admin.delete(&slot("a")).await.unwrap();
        assert_eq!(calls.lines().len(), 1, "{body}");
    }
    let (admin, _) = admin([(200, INACTIVE), (404, "{}"), (404, "{}")]);
    admin.delete(&slot("a")).await.unwrap();
}

#[tokio::test]
async fn a_client_that_stays_after_its_deletion_is_reported() {
    let replies = std::iter::once((200, INACTIVE)).chain([(204, "")]).chain([(200, INACTIVE); 15]);
    let (admin, calls) = admin(replies);
    let fault = admin.delete(&slot("a")).await.unwrap_err();
    assert_eq!((fault.code().name(), calls.lines().len()), ("upstream-timeout", 17));
}

#[tokio::test]
async fn a_reset_without_a_readable_secret_says_what_to_do_and_is_not_sent_again() {
    for body in ["", "{}", r#"{"id":"a"}"#, r#"{"id":"other","secret":"canary7"}"#, r#"{"secret":"canary7"}"#]
    {
        let (admin, calls) = admin([(200, body)]);
        let fault = admin.generate(Some(&slot("a"))).await.unwrap_err();
        assert_eq!((fault.code().name(), calls.lines().len()), ("upstream-answer-bad", 1));
        assert!(fault.hint().contains("reset it again"), "{}", fault.hint());
        assert!(!format!("{fault:?} {fault}").contains("canary"));
    }
    let (admin, calls) = admin([]);
    assert!(admin.generate(Some(&slot("a"))).await.is_err());
    assert_eq!(calls.lines(), ["POST /api/v2/oauth/clients/a/secret"]);
}

#[tokio::test]
async fn a_generated_secret_comes_with_its_client_and_prints_masked() {
    let (admin, calls) = admin([(200, r#"{"id":"a","secret":"canary7"}"#)]);
    let made = admin.generate(Some(&slot("a"))).await.unwrap();
    assert_eq!(made.slot, slot("a"));
    assert_eq!(made.members["client_id"].expose(), b"a");
    assert_eq!(made.members["client_secret"].expose(), b"canary7");
    assert_eq!(made.members.len(), 2);
    assert!(!format!("{made:?}").contains("canary"));
    assert_eq!(calls.sent()[0].1, "");
}

#[tokio::test]
async fn clients_of_others_are_never_touched() {
    let (admin, calls) = admin([]);
    let other = slot("other");
    let codes = [
        admin.generate(Some(&other)).await.map(drop).unwrap_err(),
        admin.set_active(&other, false).await.unwrap_err(),
        admin.delete(&other).await.unwrap_err(),
        admin.rights(&other).await.map(drop).unwrap_err(),
    ];
    assert!(codes.iter().all(|fault| fault.code().name() == "slot-unknown"));
    let full = admin.generate(None).await.unwrap_err();
    assert_eq!((full.code().name(), full.detail().contains("`b` and `a`")), ("slots-full", true));
    assert!(calls.lines().is_empty());
}

#[tokio::test]
async fn the_list_does_without_usage_where_the_platform_tells_none() {
    let running = r#"{"queryStatus":"Running"}"#;
    let started = r#"{"executionId":"e"}"#;
    let cases: [&[(u16, &str)]; 5] = [
        &[(403, "{}")],
        &[(200, "[]")],
        &[(200, r#"{"executionId":"../e"}"#)],
        &[(200, started), (200, r#"{"queryStatus":"Failed"}"#)],
        &[(200, started), (200, running), (200, running), (200, running), (200, running), (200, running)],
    ];
    for usage in cases {
        let replies = [(404, "{}"), (200, ACTIVE)].into_iter().chain(usage.iter().copied());
        let (admin, calls) = admin(replies);
        let slots = admin.list().await.unwrap();
        assert_eq!((slots.len(), slots[0].last_used), (1, LastUsed::Unknown));
        assert_eq!(calls.lines().len(), 2 + usage.len());
    }
    let (admin, _) = admin([(404, "{}"), (500, "")]);
    assert_eq!(admin.list().await.unwrap_err().code().name(), "upstream-answer-bad");
}

#[test]
fn one_or_two_clients_are_administered() {
    let calls = || Arc::new(ScriptedCalls::default()) as _;
    let time = ManualTime::default();
    let made = |clients: &[&str]| {
        let clients = clients.iter().map(|id| (*id).to_owned()).collect();
        let settings = GenesysAdminSettings { clients, token_lifetime: None };
        GenesysAdmin::new(calls(), Arc::new(time.clone()), Arc::new(time.clone()), &settings)
    };
    assert!(made(&["a"]).is_ok() && made(&["a", "b"]).is_ok());
    for wrong in [&[] as &[&str], &["a", "a"], &["a", "b", "c"], &["a/b"], &[""]] {
        assert_eq!(made(wrong).unwrap_err().code().name(), "configuration-invalid", "{wrong:?}");
    }
}

#[test]
fn the_rules_are_the_calls_and_nothing_else() {
    let rules = genesys_admin_rules(&["a".into()], &["c".into()]).unwrap();
    let lines: Vec<_> = rules.iter().map(|rule| rule.as_str().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "GET /api/v2/oauth/clients/a",
            "PUT /api/v2/oauth/clients/a",
            "DELETE /api/v2/oauth/clients/a",
            "POST /api/v2/oauth/clients/a/secret",
            "GET /api/v2/oauth/clients/a/usage/summary",
            "GET /api/v2/oauth/clients/a/usage/query/results/*",
            "GET /api/v2/integrations/credentials/c",
            "PUT /api/v2/integrations/credentials/c",
        ]
    );
    assert!(genesys_admin_rules(&["a/../b".into()], &[]).is_err());
}
