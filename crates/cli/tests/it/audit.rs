//! The audit log of the real binary: shown, judged, exported; edited, cut off, and killed over.

use std::fs;
use std::path::PathBuf;

use hallpass_testkit::process::{Finished, Stream};
use serde_json::Value;

use crate::scene::{PATIENCE, SECRET, Scene, Served, until};

const KEY: &str = "canary-audit-key-0123456789abcdef-0123456789";

/// A scene whose log is sealed, anchored, and holds what some commands did.
struct Audited {
    scene: Scene,
}

impl Audited {
    fn set() -> Self {
        Self::with("")
    }

    /// With `more` lines in the table `audit`.
    fn with(more: &str) -> Self {
        let mut scene = Scene::empty();
        scene.set("AUDIT_KEY", KEY);
        let audited = Self { scene };
        audited.configure(&format!("key = \"env:AUDIT_KEY\"\nanchors = \"anchors\"\n{more}"));
        audited
    }

    fn configure(&self, keys: &str) {
        self.scene.configure(&format!("\n[audit]\nfile = \"audit.jsonl\"\n{keys}"));
    }

    fn log(&self) -> PathBuf {
        self.scene.path().join("audit.jsonl")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// A secret is stored, a call is made, one is refused.
    fn live(&self) {
        assert_eq!(
            self.scene.run_with(&["secret", "put", "queue-sync"], self.scene.material()).code,
            Some(0)
        );
        let call = |path: &str| self.scene.run(&["call", "queue-sync", "GET", path]).code;
        assert_eq!(call("/api/v2/routing/queues"), Some(0));
        assert_eq!(call("/api/v2/users"), Some(7));
    }

    fn verify(&self, more: &[&str]) -> (Option<i32>, Value) {
        let finished = self.scene.run(&[&["audit", "verify", "--json"], more].concat());
        (finished.code, serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}")))
    }

    fn found(&self, more: &[&str]) -> Vec<String> {
        let (_, told) = self.verify(more);
        told["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["what"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Runs it and compares what it left, without what changes from run to run.
    #[track_caller]
    fn assert(&self, name: &str, arguments: &[&str]) {
        let finished = self.scene.run(&[&["audit"], arguments].concat());
        let all = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!all.contains(SECRET) && !all.contains(KEY), "{all}");
        let stdout = self.steady(&finished.stdout);
        self.scene.assert(&format!("audit_{name}"), &Finished { stdout, ..finished });
    }

    fn steady(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let mut replace = |value: String, shown: &str| {
            if !value.is_empty() {
                text = text.replace(&value, shown);
            }
        };
        for (at, chain) in self.chains().into_iter().enumerate() {
            replace(chain, &format!("[CHAIN {}]", at + 1));
        }
        for line in self.text().lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let fact = |name: &str| line["facts"][name].as_str().unwrap_or_default().to_owned();
            replace(line["mac"].as_str().unwrap_or_default().to_owned(), "[MAC]");
            replace(fact("host"), "[HOST]");
            replace(fact("fingerprint"), "[PRINT]");
            replace(line["at_ms"].to_string(), "[AT]");
        }
        let words = text.split_inclusive([' ', '\n', ',']).map(|word| {
            let bare = word.trim_end_matches([' ', '\n', ',', '"']).trim_matches('"');
            if bare.len() == 24 && bare.ends_with('Z') {
                word.replace(bare, "[TIME]")
            } else {
                word.to_owned()
            }
        });
        // The width of a column is that of a process's number.
        let spaced = words.collect::<String>();
        let text = spaced.lines().map(|line| {
            let inner: Vec<_> =
                line.trim_start().split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
            let indent = &line[..line.len() - line.trim_start().len()];
            format!("{indent}{}\n", inner.join("  "))
        });
        let text = text.collect::<String>();
        ["process ", "process=", "\"process\":\"", "[HOST],"].into_iter().fold(text, |text, before| {
            let mut pieces = text.split(before);
            let first = pieces.next().unwrap_or_default().to_owned();
            pieces.fold(first, |text, piece| {
                let rest = piece.trim_start_matches(|letter: char| letter.is_ascii_digit());
                let shown = if rest.len() < piece.len() { "[N]" } else { "" };
                format!("{text}{before}{shown}{rest}")
            })
        })
    }

    fn chains(&self) -> Vec<String> {
        let mut chains = Vec::new();
        for line in self.text().lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let chain = line["chain"].as_str().unwrap_or_default().to_owned();
            if !chains.contains(&chain) {
                chains.push(chain);
            }
        }
        chains
    }
}

