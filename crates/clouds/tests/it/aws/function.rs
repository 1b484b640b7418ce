//! A copy of a secret in a function's environment, against the stand-in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hallpass_cloud_emulator::aws::{Aws, refusal};
use hallpass_cloud_emulator::{Behaviour, StandIn};
use hallpass_clouds::aws::{FunctionTarget, FunctionVariable, Settings};
use hallpass_core::{BoxFuture, Fault, FaultCode, Remedy, Secret, Sleep};

const REGION: &str = "eu-west-1";
const NAME: &str = "queue-sync";
const VARIABLE: &str = "QUEUE_SYNC_SECRET";
const MARK: &str = "QUEUE_SYNC_SECRET_PUBLISHED";

/// Counts what it is asked to sleep, and does not.
#[derive(Debug, Default)]
struct Naps(Mutex<Duration>);

impl Sleep for Naps {
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        *self.0.lock().unwrap() += duration;
        Box::pin(std::future::ready(()))
    }
}

struct House {
    aws: Arc<Aws>,
    door: StandIn,
    key: String,
    naps: Naps,
}

impl House {
    async fn open() -> Self {
        let aws = Arc::new(Aws::new());
        let door = StandIn::start(aws.endpoint(REGION), None).await.unwrap();
        let key = aws.key(REGION);
        aws.function(REGION, NAME, |function| function.variables = others());
        Self { aws, door, key, naps: Naps::default() }
    }

    fn variable(&self, function: &str, alias: Option<&str>) -> FunctionVariable {
        let variables: hallpass_clouds::aws::Variables = Arc::new(|name: &str| match name {
            "AWS_ACCESS_KEY_ID" => Some("AKIDFAKE".into()),
            "AWS_SECRET_ACCESS_KEY" => Some("planted-key".into()),
            _ => None,
        });
        let settings = Settings::new(variables);
        let settings = Settings {
            region: Some(REGION.into()),
            endpoint: Some(self.door.url().into()),
            identity: hallpass_clouds::aws::Identity::VariablesOnly,
            ..settings
        };
        let target = FunctionTarget {
            function: function.into(),
            variable: VARIABLE.into(),
            key: self.key.as_str().into(),
            alias: alias.map(Into::into),
        };
        FunctionVariable::open(settings, target)
    }

    async fn publish(&self, alias: Option<&str>, value: &str, what: &str) -> Result<(), Fault> {
        self.variable(NAME, alias).publish(&Secret::from(value.to_owned()), what, &self.naps).await
    }

    /// The variables of `$LATEST`, or of a version.
    fn variables(&self, version: Option<usize>) -> BTreeMap<String, String> {
        self.aws.function(REGION, NAME, |function| match version {
            Some(number) => function.versions[number - 1].1.clone(),
            None => function.variables.clone(),
        })
    }

    /// What the function of that name would decrypt.
    fn opened_by(&self, function: &str, variables: &BTreeMap<String, String>) -> Option<String> {
        let context = BTreeMap::from([("LambdaFunctionName".to_owned(), function.to_owned())]);
        self.aws.decrypt(REGION, &variables[VARIABLE], &context)
    }

    fn changes(&self) -> u64 {
        self.aws.function(REGION, NAME, |function| function.changes)
    }

    fn aliased(&self) -> usize {
        self.aws.function(REGION, NAME, |function| function.aliases["live"].0)
    }
}

