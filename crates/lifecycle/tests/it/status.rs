//! After any crash, one command.

use std::time::Duration;

use hallpass_lifecycle::rotation::{Order, Outcome, Status, Stop, status as status_of};

use crate::drills::points_of;
use crate::world::hands::Hands;
use crate::world::{Crash, Shape, Sim, block_on, engine, plan, run_one, stop_of};

fn look(sim: &Sim, shape: Shape) -> Status {
    let plan = plan(shape);
    let engine = engine(sim, &plan, "eye");
    let hands = Hands(sim.clone());
    let (seen, acks) = block_on(sim, async move {
        (engine.observe().await.unwrap(), hallpass_lifecycle::rotation::Acks::read(&hands).await.unwrap())
    });
    status_of(&seen, Some(&acks), sim.now(), &plan)
}

/// What typing it does.
fn order_of(command: &str) -> Option<Order> {
    match command {
        "hallpass rotate run queue-sync" => Some(Order::Run),
        "hallpass rotate resume queue-sync" => Some(Order::Resume),
        "hallpass rotate abort queue-sync" => Some(Order::Abort),
        _ => None,
    }
}

#[test]
fn p42_after_any_crash_one_command_leads_to_the_end() {
    let mut drills = 0;
    for shape in Shape::SAFE {
        let sim = Sim::new(shape);
        run_one(&sim, &plan(shape), Order::Run, "one", Crash::Never);
        let points = points_of(&sim);
        for point in points {
            let sim = Sim::new(shape);
            run_one(&sim, &plan(shape), Order::Run, "one", Crash::At(point));
            sim.pass(Duration::from_secs(600));
            let status = look(&sim, shape);
            let text = status.to_string();
            let context = format!("{shape:?}, died at {point}:\n{text}");
            assert_eq!(text.matches("hallpass ").count(), 1, "{context}");
            assert!(text.contains("CURRENT   version "), "{context}");
            assert!(text.contains(" old\n"), "an age: {context}");
            assert!(text.contains("  next      "), "{context}");
            for secret in &status.secrets {
                let fingerprint = secret.fingerprint.expect("each is a credential").to_string();
                assert!(text.contains(&fingerprint), "{context}");
            }
            if let Some((_, _, step)) = status.rotation {
                assert!(
                    text.contains(&format!("step {} of 16: {}", step.number(), step.name())),
                    "{context}"
                );
            }
            let order = order_of(&status.command).unwrap_or_else(|| panic!("{context}"));
            let stop = stop_of(&sim, &plan(shape), order);
            let over = matches!(&stop, Stop::Refused(trouble) if trouble.detail.contains("not settled yet"));
            assert!(stop == Stop::Finished(Outcome::Rotated) || over, "{context}\n{stop:?}");
            drills += 1;
        }
    }
    println!("figure: {drills} of {drills} crash points name one command, and it leads to the end");
}

#[test]
fn it_reads_like_this() {
    let shape = Shape::TwoClients;
    let sim = Sim::new(shape);
    let waiting = hallpass_lifecycle::rotation::Plan { stay: Duration::from_secs(120), ..plan(shape) };
    assert!(matches!(stop_of(&sim, &waiting, Order::Run), Stop::Waiting(..)));
    sim.pass(Duration::from_secs(3600));
    let fingerprints: Vec<String> =
        look(&sim, shape).secrets.iter().map(|secret| secret.fingerprint.unwrap().to_string()).collect();
    let text =
        look(&sim, shape).to_string().replace(&fingerprints[0], "NEW").replace(&fingerprints[1], "OLD");
    let id = sim.lock().shelf.document().unwrap().rotation.unwrap().id;
    let version = sim.lock().shelf.entries["queue-sync"].current.clone().unwrap().0;
    let expected = format!(
        "queue-sync: rotation {id} (alternate), step 11 of 16: soak
  CURRENT   version {version}  NEW  in slot-2  1 h old
  PREVIOUS  version 1  OLD  in slot-1  90 d 1 h old
  next      wait 14 h 7 min for soak
  because   consumers may still hold the old secret
  because   the platform saw the old secret being used
  type      hallpass rotate resume queue-sync"
    );
    assert_eq!(text, expected);
}
