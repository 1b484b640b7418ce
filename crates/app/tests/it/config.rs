//! Configuration files and everything that is said about them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::Path;

use hallpass_app::config::{self, Config, Files, Flags, Sources, Variables};
use hallpass_app::{Fault, FaultCode};
use hallpass_stores::StoreLimits;
use hallpass_testkit::case_folder;

/// Each folder is one file and all that is said about it. `variables.txt` holds `NAME=VALUE` lines, `flags.txt` the flags.
#[test]
fn every_case_is_judged_as_written() {
    case_folder::each(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/config"), |case| {
        let files = OneFile { content: case.bytes("hallpass.toml")? };
        let variables = Map::of(&case.optional_text("variables.txt")?.unwrap_or_default());
        let flags = Map::of(&case.optional_text("flags.txt")?.unwrap_or_default());
        let flag = |name: &str| flags.0.get(name).map(|value| value.to_string_lossy().into_owned());
        let flags = Flags { listen: flag("--listen"), log: flag("--log") };
        let told = match Config::load(None, &Sources { variables: &variables, files: &files, flags }) {
            Ok(config) => format!("{config:#?}\n"),
            Err(faults) => {
                let json = serde_json::to_string(&faults)?;
                let all = format!("{faults}\n{faults:?}\n{json}\n{:?}", Fault::from(faults.clone()));
                assert!(!all.to_lowercase().contains("canary"), "a value is echoed: {all}");
                format!("{faults}\n")
            }
        };
        case.expect("expected.txt", told)
    });
}

#[test]
fn a_missing_file_is_a_fault_of_its_own() {
    let files = OneFile { content: MINIMAL.into() };
    let sources = Sources { variables: &Map::of(""), files: &files, flags: Flags::default() };
    let faults = Config::load(Some(Path::new("other.toml")), &sources).unwrap_err();
    assert!(faults.is_missing());
    assert_eq!(Fault::from(faults).code(), FaultCode::ConfigurationMissing);
}

#[test]
fn a_file_that_is_too_large_is_refused_unread() {
    let files = OneFile { content: vec![b'#'; 2 * 1024 * 1024] };
    let sources = Sources { variables: &Map::of(""), files: &files, flags: Flags::default() };
    let faults = Config::load(None, &sources).unwrap_err();
    assert_eq!(
        faults.to_string(),
        "hallpass.toml: it is longer than 1024 KiB\n  hint: is this the file you meant?"
    );
    assert_eq!(Fault::from(faults).code(), FaultCode::ConfigurationInvalid);
}

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let load = |text: &str, variables: &str, listen: Option<&str>| {
        let flags = Flags { listen: listen.map(str::to_owned), log: None };
        let sources =
            Sources { variables: &Map::of(variables), files: &OneFile { content: Vec::new() }, flags };
        format!("{:?}", Config::read(Path::new("hallpass.toml"), text, &sources).unwrap())
    };
    let file = format!("{MINIMAL}\n[sidecar]\nlisten = \"127.0.0.1:2\"");
    assert!(load(MINIMAL, "", None).contains("127.0.0.1:7780"));
    assert!(load(&file, "", None).contains("127.0.0.1:2"));
    assert!(load(&file, "HALLPASS_LISTEN=127.0.0.1:3", None).contains("127.0.0.1:3"));
    assert!(load(&file, "HALLPASS_LISTEN=127.0.0.1:3", Some("127.0.0.1:4")).contains("127.0.0.1:4"));
    assert!(
        load(&file, "HALLPASS_LISTEN=", None).contains("127.0.0.1:2"),
        "an empty variable counts as unset"
    );
}

/// The schema's `default` is what a reader sees; what is left out is what happens. They must be the same.
#[test]
fn what_is_left_out_is_what_the_schema_says_is_the_default() {
    let schema = config::schema();
    let mut written = MINIMAL.to_owned();
    for (table, name) in [("sidecar", "SidecarTable"), ("stores", "StoresTable"), ("log", "LogTable")] {
        written.push_str(&format!("\n[{table}]"));
        for (key, property) in schema["$defs"][name]["properties"].as_object().unwrap() {
            if let Some(default) = property.get("default") {
                written.push_str(&format!("\n{key} = {default}"));
            }
        }
    }
    assert!(written.contains("max_body = 10485760"), "{written}");
    let sources =
        Sources { variables: &Map::of(""), files: &OneFile { content: Vec::new() }, flags: Flags::default() };
    let read =
        |text: &str| format!("{:?}", Config::read(Path::new("hallpass.toml"), text, &sources).unwrap());
    assert_eq!(read(&written), read(MINIMAL));
    // The library has these as figures, the file as text.
    assert!(read(MINIMAL).contains(&format!("{:?}", StoreLimits::DEFAULT)), "{}", read(MINIMAL));
}

