//! The journal of whole rotations: replayed with the function that lived them.

use hallpass_lifecycle::rotation::{Event, Order, Outcome, State, Tail, apply, read_journal};

use crate::world::{Crash, Shape, Sim, plan, run_one};

fn replay(bytes: &[u8]) -> (usize, State) {
    let read = read_journal(bytes, &"queue-sync".parse().unwrap()).unwrap();
    let state = read.records.iter().fold(State::default(), |state, record| {
        apply(&state, &record.event).expect("what was lived can be replayed")
    });
    (read.records.len(), state)
}

#[test]
fn a_replay_ends_where_the_run_ended() {
    for shape in Shape::SAFE {
        let sim = Sim::new(shape);
        run_one(&sim, &plan(shape), Order::Run, "one", Crash::Never);
        let (records, state) = replay(&sim.lock().journal.clone());
        assert!(records > 40, "{shape:?}: {records}");
        assert_eq!(state.finished, Some(Outcome::Rotated));
        let document = sim.lock().shelf.document();
        assert_eq!(state.seen.unwrap().document.map(|(_, document)| document), document, "{shape:?}");
    }
}

#[test]
fn a_journal_cut_at_any_byte_replays_as_far_as_it_goes_and_stops_nobody() {
    let shape = Shape::Overlap;
    let sim = Sim::new(shape);
    run_one(&sim, &plan(shape), Order::Run, "one", Crash::Never);
    let whole = sim.lock().journal.clone();
    let mut replayed = 0;
    // Every byte of some lines, and the ends of all of them.
    let every = whole.len() - 2000..=whole.len();
    for end in every {
        let read = read_journal(&whole[..end], &"queue-sync".parse().unwrap()).unwrap();
        assert_eq!(read.tail == Tail::Whole, whole[end - 1] == b'\n');
        replayed += 1;
    }
    for end in (0..=whole.len()).filter(|end| *end == 0 || whole[end - 1] == b'\n') {
        replay(&whole[..end]);
    }
    assert!(replayed > 2000);
}

#[test]
fn a_damaged_journal_is_left_alone_and_the_rotation_goes_on() {
    for damage in [&b"{\"sum\":\"half a line"[..], b"garbage\nmore\n", b"\xff\xfe\n\n"] {
        let sim = Sim::new(Shape::Overlap);
        sim.lock().journal = damage.to_vec();
        run_one(&sim, &plan(Shape::Overlap), Order::Run, "one", Crash::Never);
        assert_eq!(sim.lock().journal, damage, "nothing is appended to what cannot be read");
        assert_eq!(sim.lock().at_rest().stages, [Some(true), None, None]);
    }
}

#[test]
fn no_secret_is_in_it() {
    for shape in Shape::SAFE {
        let sim = Sim::new(shape);
        sim.lock().platform.bad_secrets = 1;
        run_one(&sim, &plan(shape), Order::Run, "one", Crash::Never);
        let text = String::from_utf8(sim.lock().journal.clone()).unwrap();
        let document = sim.lock().shelf.document().unwrap().stored();
        for made in 1..8 {
            for kind in ["secret", "bad"] {
                let secret = format!("{kind}-{made}\"");
                assert!(!text.contains(&secret), "{shape:?}: {secret}");
                assert!(!document.expose_str().unwrap().contains(&secret));
            }
        }
    }
}

#[test]
fn an_event_that_cannot_have_happened_is_refused_in_every_state() {
    let sim = Sim::new(Shape::TwoClients);
    run_one(&sim, &plan(Shape::TwoClients), Order::Run, "one", Crash::Never);
    let read = read_journal(&sim.lock().journal.clone(), &"queue-sync".parse().unwrap()).unwrap();
    let events: Vec<Event> = read.records.into_iter().map(|record| record.event).collect();
    let mut state = State::default();
    let (mut taken, mut refused) = (0, 0);
    for event in &events {
        for other in &events {
            match apply(&state, other) {
                Ok(_) => taken += 1,
                Err(_) => refused += 1,
            }
        }
        state = apply(&state, event).unwrap();
    }
    // Total: every event has an answer in every state.
    assert_eq!(taken + refused, events.len() * events.len());
    assert!(refused > 100, "{refused}");
}
