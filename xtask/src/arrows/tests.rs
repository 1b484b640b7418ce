//! Planted arrows, each of which the check must find.

use serde_json::{Value, json};

use super::*;

/// A small workspace whose `stores` has the dependencies given; everything else is as it should be.
fn planted(stores: &[Value]) -> Workspace {
    workspace(&json!([
        package("hallpass-core", &[], json!({"test-support": []})),
        package(
            "hallpass-outbound",
            &[on("hallpass-core", Value::Null), on("hyper", Value::Null)],
            json!({})
        ),
        package("hallpass-emulator", &[on("hyper", Value::Null)], json!({})),
        package("hallpass-stores", stores, json!({})),
    ]))
}

fn workspace(packages: &Value) -> Workspace {
    let metadata = json!({"workspace_root": "/r", "target_directory": "/r/target", "packages": packages});
    Workspace::parse(&metadata.to_string()).unwrap()
}

fn package(name: &str, dependencies: &[Value], features: Value) -> Value {
    let mut package =
        json!({"name": name, "manifest_path": format!("/r/{name}/Cargo.toml"), "dependencies": dependencies});
    package["features"] = features;
    package
}

fn on(name: &str, kind: Value) -> Value {
    let mut dependency = json!({"name": name, "features": []});
    dependency["kind"] = kind;
    dependency
}

fn with_fakes(mut dependency: Value) -> Value {
    dependency["features"] = json!(["test-support"]);
    dependency
}

#[test]
fn a_house_in_order_has_no_faults() {
    let stores = [
        on("hallpass-core", Value::Null),
        with_fakes(on("hallpass-core", json!("dev"))),
        on("hallpass-emulator", json!("dev")),
        on("hyper", json!("dev")),
        on("serde", Value::Null),
    ];
    assert_eq!(faults(&planted(&stores)), Vec::<String>::new());
}

#[test]
fn a_forbidden_arrow_is_found() {
    let found = faults(&planted(&[on("hallpass-outbound", Value::Null)]));
    assert_eq!(found, ["hallpass-stores: normal dependency on `hallpass-outbound`; allowed: core"]);
}

#[test]
fn a_build_script_is_no_way_around() {
    let found = faults(&planted(&[on("hallpass-emulator", json!("build"))]));
    assert_eq!(found, ["hallpass-stores: build dependency on `hallpass-emulator`; allowed: core"]);
}

#[test]
fn tests_may_not_reach_sideways_either() {
    let found = faults(&planted(&[on("hallpass-outbound", json!("dev"))]));
    assert_eq!(found, ["hallpass-stores: tests may not depend on `hallpass-outbound`"]);
}

#[test]
fn fakes_in_a_shipped_build_are_found() {
    let found = faults(&planted(&[with_fakes(on("hallpass-core", Value::Null))]));
    assert_eq!(found, ["hallpass-stores: `hallpass-core` with feature `test-support` outside its tests"]);
}

#[test]
fn a_feature_that_switches_fakes_on_is_found() {
    let leaking = package("hallpass-core", &[], json!({"default": ["test-support"], "test-support": []}));
    let found = faults(&workspace(&json!([leaking])));
    assert_eq!(found, ["hallpass-core: feature `default` switches `test-support` on"]);
}

#[test]
fn somebody_elses_http_client_is_found_where_it_does_not_belong() {
    let found = faults(&planted(&[on("hyper", Value::Null), on("rustls-native-certs", Value::Null)]));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with(
            "hallpass-stores: `hyper` belongs to outbound, sidecar, runtimes, emulator, cloud-emulator only"
        ),
        "{found:?}"
    );
}

#[test]
fn the_core_has_no_runtime() {
    let core = package("hallpass-core", &[on("tokio", Value::Null)], json!({}));
    assert_eq!(faults(&workspace(&json!([core]))).len(), 1);
    let through_others = "hallpass-core v0.1.0 (/r/core)\nhttp v1.5.0\nmio v1.0.0\nmio v1.0.0 (*)\n";
    assert_eq!(faults_of_core_closure(through_others), ["hallpass-core reaches `mio`"]);
}

#[test]
fn a_crate_nobody_listed_is_found() {
    let found = faults(&workspace(&json!([package("hallpass-utils", &[], json!({}))])));
    assert_eq!(found, ["`hallpass-utils` has no row in xtask/src/arrows/rooms.rs"]);
}

#[test]
fn the_picture_names_what_each_crate_leans_on() {
    let picture =
        picture(&planted(&[on("hallpass-core", Value::Null), on("hallpass-emulator", json!("dev"))]));
    assert!(picture.contains("    stores -> core   (tests: emulator)\n"), "{picture}");
    assert!(picture.contains("      core -> nothing of ours\n"), "{picture}");
}
