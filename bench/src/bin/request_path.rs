//! What recording costs a whole call through the sidecar: the same gateway, without anything, with `sidecar.learn`, and with that and an audit log with a key, one
//! after the other in each round. A platform and a caller in this process, over loopback, one connection kept open.
//!
//! CPU is that of the whole process, caller and platform included, so it is the difference between the rows that counts, and the ratio is the smallest that can be
//! told of it. What is recorded is written by other threads, whose work is in these figures too.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hallpass_app::{App, Config, Flags, HandOver, ProcessVariables, Purpose, Sources};
use rustix::time::{ClockId, clock_gettime};

/// Calls in a row of one sample.
const CALLS: usize = 200;
const ALLOWED: &str = "/queue-sync/api/v2/routing/queues/3f2a81c4-0000-4000-8000-0123456789ab";
const REFUSED: &str = "/queue-sync/api/v2/users/3f2a81c4-0000-4000-8000-0123456789ab";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(99);
    let folder = std::env::temp_dir().join(format!("hallpass-bench-path-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let outcome = measure(&folder, rounds);
    std::fs::remove_dir_all(&folder)?;
    outcome
}

fn measure(folder: &Path, rounds: usize) -> Result<(), Box<dyn std::error::Error>> {
    for (name, text) in [
        ("key", "0123456789abcdef0123456789abcdef"),
        ("secret", r#"{"client_id":"a","client_secret":"planted"}"#),
    ] {
        std::fs::write(folder.join(name), text)?;
        std::fs::set_permissions(folder.join(name), PermissionsExt::from_mode(0o600))?;
    }
    let platform = platform()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let learn = "learn = \"learnt\"";
    let audit = "[audit]\nfile = \"audit.jsonl\"\nkey = \"file:key\"\nanchors = \"anchors\"\n";
    let mut callers = Vec::new();
    for (name, sidecar, more) in
        [("nothing is recorded", "", ""), ("`sidecar.learn`", learn, ""), ("and an audit log", learn, audit)]
    {
        callers.push((name, runtime.block_on(gateway(folder, platform, sidecar, more))?));
    }
    println!(
        "microseconds per call, {rounds} interleaved rounds of {CALLS} calls; ratios of medians against nothing recorded"
    );
    println!(
        "| call | recorded | CPU: least, median | wall: least, median | CPU ratio | wall ratio |\n|---|---|---|---|---|---|"
    );
    for (call, path, status) in [("allowed", ALLOWED, 200), ("refused", REFUSED, 403)] {
        let mut samples = vec![Vec::new(); callers.len()];
        for _ in 0..rounds {
            for ((_, caller), samples) in callers.iter_mut().zip(&mut samples) {
                samples.push(caller.sample(path, status)?);
            }
        }
        let base = Spread::of(&samples[0]);
        for ((name, _), samples) in callers.iter().zip(&samples) {
            let Spread { cpu, wall } = Spread::of(samples);
            println!(
                "| {call} | {name} | {:.1}, {:.1} | {:.1}, {:.1} | {:.3} | {:.3} |",
                cpu.0,
                cpu.1,
                wall.0,
                wall.1,
                cpu.1 / base.cpu.1,
                wall.1 / base.wall.1
            );
        }
    }
    Ok(())
}

/// Least and median, in microseconds.
struct Spread {
    cpu: (f64, f64),
    wall: (f64, f64),
}

impl Spread {
    fn of(samples: &[(f64, f64)]) -> Self {
        let of = |pick: fn(&(f64, f64)) -> f64| {
            let mut values: Vec<_> = samples.iter().map(pick).collect();
            values.sort_by(f64::total_cmp);
            (values[0], values[values.len() / 2])
        };
        Self { cpu: of(|one| one.0), wall: of(|one| one.1) }
    }
}

/// A program that calls through one gateway.
struct Caller {
    stream: BufReader<TcpStream>,
    host: String,
    pass: String,
}

impl Caller {
    /// CPU and wall microseconds of each of [`CALLS`] calls.
    fn sample(&mut self, path: &str, status: u16) -> Result<(f64, f64), Box<dyn std::error::Error>> {
        let (begun, burnt) = (Instant::now(), cpu());
        for _ in 0..CALLS {
            let (host, pass) = (&self.host, &self.pass);
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nHallpass: {pass}\r\n\r\n");
            self.stream.get_mut().write_all(request.as_bytes())?;
            let answered = read(&mut self.stream)?.ok_or("the gateway closed")?;
            if !answered.0.contains(&status.to_string()) {
                return Err(answered.0.into());
            }
        }
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / CALLS as f64;
        Ok((micros(cpu() - burnt), micros(begun.elapsed())))
    }
}

/// A gateway that serves in the background for as long as the program runs.
async fn gateway(
    folder: &Path,
    platform: u16,
    sidecar: &str,
    more: &str,
) -> Result<Caller, Box<dyn std::error::Error>> {
    let text = format!(
        "version = 1\nenvironment = \"bench\"\n[sidecar]\nlisten = \"127.0.0.1:0\"\n{sidecar}\n[outbound]\nprivate_networks = [\"127.0.0.0/8\"]\n\
         {more}[integrations.queue-sync]\nplatform = \"genesys\"\ntoken_url = \"http://127.0.0.1:{platform}/oauth/token\"\n\
         api_url = \"http://127.0.0.1:{platform}\"\nsecret = \"file:secret\"\nallow = [\"GET /api/v2/routing/queues/**\"]\n"
    );
    let sources = Sources::of_process(Flags::default());
    let config = Config::read(&folder.join("hallpass.toml"), &text, &sources)?;
    // Only the last one has a log of its own; the others would tell on standard error what they refuse.
    let purpose = if more.is_empty() { Purpose::Inspection } else { Purpose::Gateway };
    let app = App::assemble(&config, purpose, Arc::new(ProcessVariables)).await?;
    let gateway = app.open(HandOver::Environment).await?;
    let host = gateway.url().trim_start_matches("http://").to_owned();
    let pass = gateway.pass().expose_str().ok_or("a pass is text")?.to_owned();
    tokio::spawn(gateway.serve(std::future::pending(), std::future::pending()));
    let stream = TcpStream::connect(&host)?;
    stream.set_nodelay(true)?;
    Ok(Caller { stream: BufReader::new(stream), host, pass })
}

/// Grants tokens and answers everything else with an empty object; its port.
fn platform() -> Result<u16, std::io::Error> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    Ok(port)
}

fn answer(stream: TcpStream) -> Result<(), std::io::Error> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some((line, _)) = read(&mut stream)? {
        let body = match line.starts_with("POST") {
            true => r#"{"access_token":"token","token_type":"bearer","expires_in":86400}"#,
            false => "{}",
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.get_mut().write_all(format!("{head}{body}").as_bytes())?;
    }
    Ok(())
}

/// The first line of a message, and its body; `None` where the other side is gone.
fn read(stream: &mut BufReader<TcpStream>) -> Result<Option<(String, Vec<u8>)>, std::io::Error> {
    let mut first = String::new();
    if stream.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if line == "\r\n" || line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some((first, body)))
}

/// CPU time of the whole process.
fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), spent.tv_nsec.unsigned_abs() as u32)
}