#[test]
fn a_log_is_shown_judged_and_exported() {
    let audited = Audited::set();
    audited.live();
    audited.assert("verify", &["verify"]);
    audited.assert("verify_json", &["verify", "--json", "--strict"]);
    audited.assert("show", &["show"]);
    audited.assert(
        "show_some",
        &["show", "--kind", "secret-read", "--integration", "queue-sync", "--since", "1h"],
    );
    audited.assert("show_last_json", &["show", "--last", "1", "--json"]);
    audited.assert("show_nothing", &["show", "--until", "2020-01-01"]);
    audited.assert("export_csv", &["export", "--format", "csv"]);
    audited.assert("export_json", &["export", "--kind", "token-granted"]);
    assert!(!audited.text().contains(SECRET) && !audited.text().contains(KEY));
}

#[test]
fn every_fact_of_a_real_log_stands_in_the_reference() {
    let audited = Audited::set();
    audited.live();
    assert_documented(&audited.text());
}

/// Every kind, fact and member of a log stands in the reference.
pub(crate) fn assert_documented(log: &str) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/audit.md");
    let page = fs::read_to_string(page).unwrap();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let facts = line["facts"].as_object().unwrap().keys().map(String::as_str);
        for name in
            facts.chain(line["kind"].as_str()).chain(line.as_object().unwrap().keys().map(String::as_str))
        {
            assert!(page.contains(&format!("| `{name}` |")), "{name} of {line}");
        }
    }
}

#[test]
fn whatever_is_done_to_the_log_is_found() {
    let audited = Audited::set();
    audited.live();
    let whole = audited.text();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let write = |text: &str| fs::write(audited.log(), text).unwrap();
    let [was, is] = ["sync", "sink"].map(|end| format!("\"secret-written\",\"integration\":\"queue-{end}\""));
    write(&whole.replacen(&was, &is, 1));
    audited.assert("verify_changed", &["verify"]);
    audited.assert("export_changed", &["export", "--format", "csv", "--kind", "secret-written"]);
    audited.assert("show_changed", &["show", "--kind", "secret-written"]);
    write(&[&lines[..1], &lines[2..]].concat().concat());
    assert_eq!(audited.found(&[]), ["missing"]);
    write(&[&lines[..2], &[lines[1]], &lines[2..]].concat().concat());
    assert_eq!(audited.found(&[]), ["out-of-place"]);
    write(&format!("{}rubbish\n{}", lines[0], lines[1..].concat()));
    assert_eq!(audited.found(&[]), ["malformed"]);
    write(&lines[..lines.len() - 1].concat());
    audited.assert("verify_cut_off", &["verify"]);
    let empty = audited.scene.write("no-anchors", "");
    let (code, told) = audited.verify(&["--anchors", empty.to_str().unwrap()]);
    assert_eq!((code, &told["chains"][2]["ended"]), (Some(0), &Value::Bool(false)), "{told}");
    assert_eq!(audited.verify(&["--anchors", empty.to_str().unwrap(), "--strict"]).0, Some(9));
    write("");
    assert_eq!(audited.found(&[]), ["chain-missing"; 3]);
}

#[test]
fn a_key_that_is_missing_or_wrong_is_told() {
    let audited = Audited::set();
    audited.live();
    audited.assert("verify_without_key", &["verify", "--without-key"]);
    audited.configure("key = \"env:OTHER_KEY\"\n");
    audited.assert("key_missing", &["verify"]);
    let other = |value: &str| {
        let launch = audited.scene.hallpass(&["audit", "verify"]).env("OTHER_KEY", value);
        let finished = launch.run(PATIENCE).unwrap();
        assert!(!format!("{finished:?}").contains("canary"), "{finished:?}");
        finished
    };
    assert_eq!(other("canary-another-0123456789abcdef-0123456789").code, Some(9));
    audited.scene.assert("audit_key_short", &other("canary"));
    let put = audited.scene.run_with(&["secret", "put", "queue-sync"], audited.scene.material());
    audited.scene.assert("audit_key_unreadable", &put);
    assert_eq!(audited.scene.run(&["check", "--offline"]).code, Some(0), "a build machine has no key");
    audited.configure("");
    assert_eq!(audited.found(&[]), ["key-unknown"; 3]);
    audited.scene.assert("audit_check_no_key", &audited.scene.run(&["check", "--offline"]));
}

#[test]
fn bad_input_is_refused_in_words() {
    let audited = Audited::set();
    audited.assert("no_such_file", &["verify", "nowhere.jsonl"]);
    audited.assert("no_such_kind", &["show", "--kind", "nonsense"]);
    audited.assert("no_such_time", &["show", "--since", "yesterday"]);
    audited.scene.configure("");
    audited.assert("no_file", &["verify"]);
    audited.configure(
        "key = \"canary pasted here\"\nstream = \"stdout\"\nanchors = \"audit.jsonl\"\nrotate_at = 1\n",
    );
    audited.assert("bad_configuration", &["verify"]);
}

