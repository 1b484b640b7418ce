//! Runs the folders below `tests/cases/retry-after`: the headers of one answer each, and how long we wait after it.
//!
//! * `headers.txt`: one header in each line. Everything behind the colon and one space is the value, blanks included.
//! * `clock.txt`: what our own clock shows, where it is not 07:28:00 on 21 October 2015.
//! * `expected.txt`: the wait where somebody waits, and in a batch.
//!
//! `HALLPASS_BLESS=1` writes what is expected.

use std::time::{Duration, SystemTime};

use hallpass_core::Moment;
use hallpass_outbound::{BATCH_RETRY_AFTER_CAP, RETRY_AFTER_CAP, retry_after};
use hallpass_testkit::case_folder::{self, Case, Outcome};
use http::{HeaderMap, HeaderName, HeaderValue};

#[test]
fn p23_retry_after_is_obeyed_in_every_form() {
    case_folder::each(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/retry-after"), |case| {
        let (headers, now) = (headers(&case.text("headers.txt")?)?, local_clock(case)?);
        let waits = [("interactive", RETRY_AFTER_CAP), ("batch", BATCH_RETRY_AFTER_CAP)];
        let waits = waits.map(|(who, cap)| match retry_after(&headers, now, cap) {
            Some(wait) => format!("{who}: {} s\n", wait.as_secs_f64()),
            None => format!("{who}: none\n"),
        });
        case.expect("expected.txt", waits.concat())
    });
}

fn headers(text: &str) -> Outcome<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in text.lines() {
        let (name, value) = line.split_once(':').ok_or("a line without a colon")?;
        let value = value.strip_prefix(' ').unwrap_or(value);
        headers.append(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
    }
    Ok(headers)
}

fn local_clock(case: &Case) -> Outcome<Moment> {
    let text = case.optional_text("clock.txt")?;
    let shown = httpdate::parse_http_date(text.as_deref().unwrap_or(USUAL).trim_end())?;
    Ok(Moment { wall: shown.duration_since(SystemTime::UNIX_EPOCH)?, monotonic: Duration::ZERO })
}

const USUAL: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
