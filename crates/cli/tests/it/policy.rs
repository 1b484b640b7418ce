//! Calls that nobody makes, judged.

use crate::scene::Scene;

fn test(scene: &Scene, arguments: &[&str]) -> hallpass_testkit::process::Finished {
    scene.run(&[&["policy", "test", "queue-sync"], arguments].concat())
}

#[test]
fn a_call_is_allowed_by_a_rule_that_is_named() {
    let scene = Scene::empty();
    scene.assert("policy_allowed", &test(&scene, &["GET", "/api/v2/routing/queues?pageSize=1"]));
    scene.assert("policy_allowed_json", &test(&scene, &["GET", "/api/v2/routing/queues", "--json"]));
}

#[test]
fn a_refusal_says_what_the_nearest_rules_lack() {
    let scene = Scene::empty();
    scene.assert("policy_method", &test(&scene, &["DELETE", "/api/v2/routing/queues/1"]));
    scene.assert("policy_segment", &test(&scene, &["GET", "/api/v2/routing/queue"]));
    let slash = "/api/v2/conversations/1/participants/2/attributes/";
    scene.assert("policy_trailing_slash", &test(&scene, &["PATCH", slash]));
    scene.assert("policy_refused_json", &test(&scene, &["GET", "/api/v2/users/me", "--json"]));
    scene.configure("\n[integrations.one]\nplatform = \"genesys\"\nregion = \"us-east-1\"\nsecret = \"env:ONE\"\nallow = [\"GET /x?all=no\"]\n");
    scene.assert("policy_query", &scene.run(&["policy", "test", "one", "GET", "/x?all=canary"]));
}

#[test]
fn an_ambiguous_call_is_refused_with_its_reason() {
    let scene = Scene::empty();
    scene.assert("policy_ambiguous", &test(&scene, &["GET", "/api/v2/routing/queues/../../users"]));
    scene.assert("policy_ambiguous_json", &test(&scene, &["GET", "/api/v2/routing/queues%2f", "--json"]));
    scene.assert("policy_token", &test(&scene, &["GET", "/api/v2/routing/queues?access_token=canary"]));
    scene.assert("policy_no_method", &test(&scene, &["G(T", "/api/v2/routing/queues"]));
    scene.assert("policy_unknown", &scene.run(&["policy", "test", "queue-snyc", "GET", "/"]));
    scene.assert("policy_nothing", &test(&scene, &[]));
}

const CALLS: &str = "\
# what the job needs
allow GET /api/v2/routing/queues?pageSize=25
allow PATCH /api/v2/conversations/1/participants/2/attributes

# and what it must not
deny GET /api/v2/users/me
deny GET /api/v2/routing/queues/../../users
";

#[test]
fn a_list_is_held_to_what_it_expects() {
    let scene = Scene::empty();
    scene.write("calls", CALLS);
    scene.assert("policy_list", &test(&scene, &["--calls", "calls"]));
    let wrong = format!("{CALLS}allow DELETE /api/v2/routing/queues\ndeny GET /api/v2/routing/queues/1\n");
    let stdin = |arguments: &[&str], text: &str| {
        scene.run_with(&[&["policy", "test", "queue-sync", "--calls", "-"], arguments].concat(), text)
    };
    scene.assert("policy_list_unexpected", &stdin(&[], &wrong));
    scene.assert("policy_list_unexpected_json", &stdin(&["--json"], &wrong));
    scene.assert("policy_list_without_expectation", &stdin(&[], "GET /api/v2/routing/queues\nGET /x\n"));
}

#[test]
fn a_malformed_list_is_told_by_its_lines() {
    let scene = Scene::empty();
    scene.write("calls", "GET /a\nGET\nallow canary\n\npermit GET /b\n");
    scene.assert("policy_list_malformed", &test(&scene, &["--calls", "calls"]));
    scene.write("calls", "# nothing\n");
    scene.assert("policy_list_empty", &test(&scene, &["--calls", "calls"]));
    scene.assert("policy_list_missing", &test(&scene, &["--calls", "none"]));
    scene.assert("policy_list_and_call", &test(&scene, &["GET", "/a", "--calls", "calls"]));
}

#[test]
fn no_secret_is_read_for_a_verdict() {
    let scene = Scene::empty();
    let with_passphrase = "path = \"store\"\npassphrase_file = \"none\"\n";
    let text = std::fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    scene.write("hallpass.toml", &text.replace("path = \"store\"\n", with_passphrase));
    assert_eq!(test(&scene, &["GET", "/api/v2/routing/queues"]).code, Some(0));
    assert_eq!(scene.world().witness().totals.requests, 0);
}
