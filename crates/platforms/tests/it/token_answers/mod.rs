//! Runs the folders below `tests/cases/token-answers`: what a token endpoint sends over a socket, and what we make of it.
//!
//! * `answer.http`: the bytes of the answer. Lines of the head end with a line feed here and with CRLF on the wire; the file's last line feed is not
//!   part of the answer. `answer.bin`: the same byte for byte. Neither: nothing is sent.
//! * `case.json`: what bytes cannot say; see [`server::Answer`]. A list is several answers, one to each request in turn: the token cache then asks
//!   once for each, and what it says every time is expected.
//! * `expected.txt`: what `genesys` `standard` makes of it; `expected-oauth2.txt`: what `oauth2` does, where that is something else.
//!
//! Time stands still but for what a case says. Nothing of it may show the client's secret or a token: both are called canary.
//! `HALLPASS_BLESS=1` writes what is expected.

mod server;
mod subject;

use std::fmt::Write as _;
use std::sync::mpsc;
use std::time::Duration;

use hallpass_core::token::TokenCache;
use hallpass_core::{Grant, IssueFault, IssueVerdict};
use hallpass_testkit::case_folder::{self, Case, Outcome};

use self::server::{Answer, Server};
use self::subject::Subject;

#[test]
fn every_token_answer_has_its_verdict_and_shows_no_secret() {
    case_folder::each(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/token-answers"), |case| {
        let told = bounded(case, "genesys")?;
        case.expect("expected.txt", &told)?;
        let differs = bounded(case, "oauth2")?;
        let other = case.path().join("expected-oauth2.txt");
        match differs == told {
            false => case.expect("expected-oauth2.txt", &differs),
            true if other.exists() => {
                Err("expected-oauth2.txt says what expected.txt says: remove it".into())
            }
            true => Ok(()),
        }
    });
}

/// A case that hangs is a failure and not a test that never ends.
fn bounded(case: &Case, platform: &'static str) -> Outcome<String> {
    let (tell, told) = mpsc::channel();
    let case = case.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let told = runtime.block_on(run(&case, platform)).map_err(|fault| fault.to_string());
        // Nobody listens any more when the case took too long.
        drop(tell.send(told));
    });
    Ok(told.recv_timeout(LONGEST_CASE).map_err(|_| format!("{platform}: the case hangs or panicked"))??)
}

const LONGEST_CASE: Duration = Duration::from_secs(20);

async fn run(case: &Case, platform: &str) -> Outcome<String> {
    let answers = Answer::all(case)?;
    if answers.len() > 1 {
        return in_turn(answers, platform).await;
    }
    let subject = Subject::start(platform, answers.clone()).await?;
    let mut told = String::new();
    let issued = subject.issue().await;
    let debug = format!("{issued:?}");
    describe(&mut told, &issued)?;
    if issued.is_ok() {
        let again = Subject::start(platform, answers).await?;
        let cache = again.cache();
        write!(told, "in the cache: ")?;
        say(&mut told, &cache, &again.server).await?;
    }
    writeln!(told, "requests: {}", subject.server.requests())?;
    silent(&told)?;
    silent(&debug)?;
    Ok(told)
}

/// Asks the cache once for each answer.
async fn in_turn(answers: Vec<Answer>, platform: &str) -> Outcome<String> {
    let mut told = String::new();
    let pauses: Vec<_> = answers.iter().map(|answer| answer.seconds_since).collect();
    let subject = Subject::start(platform, answers).await?;
    let cache = subject.cache();
    for pause in pauses {
        subject.time.advance(Duration::from_secs(pause));
        write!(told, "after {pause} s: ")?;
        say(&mut told, &cache, &subject.server).await?;
        subject.server.settled().await;
    }
    subject.time.advance(Duration::from_millis(1));
    write!(told, "at once: ")?;
    say(&mut told, &cache, &subject.server).await?;
    silent(&told)?;
    Ok(told)
}

fn describe(told: &mut String, issued: &Result<Grant, IssueFault>) -> Outcome {
    let (verdict, lifetime, after, detail, hint) = match issued {
        Ok(grant) => ("granted", grant.lifetime, None, "none", None),
        Err(fault) => {
            let (verdict, after) = match fault.verdict {
                IssueVerdict::CredentialRefused => ("credential refused", None),
                IssueVerdict::Throttled { retry_after } => ("throttled", retry_after),
                IssueVerdict::Refused => ("refused", None),
                IssueVerdict::Passing { retry_after } => ("passing", retry_after),
                _ => return Err("a verdict this test does not know".into()),
            };
            (verdict, None, after, fault.detail.as_str(), fault.hint)
        }
    };
    let seconds = |time: Option<Duration>| match time {
        Some(time) => format!("{} s", time.as_secs_f64()),
        None => "none".to_owned(),
    };
    writeln!(told, "verdict: {verdict}\nlifetime: {}", seconds(lifetime))?;
    writeln!(told, "retry-after: {}\ndetail: {detail}", seconds(after))?;
    Ok(writeln!(told, "hint: {}", hint.unwrap_or("none"))?)
}

/// What a caller gets, and how many requests there were by then.
async fn say(told: &mut String, cache: &TokenCache, server: &Server) -> Outcome {
    let token = cache.token().await;
    silent(&format!("{token:?} {cache:?}"))?;
    match &token {
        Ok(token) => {
            let left = cache.status().expires_in_seconds.unwrap_or_default();
            write!(told, "generation {}, {left} s left", token.generation())?;
        }
        Err(fault) => write!(told, "{} ({})", fault.code().name(), fault.detail())?,
    }
    if let (Ok(_), Some(pausing)) = (&token, cache.pausing()) {
        silent(&format!("{pausing:?}"))?;
        write!(told, ", pausing ({})", pausing.detail())?;
    }
    Ok(writeln!(told, "; requests: {}", server.requests())?)
}

/// The client's secret and every token have this in them, whatever becomes of their case.
fn silent(told: &str) -> Outcome {
    match told.to_ascii_lowercase().contains("canary") {
        true => Err(format!("a secret or a token is shown: {told}").into()),
        false => Ok(()),
    }
}
