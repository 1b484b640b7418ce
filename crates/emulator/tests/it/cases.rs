//! Runs the folders below `tests/cases`: a dialogue with the emulator each, compared byte for byte.
//!
//! A folder is named after the row of the platform's behaviour it shows. Its files, in order of their numbers:
//!
//! * `setup.json`: `settings` (seed 1 and a clock frozen at the start of 2026 unless given), `clients`, `queues`,
//!   `conversations`; for CXone `access_keys`, `cxone_clients`, `contacts` (how many).
//! * `NN-request.http`, `NN-response.http`: what is sent to the API's listener, and what must come back. Lines of a
//!   head end with a line feed here and with CRLF on the wire; the file's last line feed is not part of the body. A
//!   connection that ends early shows as a last line in brackets. In a request's head `{NN.member}` stands for a
//!   member of the JSON that answer NN was: signed tokens are long.
//! * `NN-login-request.http`, `NN-login-response.http`: the same at the login listener.
//! * `NN-orders.json`: orders to the control door, such as `[["POST /clock/advance", {"seconds": 60}]]`.
//! * `NN-witness.json`: members that the witness's report must have; what is not named may be anything.
//!
//! `HALLPASS_BLESS=1` writes the responses that are missing or differ.

use std::collections::BTreeMap;

use hallpass_emulator::{ConversationKeys, Emulator, NewAccessKey, NewClient, NewConversation, Settings};
use hallpass_testkit::case_folder::{self, Case, Outcome};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::wire::{Answer, End, exchange, head_length};

#[test]
fn every_case_folder_holds() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    case_folder::each(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases"), |case| {
        let setup: Setup = serde_json::from_str(&case.text("setup.json")?)?;
        let emulator = runtime.block_on(Emulator::start(setup.settings()?))?;
        let outcome = setup.furnish(&emulator).and_then(|()| play(case, &emulator));
        runtime.block_on(emulator.stop());
        outcome
    });
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Setup {
    settings: Value,
    clients: Vec<NewClient>,
    queues: Vec<String>,
    conversations: Vec<NewConversation>,
    access_keys: Vec<NewAccessKey>,
    cxone_clients: Vec<NewClient>,
    contacts: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: json!({}),
            clients: Vec::new(),
            queues: Vec::new(),
            conversations: Vec::new(),
            access_keys: Vec::new(),
            cxone_clients: Vec::new(),
            contacts: 0,
        }
    }
}

impl Setup {
    fn settings(&self) -> Outcome<Settings> {
        let mut settings = json!({ "seed": 1, "clock": { "frozen": 1_767_225_600 }, "control": true });
        for (name, value) in self.settings.as_object().ok_or("settings must be an object")? {
            settings[name] = value.clone();
        }
        Ok(serde_json::from_value(settings)?)
    }

    fn furnish(&self, emulator: &Emulator) -> Outcome {
        let world = emulator.world();
        for client in &self.clients {
            world.add_client(client.clone());
        }
        for queue in &self.queues {
            world.add_queue(queue);
        }
        for conversation in &self.conversations {
            let ConversationKeys { .. } = world.add_conversation(conversation.clone());
        }
        for key in &self.access_keys {
            world.add_access_key(key.clone());
        }
        for client in &self.cxone_clients {
            world.add_cxone_client(client.clone());
        }
        world.add_contacts(self.contacts);
        Ok(())
    }
}

fn play(case: &Case, emulator: &Emulator) -> Outcome {
    let mut files: Vec<String> = std::fs::read_dir(case.path())?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    files.sort();
    let mut answers = BTreeMap::new();
    for file in &files {
        if file.ends_with("request.http") {
            let door = if file.contains("login") { emulator.login_url() } else { emulator.base_url() };
            let answer = exchange(&door, &wire_form(&case.bytes(file)?, &answers)?);
            case.expect(&file.replace("request", "response"), file_form(&answer))?;
            let number = file.split('-').next().unwrap_or_default();
            answers.insert(number.to_owned(), answer);
        } else if file.ends_with("orders.json") {
            obey(emulator, &case.text(file)?).map_err(|fault| format!("{file}: {fault}"))?;
        } else if file.ends_with("witness.json") {
            let wanted: Value = serde_json::from_str(&case.text(file)?)?;
            let seen = serde_json::to_value(emulator.world().witness())?;
            contains(&seen, &wanted, "witness").map_err(|fault| format!("{file}: {fault}"))?;
        } else if file != "setup.json" && !file.ends_with("response.http") {
            return Err(format!("{file}: no such kind of file").into());
        }
    }
    Ok(())
}

fn obey(emulator: &Emulator, orders: &str) -> Outcome {
    let url = emulator.control_url().ok_or("the control door is closed")?;
    let host = url.trim_start_matches("http://");
    for (order, body) in serde_json::from_str::<Vec<(String, Value)>>(orders)? {
        let body = body.to_string();
        let length = body.len();
        let request = format!("{order} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}");
        let answer = exchange(&url, request.as_bytes());
        if !matches!(answer.status(), Some(200 | 204)) {
            return Err(format!("{order}: {}", answer.body()).into());
        }
    }
    Ok(())
}

/// A request file as bytes for the wire, with what earlier answers gave it.
fn wire_form(file: &[u8], answers: &BTreeMap<String, Answer>) -> Outcome<Vec<u8>> {
    let end = file.windows(2).position(|window| window == b"\n\n").ok_or("a head ends with an empty line")?;
    let mut head = std::str::from_utf8(&file[..end])?.replace('\n', "\r\n");
    while let Some((before, rest)) = head.split_once('{') {
        let (name, after) = rest.split_once('}').ok_or("a brace is not closed")?;
        let (number, member) = name.split_once('.').ok_or("a brace holds NN.member")?;
        let answer = answers.get(number).ok_or("no answer of this number yet")?;
        head = format!("{before}{}{after}", answer.member(member));
    }
    let body = &file[end + 2..];
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    Ok([head.as_bytes(), b"\r\n\r\n", body].concat())
}

/// An answer as a response file has it. Line ends that are no CRLF would show as `\r` or as missing lines.
fn file_form(answer: &Answer) -> Vec<u8> {
    let head = head_length(&answer.bytes).unwrap_or(0);
    let mut file = String::from_utf8_lossy(&answer.bytes[..head]).replace("\r\n", "\n").into_bytes();
    file.extend_from_slice(&answer.bytes[head..]);
    if answer.bytes.len() > head {
        file.push(b'\n');
    }
    match answer.end {
        End::Whole => {}
        End::Closed => file.extend_from_slice(b"[closed]\n"),
        End::Reset => file.extend_from_slice(b"[reset]\n"),
    }
    file
}

/// Whether `seen` has every member of `wanted`, at any depth.
fn contains(seen: &Value, wanted: &Value, path: &str) -> Outcome {
    match (seen, wanted) {
        (Value::Object(seen), Value::Object(wanted)) => wanted.iter().try_for_each(|(name, wanted)| {
            contains(seen.get(name).unwrap_or(&Value::Null), wanted, &format!("{path}.{name}"))
        }),
        (Value::Array(seen), Value::Array(wanted)) if seen.len() == wanted.len() => {
            let mut pairs = seen.iter().zip(wanted).enumerate();
            pairs.try_for_each(|(index, (seen, wanted))| contains(seen, wanted, &format!("{path}[{index}]")))
        }
        _ if seen == wanted => Ok(()),
        _ => Err(format!("{path} is {seen}, not {wanted}").into()),
    }
}
