//! Every place of every secret, looked at.

use crate::scene::Scene;

#[test]
fn places_in_order_and_places_that_are_not() {
    let scene = Scene::with_secret();
    let good = scene.run(&["doctor"]);
    assert_eq!(good.code, Some(0));
    scene.assert("doctor_good", &good);
    scene.configure(
        "\n[integrations.other]\nplatform = \"genesys\"\nregion = \"us-east-1\"\nsecret = [\"env:NOT_SET\", \"file:broken.json\", \"local:queue-sync\"]\n\
         allow = [\"GET /x\"]\n",
    );
    let broken = scene.write("broken.json", "{\"client_id\":\"canary\"}");
    set_mode(&broken, 0o600);
    let finished = scene.run(&["doctor"]);
    assert_eq!(finished.code, Some(4), "{finished:?}");
    assert!(!format!("{finished:?}").contains("canary"));
    scene.assert("doctor_bad", &finished);
    let one = scene.run(&["doctor", "queue-sync", "--json"]);
    assert_eq!(one.code, Some(0), "only what was asked for is looked at");
    let report: serde_json::Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!((&report["ok"], report["integrations"].as_array().unwrap().len()), (&true.into(), 1));
    scene.assert("doctor_unknown", &scene.run(&["doctor", "queue-snyc"]));
    set_mode(&broken, 0o644);
    let open = scene.run(&["doctor", "other", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&open.stdout).unwrap();
    let findings = report["integrations"][0]["places"][1]["findings"].as_array().unwrap();
    let last = findings.last().unwrap();
    assert_eq!((&last["check"], &last["fault"]), (&"permitted".into(), &"permissions-too-open".into()));
}

fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_has_to_be_granted_is_printed_in_each_clouds_own_words() {
    let scene = Scene::empty();
    scene.assert("doctor_policy_nothing", &scene.run(&["doctor", "--policy"]));
    scene.configure(
        "\n[integrations.other]\nplatform = \"genesys\"\nregion = \"us-east-1\"\nallow = [\"GET /x\"]\n\
         secret = [\"aws-sm:prod/other?region=us-east-1\", \"azure-kv:https://acme.vault.azure.net/secrets/other\", \
         \"gcp-sm:projects/acme/secrets/other\", \"azure-appconfig:https://acme.azconfig.io/kv/other\", \"aws-kms-env:OTHER?region=us-east-1\"]\n",
    );
    scene.assert("doctor_policy", &scene.run(&["doctor", "--policy"]));
    scene.assert("doctor_policy_writer", &scene.run(&["doctor", "other", "--policy", "--writer"]));
    let json = scene.run(&["doctor", "--policy", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["grants"].as_array().unwrap().len(), 5);
    let policy = json["grants"][0]["policy"].as_str().unwrap();
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    assert_eq!(policy["Statement"][0]["Action"], serde_json::json!(["secretsmanager:GetSecretValue"]));
}
