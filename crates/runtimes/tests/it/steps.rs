//! A rotation as Secrets Manager runs it, against our stand-in: room for a version, four steps, and a schedule for the rest.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hallpass_app::lifecycle::{NoProgress, Step};
use hallpass_app::{Fault, FaultCode, RotationOptions};
use hallpass_cloud_emulator::StandIn;
use hallpass_cloud_emulator::aws::Aws;
use hallpass_emulator::{Act, Misbehaviour};
use hallpass_runtimes::rotation_function;
use serde_json::{Value, json};

use crate::stage::Stage;

const REGION: &str = "us-east-1";
const ENTRY: &str = "prod/sales";
const ONE: &str = "11111111-2222-4333-8444-555555555555";
const TWO: &str = "22222222-2222-4333-8444-555555555555";
const DAY: Duration = Duration::from_secs(86_400);

struct House {
    stage: Stage,
    aws: Arc<Aws>,
    arn: String,
    _door: StandIn,
}

impl House {
    async fn open() -> Self {
        Self::configured(|_, _| String::new()).await
    }

    /// With more lines of configuration, which `more` makes of the stand-in and its address.
    async fn configured(more: impl FnOnce(&Aws, &str) -> String) -> Self {
        let aws = Arc::new(Aws::new());
        let door = StandIn::start(aws.endpoint(REGION), None).await.unwrap();
        let more = more(&aws, &door.url());
        let reference = format!("aws-sm:{ENTRY}?region={REGION}&endpoint={}", door.url());
        let stage = Stage::configured(&reference, &more).await;
        let described = aws.operate(REGION, "DescribeSecret", &json!({"SecretId": ENTRY})).unwrap();
        let arn = described["ARN"].as_str().unwrap().to_owned();
        Self { stage, aws, arn, _door: door }
    }

    /// Secrets Manager begins a rotation.
    fn begin(&self, token: &str) -> Result<Value, String> {
        self.aws.operate(REGION, "RotateSecret", &json!({"SecretId": ENTRY, "ClientRequestToken": token}))
    }

    async fn step(&self, step: &str, token: &str) -> Result<(), Fault> {
        let event = json!({"Step": step, "SecretId": self.arn, "ClientRequestToken": token});
        self.invoke(&event).await
    }

    async fn invoke(&self, event: &Value) -> Result<(), Fault> {
        rotation_function::answer(&self.stage.app, event, Duration::ZERO).await
    }

    async fn scheduled(&self) -> Result<(), Fault> {
        self.invoke(&json!({"source": "aws.events", "detail-type": "Scheduled Event"})).await
    }

    fn labels(&self, token: &str) -> Vec<String> {
        self.aws.labels(REGION, ENTRY).remove(token).unwrap_or_default().into_iter().collect()
    }

