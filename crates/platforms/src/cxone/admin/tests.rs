//! What is sent, in which order, and what replies mean; over a list of replies.

use std::sync::Arc;

use hallpass_core::test_support::ManualTime;
use hallpass_core::{SecretAdmin as _, SlotId};

use super::{
    CxoneApplicationAdmin, CxoneApplicationSettings, CxoneKeyAdmin, CxoneKeySettings,
    cxone_application_rules, cxone_key_rules,
};
use crate::admin::double::ScriptedCalls;

type Replies<'a> = &'a [(u16, &'a str)];

fn keys(replies: Replies<'_>) -> (CxoneKeyAdmin, Arc<ScriptedCalls>) {
    let calls = Arc::new(ScriptedCalls::new(replies.iter().copied()));
    let settings = CxoneKeySettings { user_id: "u".into(), tenant_id: Some("t".into()), max_keys: 2 };
    let time = Arc::new(ManualTime::default());
    (CxoneKeyAdmin::new(Arc::clone(&calls) as _, time, settings).unwrap(), calls)
}

fn applications(replies: Replies<'_>) -> (CxoneApplicationAdmin, Arc<ScriptedCalls>) {
    let calls = Arc::new(ScriptedCalls::new(replies.iter().copied()));
    let settings = CxoneApplicationSettings { base_path: "/apps/v1/".into(), name: "q".into() };
    let time = Arc::new(ManualTime::default());
    (CxoneApplicationAdmin::new(Arc::clone(&calls) as _, time, settings).unwrap(), calls)
}

const NO_KEYS: &str = r#"{"totalRecords":0,"accessKeys":[]}"#;
const ONE_KEY: &str =
    r#"{"totalRecords":1,"accessKeys":[{"accessKeyId":"K====","userId":"u","isActive":true}]}"#;

fn slot(id: &str) -> SlotId {
    SlotId::new(id)
}

#[tokio::test]
async fn keys_of_all_pages_are_listed_and_others_are_left_out() {
    let first = r#"{"totalRecords":3,"_links":{"next":{"href":"https://x/access-key-management/v1/access-keys?userId=u&page=2"}},
        "accessKeys":[{"accessKeyId":"B","userId":"u","isActive":true}]}"#;
    let second = r#"{"totalRecords":3,"_links":{"next":null},
        "accessKeys":[{"accessKeyId":"A","isActive":false},{"accessKeyId":"C","userId":"other"}]}"#;
    let (admin, calls) = keys(&[(200, first), (200, second)]);
    let ids: Vec<_> = admin.list().await.unwrap().into_iter().map(|slot| (slot.id, slot.active)).collect();
    assert_eq!(ids, [(slot("A"), false), (slot("B"), true)]);
    let path = "GET /access-key-management/v1/access-keys?userId=u";
    assert_eq!(calls.lines(), [path.to_owned(), format!("{path}&page=2")]);
}

