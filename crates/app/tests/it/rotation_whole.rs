//! Whole rotations, from the day they are due until nothing is left of the old secret, in runs as cron starts them. P4: no live secret that no store names.

use hallpass_app::lifecycle::{Call, Event, Order, Outcome, Stop, Tail};

use crate::rotation_stage::{DAY, ENTRY, HOUR, Place, Shape, Stage};

/// Lives through one rotation, and looks at everything afterwards. `deletions` is what the strategy deletes at the platform.
pub(crate) async fn rotate_once(stage: &mut Stage, deletions: usize) {
    let (old, old_secret) = stage.current().await;
    assert!(matches!(stage.run(Order::Due).await, Stop::NotDue(_)));
    let (made, deleted) = stage.made_and_deleted();
    let refused = stage.world().witness().secret_refusals.len();
    // An hour more: AWS dates what is written by the machine's clock, which goes on while ours stands still.
    stage.advance(90 * DAY + HOUR);
    stage.serve().await;
    assert_eq!(stage.until_it_ends().await, Outcome::Rotated);

    let (new, new_secret) = stage.current().await;
    assert_ne!((&new, &new_secret), (&old, &old_secret));
    assert_eq!(
        stage.live().into_iter().collect::<Vec<_>>(),
        std::slice::from_ref(&new),
        "P4: one live secret, the stored one"
    );
    assert!(stage.world().is_live(&new, &new_secret) && !stage.world().is_live(&old, &old_secret));
    // Alternating makes two: the new one, and one that nobody ever has in the place of the old one.
    let generated = if stage.shape == Shape::Clients { 2 } else { 1 };
    assert_eq!(stage.made_and_deleted(), (made + generated, deleted + deletions));
    // The one refusal is the engine's own question whether the old one is dead.
    let refusals = stage.world().witness().secret_refusals.split_off(refused);
    let by_old = |id: &Option<String>| id.as_deref().is_some_and(|id| id == old || id == "OLD====");
    assert!(!refusals.is_empty() && refusals.iter().all(|refusal| by_old(&refusal.id)), "{refusals:?}");
    assert!(matches!(stage.run(Order::Due).await, Stop::NotDue(_)));
    stage.serve().await;
    on_record(stage, [&old_secret, &new_secret]).await;
}

/// Journal and audit log are complete, and hold no secret.
async fn on_record(stage: &Stage, secrets: [&String; 2]) {
    let app = stage.app().await;
    let rotation = stage.rotation(&app).unwrap();
    let recorded = rotation.history().await.unwrap();
    assert_eq!(recorded.tail, Tail::Whole);
    let has = |wanted: fn(&Event) -> bool| recorded.records.iter().any(|record| wanted(&record.event));
    assert!(
        has(|event| matches!(event, Event::Promoted(_) | Event::Called(Call::Promote(..), _)))
            && has(|event| matches!(event, Event::Proved(..)))
    );
    let changes = recorded.records.iter().filter(|record| {
        let event = &record.event;
        matches!(event, Event::Called(..) | Event::Stored(..) | Event::Promoted(_) | Event::Published)
    });
    let audit = stage.audit();
    let steps = |outcome: &str, start: &str| {
        let found = audit.iter().filter(|line| {
            line["kind"] == "rotation-step"
                && line["facts"]["outcome"] == outcome
                && line["facts"]["what"].as_str().is_some_and(|what| !what.starts_with(start))
        });
        found.count()
    };
    assert_eq!(steps("begins", "-"), steps("done", "-"), "every effect is on record before and after");
    let discarded =
        recorded.records.iter().filter(|record| matches!(record.event, Event::Discarded(_))).count();
    assert_eq!(steps("done", "checkpoint"), changes.count() + discarded);
    let status = rotation.status().await.unwrap();
    let told = format!("{status}{status:?}{recorded:?}{rotation:?}");
    stage.assert_nothing_secret(&told, &secrets.map(String::as_str));
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_two_clients_take_turns() {
    let mut stage = Stage::set(Shape::Clients, Place::Local).await;
    for current in ["client-b", "client-a", "client-b"] {
        rotate_once(&mut stage, 0).await;
        assert_eq!(stage.current().await.0, current);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_two_clients_take_turns_in_aws() {
    let mut stage = Stage::set(Shape::Clients, Place::Aws).await;
    for _ in 0..2 {
        rotate_once(&mut stage, 0).await;
    }
    beside(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_access_keys_overlap() {
    let mut stage = Stage::set(Shape::Keys, Place::Local).await;
    for _ in 0..2 {
        rotate_once(&mut stage, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_access_keys_overlap_in_aws() {
    let mut stage = Stage::set(Shape::Keys, Place::Aws).await;
    rotate_once(&mut stage, 1).await;
    beside(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_an_application_is_followed_by_its_successors() {
    let mut stage = Stage::set(Shape::Applications, Place::Local).await;
    for _ in 0..2 {
        rotate_once(&mut stage, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_an_application_is_followed_by_its_successors_in_aws() {
    let mut stage = Stage::set(Shape::Applications, Place::Aws).await;
    rotate_once(&mut stage, 1).await;
    beside(&stage).await;
}

/// The checkpoints stand in an entry of their own beside the secret, and hold none.
async fn beside(stage: &Stage) {
    let (_, secret) = stage.current().await;
    let asked = |name: &str| serde_json::json!({ "SecretId": name });
    let read = |name: &str| stage.aws.operate("us-east-1", "GetSecretValue", &asked(name)).unwrap();
    assert!(read(ENTRY)["SecretString"].as_str().unwrap().contains(&secret));
    let checkpoint = read(&format!("{ENTRY}.rotation"))["SecretString"].as_str().unwrap().to_owned();
    assert!(
        checkpoint.contains("\"last\"") && !checkpoint.contains(&secret) && !checkpoint.contains("planted")
    );
}
