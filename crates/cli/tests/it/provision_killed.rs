//! The real binary, killed at every request of an apply, and typed again.

use std::sync::Arc;
use std::time::Duration;

use hallpass_cloud_emulator::StandIn;
use hallpass_cloud_emulator::aws::Aws;
use serde_json::{Value, json};

use crate::provision::{GRANTS, Provisioned};
use crate::rotate_killed::{MINUTE, age, draw, killed_at};

const REGION: &str = "us-east-1";
const ENTRY: &str = "prod/queue-sync";
const DOCUMENT: &str = "prod/queue-sync.provision";

#[test]
fn an_apply_killed_at_every_request_and_typed_again_leaves_one_client_and_its_secret() {
    let first = Stage::set();
    let before = first.requests();
    assert_eq!(first.apply(), Some(0));
    let whole = first.requests() - before;
    first.assert_applied();
    let (mut killed, mut faster) = (0, 0);
    for request in 1..=whole {
        let stage = Stage::set();
        let moment = Duration::from_micros(draw(request) % 1_500);
        match stage.kill_at(request, moment) {
            None => killed += 1,
            Some(_) => faster += 1,
        }
        stage.until_applied();
        stage.assert_applied();
    }
    assert!(killed >= whole / 2, "{killed} of {whole} were killed");
    println!("figure: {killed} SIGKILLs of applies with {whole} requests, {faster} were faster: 0 orphans");
}

/// A platform with an administrator, and a store whose documents can be moved back in time.
struct Stage {
    provisioned: Provisioned,
    aws: Arc<Aws>,
    door: StandIn,
}

impl Stage {
    fn set() -> Self {
        let mut provisioned = Provisioned::set();
        let aws = Arc::new(Aws::new());
        let door = provisioned.scene.block_on(StandIn::start(Arc::clone(&aws) as _, None)).unwrap();
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ] {
            provisioned.scene.set(name, value);
        }
        provisioned.configure("queue-sync of hallpass", GRANTS);
        let path = provisioned.scene.path().join("hallpass.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let there = format!("aws-sm:{ENTRY}?region={REGION}&endpoint={}", door.url());
        std::fs::write(&path, text.replace("local:queue-sync", &there)).unwrap();
        Self { provisioned, aws, door }
    }

    fn requests(&self) -> u64 {
        self.provisioned.scene.world().witness().totals.requests + self.door.seen().len() as u64
    }

    fn kill_at(&self, requests: u64, moment: Duration) -> Option<i32> {
        let until = self.requests() + requests;
        let process = self.provisioned.scene.hallpass(&APPLY).start().unwrap();
        killed_at(process, || self.requests() >= until, moment).code
    }

    fn apply(&self) -> Option<i32> {
        self.provisioned.scene.run(&APPLY).code
    }

    /// As an operator does, each time after the lease of what died is over.
    fn until_applied(&self) {
        for _ in 0..4 {
            self.time_goes_by(10 * MINUTE);
            match self.apply() {
                Some(0) => return,
                code => assert_eq!(code, Some(11), "only time may be in the way"),
            }
        }
        panic!("it is never applied");
    }

    fn stored(&self, entry: &str) -> Option<Value> {
        let stored = self.aws.operate(REGION, "GetSecretValue", &json!({ "SecretId": entry })).ok()?;
        serde_json::from_str(stored["SecretString"].as_str()?).ok()
    }

    /// Every date of the document lies so many milliseconds further back.
    fn time_goes_by(&self, by: u64) {
        let Some(mut document) = self.stored(DOCUMENT).filter(|document| document["schema"].is_number())
        else {
            return;
        };
        age(&mut document, by);
        let put = json!({
            "SecretId": DOCUMENT, "SecretString": document.to_string(), "VersionStages": ["AWSCURRENT"],
            "ClientRequestToken": format!("{:0>32}", self.requests() + 1_000),
        });
        self.aws.operate(REGION, "PutSecretValue", &put).unwrap();
    }

    /// One client, whose secret is the stored one, and nothing is left to do.
    fn assert_applied(&self) {
        let standing = self.provisioned.standing();
        let secret = self.stored(ENTRY).unwrap();
        assert_eq!(standing, [secret["client_id"].as_str().unwrap()], "an orphan, or another's secret");
        let live = secret["client_secret"].as_str().unwrap();
        assert!(self.provisioned.scene.world().is_live(&standing[0], live));
        let planned = self.provisioned.scene.run(&["provision", "plan", "queue-sync"]);
        assert_eq!(planned.code, Some(10), "{planned:?}");
        let document = self.stored(DOCUMENT).unwrap();
        assert!(document["open"].is_null() && document["lease"].is_null(), "{document}");
    }
}

const APPLY: [&str; 4] = ["provision", "apply", "queue-sync", "--yes"];