    fn refused_with(outcome: Result<(), Fault>, words: &str) {
        let fault = outcome.unwrap_err();
        assert_eq!(fault.code(), FaultCode::RotationRefused, "{fault}");
        assert!(fault.to_string().contains(words), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_steps_promote_and_a_schedule_retires() {
    let house = House::open().await;
    house.begin(ONE).unwrap();
    assert_eq!(house.labels(ONE), ["AWSPENDING"]);
    for step in ["createSecret", "createSecret", "setSecret", "testSecret", "testSecret"] {
        house.step(step, ONE).await.unwrap_or_else(|fault| panic!("{step}: {fault} {}", fault.hint()));
        assert_eq!(house.stage.made(), 1, "{step}: made once, however often it is asked for");
        assert_eq!(house.labels(ONE), ["AWSPENDING"], "{step}");
        assert_eq!(
            house.stage.client("sales").await,
            "sales-a",
            "{step}: nothing is promoted before the last step"
        );
    }
    house.step("finishSecret", ONE).await.unwrap();
    assert_eq!(house.labels(ONE), ["AWSCURRENT"], "and AWSPENDING is gone");
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        house.step(step, ONE).await.unwrap();
    }
    assert_eq!(house.stage.made(), 1, "what is repeated after the end is answered quietly");

    // Not so many that the next rotation would be due: the stand-in dates what it stores by the machine's own clock.
    for _ in 0..20 {
        house.stage.advance(DAY);
        house.scheduled().await.unwrap();
    }
    let options = RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false };
    let status =
        house.stage.app.rotation("sales", options, Arc::new(NoProgress)).unwrap().status().await.unwrap();
    assert!(status.rotation.is_none(), "{status:?}");
    assert_eq!(house.stage.made(), 2, "the old client's secret was replaced by one that nobody keeps");
    assert_eq!(house.labels(ONE), ["AWSCURRENT"]);
    house.begin(TWO).unwrap();
    house.step("createSecret", TWO).await.unwrap();
    assert_eq!(house.labels(TWO), ["AWSPENDING"], "the next rotation finds nothing unfinished");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_did_not_begin_is_refused_before_anything_is_done() {
    let house = House::open().await;
    House::refused_with(house.step("createSecret", ONE).await, "not switched on");
    house.begin(ONE).unwrap();
    House::refused_with(house.step("createSecret", TWO).await, "no version of this token");
    for event in [
        json!({}),
        json!({"Step": "createSecret"}),
        json!({"Step": "create_secret", "SecretId": house.arn, "ClientRequestToken": ONE}),
    ] {
        assert_eq!(house.invoke(&event).await.unwrap_err().code(), FaultCode::RequestMalformed, "{event}");
    }
    let other = json!({"Step": "createSecret", "SecretId": "arn:aws:secretsmanager:us-east-1:1:secret:other-AbCdEf", "ClientRequestToken": ONE});
    House::refused_with(house.invoke(&other).await, "no integration rotates this secret");
    // Without a pending value there is nothing to try, and nothing to promote.
    House::refused_with(house.step("testSecret", ONE).await, "is gone");
    House::refused_with(house.step("finishSecret", ONE).await, "was not promoted");
    house.aws.operate(REGION, "CancelRotateSecret", &json!({"SecretId": ENTRY})).unwrap();
    House::refused_with(house.step("createSecret", ONE).await, "not switched on");
    assert_eq!(house.stage.made(), 0);
    let pending: BTreeSet<_> = house.labels(ONE).into_iter().collect();
    assert_eq!(pending, BTreeSet::from(["AWSPENDING".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_fails_its_canary_is_never_promoted() {
    let house = House::open().await;
    house.begin(ONE).unwrap();
    house.step("createSecret", ONE).await.unwrap();
    let refused = Act::Fail { status: 403, retry_after: None, after_effect: false };
    let canary = Misbehaviour::on_api(refused).path("/api/v2/routing/queues").forever();
    house.stage.emulator.world().misbehave(canary);
    assert!(house.step("testSecret", ONE).await.is_err());
    assert!(house.step("finishSecret", ONE).await.is_err());
    assert!(!house.labels(ONE).contains(&"AWSCURRENT".to_owned()));
    assert_eq!(house.stage.client("sales").await, "sales-a");
    assert_eq!(house.stage.made(), 1, "no second one is made under the same token");
}

impl House {
    /// The four steps, each once.
    async fn rotated(&self, token: &str) {
        self.begin(token).unwrap();
        for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
            let outcome = self.step(step, token).await;
            assert!(outcome.is_ok(), "{step}: {outcome:?}");
        }
    }

    /// Moves a label as an operator would.
    fn relabel(&self, label: &str, from: Option<&str>, to: Option<&str>) {
        let asked = json!({"SecretId": ENTRY, "VersionStage": label, "RemoveFromVersionId": from, "MoveToVersionId": to});
        self.aws.operate(REGION, "UpdateSecretVersionStage", &asked).unwrap();
    }

    fn version_at(&self, label: &str) -> String {
        let labels = self.aws.labels(REGION, ENTRY);
        labels.into_iter().find(|(_, of)| of.contains(label)).unwrap().0
    }

    async fn status(&self) -> hallpass_app::lifecycle::Status {
        let options = RotationOptions { stay: Duration::ZERO, accept_downtime_risk: false };
        self.stage.app.rotation("sales", options, Arc::new(NoProgress)).unwrap().status().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_step_that_died_behind_the_move_is_brought_to_its_end() {
    let house = House::open().await;
    house.begin(ONE).unwrap();
    for step in ["createSecret", "setSecret", "testSecret"] {
        house.step(step, ONE).await.unwrap();
    }
    // What the dead one did last: AWSCURRENT is moved, AWSPENDING stands beside it, and no consumer was told.
    house.relabel("AWSCURRENT", Some(&house.version_at("AWSCURRENT")), Some(ONE));
    assert_eq!(house.labels(ONE), ["AWSCURRENT", "AWSPENDING"]);
    for step in ["createSecret", "setSecret", "testSecret"] {
        house.step(step, ONE).await.unwrap();
        assert_eq!(house.labels(ONE), ["AWSCURRENT", "AWSPENDING"], "{step} has no say any more");
    }
    house.step("finishSecret", ONE).await.unwrap();
    assert_eq!(house.labels(ONE), ["AWSCURRENT"], "AWSPENDING is taken off");
    let (_, _, step) = house.status().await.rotation.unwrap();
    assert!(step >= Step::CollectEvidence, "consumers were told and it is written down: {step:?}");
    let asked = house.stage.emulator.world().witness().totals.requests;
    house.step("finishSecret", ONE).await.unwrap();
    assert_eq!(
        house.stage.emulator.world().witness().totals.requests,
        asked,
        "and then nothing is asked any more"
    );
    assert_eq!(house.stage.made(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_schedule_the_next_rotation_ends_the_one_before() {
    let house = House::open().await;
    house.rotated(ONE).await;
    house.begin(TWO).unwrap();
    let fault = house.step("createSecret", TWO).await.unwrap_err();
    assert!(fault.to_string().contains("of the rotation before is not retired yet"), "{fault}");
    assert!(fault.hint().contains("EventBridge") && fault.retry_after().is_some(), "{fault}");
    // Weeks: two looks carry the end of the old secret on, as a schedule's would.
    for _ in 0..2 {
        house.stage.advance(10 * DAY);
        assert!(house.step("createSecret", TWO).await.is_err());
    }
    assert!(house.status().await.rotation.is_none(), "the one before is over");
    assert_eq!(house.labels(TWO), ["AWSPENDING"], "and the token still waits");
    house.stage.advance(DAY);
    house.step("createSecret", TWO).await.unwrap();
    house.step("finishSecret", TWO).await.unwrap();
    assert_eq!(
        (house.labels(TWO), house.stage.client("sales").await),
        (vec!["AWSCURRENT".into()], "sales-a".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_secret_that_aws_gave_up_makes_room_for_the_next_token() {
    let house = House::open().await;
    house.begin(ONE).unwrap();
    house.step("createSecret", ONE).await.unwrap();
    house.relabel("AWSPENDING", Some(ONE), None);
    House::refused_with(house.step("testSecret", ONE).await, "no version of this token");
    house.begin(TWO).unwrap();
    house.stage.advance(Duration::from_secs(600));
    house.step("createSecret", TWO).await.unwrap();
    assert_eq!(house.stage.made(), 2, "the first was nobody's any more");
    for step in ["testSecret", "finishSecret"] {
        house.step(step, TWO).await.unwrap();
    }
    assert_eq!(house.labels(TWO), ["AWSCURRENT"]);
    assert_eq!(house.stage.client("sales").await, "sales-b");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_token_is_shown_to_a_secret_of_another_account() {
    let house = House::open().await;
    house.aws.guard(ENTRY, "planted-rotation-token");
    house.begin(ONE).unwrap();
    assert_eq!(house.step("createSecret", ONE).await.unwrap_err().code(), FaultCode::StoreDenied);
    house.stage.advance(Duration::from_secs(600));
    let event = json!({"Step": "createSecret", "SecretId": house.arn, "ClientRequestToken": ONE, "RotationToken": "planted-rotation-token"});
    house.invoke(&event).await.unwrap();
    assert_eq!(house.labels(ONE), ["AWSPENDING"]);
    house.step("finishSecret", ONE).await.unwrap();
    assert_eq!(house.labels(ONE), ["AWSCURRENT"]);
}

/// A function that gets the secret of `sales` by its environment.
fn consumer(aws: &Aws, url: &str) -> String {
    aws.function(REGION, "consumer", |function| {
        function.looks = 0;
        function.variables.insert("OTHER".to_owned(), "planted-other".to_owned());
    });
    let key = aws.key(REGION);
    format!(
        "[integrations.sales.rotation.publish.consumer]\naws_lambda = \"consumer\"\nvariable = \"SALES\"\nkey = \"{key}\"\n\
         region = \"{REGION}\"\nendpoint = \"{url}\"\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_step_is_over_once_the_functions_have_the_new_secret() {
    let house = House::configured(consumer).await;
    house.begin(ONE).unwrap();
    for step in ["createSecret", "setSecret", "testSecret"] {
        house.step(step, ONE).await.unwrap();
    }
    let variables = || house.aws.function(REGION, "consumer", |function| function.variables.clone());
    assert_eq!(variables().len(), 1, "nobody is told before it is promoted");
    house.aws.deny("lambda:UpdateFunctionConfiguration");
    let fault = house.step("finishSecret", ONE).await.unwrap_err();
    assert!(fault.to_string().contains("lambda:UpdateFunctionConfiguration"), "{fault}");
    assert_eq!(house.labels(ONE), ["AWSCURRENT"], "it is promoted, and a consumer is not told");
    assert!(house.step("finishSecret", ONE).await.is_err(), "that is not answered quietly");
    // So long that the overlap would be over, had it begun with the promotion.
    house.stage.advance(3 * DAY);
    house.aws.allow("lambda:UpdateFunctionConfiguration");
    house.step("finishSecret", ONE).await.unwrap();
    let context =
        std::collections::BTreeMap::from([("LambdaFunctionName".to_owned(), "consumer".to_owned())]);
    let opened = house.aws.decrypt(REGION, &variables()["SALES"], &context).unwrap();
    let stored = house.aws.operate(REGION, "GetSecretValue", &json!({"SecretId": ENTRY})).unwrap();
    assert_eq!(stored["SecretString"], *opened, "the function reads what the store holds");
    assert_eq!(variables()["OTHER"], "planted-other");
    house.scheduled().await.unwrap();
    let (_, _, step) = house.status().await.rotation.unwrap();
    assert!(step <= Step::Soak, "sandboxes that were started an hour ago hold the old secret: {step:?}");
    assert!(house.stage.emulator.world().is_live("sales-a", "planted-sales-a"));
    for _ in 0..14 {
        house.stage.advance(DAY);
        house.scheduled().await.unwrap();
    }
    assert!(house.status().await.rotation.is_none(), "and in the end it is retired");
}
