//! What is broader than it has to be, said of a real configuration.

use std::time::{Duration, SystemTime};

use crate::scene::Scene;
use hallpass_app::Date;

/// A day so many from now.
#[expect(clippy::disallowed_methods, reason = "the binary goes by the machine's clock")]
pub(crate) fn in_days(days: u64) -> String {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Date::of(now + Duration::from_secs(days * 86_400)).to_string()
}

const VALUE: &str = "canary9Jq-29fLm0Zx8Vb3Nn5";

fn broad() -> Scene {
    let scene = Scene::with_secret();
    let until = in_days(100);
    scene.configure(&format!(
        "\n[integrations.twin]\nplatform = \"genesys\"\nregion = \"us-east-1\"\nsecret = [\"local:queue-sync\", \"env:TWIN\"]\n\
         allow = [\"GET /api/v2/**\", \"POST /api/v2/oauth/clients\"]\n\
         accept = [{{ rule = \"open-policy\", reason = \"narrowed in March (A. Example)\", until = \"{until}\" }}]\n",
    ));
    scene.write(".env.prod", &format!("# nothing to see\nGENESYS_CLIENT_SECRET={VALUE}\n"));
    scene
}

#[test]
fn a_narrow_integration_gets_off_with_advice() {
    let scene = Scene::with_secret();
    scene.assert("lint_narrow", &scene.run(&["lint"]));
    scene.assert("lint_narrow_gate", &scene.run(&["lint", "--environment", "test"]));
}

#[test]
fn what_is_broad_is_told_with_its_place_and_no_value() {
    let scene = broad();
    let told = scene.run(&["lint"]);
    scene.assert("lint_broad", &told);
    scene.assert("lint_broad_offline_json", &scene.run(&["lint", "--offline", "--json"]));
    scene.assert("lint_broad_sarif", &scene.run(&["lint", "twin", "--offline", "--format", "sarif"]));
    for format in ["text", "json", "sarif"] {
        let finished = scene.run(&["lint", "--format", format]);
        assert_eq!(finished.code, Some(9), "{format}");
        assert!(!format!("{finished:?}").contains("canary9"), "{format}");
    }
}

#[test]
fn a_gate_is_shut_for_another_environment() {
    let scene = Scene::with_secret();
    scene.assert("lint_other_environment", &scene.run(&["lint", "--environment", "prod", "--offline"]));
    scene.assert("lint_bad_environment", &scene.run(&["lint", "--environment", "a b"]));
}

#[test]
fn made_up_secrets_of_a_file_are_borne_until_their_day() {
    let scene = Scene::with_secret();
    scene.write("made-up.json", &format!("{{ \"clientSecret\": \"{VALUE}\" }}\n"));
    let accepted = |until: &str| {
        scene.configure(&format!(
            "\n[[lint.accept]]\nfile = \"made-up.json\"\nreason = \"values of a test\"\nuntil = \"{until}\"\n"
        ));
        scene.run(&["lint", "--offline"])
    };
    scene.assert("lint_file_accepted", &accepted(&in_days(3)));
    scene.assert("lint_file_no_longer", &accepted("2026-11-01"));
}

/// One secret in each form in which deployments are written; the plain unit tests have more of each.
#[test]
fn templates_beside_the_configuration_are_looked_through() {
    let scene = Scene::with_secret();
    let files = [
        (".env", "CLIENT_SECRET=VALUE\n", 1),
        ("template.yaml", "Parameters:\n  GenesysClientSecret:\n    Type: String\n    Default: VALUE\n", 4),
        ("serverless.yml", "provider:\n  environment:\n    CLIENT_SECRET: VALUE\n", 3),
        ("main.tf", "variable \"client_secret\" {\n  default = \"VALUE\"\n}\n", 2),
        ("main.bicep", "param clientSecret string = 'VALUE'\n", 1),
        ("function.json", "{ \"clientSecret\": \"VALUE\" }\n", 1),
        ("local.settings.json", "{ \"Values\": {\n \"GENESYS_CLIENT_SECRET\": \"VALUE\" } }\n", 2),
        ("Dockerfile", "FROM scratch\nENV CLIENT_SECRET VALUE\n", 2),
    ];
    let plain = |scene: &Scene| {
        let finished = scene.run(&["lint", "--offline", "--json"]);
        assert!(!format!("{finished:?}").contains("canary9"), "{finished:?}");
        let report: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let secrets = findings.filter(|one| one["rule"] == "plain-secret");
        let mut places: Vec<_> = secrets
            .map(|one| (one["file"].as_str().unwrap().to_owned(), one["line"].as_u64().unwrap()))
            .collect();
        places.sort();
        places
    };
    for (name, text, _) in files {
        scene.write(name, &text.replace("VALUE", "${FROM_THE_STORE}"));
    }
    assert_eq!(plain(&scene), [], "references are no secrets");
    for (name, text, _) in files {
        scene.write(name, &text.replace("VALUE", VALUE));
    }
    let mut expected = files.map(|(name, _, line)| (name.to_owned(), line));
    expected.sort();
    assert_eq!(plain(&scene), expected);
}

#[test]
fn a_rule_says_why_it_is_one() {
    let scene = Scene::empty();
    scene.assert("lint_rules", &scene.run(&["lint", "--rules"]));
    scene.assert("lint_explained", &scene.run(&["lint", "--explain", "shared-client"]));
    scene.assert("lint_explained_unknown", &scene.run(&["lint", "--explain", "shared"]));
}

#[test]
fn what_cannot_be_accepted_or_read_is_a_fault_of_the_file() {
    let scene = Scene::empty();
    scene.configure(
        "accept = [{ rule = \"acceptance-expired\", reason = \"x\", until = \"2027-03-31\" }, \
         { rule = \"no-rotations\", reason = \"\", until = \"2027-02-30\" }, { rule = \"no-rotation\" }]\n",
    );
    scene.assert("lint_bad_acceptances", &scene.run(&["lint", "--offline"]));
    scene.configure("");
    scene.assert("lint_unknown", &scene.run(&["lint", "nobody"]));
    scene.assert("lint_no_file", &scene.run(&["lint", "--offline", "--files", "not-there"]));
}
