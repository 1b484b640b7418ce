//! What whoever learns from calls is told.

use std::sync::{Arc, Mutex};

use hallpass_core::{CallObserver, Ending, ObservedCall};

use crate::rig::{PASS, Rig, Wire, request};

/// Keeps what it is told, values included: it is a test.
#[derive(Debug, Default)]
struct Told(Mutex<Vec<String>>);

impl CallObserver for Told {
    fn observe(&self, call: &ObservedCall<'_>) {
        let ending = match call.ending {
            Ending::Refused => "refused".to_owned(),
            Ending::Answered { rule, status } => format!("rule {rule}: {}", status.as_u16()),
            Ending::Unanswered { rule } => format!("rule {rule}: no answer"),
        };
        let told = format!("{} {} {} {ending}", call.integration, call.method, call.path);
        self.0.lock().unwrap().push(told);
        assert!(!format!("{call:?}").contains(call.path), "a path is not for logs");
    }
}

#[tokio::test]
async fn every_call_a_policy_was_asked_about_is_told_without_its_query() {
    let told = Arc::new(Told::default());
    let rig = Rig::with(|settings| settings.calls = Arc::clone(&told) as Arc<dyn CallObserver>).await;
    rig.get("/narrow/api/v2/routing/queues/7?secret=x").await;
    rig.get("/narrow/api/v2/users/me").await;
    rig.ask("DELETE /queue-sync/things HTTP/1.1\r\nHost: {H}\r\nHallpass: {P}\r\n\r\n").await;
    // None of these is a question to a policy, or one that has an answer.
    rig.get("/narrow/api/v2/routing/queues/../users").await;
    rig.get("/narrow/api/v2/routing/queues?access_token=x").await;
    rig.get("/nobody/x").await;
    rig.get("/-/status").await;
    rig.ask("GET /narrow/api/v2/routing/queues HTTP/1.1\r\nHost: {H}\r\nHallpass: wrong\r\n\r\n").await;
    let told = told.0.lock().unwrap().clone();
    assert_eq!(
        told,
        [
            "narrow GET /api/v2/routing/queues/7 rule 0: 200",
            "narrow GET /api/v2/users/me refused",
            "queue-sync DELETE /things rule 4: 200"
        ]
    );
    assert!(!told.iter().any(|line| line.contains(PASS)));
}

#[tokio::test]
async fn a_call_without_an_answer_is_told_as_such() {
    let told = Arc::new(Told::default());
    let rig = Rig::with(|settings| settings.calls = Arc::clone(&told) as Arc<dyn CallObserver>).await;
    let Rig { upstream, address, .. } = rig;
    upstream.go_down().await;
    let request = request("GET /narrow/api/v2/routing/queues", "", "").replace("{H}", &address.to_string());
    let answer = Wire::connect(address).await.ask(request.replace("{P}", PASS).into_bytes()).await;
    assert_eq!(answer.is(), (502, "upstream-unreachable"));
    assert_eq!(*told.0.lock().unwrap(), ["narrow GET /api/v2/routing/queues rule 0: no answer"]);
}