#[tokio::test]
async fn half_a_list_is_no_list() {
    let again = r#"{"_links":{"next":"/access-key-management/v1/access-keys?page=1"},"accessKeys":[]}"#;
    let away = r#"{"_links":{"next":"/elsewhere?page=1"},"accessKeys":[]}"#;
    let endless = [(200, again); 101];
    let cases: [Replies<'_>; 5] = [
        &[(200, r#"{"totalRecords":2,"accessKeys":[{"accessKeyId":"A"}]}"#)],
        &[(200, r#"{"accessKeys":[{"id":"A"}]}"#)],
        &[(200, "<html>")],
        &[(200, away)],
        &endless,
    ];
    for replies in cases {
        let (admin, calls) = keys(replies);
        assert_eq!(admin.list().await.unwrap_err().code().name(), "upstream-answer-bad");
        assert!(calls.lines().len() <= 100);
    }
    assert!(keys(&[(204, "")]).0.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_is_created_for_the_user_and_not_sent_for_twice() {
    let made = r#"{"resultSet":{"accessKeyId":"N====","accessKeySecret":"canary7"}}"#;
    let (admin, calls) = keys(&[(200, ONE_KEY), (201, made)]);
    assert_eq!(admin.generate(None).await.unwrap().slot, slot("N===="));
    assert_eq!(calls.sent()[1].1, r#"{"tenantId":"t","userId":"u"}"#);
    for body in ["", "{}", r#"{"resultSet":{"accessKeySecret":"canary7"}}"#] {
        let (admin, calls) = keys(&[(200, NO_KEYS), (200, body)]);
        let fault = admin.generate(None).await.unwrap_err();
        assert_eq!((fault.code().name(), calls.lines().len()), ("upstream-answer-bad", 2));
        assert!(fault.hint().contains("delete the one that is new"));
        assert!(!format!("{fault:?} {fault}").contains("canary"));
    }
    let (admin, calls) = keys(&[(200, NO_KEYS)]);
    assert!(admin.generate(None).await.is_err());
    assert_eq!(calls.lines().len(), 2);
}

#[tokio::test]
async fn a_full_user_is_told_with_its_keys() {
    let full = r#"{"accessKeys":[{"accessKeyId":"A","isActive":true},{"accessKeyId":"B","isActive":false}]}"#;
    let (admin, calls) = keys(&[(200, full)]);
    let fault = admin.generate(None).await.unwrap_err();
    assert_eq!((fault.code().name(), calls.lines().len()), ("slots-full", 1));
    assert!(fault.detail().ends_with("`A` (active) and `B` (inactive)"), "{fault}");
    let lower = r#"{"code":"BAD_REQUEST","errors":["The Maximum number is reached"]}"#;
    let (admin, _) = keys(&[(200, ONE_KEY), (400, lower)]);
    let fault = admin.generate(None).await.unwrap_err();
    assert_eq!((fault.code().name(), fault.detail().contains("`K====`")), ("slots-full", true));
    let (admin, _) = keys(&[(200, ONE_KEY), (429, r#"{"message":"API rate limit exceeded"}"#)]);
    assert_eq!(admin.generate(None).await.unwrap_err().code().name(), "upstream-throttled");
    assert_eq!(keys(&[]).0.generate(Some(&slot("A"))).await.unwrap_err().code().name(), "rotation-refused");
}

#[tokio::test]
async fn switching_and_deleting_name_the_key_and_its_user() {
    let (admin, calls) = keys(&[
        (200, ""),
        (404, "{}"),
        (200, r#"{"resultSet":{"accessKeyId":"K====","userId":"u"}}"#),
        (204, ""),
    ]);
    admin.set_active(&slot("K===="), false).await.unwrap();
    assert_eq!(admin.set_active(&slot("K===="), true).await.unwrap_err().code().name(), "slot-unknown");
    admin.delete(&slot("K====")).await.unwrap();
    let path = "/access-key-management/v1/access-keys";
    let patch = format!("PATCH {path}?accessKeyId=K%3D%3D%3D%3D&userId=u");
    assert_eq!(
        calls.lines(),
        [patch.clone(), patch, format!("GET {path}/K===="), format!("DELETE {path}/K====")]
    );
    assert_eq!(calls.sent()[0].1, r#"{"isActive":false}"#);
}

#[tokio::test]
async fn a_key_of_another_user_is_not_deleted_and_a_missing_one_is_gone() {
    let (admin, calls) = keys(&[(200, r#"{"accessKey":{"accessKeyId":"K","userId":"other"}}"#)]);
    assert_eq!(admin.delete(&slot("K")).await.unwrap_err().code().name(), "slot-unknown");
    assert_eq!(calls.lines().len(), 1);
    keys(&[(404, "{}")]).0.delete(&slot("K")).await.unwrap();
    let there = r#"{"resultSet":{"accessKeyId":"K"}}"#;
    keys(&[(200, there), (404, "{}")]).0.delete(&slot("K")).await.unwrap();
    assert_eq!(keys(&[(404, "{}")]).0.rights(&slot("K")).await.unwrap_err().code().name(), "slot-unknown");
    assert_eq!(
        keys(&[(200, "[]")]).0.rights(&slot("K")).await.unwrap_err().code().name(),
        "upstream-answer-bad"
    );
}

#[tokio::test]
async fn a_denied_call_names_the_permission_in_the_products_words() {
    let list = keys(&[(403, "{}")]).0.list().await.unwrap_err();
    let create = keys(&[(200, NO_KEYS), (403, "{}")]).0.generate(None).await.unwrap_err();
    let edit = keys(&[(403, "{}")]).0.set_active(&slot("K"), true).await.unwrap_err();
    let there = r#"{"resultSet":{"accessKeyId":"K"}}"#;
    let delete = keys(&[(200, there), (403, "{}")]).0.delete(&slot("K")).await.unwrap_err();
    for (fault, action) in [(list, "View"), (create, "Create"), (edit, "Edit"), (delete, "Delete")] {
        assert_eq!(fault.code().name(), "admin-denied");
        assert!(fault.detail().contains(&format!("`Access Key: {action}`")), "{fault}");
    }
}

#[tokio::test]
async fn an_application_is_registered_like_the_youngest_in_use() {
    let known = r#"[{"id":"one","name":"q","isEnabled":true,"type":"backend"},
        {"id":"two","name":"q-2","isEnabled":true,"type":"backend","later":[1]},{"id":"x","name":"other"}]"#;
    let (admin, calls) = applications(&[(200, known), (201, r#"{"id":"three","secret":"canary7"}"#)]);
    let made = admin.generate(None).await.unwrap();
    assert_eq!((made.slot, made.members["client_id"].expose()), (slot("three"), &b"three"[..]));
    assert_eq!(calls.lines(), ["GET /apps/v1/applications", "POST /apps/v1/applications"]);
    assert_eq!(calls.sent()[1].1, r#"{"later":[1],"name":"q-3","type":"backend"}"#);
    let (admin, calls) = applications(&[(200, "[]")]);
    assert_eq!(admin.generate(None).await.unwrap_err().code().name(), "slot-unknown");
    assert_eq!(calls.lines().len(), 1);
    let (admin, _) = applications(&[(200, known), (409, r#"{"message":"limit reached"}"#)]);
    assert_eq!(admin.generate(None).await.unwrap_err().code().name(), "slots-full");
    let (admin, _) = applications(&[(200, known), (200, "{}")]);
    assert!(admin.generate(None).await.unwrap_err().hint().contains("nobody knows"));
}

#[tokio::test]
async fn an_application_is_disabled_before_its_deletion_is_scheduled() {
    let enabled = r#"{"id":"a","name":"q-2","isEnabled":true}"#;
    let (admin, calls) = applications(&[(200, enabled), (200, ""), (202, "")]);
    admin.delete(&slot("a")).await.unwrap();
    let at = "/apps/v1/applications/a";
    assert_eq!(calls.lines(), [format!("GET {at}"), format!("POST {at}-disable"), format!("DELETE {at}")]);
    // Scheduled by somebody else while it goes on: only that is ended.
    let going = r#"{"id":"a","name":"q","isEnabled":true,"scheduledDeletionTime":"2026-01-08T00:00:00Z"}"#;
    let (admin, calls) = applications(&[(200, going), (200, "")]);
    admin.delete(&slot("a")).await.unwrap();
    assert_eq!(calls.lines().len(), 2);
    applications(&[(404, "{}")]).0.delete(&slot("a")).await.unwrap();
    let foreign = r#"{"id":"a","name":"other","isEnabled":true}"#;
    let (admin, calls) = applications(&[(200, foreign)]);
    assert_eq!(admin.delete(&slot("a")).await.unwrap_err().code().name(), "slot-unknown");
    assert_eq!(calls.lines().len(), 1);
}

#[tokio::test]
async fn an_application_in_the_right_state_is_left_alone_and_one_that_goes_is_not_listed() {
    let disabled = r#"{"resultSet":{"id":"a","name":"q","isEnabled":false}}"#;
    let (admin, calls) = applications(&[(200, disabled), (200, disabled), (200, "")]);
    admin.set_active(&slot("a"), false).await.unwrap();
    admin.set_active(&slot("a"), true).await.unwrap();
    assert_eq!(calls.lines().last().unwrap(), "POST /apps/v1/applications/a-enable");
    let known = r#"{"resultSet":{"applications":[
        {"id":"off","name":"q","isEnabled":false,"scheduledDeletionTime":"2026-01-08T00:00:00Z"},
        {"id":"on","name":"q-2","isEnabled":true,"scheduledDeletionTime":"2026-01-08T00:00:00Z"},
        {"id":"idle","name":"q-3","isEnabled":false,"scheduledDeletionTime":null}]}}"#;
    let ids: Vec<_> =
        applications(&[(200, known)]).0.list().await.unwrap().into_iter().map(|s| s.id).collect();
    assert_eq!(ids, [slot("idle"), slot("on")]);
    let gone = applications(&[(404, "{}")]).0.set_active(&slot("a"), true).await.unwrap_err();
    assert_eq!(gone.code().name(), "slot-unknown");
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let calls = || Arc::new(ScriptedCalls::default()) as _;
    let time = || Arc::new(ManualTime::default());
    for (user_id, max_keys) in [("", 2), ("a/b", 2), ("u", 0)] {
        let settings = CxoneKeySettings { user_id: user_id.into(), tenant_id: None, max_keys };
        let fault = CxoneKeyAdmin::new(calls(), time(), settings).unwrap_err();
        assert_eq!(fault.code().name(), "configuration-invalid");
    }
    for (base_path, name) in [("/a", " "), ("a", "n"), ("/a//b", "n"), ("/a?b", "n"), ("/a/*", "n")] {
        let settings = CxoneApplicationSettings { base_path: base_path.into(), name: name.into() };
        let fault = CxoneApplicationAdmin::new(calls(), time(), settings).unwrap_err();
        assert_eq!(fault.code().name(), "configuration-invalid", "{base_path}");
    }
}

#[test]
fn the_rules_are_the_calls_and_nothing_else() {
    let lines = |rules: Vec<hallpass_core::policy::Rule>| {
        rules.iter().map(|rule| rule.as_str().to_owned()).collect::<Vec<_>>()
    };
    let keys = "/access-key-management/v1/access-keys";
    let wanted = ["GET", "POST", "PATCH"].map(|method| format!("{method} {keys}"));
    let wanted = [&wanted[..], &[format!("GET {keys}/*"), format!("DELETE {keys}/*")]].concat();
    assert_eq!(lines(cxone_key_rules().unwrap()), wanted);
    assert_eq!(lines(cxone_application_rules("/a").unwrap()).len(), 5);
    assert!(cxone_application_rules("/a/../b").is_err());
}
