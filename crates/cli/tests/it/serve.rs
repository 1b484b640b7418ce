//! The sidecar as a process.

use std::fs;
use std::net::TcpListener;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hallpass_emulator::{Act, Misbehaviour};
use hallpass_testkit::process::Stream;

use crate::scene::{PATIENCE, Scene, Served, get, until};

#[test]
fn it_announces_itself_serves_and_drains() {
    let scene = Scene::with_secret();
    let mut served = scene.serve(&[]);
    assert_eq!(served.announced["event"], "listening");
    assert_eq!(served.announced["unix"], serde_json::Value::Null);
    assert_eq!(served.get("/queue-sync/api/v2/routing/queues").0, 200);
    assert_eq!(served.get("/queue-sync/api/v2/users/me").0, 403);
    assert_eq!(scene.mints(), 1);
    let pass_file = served.announced["pass_file"].as_str().unwrap().to_owned();
    served.process.signal("TERM").unwrap();
    let finished = served.process.wait(PATIENCE).unwrap();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!fs::exists(pass_file).unwrap(), "the pass file goes with the sidecar");
}

#[test]
fn a_call_in_flight_is_answered_before_the_end() {
    let (scene, mut served, answer) = call_in_flight();
    served.process.signal("TERM").unwrap();
    served.wait_until_it_stops();
    scene.world().advance(LONG);
    assert_eq!(answer.join().unwrap().0, 200);
    let finished = served.process.wait(PATIENCE).unwrap();
    assert_eq!(finished.code, Some(0));
    assert!(finished.stderr.contains("every call in flight was answered"), "{finished:?}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let (_scene, mut served, answer) = call_in_flight();
    served.process.signal("TERM").unwrap();
    served.wait_until_it_stops();
    served.process.signal("TERM").unwrap();
    let finished = served.process.wait(PATIENCE).unwrap();
    assert_eq!(finished.code, Some(0));
    assert!(finished.stderr.contains("stopped at once"), "{finished:?}");
    assert!(answer.join().is_err(), "the call is cut off");
}

/// A sidecar with one call whose answer waits for the emulator's clock.
fn call_in_flight() -> (Scene, Served, JoinHandle<(u16, String)>) {
    let scene = Scene::with_secret();
    let millis = u64::try_from(LONG.as_millis()).unwrap();
    scene.world().misbehave(Misbehaviour::on_api(Act::DelayAnswer { millis }));
    let served = scene.serve(&[]);
    let (url, pass) = (served.announced["url"].as_str().unwrap().to_owned(), served.pass.clone());
    let answer = thread::spawn(move || get(&url, &pass, "/queue-sync/api/v2/routing/queues"));
    until(|| scene.world().witness().totals.calls == 1);
    (scene, served, answer)
}

/// Longer than any test waits, and shorter than `sidecar.request_timeout`, by which the emulator's clock does not go.
const LONG: Duration = Duration::from_secs(50);

#[test]
fn in_words_for_people() {
    let scene = Scene::with_secret();
    let mut process = scene.hallpass(&["serve"]).start().unwrap();
    process.line(Stream::Stderr, "listening on http://127.0.0.1:", PATIENCE).unwrap();
    process.signal("INT").unwrap();
    let finished = process.wait(PATIENCE).unwrap();
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""), "{finished:?}");
}

#[test]
fn the_flag_names_another_place() {
    let scene = Scene::with_secret();
    let socket = scene.path().join("socket");
    let served = scene.serve(&["--listen", &format!("unix:{}", socket.display())]);
    assert_eq!(served.announced["unix"], socket.to_str().unwrap());
    assert_eq!(served.announced["url"], serde_json::Value::Null);
    assert!(socket.exists());
}

#[test]
fn probes_have_an_address_of_their_own() {
    let scene = Scene::with_secret();
    let text = fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    scene.write("hallpass.toml", &text.replace("[sidecar]", "[sidecar]\nhealth_listen = \"127.0.0.1:0\""));
    let served = scene.serve(&[]);
    let url = served.announced["health_url"].as_str().unwrap();
    assert_eq!(get(url, "", "/-/health").0, 200);
}

#[test]
fn a_port_that_is_taken_is_told() {
    let scene = Scene::with_secret();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let finished = scene.run(&["serve", "--listen", &taken.local_addr().unwrap().to_string()]);
    assert_eq!(finished.code, Some(6), "{finished:?}");
    scene.assert("serve_port_taken", &finished);
}

#[test]
fn another_machine_is_never_listened_to() {
    let scene = Scene::with_secret();
    scene.assert("serve_not_loopback", &scene.run(&["serve", "--listen", "0.0.0.0:0"]));
}
