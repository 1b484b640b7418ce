//! The Lambda function's program, against a stand-in of the Runtime API.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use hallpass_testkit::process::Launch;

use crate::stage::PATIENCE;

/// One request: its line and its body.
fn received(stream: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (first.trim().to_owned(), String::from_utf8(body).unwrap())
}

fn reply(mut stream: &TcpStream, status: &str, headers: &str, body: &str) {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
}

/// Hands out `event` once, and returns to which path the function answered and with what.
fn outcome_of(event: &str) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let config = "version = 1\nenvironment = \"test\"\n[stores.local]\npath = \"store\"\n[integrations.sales]\nplatform = \"genesys\"\n\
                  region = \"us-east-1\"\nsecret = \"local:sales\"\nallow = [\"GET /api/v2/routing/queues\"]\n";
    std::fs::write(folder.path().join("hallpass.toml"), config).unwrap();
    let launch =
        Launch::new(env!("CARGO_BIN_EXE_hallpass-rotation-function")).clear_env().current_dir(folder.path());
    let launch = [
        ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", "rotate"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "g"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
    ]
    .into_iter()
    .fold(launch, |launch, (name, value)| launch.env(name, value));
    let running = launch.start().unwrap();
    let (told, outcome) = std::sync::mpsc::channel();
    let event = event.to_owned();
    let serving = std::thread::spawn(move || {
        let mut handed = false;
        loop {
            let (stream, _) = listener.accept().unwrap();
            let (line, body) = received(&stream);
            if !line.contains("/invocation/next") {
                reply(&stream, "202 Accepted", "", "");
                return told.send((line, body)).unwrap();
            }
            if !handed {
                handed = true;
                let headers = "Lambda-Runtime-Aws-Request-Id: 4711\r\nLambda-Runtime-Deadline-Ms: 4000000000000\r\n\
                               Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:1:function:rotate\r\n\
                               Content-Type: application/json\r\n";
                reply(&stream, "200 OK", headers, &event);
            }
        }
    });
    let outcome = outcome.recv_timeout(PATIENCE);
    let finished = running.kill().unwrap();
    assert!(outcome.is_ok(), "no answer: {finished:?}");
    serving.join().unwrap();
    outcome.unwrap()
}

#[test]
fn an_event_is_answered_to_the_runtime() {
    let schedule = r#"{"version":"0","source":"aws.events","detail-type":"Scheduled Event","detail":{}}"#;
    let (line, body) = outcome_of(schedule);
    assert_eq!(
        (line.as_str(), body.as_str()),
        ("POST /2018-06-01/runtime/invocation/4711/response HTTP/1.1", "null")
    );
    let (line, body) = outcome_of(r#"{"hello":"world"}"#);
    assert_eq!(line, "POST /2018-06-01/runtime/invocation/4711/error HTTP/1.1");
    assert!(body.contains("no step of a rotation and no schedule") && body.contains("EventBridge"), "{body}");
    let step = r#"{"Step":"createSecret","SecretId":"arn:aws:secretsmanager:us-east-1:1:secret:x-AbCdEf","ClientRequestToken":"11111111-2222-4333-8444-555555555555"}"#;
    let (line, body) = outcome_of(step);
    assert!(line.contains("/error ") && body.contains("no integration rotates this secret"), "{line} {body}");
}
