//! `hallpass call`: one call as an integration, through the same policy and client as the sidecar's, without a sidecar.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use clap::Args;
use hallpass_app::{Answer, Flags, Purpose};
use http::StatusCode;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::house::House;
use crate::printer::Printer;

/// Make one call as an integration, without a sidecar
///
/// The allow-list holds here as well. The answer's body goes to standard output and its status to standard error. The exit code is 0 for
/// 2xx and 3xx, 8 for any other status of the platform, 7 when the call was refused here and never sent.
///
/// Example: hallpass call queue-sync GET '/api/v2/routing/queues?pageSize=1'
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The integration's name
    integration: String,
    /// The method, such as GET
    method: String,
    /// Path and query, exactly as they are sent; redirects are not followed
    path: String,
    /// A header; may be repeated. The token is attached by hallpass
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// The body: the text itself, @FILE, or - for standard input. Sent as application/json unless a header says otherwise
    #[arg(long, value_name = "TEXT|@FILE|-", allow_hyphen_values = true)]
    data: Option<String>,
    /// Print status line and headers before the body
    #[arg(long)]
    include: bool,
}

impl Call {
    /// Makes the call.
    pub(crate) async fn run(self, config: Option<&Path>, printer: &Printer) -> Result<Exit, Failure> {
        if self.data.is_some() && matches!(self.method.as_str(), "GET" | "HEAD") {
            // A server that ignores the body takes it for the next request on the connection.
            return Err(Failure::usage(
                "`GET` and `HEAD` are sent without a body",
                "leave `--data` away, or name another method",
            ));
        }
        let headers = headers(&self.header, self.data.is_some())?;
        let body = self.data.as_deref().map_or(Ok(Vec::new()), data)?;
        let House { app, .. } = House::open(config, Flags::default(), Purpose::Command).await?;
        let call = hallpass_app::Call { method: self.method, target: self.path, headers, body: body.into() };
        let mut answer = app.call(&self.integration, call).await?;
        let healed = if answer.report.healed { " (after one 401, healed with a new token)" } else { "" };
        printer.talk(&format!("{}{healed}", in_words(answer.status)));
        if self.include {
            printer.data(&head_in_words(&answer))?;
        }
        while let Some(bytes) = answer.chunk().await? {
            printer.bytes(&bytes)?;
        }
        Ok(if answer.status < 400 { Exit::Done } else { Exit::AnsweredError })
    }
}

/// The headers given.
fn headers(given: &[String], has_body: bool) -> Result<Vec<(String, String)>, Failure> {
    let mut headers = Vec::new();
    for text in given {
        // The value is not repeated in an error: people paste tokens here.
        let wrong = || Failure::usage("a header has no `:`", "write `--header 'Name: value'`");
        let (name, value) = text.split_once(':').ok_or_else(wrong)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        headers.push((name, value));
    }
    if has_body && !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    Ok(headers)
}

/// What `--data` names.
fn data(argument: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let (what, read) = match argument.strip_prefix('@') {
        _ if argument == "-" => ("standard input".to_owned(), io::stdin().lock().read_to_end(&mut bytes)),
        Some(path) => {
            (format!("`{path}`"), File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)))
        }
        None => return Ok(argument.as_bytes().to_vec()),
    };
    read.map_err(|error| Failure::machine(format!("{what} cannot be read"), error))?;
    Ok(bytes)
}

fn in_words(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    format!("HTTP {status} {}", reason.unwrap_or_default()).trim_end().to_owned()
}

/// Status line, headers and the empty line after them.
fn head_in_words(answer: &Answer) -> String {
    let line = |(name, value): &(String, Vec<u8>)| format!("{name}: {}\n", String::from_utf8_lossy(value));
    format!("{}\n{}", in_words(answer.status), answer.headers.iter().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::headers;

    #[test]
    fn a_header_has_a_colon() {
        assert!(headers(&["no colon".to_owned()], false).is_err());
    }

    #[test]
    fn a_body_is_json_unless_a_header_says_otherwise() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(headers(&[], true).unwrap(), [pair("content-type", "application/json")]);
        assert_eq!(
            headers(&["Content-Type: text/csv".to_owned()], true).unwrap(),
            [pair("content-type", "text/csv")]
        );
        assert!(headers(&[], false).unwrap().is_empty());
    }
}
