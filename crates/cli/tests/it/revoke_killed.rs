//! The real binary, killed in the middle of a revocation, and typed again until what leaked is gone.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use hallpass_testkit::process::Finished;
use hallpass_testkit::proving;
use serde_json::Value;

use crate::audit::assert_documented;
use crate::rotate_killed::{MINUTE, Shape, Stage, draw};

#[test]
fn a_revocation_of_a_client_killed_anywhere_and_typed_again_ends_what_leaked() {
    println!("{}", kill(Shape::Clients));
}

#[test]
fn a_revocation_of_an_access_key_killed_anywhere_and_typed_again_ends_what_leaked() {
    println!("{}", kill(Shape::Keys));
}

/// Kills for each shape.
fn kills() -> u64 {
    if proving() { 100 } else { 12 }
}

/// At most so many in one revocation; then it is left to come to its end.
const IN_ONE: u64 = 3;

fn kill(shape: Shape) -> String {
    let first = Incident::set(shape);
    let whole = first.stage.requests_of(|| first.until_it_ends());
    let (mut killed, mut incidents, mut ended) = (0, 0, 0);
    while killed < kills() {
        let incident = Incident::set(shape);
        incidents += 1;
        for number in 0..IN_ONE {
            // Evenly over the life of a whole run first; what is left of it later is shorter.
            let reach = if number == 0 { whole } else { whole / 2 };
            let drawn = draw(killed + ended);
            let moment = Duration::from_micros(drawn / 1_000 % 3_000);
            match incident.stage.kill_at(&REVOKE, 1 + drawn % reach, moment) {
                None => killed += 1,
                Some(_) => ended += 1,
            }
            // With the new secret first there is one that works at every moment, whatever died.
            incident.stage.check();
            if incident.is_over() {
                break;
            }
            // The lease of what died is over.
            incident.stage.time_goes_by(10 * MINUTE);
        }
        incident.until_it_ends();
    }
    format!(
        "figure: {killed} SIGKILLs in {incidents} revocations ({shape:?}, {whole} requests each; {ended} runs were faster): never without a valid \
         secret, what leaked is dead and one live secret is left at the end of each"
    )
}

const REVOKE: [&str; 8] =
    ["revoke", "queue-sync", "--yes", "--json", "--wait", "20s", "--reason", "incident 4711"];

/// A secret that has leaked.
struct Incident {
    stage: Stage,
    leaked: (String, String),
}

impl Incident {
    fn set(shape: Shape) -> Self {
        let stage = Stage::unserved(shape, "");
        let path = stage.scene.path().join("hallpass.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}[audit]\nfile = \"audit.jsonl\"\n")).unwrap();
        let leaked = stage.current();
        Self { stage, leaked }
    }

    fn is_over(&self) -> bool {
        let document = self.stage.document();
        document["revocation"].is_null() && document["revoked"].is_object()
    }

    /// Types it until it is over, as an operator does, and looks at what is left.
    fn until_it_ends(&self) {
        for _ in 0..6 {
            if self.is_over() {
                return self.assert_ended();
            }
            let finished = self.stage.scene.run(&REVOKE);
            assert!(matches!(finished.code, Some(0 | 11)), "{finished:?}");
            self.assert_tells_no_secret(&finished);
            self.stage.check();
            if finished.code == Some(11) {
                self.stage.time_goes_by(10 * MINUTE);
            }
        }
        panic!("it never ends");
    }

    fn assert_ended(&self) {
        let (slot, secret) = &self.leaked;
        assert!(!self.stage.scene.world().is_live(slot, secret), "what leaked is alive");
        let (current, _) = self.stage.current();
        assert_ne!(current, *slot);
        assert_eq!(self.stage.live(), BTreeSet::from([current.clone()]), "an orphan, or nothing that works");
        self.stage.check();
        self.assert_evidence(&current);
        self.assert_audited();
    }

    /// Whole, whichever run died: any machine tells it from what stands beside the secret.
    fn assert_evidence(&self, current: &str) {
        let report = self.stage.scene.run(&["revoke", "queue-sync", "--report", "--json"]);
        assert_eq!(report.code, Some(0), "{report:?}");
        self.assert_tells_no_secret(&report);
        let evidence: Value = serde_json::from_str(&report.stdout).unwrap();
        assert_eq!(
            (&evidence["reason"], &evidence["current"]["slot"]),
            (&"incident 4711".into(), &current.into())
        );
        assert!(evidence["ended_ms"].as_u64() >= evidence["begun_ms"].as_u64(), "{evidence}");
        let [leaked] = evidence["leaked"].as_array().unwrap().as_slice() else { panic!("{evidence}") };
        assert_eq!(leaked["slot"], self.leaked.0.as_str(), "{evidence}");
        assert!(leaked["proof"].as_str().unwrap().starts_with("refused at "), "{evidence}");
        for name in ["off_ms", "gone_ms", "proof_ms"] {
            assert!(leaked[name].as_u64() >= evidence["begun_ms"].as_u64(), "{name}: {evidence}");
        }
        // Nothing of what the dead runs left is a stranger; only the client of the scene is, which is called so and which nothing names.
        let strangers = evidence["strangers"].as_array().unwrap();
        let known = |one: &Value| one["slot"] == self.stage.scene.keys.id.as_str();
        assert!(strangers.iter().all(known) && evidence["unseen"].is_null(), "{evidence}");
    }

    /// The incident is found by its kind, and the log of all those processes holds.
    fn assert_audited(&self) {
        let show = ["audit", "show", "--kind", "revocation-step", "--json"];
        let shown = self.stage.scene.run(&show);
        assert_eq!(shown.code, Some(0), "{shown:?}");
        for told in ["consent to revoke", "incident 4711", "checkpoint", "evidence of"] {
            assert!(shown.stdout.contains(told), "{told}: {}", shown.stdout);
        }
        assert_documented(&fs::read_to_string(self.stage.scene.path().join("audit.jsonl")).unwrap());
        let verified = self.stage.scene.run(&["audit", "verify"]);
        assert_eq!(verified.code, Some(0), "{verified:?}");
    }

    fn assert_tells_no_secret(&self, finished: &Finished) {
        let told = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!told.contains("planted") && !told.contains(&self.stage.current().1), "{told}");
    }
}