#[test]
fn the_schema_describes_every_key_and_closes_every_table() {
    let schema = config::schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let definitions =
        schema["$defs"].as_object().unwrap().values().filter(|definition| definition["type"] == "object");
    for table in definitions.chain([&schema]) {
        assert_eq!(table["additionalProperties"], false, "{table}");
        for (key, property) in table["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "`{key}` is not described: {property}");
        }
    }
    assert!(!schema.to_string().contains("null"), "TOML has no null");
}

#[test]
fn every_variable_of_ours_is_read_or_an_output() {
    for variable in config::VARIABLES {
        assert!(variable.help.ends_with('.'), "{}", variable.name);
    }
}

#[test]
fn every_example_of_the_page_about_platforms_is_a_good_configuration() {
    let page = include_str!("../../../../docs/guides/platforms.md");
    let examples: Vec<_> =
        page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 8);
    for example in examples {
        let allow = if example.contains("allow = ") { "" } else { "allow = [\"GET /a\"]" };
        let text = format!(
            "version = 1\nenvironment = \"test\"\n[integrations.a]\n{example}\nsecret = \"local:a\"\n{allow}\n"
        );
        let sources = Sources {
            variables: &Map::of(""),
            files: &OneFile { content: Vec::new() },
            flags: Flags::default(),
        };
        if let Err(faults) = Config::read(Path::new("hallpass.toml"), &text, &sources) {
            panic!("{faults}\n{example}");
        }
    }
}

#[test]
fn every_example_of_the_page_about_rotation_is_a_good_configuration() {
    judge_examples(include_str!("../../../../docs/guides/rotation.md"), 6);
}

#[test]
fn every_example_of_the_page_about_provisioning_is_a_good_configuration() {
    judge_examples(include_str!("../../../../docs/guides/provisioning.md"), 3);
}

#[test]
fn every_example_of_the_page_about_learning_is_a_good_configuration() {
    judge_examples(include_str!("../../../../docs/guides/learn.md"), 1);
}

#[test]
fn every_example_of_the_page_about_lint_is_a_good_configuration() {
    judge_examples(include_str!("../../../../docs/guides/lint.md"), 2);
}

/// Every example of a page, each a whole file.
#[track_caller]
fn judge_examples(page: &str, count: usize) {
    let examples: Vec<_> =
        page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), count);
    for example in examples {
        let sources = Sources {
            variables: &Map::of(""),
            files: &OneFile { content: Vec::new() },
            flags: Flags::default(),
        };
        if let Err(faults) = Config::read(Path::new("hallpass.toml"), example, &sources) {
            panic!("{faults}\n{example}");
        }
    }
}

const MINIMAL: &str = r#"
version = 1
environment = "test"

[integrations.queue-sync]
platform = "genesys"
region = "us-east-1"
secret = "local:queue-sync"
allow = ["GET /api/v2/routing/queues/**"]
"#;

/// A file system with one file, some key files, and a few groups.
#[derive(Debug)]
struct OneFile {
    content: Vec<u8>,
}

impl Files for OneFile {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        match path.to_str() {
            Some("hallpass.toml") => {
                let limit = usize::try_from(limit).map_err(io::Error::other)? + 1;
                Ok(self.content[..limit.min(self.content.len())].to_vec())
            }
            Some("/etc/group") => Ok(b"root:x:0:\napp:x:1001:alice,bob\n".to_vec()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn mode(&self, path: &Path) -> io::Result<u32> {
        match path.file_name().and_then(|name| name.to_str()) {
            Some("open.key") => Ok(0o644),
            Some("closed.key") => Ok(0o600),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

#[derive(Debug)]
struct Map(BTreeMap<String, OsString>);

impl Map {
    fn of(lines: &str) -> Self {
        let pairs = lines.lines().filter_map(|line| line.split_once('='));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.into())).collect())
    }
}

impl Variables for Map {
    fn value(&self, name: &str) -> Option<OsString> {
        self.0.get(name).cloned()
    }
}
