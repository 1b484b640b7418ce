//! The real binary with its secrets in clouds, each played by a stand-in.

use std::sync::Arc;

use hallpass_cloud_emulator::aws::{self, Aws};
use hallpass_cloud_emulator::{Behaviour, StandIn, azure::Azure, google};

use crate::scene::{SECRET, Scene, until};

/// All three clouds, and a configuration that names an entry in each.
struct Clouds {
    scene: Scene,
    aws: Vec<StandIn>,
    _azure: Azure,
    _google: Vec<StandIn>,
    references: [String; 3],
}

impl Clouds {
    fn start() -> Self {
        let mut scene = Scene::empty();
        let (aws, at) = scene.block_on(aws::start()).unwrap();
        let azure = scene.block_on(Azure::start()).unwrap();
        let (google, there) = scene.block_on(google::announce()).unwrap();
        let told = azure.announcement();
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_REGION", "us-east-1"),
            ("AZURE_AUTHORITY_HOST", &text("entra_url")),
            ("AZURE_TENANT_ID", &text("tenant")),
            ("AZURE_CLIENT_ID", &text("client")),
            ("AZURE_CLIENT_SECRET", &text("client_secret")),
            ("GCE_METADATA_HOST", there["metadata_url"].as_str().unwrap().trim_start_matches("http://")),
        ] {
            scene.set(name, value);
        }
        let references = [
            format!("aws-sm:prod/queue-sync?region=us-east-1&endpoint={}", at["url"].as_str().unwrap()),
            format!("azure-kv:{}/secrets/queue-sync", text("vault_url")),
            format!("gcp-sm:projects/acme/secrets/queue-sync?endpoint={}", there["url"].as_str().unwrap()),
        ];
        scene.write("authority.pem", &text("authority_pem"));
        Self { scene, aws, _azure: azure, _google: google, references }
    }

    /// The secret of `queue-sync` is there, in this order.
    fn configure(&self, references: &[&str]) {
        self.scene.configure("");
        let path = self.scene.path().join("hallpass.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let list = format!("secret = {references:?}");
        let text = text.replace("secret = \"local:queue-sync\"", &list);
        let text = text.replace("[outbound]\n", "[outbound]\nextra_roots = \"authority.pem\"\n");
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn a_secret_is_put_into_each_cloud_listed_examined_and_used() {
    let clouds = Clouds::start();
    for reference in &clouds.references {
        clouds.configure(&[reference]);
        let put = clouds.scene.run_with(&["secret", "put", "queue-sync"], clouds.scene.material());
        assert_eq!(put.code, Some(0), "{reference}: {put:?}");
        assert!(put.stderr.contains(reference.as_str()), "{put:?}");
        let again = clouds.scene.run_with(&["secret", "put", reference, "--json"], clouds.scene.material());
        let again: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
        assert_eq!((&again["serial"], &again["reference"]), (&2.into(), &reference.as_str().into()));
        let listed = clouds.scene.run(&["secret", "list", "--json"]);
        let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
        let entry = &listed["entries"][0];
        assert_eq!(entry["current"], again["version"], "{listed}");
        assert!(entry["previous"].is_string() && entry["pending"].is_null(), "{listed}");
        let doctor = clouds.scene.run(&["doctor"]);
        assert_eq!(doctor.code, Some(0), "{doctor:?}");
        assert!(doctor.stdout.contains("serial 2") && doctor.stdout.contains("identity"), "{doctor:?}");
        let call = clouds.scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]);
        assert_eq!(call.code, Some(0), "{call:?}");
        for output in [&put, &doctor, &call] {
            assert!(!format!("{output:?}").contains(SECRET), "{output:?}");
        }
    }
}

#[test]
fn a_process_without_an_identity_is_told_so_before_anything_else() {
    let mut clouds = Clouds::start();
    let references = clouds.references.clone();
    for (reference, variable) in references.iter().zip(["AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET"]) {
        clouds.configure(&[reference]);
        // Azure's wrong secret is refused by its token service, AWS's missing one by the chain; neither store is asked.
        let value = if variable.starts_with("AWS") { "" } else { "wrong" };
        clouds.scene.set(variable, value);
        let doctor = clouds.scene.run(&["doctor", "--json"]);
        assert_eq!(doctor.code, Some(6), "{doctor:?}");
        let report: serde_json::Value = serde_json::from_str(&doctor.stdout).unwrap();
        let findings = report["integrations"][0]["places"][0]["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 1, "{report}");
        assert_eq!((&findings[0]["check"], &findings[0]["verdict"]), (&"identity".into(), &"bad".into()));
    }
}

#[test]
fn a_secret_moves_from_cloud_to_cloud_with_its_previous_version() {
    let clouds = Clouds::start();
    let [aws, azure, google] = &clouds.references;
    clouds.configure(&[aws]);
    let other = clouds.scene.material().replace(SECRET, "an earlier one");
    for material in [other, clouds.scene.material()] {
        assert_eq!(clouds.scene.run_with(&["secret", "put", "queue-sync"], material).code, Some(0));
    }
    for (from, to) in [(aws, azure), (azure, google), (google, &"local:queue-sync".to_owned())] {
        let copied = clouds.scene.run(&["secret", "copy", from, to, "--json"]);
        assert_eq!(copied.code, Some(0), "{from} to {to}: {copied:?}");
        let copied: serde_json::Value = serde_json::from_str(&copied.stdout).unwrap();
        assert_eq!((&copied["serial"], &copied["previous"]["serial"]), (&2.into(), &1.into()), "{to}");
        let again = clouds.scene.run(&["secret", "copy", from, to]);
        assert!(again.stderr.contains("already"), "{again:?}");
    }
    clouds.configure(&["local:queue-sync"]);
    assert_eq!(clouds.scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]).code, Some(0));
}

