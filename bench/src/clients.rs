//! Who is asked for tokens beside peers: the library that ships, over HTTP, and what people write by hand.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hallpass::{Client, Network, Secret, TokenCache};

use crate::crowd::{Asks, Boxed, Crowd, PATIENCE, Tasks};
use crate::token_server::Endpoint;

/// What building a client or asking it may come to.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A client's name and how to make one that has done nothing yet.
pub type Maker = (&'static str, fn(Endpoint) -> Boxed<'static, Outcome<Arc<dyn Crowd>>>);

/// Those that need no crates of others.
pub const MAKERS: [Maker; 4] = [
    ("**hallpass**, the library over HTTP", |endpoint| Box::pin(async move { hallpass(&endpoint) })),
    ("`tokio::sync::Mutex` around \"fetch if old\"", |endpoint| {
        Box::pin(async move { Ok(mutex(&endpoint)) })
    }),
    ("Python, `threading.Lock` around the same", |endpoint| Box::pin(async move { python(&endpoint, true) })),
    ("Python without a lock", |endpoint| Box::pin(async move { python(&endpoint, false) })),
];

fn hallpass(endpoint: &Endpoint) -> Outcome<Arc<dyn Crowd>> {
    Ok(Arc::new(Tasks(Arc::new(Ours(tokens(endpoint)?)))))
}

/// The library's cache, over HTTP.
///
/// # Errors
/// What is wrong with its description.
pub fn tokens(endpoint: &Endpoint) -> Outcome<TokenCache> {
    let client = Client::builder("bench")
        .platform("oauth2")
        .environment("bench")
        .urls(endpoint.serve()?, "http://127.0.0.1:9")
        .secret_value(Secret::from(r#"{"client_id":"id","client_secret":"secret"}"#))
        .network(Network::public().open("127.0.0.0/8")?)
        .allow(["GET /**"])
        .build()?;
    Ok(client.tokens().clone())
}

struct Ours(TokenCache);

impl Asks for Ours {
    fn token<'a>(&'a self, rejected: Option<&'a str>) -> Boxed<'a, Option<String>> {
        Box::pin(async move {
            let mut lease = self.0.token().await.ok()?;
            let text = |lease: &hallpass::Lease| {
                lease.header().to_str().ok().map(|text| text["Bearer ".len()..].to_owned())
            };
            if rejected.is_some() && text(&lease).as_deref() == rejected {
                let _ = self.0.reject(&lease);
                lease = self.0.token().await.ok()?;
            }
            text(&lease)
        })
    }
}

fn mutex(endpoint: &Endpoint) -> Arc<dyn Crowd> {
    Arc::new(Tasks(Arc::new(Guarded { endpoint: endpoint.clone(), held: tokio::sync::Mutex::default() })))
}

/// The pattern of many a code base: the lock is held across the request, so that there is one; a failure is everybody's own; no life counts as an hour.
struct Guarded {
    endpoint: Endpoint,
    held: tokio::sync::Mutex<Option<(String, Instant)>>,
}

impl Asks for Guarded {
    fn token<'a>(&'a self, _: Option<&'a str>) -> Boxed<'a, Option<String>> {
        Box::pin(async move {
            let mut held = self.held.lock().await;
            if let Some((token, until)) = held.as_ref()
                && Instant::now() < *until
            {
                return Some(token.clone());
            }
            let answer = self.endpoint.answer();
            tokio::time::sleep(self.endpoint.latency()).await;
            let body: serde_json::Value = serde_json::from_str(&answer.body).ok()?;
            let token = body["access_token"].as_str()?.to_owned();
            let life = Duration::from_secs(body["expires_in"].as_u64().unwrap_or(3600));
            *held = Some((token.clone(), Instant::now() + life));
            Some(token)
        })
    }
}

fn python(endpoint: &Endpoint, locked: bool) -> Outcome<Arc<dyn Crowd>> {
    let lock = if locked { "lock" } else { "none" };
    let patience = PATIENCE.as_secs().to_string();
    let mut child = Command::new("python3")
        .args(["-c", SCRIPT, &endpoint.serve()?, lock, &patience])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (orders, answers) = (child.stdin.take().ok_or("no pipe")?, child.stdout.take().ok_or("no pipe")?);
    let talk = Talk { orders, answers: BufReader::new(answers), child };
    Ok(Arc::new(Python(Arc::new(Mutex::new(talk)))))
}

struct Python(Arc<Mutex<Talk>>);

/// One line asks for a burst of so many threads, one line says the tokens they got.
struct Talk {
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    child: Child,
}

impl Drop for Talk {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Crowd for Python {
    fn burst<'a>(&'a self, callers: usize, _: Option<&'a str>) -> Boxed<'a, Vec<String>> {
        let talk = Arc::clone(&self.0);
        let burst = move || {
            let mut talk = talk.lock().expect("nobody panicked");
            let mut said = String::new();
            writeln!(talk.orders, "{callers}")
                .and_then(|()| talk.answers.read_line(&mut said))
                .expect("it answers");
            said.split_whitespace().map(str::to_owned).collect()
        };
        Box::pin(async move { tokio::task::spawn_blocking(burst).await.expect("it ends") })
    }
}

const SCRIPT: &str = r#"
import contextlib, json, sys, threading, time, urllib.request

url, lock, patience = sys.argv[1], sys.argv[2], float(sys.argv[3])
guard = threading.Lock() if lock == "lock" else contextlib.nullcontext()
held = {"token": None, "until": 0}

def token():
    with guard:
        if held["token"] is None or time.time() >= held["until"] - 60:
            with urllib.request.urlopen(url, data=b"grant_type=client_credentials", timeout=30) as answer:
                body = json.load(answer)
            held["token"], held["until"] = body["access_token"], time.time() + body.get("expires_in", 3600)
        return held["token"]

def call(served, together):
    together.wait()
    try:
        served.append(token())
    except OSError:
        pass

for line in sys.stdin:
    served, together = [], threading.Barrier(int(line))
    threads = [threading.Thread(target=call, args=(served, together), daemon=True) for _ in range(int(line))]
    for thread in threads:
        thread.start()
    end = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0, end - time.monotonic()))
    print(*served, flush=True)
"#;
