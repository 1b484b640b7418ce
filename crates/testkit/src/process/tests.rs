//! Small shell scripts play the binary.

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

fn sh(script: &str) -> Launch {
    Launch::new("sh").args(["-c", script])
}

fn is_there(id: u32) -> bool {
    sh(&format!("kill -0 {id}")).run(PATIENCE).unwrap().code == Some(0)
}

#[test]
fn code_and_both_streams_are_collected() {
    let finished = sh("echo data; echo talk >&2; exit 3").run(PATIENCE).unwrap();
    let (stdout, stderr) = ("data\n".to_owned(), "talk\n".to_owned());
    assert_eq!(finished, Finished { code: Some(3), signal: None, stdout, stderr });
}

#[test]
fn stdin_is_given_and_closed() {
    let finished = Launch::new("cat").stdin("a line\n".repeat(50_000)).run(PATIENCE).unwrap();
    assert_eq!(finished.stdout.lines().count(), 50_000);
}

#[test]
fn a_process_that_ignores_its_stdin_is_no_fault() {
    assert_eq!(sh("exit 0").stdin(vec![b'x'; 1 << 20]).run(PATIENCE).unwrap().code, Some(0));
}

#[test]
fn variables_and_folder_are_the_ones_given() {
    let folder = tempfile::tempdir().unwrap();
    let process =
        sh("pwd; echo \"$GREETING\"; env | cut -d= -f1 | sort | tr '\\n' ' '").current_dir(folder.path());
    let finished = process.clear_env().env("GREETING", "hello").run(PATIENCE).unwrap();
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(lines[0], folder.path().canonicalize().unwrap().to_str().unwrap());
    assert_eq!(lines[1], "hello");
    assert!(!lines[2].contains("CARGO"), "{}", lines[2]);
}

#[test]
fn a_line_is_waited_for_on_either_stream() {
    let process = sh("echo noise >&2; echo at 4711 >&2; exec sleep 600").start().unwrap();
    assert_eq!(process.line(Stream::Stderr, "at ", PATIENCE).unwrap(), "4711");
    assert_eq!(process.said(Stream::Stderr), "noise\nat 4711\n");
}

#[test]
fn a_line_that_never_comes_fails_with_what_was_said() {
    let process = sh("echo cannot bind >&2; exit 1").start().unwrap();
    let fault = process.line(Stream::Stdout, "at ", PATIENCE).unwrap_err().to_string();
    assert!(fault.contains("no line `at ...` on Stdout"), "{fault}");
    process.wait(PATIENCE).unwrap();
}

#[test]
fn a_signal_ends_it_and_is_seen() {
    let mut process = sh("echo up; exec sleep 600").start().unwrap();
    process.line(Stream::Stdout, "up", PATIENCE).unwrap();
    process.signal("TERM").unwrap();
    assert_eq!(process.wait(PATIENCE).unwrap().signal, Some(15));
}

#[test]
fn a_killed_process_leaves_what_it_said() {
    let process = sh("echo up; exec sleep 600").start().unwrap();
    process.line(Stream::Stdout, "up", PATIENCE).unwrap();
    let finished = process.kill().unwrap();
    assert_eq!((finished.signal, finished.stdout.as_str()), (Some(9), "up\n"));
}

#[test]
fn going_out_of_scope_kills_it() {
    let process = sh("exec sleep 600").start().unwrap();
    let id = process.id();
    assert!(is_there(id));
    drop(process);
    assert!(!is_there(id));
}

#[test]
fn patience_ends_and_the_process_with_it() {
    let process = sh("exec sleep 600").start().unwrap();
    let id = process.id();
    let fault = process.wait(Duration::from_millis(30)).unwrap_err();
    assert!(fault.to_string().contains("has not ended in time"), "{fault}");
    assert!(!is_there(id));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let fault = Launch::new("/no/such/program").start().unwrap_err();
    assert!(fault.to_string().starts_with("cannot start /no/such/program: "), "{fault}");
}
