//! Every fault and every exit code.

use std::fmt::Write as _;

use super::assert_page;
use crate::exit::{Exit, TABLE};
use hallpass_app::{FaultCode, Remedy, status_of};

#[test]
fn the_page_of_faults_is_up_to_date() {
    assert_page("faults.md", &page());
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
