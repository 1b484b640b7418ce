//! The schema of the audit log.

use std::fmt::Write as _;
use std::time::Duration;

use hallpass_app::chain::{Chain, ChainId, ChainKey, SCHEMA, Seen, Writer};
use hallpass_app::{AuditEvent, AuditKind, Moment, Recording, Secret};

use super::{MADE, assert_page};

#[test]
fn the_page_of_the_audit_log_is_up_to_date() {
    let mut page = format!("# The audit log\n\n{MADE}\n\n{HEAD}");
    write!(
        page,
        "\n## A line\n\nSchema {SCHEMA}. One line of a log, and the anchor of it:\n\n```json\n{}```\n",
        example()
    )
    .unwrap();
    page.push_str(MEMBERS);
    page.push_str(
        "\n## Kinds\n\n| `kind` | On record before anybody goes on | What happened |\n|---|---|---|\n",
    );
    for kind in AuditKind::ALL {
        let (name, summary) = (kind.name(), kind.summary());
        writeln!(page, "| `{name}` | {} | {summary} |", in_words(kind.recording())).unwrap();
    }
    page.push_str("\n## Facts\n\n| Fact | What it says |\n|---|---|\n");
    for (name, meaning) in FACTS {
        writeln!(page, "| `{name}` | {meaning} |").unwrap();
    }
    page.push_str(SEAL);
    assert_page("audit.md", &page);
}

/// Whoever adds a fact says here what it means: a test of the binary compares its log with the page.
const FACTS: &[(&str, &str)] = &[
    ("fingerprint", "which secret: 8 hex digits, the same everywhere, which reveal nothing"),
    ("version", "which version of the entry, as its store names it"),
    (
        "outcome",
        "of a step: `begins`, and then `done` or `failed`; of evidence: `gone` or `alive`, and `seen` of a stranger",
    ),
    ("fault", "the [fault](faults.md) that it ended in"),
    ("store", "the scheme of the store"),
    ("place", "the region or place of the store, where there are several"),
    ("stage", "`previous` or `pending`, where it was not the current version"),
    ("by", "what read a secret for something else than a token, such as `rotation` or `doctor`"),
    ("given-up", "why an answer of a store was not waited for"),
    ("generation", "which token: the count of how often it was replaced"),
    ("method", "the method of a call; its path is not recorded"),
    ("why", "why a local login was refused"),
    ("rotation", "the rotation's id"),
    ("revocation", "the revocation's id"),
    ("reason", "why something is revoked, in the words of whoever consented"),
    ("order", "of a revocation: `new secret first` or `disable first`"),
    ("despite_hold", "`yes` where whoever consented went past a hold"),
    ("proof", "what the platform said when a token was asked for with what leaked"),
    ("off", "since when what leaked is off, as a date and time of UTC"),
    ("gone", "since when it cannot come back"),
    ("tokens_until", "until when a token that it was granted may live"),
    ("current", "which version is in use instead"),
    ("step", "the step of a rotation, or `revoke`"),
    ("what", "what the step does"),
    ("listen", "where the sidecar listens"),
    ("how", "how a sidecar stopped"),
    ("environment", "the environment of the configuration"),
    ("key", "which key a chain is sealed with: 8 hex digits, or `public`"),
    ("host", "the machine that writes a chain"),
    ("process", "the number of the process that writes a chain"),
    ("program", "the program that writes a chain, and its version"),
    ("after_chain", "the chain of the line that stood last when this one began"),
    ("after_seq", "its number"),
    ("after_mac", "its seal; of a chain that goes on, the seal of its own line before"),
    ("torn", "how many bytes of an unfinished line were found at the end of the file"),
    ("lines", "how many lines a chain has that ended"),
];

/// Written by the very code that writes logs.
fn example() -> String {
    let key = ChainKey::from_stored(&Secret::from("an example of a key with 32 bytes")).unwrap();
    let now = Moment { wall: Duration::from_millis(1_763_845_812_345), monotonic: Duration::ZERO };
    let writer = Writer {
        host: "ip-10-0-0-7".into(),
        process: 4711,
        program: "hallpass 0.1.0".into(),
        environment: "prod".into(),
    };
    let (mut lines, mut anchor) = (Vec::new(), Vec::new());
    let mut chain =
        Chain::begin(key.clone(), ChainId::of([0x7f; 8]), &writer, &Seen::default(), now, &mut lines);
    lines.clear();
    let event = AuditEvent::new(now, AuditKind::TokenGranted).about(&"queue-sync");
    chain.append(&event.fact("fingerprint", "9c1185a5").fact("version", "7"), &mut lines);
    chain.anchor(now).write(&key, &mut anchor);
    String::from_utf8([lines, anchor].concat()).unwrap()
}

fn in_words(recording: Recording) -> &'static str {
    match recording {
        Recording::Queued => "no: written some milliseconds later",
        Recording::Written => "written",
        _ => "on the disk",
    }
}

const HEAD: &str = "\
What hallpass did, as JSON lines that vouch for each other. How to set it up and to check it: the [guide](../guides/audit.md). A later version may add kinds and facts; it
changes the meaning of none, or raises `schema`. Whoever reads a log passes over kinds and facts that it does not know.
";

const MEMBERS: &str = "
| Member | What it says |
|---|---|
| `schema` | the version of this schema |
| `chain` | the chain: 16 hex digits, drawn by each process; its first line says who writes it |
| `seq` | which line of the chain, counted from zero |
| `at_ms` | when, in milliseconds since 1970-01-01 UTC, by the clock of the machine |
| `kind` | what happened |
| `integration` | the integration concerned; absent where it is none |
| `facts` | what is known of it, each a text of at most 512 bytes |
| `mac` | the seal, always last |

Members stand in this order without blanks, so that the line itself is what is sealed.
";

const SEAL: &str = "
## The seal

`mac` is HMAC-SHA-256 (RFC 2104) in lower-case hex. Its key is what `audit.key` names; its message is the 32 bytes of the seal of the line before in the same chain, 32 zero bytes
for line 0, and then the line up to and without `,\"mac\":`. An anchor is sealed the same way behind 32 zero bytes; its `head` is the seal of line `count` - 1. Without `audit.key` the key is the
text `hallpass audit chain without a key`, which everybody has. `key` of a chain's first line is the first 8 hex digits of the HMAC of `hallpass audit key`.
";
