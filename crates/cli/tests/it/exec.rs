//! A program beside its sidecar.

use hallpass_testkit::process::Stream;

use crate::scene::{PATIENCE, Scene};

#[test]
fn the_program_can_call_and_its_code_comes_through() {
    let scene = Scene::with_secret();
    let script =
        "test -n \"$HALLPASS_PASS\" && case \"$HALLPASS_URL\" in http://127.0.0.1:*) exit 42;; esac; exit 1";
    let finished = scene.run(&["exec", "--", "sh", "-c", script]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(42), ""), "{finished:?}");
}

/// One call by bash alone; it prints the first line of the answer.
pub(crate) const CALL: &str = "exec 3<>\"/dev/tcp/${HALLPASS_URL#http://127.0.0.1:}\" 2>/dev/null; \
    host=${HALLPASS_URL#http://}; exec 3<>/dev/tcp/${host%:*}/${host#*:}; \
    printf 'GET /queue-sync/api/v2/routing/queues HTTP/1.1\\r\\nHost: %s\\r\\nHallpass: %s\\r\\nConnection: close\\r\\n\\r\\n' \
    \"$host\" \"$HALLPASS_PASS\" >&3; head -1 <&3";

#[test]
fn a_real_call_works_from_within() {
    let scene = Scene::with_secret();
    let finished = scene.run(&["exec", "--", "bash", "-c", CALL]);
    assert_eq!(finished.stdout, "HTTP/1.1 200 OK\r\n", "{finished:?}");
    assert_eq!(scene.mints(), 1);
}

#[test]
fn the_sidecar_ends_with_the_program_and_its_pass_is_in_no_arguments() {
    let scene = Scene::with_secret();
    let script = "grep -q -e \"$HALLPASS_PASS\" /proc/$$/cmdline /proc/$PPID/cmdline && exit 1; echo \"$HALLPASS_URL\"";
    let finished = scene.run(&["exec", "--", "sh", "-c", script]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let address = finished.stdout.trim().strip_prefix("http://").unwrap().to_owned();
    assert!(std::net::TcpStream::connect(address).is_err());
    assert!(!scene.path().join("run").exists(), "no pass file is written");
}

#[test]
fn the_program_does_not_inherit_what_hallpass_reads() {
    let scene = Scene::with_secret();
    scene.configure("\n[integrations.other]\nplatform = \"genesys\"\nregion = \"us-east-1\"\nsecret = \"env:OTHER_SECRET\"\nallow = [\"GET /x\"]\n");
    let launch = scene
        .hallpass(&["exec", "--", "sh", "-c", "env | cut -d= -f1 | grep -E 'HALLPASS|SECRET|KEPT' | sort"])
        .env("OTHER_SECRET", "canary")
        .env("HALLPASS_LOG", "warn")
        .env("HALLPASS_PASS_FILE", "/somewhere")
        .env("HALLPASS_STORE_PASSPHRASE_FILE", "")
        .env("KEPT", "1");
    let finished = launch.run(PATIENCE).unwrap();
    assert_eq!(finished.stdout, "HALLPASS_PASS\nHALLPASS_URL\nKEPT\n", "{finished:?}");
}

#[test]
fn signals_reach_the_program() {
    let scene = Scene::with_secret();
    for signal in ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "WINCH"] {
        let idle = "sleep 600 >/dev/null 2>&1 &";
        let script = format!("{idle} trap 'kill $!; echo got {signal}; exit 7' {signal}; echo up; wait");
        let mut process = scene.hallpass(&["exec", "--", "sh", "-c", &script]).start().unwrap();
        process.line(Stream::Stdout, "up", PATIENCE).unwrap();
        process.signal(signal).unwrap();
        process.line(Stream::Stdout, &format!("got {signal}"), PATIENCE).unwrap();
        assert_eq!(process.wait(PATIENCE).unwrap().code, Some(7), "{signal}");
    }
}

#[test]
fn an_end_by_signal_is_told_as_shells_tell_it() {
    let scene = Scene::with_secret();
    assert_eq!(scene.run(&["exec", "--", "sh", "-c", "kill -9 $$"]).code, Some(128 + 9));
}

#[test]
fn a_program_that_cannot_be_started_is_told_as_shells_tell_it() {
    let scene = Scene::with_secret();
    let unknown = scene.run(&["exec", "--", "no-such-program-anywhere"]);
    assert_eq!(unknown.code, Some(127));
    scene.assert("exec_unknown", &unknown);
    let file = scene.write("no-program", "text");
    let finished = scene.run(&["exec", "--", file.to_str().unwrap()]);
    assert_eq!(finished.code, Some(126));
    scene.assert("exec_not_executable", &finished);
}

#[test]
fn without_a_command_there_is_nothing_to_run() {
    let scene = Scene::with_secret();
    scene.assert("exec_nothing", &scene.run(&["exec"]));
}
