//! The emulated platform by itself.

use hallpass_testkit::process::Stream;

use crate::scene::{PATIENCE, Scene, get};

#[test]
fn it_says_where_it_is_and_what_to_configure() {
    let scene = Scene::empty();
    let arguments = [
        "emulate",
        "--seed",
        "7",
        "--control",
        "--client",
        "queue-sync",
        "--client",
        "b:id-of-b:secret-of-b",
    ];
    let mut process = scene.hallpass(&arguments).start().unwrap();
    process.line(Stream::Stderr, "stop it with Ctrl-C", PATIENCE).unwrap();
    process.signal("INT").unwrap();
    scene.assert("emulate", &process.wait(PATIENCE).unwrap());
}

#[test]
fn it_is_there_for_programs() {
    let scene = Scene::empty();
    let mut process = scene.hallpass(&["emulate", "--json", "--control"]).start().unwrap();
    let line = process.line(Stream::Stdout, "", PATIENCE).unwrap();
    let announced: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(announced["clients"][0]["name"], "queue-sync");
    let cxone = &announced["cxone"];
    assert_eq!(cxone["access_keys"][0]["name"], "contact-export");
    for member in ["access_key_id", "access_key_secret", "client_id", "client_secret"] {
        assert!(cxone["access_keys"][0][member].is_string(), "{member}: {cxone}");
    }
    let identity = cxone["identity_url"].as_str().unwrap();
    assert_eq!(get(identity, "", "/.well-known/openid-configuration").0, 200);
    let contacts = "/inContactAPI/services/v31.0/contacts/completed";
    assert_eq!(get(cxone["api_url"].as_str().unwrap(), "", contacts).0, 401);
    assert_eq!(get(announced["url"].as_str().unwrap(), "", "/api/v2/routing/queues").0, 401);
    assert_eq!(get(announced["control_url"].as_str().unwrap(), "", "/witness").0, 200);
    process.signal("TERM").unwrap();
    assert_eq!(process.wait(PATIENCE).unwrap().code, Some(0));
}

#[test]
fn a_port_that_is_taken_is_told() {
    let scene = Scene::empty();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    scene.assert("emulate_port_taken", &scene.run(&["emulate", "--listen", &address]));
}
