//! Provisioning as a person meets it: signs in colour, a question, and steps that are ticked off.

use crate::provision::{GRANTS, Provisioned};
use crate::terminal::Session;

const GREEN: &str = "\u{1b}[32m+\u{1b}[0m";
const YELLOW: &str = "\u{1b}[33m~\u{1b}[0m";
const RED: &str = "\u{1b}[31m-\u{1b}[0m";

#[test]
fn a_plan_is_coloured_on_a_terminal_and_nowhere_else() {
    let provisioned = Provisioned::set();
    let plan = |variables: &[(&str, &str)], arguments: &[&str]| {
        let arguments = [&["provision", "plan", "queue-sync"], arguments].concat();
        Session::with(&provisioned.scene, &arguments, variables).end()
    };
    let (code, seen) = plan(&[], &[]);
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains(GREEN), "{seen:?}");
    for plain in [&[("NO_COLOR", "1")], &[("TERM", "dumb")]] {
        let (_, seen) = plan(plain, &[]);
        assert!(seen.contains("\n+ OAuth client") && !seen.contains('\u{1b}'), "{seen:?}");
    }
    let piped = provisioned.run(&["plan", "queue-sync"]);
    assert!(piped.stdout.contains("\n+ OAuth client") && !piped.stdout.contains('\u{1b}'), "{piped:?}");

    assert_eq!(provisioned.run(&["apply", "queue-sync", "--yes"]).code, Some(0));
    provisioned.configure("queue-sync of hallpass", &format!("{GRANTS}\ntoken_lifetime = \"15m\""));
    let (_, changed) = plan(&[], &[]);
    assert!(changed.contains(YELLOW), "{changed:?}");
    let (_, removed) = plan(&[], &["--destroy"]);
    assert!(removed.contains(RED), "{removed:?}");
}

#[test]
fn a_question_is_answered_with_no_and_nothing_is_done() {
    let provisioned = Provisioned::set();
    for answer in ["", "n", "yes!", "queue-sync"] {
        let mut session = Session::start(&provisioned.scene, &["provision", "apply", "queue-sync"]);
        session.wait_for("apply this? [y/N] ");
        session.type_line(answer);
        let (code, seen) = session.end();
        assert_eq!(code, Some(7), "{answer}: {seen}");
        assert!(seen.contains("nothing was changed"), "{seen}");
    }
    assert!(provisioned.standing().is_empty(), "nothing was made");
}

#[test]
fn an_apply_that_is_agreed_to_shows_each_step_and_ticks_it_off() {
    let provisioned = Provisioned::set();
    let mut session = Session::with(&provisioned.scene, &["provision", "apply", "queue-sync"], &[]);
    session.wait_for(GREEN);
    session.wait_for("apply this? [y/N] ");
    session.type_line("Y");
    session.wait_for(" 1/3 create the client");
    session.wait_for("\u{1b}[32m✓\u{1b}[0m 1/3 create the client");
    session.wait_for("✓\u{1b}[0m 2/3 store the secret of");
    session.wait_for("✓\u{1b}[0m 3/3 make the secret of");
    session.wait_for("queue-sync: as configured");
    assert_eq!(session.end().0, Some(0));
    assert_eq!(provisioned.made().len(), 1);

    let mut session = Session::start(&provisioned.scene, &["provision", "apply", "queue-sync"]);
    session.wait_for("queue-sync: as configured");
    let (code, seen) = session.end();
    assert_eq!(code, Some(0));
    assert!(!seen.contains("apply this?"), "where nothing is to be done nobody is asked: {seen}");
}

#[test]
fn a_destroy_needs_the_name_and_nothing_else_will_do() {
    let provisioned = Provisioned::set();
    assert_eq!(provisioned.run(&["apply", "queue-sync", "--yes"]).code, Some(0));
    let arguments = ["provision", "destroy", "queue-sync", "--even-if-used"];
    for answer in ["y", "yes", "queue", "QUEUE-SYNC", ""] {
        let mut session = Session::start(&provisioned.scene, &arguments);
        session.wait_for("type `queue-sync` to remove it: ");
        session.type_line(answer);
        let (code, seen) = session.end();
        assert_eq!(code, Some(7), "{answer}: {seen}");
        assert!(seen.contains("nothing was changed"), "{seen}");
    }
    assert_eq!(provisioned.made().len(), 1, "it is unharmed");
    let mut session = Session::start(&provisioned.scene, &arguments);
    session.wait_for("type `queue-sync` to remove it: ");
    session.type_line("queue-sync");
    session.wait_for("queue-sync: gone");
    assert_eq!(session.end().0, Some(0));
    assert!(provisioned.standing().is_empty());
}

#[test]
fn a_terminal_that_is_closed_at_the_question_changes_nothing() {
    let provisioned = Provisioned::set();
    let mut session = Session::start(&provisioned.scene, &["provision", "apply", "queue-sync"]);
    session.wait_for("apply this? [y/N] ");
    session.type_end();
    let (code, seen) = session.end();
    assert_eq!(code, Some(7), "{seen}");
    assert!(provisioned.standing().is_empty());
}