fn others() -> BTreeMap<String, String> {
    [("DB_PASSWORD", "planted \"\u{1F511}\"\\n\t="), ("EMPTY", ""), ("QUEUE_SYNC_SECRET2", "x")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

#[tokio::test]
async fn the_variable_gets_the_secret_for_its_function_alone_and_the_others_stay() {
    let house = House::open().await;
    house.publish(None, "planted-one", "0a1b2c3d v1").await.unwrap();
    let mut now = house.variables(None);
    assert_eq!(house.opened_by(NAME, &now).as_deref(), Some("planted-one"));
    assert_eq!(house.opened_by("another", &now), None, "it opens in no other function");
    assert!(now[MARK].starts_with("0a1b2c3d v1 ") && !now[VARIABLE].contains("planted"));
    assert!(*house.naps.0.lock().unwrap() > Duration::ZERO, "it waited until the change was in effect");
    now.retain(|name, _| name != VARIABLE && name != MARK);
    assert_eq!(now, others());
}

#[tokio::test]
async fn publishing_twice_changes_nothing_and_another_version_does() {
    let house = House::open().await;
    for _ in 0..3 {
        house.publish(None, "planted-one", "0a1b2c3d v1").await.unwrap();
        assert_eq!(house.changes(), 1);
    }
    house.publish(None, "planted-two", "ffffffff v2").await.unwrap();
    assert_eq!(house.changes(), 2);
    assert_eq!(house.opened_by(NAME, &house.variables(None)).as_deref(), Some("planted-two"));
    house.aws.function(REGION, NAME, |function| {
        function.variables.insert(VARIABLE.to_owned(), "by hand".to_owned());
    });
    house.publish(None, "planted-two", "ffffffff v2").await.unwrap();
    assert_eq!(house.opened_by(NAME, &house.variables(None)).as_deref(), Some("planted-two"));
}

#[tokio::test]
async fn a_change_of_somebody_else_in_between_is_kept() {
    let house = House::open().await;
    house.aws.function(REGION, NAME, |function| {
        function.meddling = Some(("DB_PASSWORD".to_owned(), "planted-theirs".to_owned()));
    });
    house.publish(None, "planted-one", "0a1b2c3d v1").await.unwrap();
    let now = house.variables(None);
    assert_eq!(now["DB_PASSWORD"], "planted-theirs", "the revision was compared");
    assert_eq!(house.opened_by(NAME, &now).as_deref(), Some("planted-one"));
}

#[tokio::test]
async fn a_function_that_goes_on_being_changed_is_given_up_for_now() {
    let house = House::open().await;
    house.aws.function(REGION, NAME, |function| function.looks = 1_000);
    let fault = house.publish(None, "planted-one", "0a1b2c3d v1").await.unwrap_err();
    assert_eq!((fault.code(), fault.remedy()), (FaultCode::PublishUnsettled, Remedy::RetryLater), "{fault}");
    assert_eq!(*house.naps.0.lock().unwrap(), Duration::from_secs(40));
    assert_eq!(house.changes(), 1);
    house.aws.function(REGION, NAME, |function| function.fails = true);
    for _ in 0..60 {
        drop(house.publish(None, "planted-one", "0a1b2c3d v1").await);
    }
    let fault = house.publish(None, "planted-one", "0a1b2c3d v1").await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::PublishRefused, "{fault}");
    assert!(fault.to_string().contains("InternalError"), "{fault}");
    assert_eq!(house.changes(), 1, "it was not done again");
}

#[tokio::test]
async fn what_stands_in_the_way_is_named_and_nothing_is_shown() {
    let house = House::open().await;
    let (missing, value) = (house.variable("gone", None), Secret::from("planted-one"));
    let fault = missing.publish(&value, "0a1b2c3d v1", &house.naps).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::PublishRefused);
    assert!(fault.to_string().contains("`gone` in eu-west-1: there is no such function"), "{fault}");
    for permission in ["lambda:GetFunctionConfiguration", "kms:Encrypt", "lambda:UpdateFunctionConfiguration"]
    {
        house.aws.deny(permission);
        let fault = house.publish(None, "planted-one", "0a1b2c3d v1").await.unwrap_err();
        assert_eq!(fault.code(), FaultCode::StoreDenied, "{fault}");
        assert!(fault.to_string().contains(permission) && !fault.to_string().contains("planted"), "{fault}");
        house.aws.allow(permission);
    }
    house.door.next(Behaviour::Answer(refusal(429, "TooManyRequestsException", "Rate exceeded")));
    let fault = house.publish(None, "planted-one", "0a1b2c3d v1").await.unwrap_err();
    assert_eq!((fault.code(), fault.remedy()), (FaultCode::StoreThrottled, Remedy::RetryLater), "{fault}");
    house.aws.function(REGION, NAME, |function| function.hidden = true);
    let fault = house.publish(None, "planted-one", "0a1b2c3d v1").await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::PublishRefused);
    assert!(fault.to_string().contains("cannot be kept") && fault.hint().contains("kms:Decrypt"), "{fault}");
    assert_eq!((house.changes(), house.variables(None)), (0, others()), "nothing was changed");
    house.aws.function(REGION, NAME, |function| function.hidden = false);
    house.aws.function(REGION, NAME, |function| {
        function.variables.insert("LONG".to_owned(), "x".repeat(3_900));
    });
    let fault = house.publish(None, "planted-one", "0a1b2c3d v1").await.unwrap_err();
    assert!(fault.code() == FaultCode::PublishRefused && fault.hint().contains("4 KB"), "{fault}");
    house.aws.set_key_enabled(&house.key, false);
    assert_eq!(
        house.publish(None, "p", "0a1b2c3d v1").await.unwrap_err().code(),
        FaultCode::StoreVersionUnusable
    );
}