#[test]
fn a_gateway_whose_first_cloud_hangs_starts_on_the_second() {
    let clouds = Clouds::start();
    let [aws, azure, _] = &clouds.references;
    for reference in [azure, aws] {
        clouds.configure(&[reference]);
        let put = clouds.scene.run_with(&["secret", "put", "queue-sync"], clouds.scene.material());
        assert_eq!(put.code, Some(0), "{put:?}");
    }
    clouds.configure(&[aws, azure]);
    clouds.aws[0].always(Some(Behaviour::Hang));
    let served = clouds.scene.serve(&[]);
    assert_eq!(served.get("/queue-sync/api/v2/routing/queues").0, 200);
    until(|| served.get("/-/ready").0 == 200);
    let (_, answer) = served.get("/-/status");
    let status: serde_json::Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    // The figure, below three seconds, is measured in `bench/`; here it is enough that nobody waited for what hangs.
    let first = status["start_ms"]["first_answer"].as_f64().unwrap();
    assert!(first < 8000.0, "{status}");
}

#[test]
fn a_gateway_whose_only_cloud_hangs_says_so_in_time() {
    let clouds = Clouds::start();
    clouds.configure(&[&clouds.references[0]]);
    clouds.aws[0].always(Some(Behaviour::Hang));
    let served = clouds.scene.serve(&[]);
    let (status, answer) = served.get("/queue-sync/api/v2/routing/queues");
    assert_eq!(status, 503, "{answer}");
    assert!(answer.to_lowercase().contains("hallpass-fault: store-unreachable"), "{answer}");
    until(|| served.get("/-/ready").1.contains("\"secret\":\"store-unreachable\""));
    clouds.aws[0].always(None);
}

#[test]
fn what_else_each_cloud_holds_is_told_and_what_may_not_be_listed_is_not_seen() {
    let clouds = Clouds::start();
    let inventory = |references: &[&str]| -> serde_json::Value {
        clouds.configure(references);
        let told = clouds.scene.run(&["inventory", "--json"]);
        assert_eq!(told.code, Some(0), "{told:?}");
        serde_json::from_str(&told.stdout).unwrap()
    };
    let unnamed = |inventory: &serde_json::Value| -> Vec<(String, String)> {
        let rows = inventory["rows"].as_array().unwrap().iter();
        let rows = rows.filter(|row| row["client"].is_null() && row["owner"].is_null());
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        rows.map(|row| (text(&row["kind"]), text(&row["entry"]["references"][0]))).collect()
    };
    for reference in &clouds.references {
        let stranger = reference.replace("queue-sync", "left-over");
        let apart = reference.replace("prod/queue-sync", "dev/queue-sync");
        for entry in [&apart, &stranger, reference] {
            clouds.configure(&[entry]);
            let put = clouds.scene.run_with(&["secret", "put", "queue-sync"], clouds.scene.material());
            assert_eq!(put.code, Some(0), "{entry}: {put:?}");
        }
        let inventory = inventory(&[reference]);
        // Others may use a cloud's store, too. Of one with folders only the folder is looked at in which something is named.
        assert_eq!(unnamed(&inventory), [("foreign".to_owned(), stranger)], "{inventory}");
        assert_eq!(inventory["stores"][0]["unnamed"], 1, "{inventory}");
    }

    let account = Arc::new(Aws::new());
    let door = clouds.scene.block_on(StandIn::start(account.endpoint("us-east-1"), None)).unwrap();
    let reference = format!("aws-sm:prod/queue-sync?region=us-east-1&endpoint={}", door.url());
    clouds.configure(&[&reference]);
    assert_eq!(
        clouds.scene.run_with(&["secret", "put", "queue-sync"], clouds.scene.material()).code,
        Some(0)
    );
    account.deny("secretsmanager:ListSecrets");
    let inventory = inventory(&[&reference]);
    let said = &inventory["stores"][0];
    assert!(said["unnamed"].is_null(), "{said}");
    assert!(said["not_seen"].as_str().unwrap().contains("secretsmanager:ListSecrets"), "{said}");
    assert_eq!(inventory["rows"][0]["entry"]["references"][0], reference, "the rest is told as ever");
}
