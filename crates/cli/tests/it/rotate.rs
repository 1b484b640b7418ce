//! Rotations of the real binary against an emulated platform.

use hallpass_emulator::{ClientKeys, NewClient};

use crate::scene::{SECRET, Scene};

/// A scene whose integration has a second, idle client, and an administrator for both.
fn two_clients() -> (Scene, ClientKeys) {
    let scene = Scene::with_secret();
    let spare = scene.world().add_client(NewClient::named("queue-sync b"));
    let admin = scene.world().add_client(NewClient::named("admin").secret("planted-for-the-administrator"));
    let clients = format!("[\"{}\", \"{}\"]", scene.keys.id, spare.id);
    let (login, api) = scene.address();
    scene.configure(&format!(
        "\n[integrations.queue-sync.rotation]\nadministrator = \"admin\"\nclients = {clients}\n\
         verify = [\"GET /api/v2/routing/queues?pageSize=1\"]\n\n\
         [integrations.admin]\nplatform = \"genesys\"\ntoken_url = \"{login}/oauth/token\"\napi_url = \"{api}\"\n\
         secret = \"local:admin\"\nadministers = true\nallow = [\"GET /api/v2/oauth/clients/**\", \
         \"PUT /api/v2/oauth/clients/*\", \"POST /api/v2/oauth/clients/*/secret\"]\n"
    ));
    let material =
        format!("{{\"client_id\":\"{}\",\"client_secret\":\"planted-for-the-administrator\"}}", admin.id);
    let put = scene.run_with(&["secret", "put", "admin"], material);
    assert_eq!(put.code, Some(0), "{put:?}");
    (scene, spare)
}

#[test]
fn a_rotation_is_planned_begun_and_told() {
    let (scene, _spare) = two_clients();
    for command in [
        &["rotate", "plan", "queue-sync"][..],
        &["rotate", "status"],
        &["rotate", "due"],
        &["rotate", "hold", "queue-sync", "--reason", "incident 4711"],
        &["rotate", "run", "queue-sync", "--wait", "0s"],
        &["rotate", "hold", "queue-sync", "--off"],
        &["rotate", "run", "queue-sync", "--wait", "20s"],
        &["rotate", "status", "queue-sync"],
        &["rotate", "due", "--json"],
        &["rotate", "abort", "queue-sync", "--wait", "20s"],
        &["rotate", "status", "queue-sync", "--json"],
        &["rotate", "history", "queue-sync"],
    ] {
        let finished = scene.run(command);
        println!("$ {command:?} -> {:?}\n{}{}", finished.code, finished.stdout, finished.stderr);
        let told = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!told.contains("planted") && !told.contains(SECRET), "{told}");
    }
    assert_eq!(scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]).code, Some(0));
}