impl House {
    /// An alias `live` on a first version.
    async fn released() -> Self {
        let house = Self::open().await;
        house.aws.function(REGION, NAME, |function| {
            function.versions.push((function.code.clone(), function.variables.clone()));
            function.aliases.insert("live".to_owned(), (1, 0, None));
        });
        house
    }
}

#[tokio::test]
async fn an_alias_is_moved_to_a_version_with_the_secret_once() {
    let house = House::released().await;
    for _ in 0..3 {
        house.publish(Some("live"), "planted-one", "0a1b2c3d v1").await.unwrap();
        assert_eq!((house.aliased(), house.changes()), (2, 1));
    }
    assert_eq!(house.opened_by(NAME, &house.variables(Some(2))).as_deref(), Some("planted-one"));
    assert_eq!(house.variables(Some(1)), others(), "what was released stays as it was");
    let versions = house.aws.function(REGION, NAME, |function| function.versions.len());
    assert_eq!(versions, 2);
}

#[tokio::test]
async fn what_died_between_version_and_alias_goes_on_with_that_version() {
    let house = House::released().await;
    house.publish(None, "planted-one", "0a1b2c3d v1").await.unwrap();
    house.aws.deny("lambda:UpdateAlias");
    let fault = house.publish(Some("live"), "planted-one", "0a1b2c3d v1").await.unwrap_err();
    assert!(fault.to_string().contains("lambda:UpdateAlias"), "{fault}");
    assert_eq!(house.aliased(), 1);
    house.aws.allow("lambda:UpdateAlias");
    house.publish(Some("live"), "planted-one", "0a1b2c3d v1").await.unwrap();
    assert_eq!(house.aliased(), 2);
    assert_eq!(
        house.aws.function(REGION, NAME, |function| function.versions.len()),
        2,
        "no version was made twice"
    );
}

#[tokio::test]
async fn nobody_elses_unreleased_change_is_released() {
    for (change, what) in [("code", "its code"), ("variable", "other variables"), ("second", "divides calls")]
    {
        let house = House::released().await;
        house.aws.function(REGION, NAME, |function| match change {
            "code" => function.code = "code 2".to_owned(),
            "variable" => drop(function.variables.insert("NEW".to_owned(), "planted".to_owned())),
            _ => function.aliases.get_mut("live").unwrap().2 = Some(1),
        });
        let fault = house.publish(Some("live"), "planted-one", "0a1b2c3d v1").await.unwrap_err();
        assert_eq!(fault.code(), FaultCode::PublishRefused);
        assert!(fault.to_string().contains(what) && !fault.to_string().contains("planted"), "{fault}");
        assert_eq!(house.aliased(), 1, "{change}");
    }
    let house = House::open().await;
    let fault = house.publish(Some("live"), "planted-one", "0a1b2c3d v1").await.unwrap_err();
    assert!(fault.to_string().contains("no alias `live`"), "{fault}");
}
