//! The reference page of faults, made from the tables that decide. The test that compares it fails when the page is out of date.

use std::fmt::Write as _;
use std::path::Path;

use hallpass_app::{FaultCode, Remedy, status_of};
use hallpass_testkit::compare_with_file;

use crate::exit::{Exit, TABLE};

#[test]
fn the_page_of_faults_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/faults.md");
    compare_with_file(path, page().as_bytes()).unwrap();
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for code in FaultCode::ALL {
        let (status, exit) = (status_of(*code).as_u16(), Exit::of(*code).code());
        let (name, remedy) = (code.name(), in_words(code.remedy()));
        let (summary, hint) = (code.summary(), code.hint());
        writeln!(page, "| `{name}` | {status} | {exit} | {remedy} | {summary} | {hint} |").unwrap();
    }
    write!(page, "\n## Exit codes\n\n```text\n{TABLE}\n```\n").unwrap();
    page
}

fn in_words(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::RetryLater => "try again later",
        Remedy::FixCall => "change the call",
        Remedy::FixConfiguration => "change the configuration",
        Remedy::FixCredential => "change the credential",
        Remedy::FixMachine => "look at the machine",
        Remedy::ReportBug => "report it",
        _ => "see the hint",
    }
}

const HEAD: &str = "\
# Faults

Made from the code; `HALLPASS_BLESS=1 cargo test -p hallpass-cli` writes it anew.

A fault of ours is an `application/problem+json` document with the header `Hallpass-Fault: CODE` at the sidecar, and `error:`, `cause:` and `hint:` lines at the
command line. Its code is stable. *Status* is what the sidecar answers, *exit* what a command ends with.

| Code | Status | Exit | Remedy | What it says | Hint |
|---|---|---|---|---|---|
";
