//! A rotation as Secrets Manager runs it, against our stand-in: room for a version, four steps, and a schedule for the rest.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hallpass_app::lifecycle::NoProgress;
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
        let aws = Arc::new(Aws::new());
        let door = StandIn::start(aws.endpoint(REGION), None).await.unwrap();
        let stage = Stage::keeping(&format!("aws-sm:{ENTRY}?region={REGION}&endpoint={}", door.url())).await;
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