#[test]
fn every_audit_command_explains_itself() {
    let scene = Scene::empty();
    scene.assert("audit_help", &scene.run(&["audit", "--help"]));
    for command in ["show", "verify", "export"] {
        scene.assert(&format!("audit_{command}_help"), &scene.run(&["audit", command, "--help"]));
    }
}

/// Twenty times a sidecar serves, refuses, and is killed in the middle of it, while another one shares its file. Nothing is called broken, every chain is proven as far as a later one saw it, and
/// what was recorded before the kill was noticed is there.
#[test]
fn a_sidecar_that_is_killed_twenty_times_leaves_a_log_that_tells_no_lies() {
    let audited = Audited::with("rotate_at = 65536\n");
    assert_eq!(
        audited.scene.run_with(&["secret", "put", "queue-sync"], audited.scene.material()).code,
        Some(0)
    );
    let neighbour = audited.scene.serve(&[]);
    fs::rename(audited.scene.path().join("run/pass"), audited.scene.path().join("run/neighbour")).unwrap();
    for round in 0..20 {
        let mut served = audited.scene.serve(&[]);
        assert_eq!(served.get("/queue-sync/api/v2/routing/queues").0, 200);
        for call in 0..10 + round {
            assert_eq!(served.get(&format!("/queue-sync/api/v2/users/{call}")).0, 403);
            assert_eq!(neighbour.get("/queue-sync/api/v2/users").0, 403);
        }
        served.process.signal("KILL").unwrap();
        served.process.wait(PATIENCE).unwrap();
        fs::remove_file(audited.scene.path().join("run/pass")).ok();
        let (code, told) = audited.verify(&[]);
        assert_eq!(code, Some(0), "{round}: {told:#}");
    }
    let mut neighbour = neighbour;
    neighbour.process.signal("TERM").unwrap();
    neighbour.process.wait(PATIENCE).unwrap();
    let (_, told) = audited.verify(&[]);
    let chains = told["chains"].as_array().unwrap();
    assert_eq!(chains.len(), 22, "{told:#}");
    assert_eq!(
        chains.iter().filter(|chain| chain["ended"] == true).count(),
        2,
        "the command and the neighbour"
    );
    let refused = audited.scene.run(&["audit", "export", "--kind", "call-refused"]);
    // The neighbour lost none of its own, and the killed ones at most those of their last milliseconds.
    let calls = (0..20).map(|round| 10 + round).sum::<usize>();
    let count = refused.stdout.lines().count();
    assert!((calls..=2 * calls).contains(&count), "{count} of {}", 2 * calls);
    // What is cut off the middle of it is found all the same.
    let text = audited.text();
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    fs::write(audited.log(), [&lines[..lines.len() / 2], &lines[lines.len() / 2 + 1..]].concat().concat())
        .unwrap();
    assert_eq!(audited.verify(&[]).0, Some(9));
}

#[test]
fn standard_output_is_a_sink_too_and_a_captured_stream_can_be_judged() {
    let audited = Audited::set();
    assert_eq!(
        audited.scene.run_with(&["secret", "put", "queue-sync"], audited.scene.material()).code,
        Some(0)
    );
    audited.scene.configure("\n[audit]\nstream = \"stdout\"\nkey = \"env:AUDIT_KEY\"\n");
    let process = audited.scene.hallpass(&["serve", "--json"]).start().unwrap();
    let line = process.line(Stream::Stdout, "{\"event\":\"listening\"", PATIENCE).unwrap();
    let announced: Value = serde_json::from_str(&format!("{{\"event\":\"listening\"{line}")).unwrap();
    let pass = fs::read_to_string(announced["pass_file"].as_str().unwrap()).unwrap();
    let mut served = Served { process, announced, pass };
    assert_eq!(served.get("/queue-sync/api/v2/users").0, 403);
    until(|| served.get("/-/ready").0 == 200);
    served.process.signal("TERM").unwrap();
    let finished = served.process.wait(PATIENCE).unwrap();
    let captured = audited.scene.write("captured", &format!("a line of somebody else\n{}", finished.stdout));
    let captured = captured.to_str().unwrap();
    assert_eq!(audited.found(&["--mixed", captured]), Vec::<String>::new());
    let (code, told) = audited.verify(&["--mixed", "--strict", captured]);
    assert_eq!((code, told["chains"].as_array().unwrap().len()), (Some(0), 1), "{told:#}");
    assert_eq!(audited.verify(&[captured]).0, Some(9), "the other lines are none of ours");
}
