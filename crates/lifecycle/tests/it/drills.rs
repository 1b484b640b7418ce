//! Crashes: at every point of a rotation, on every shape of platform, and a machine without memory that goes on.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::SlotId;
use hallpass_lifecycle::rotation::{OpenGenerate, Order, Outcome, Step, Stop, WallTime};
use hallpass_testkit::proving;

use crate::world::{AtRest, Crash, Draws, Ended, Position, Shape, Sim, plan, run_one, stored};

/// Long enough for every lease to run out.
const AWAY: Duration = Duration::from_secs(600);

/// A world in which an earlier run died after its `generate`, so that there is an orphan to clear.
fn world(shape: Shape) -> Sim {
    let sim = Sim::new(shape);
    if shape.takes_turns() {
        // It had stored what it made: a secret that was dead as soon as the idle slot was reset again.
        sim.lock().shelf.pend("queue-sync", stored("slot-2", "dead", 2).into_bytes());
    } else {
        let mut world = sim.lock();
        let now = world.now;
        let known = world.platform.slots.keys().map(|id| SlotId::new(id)).collect();
        world.platform.make(None, now);
        world.shelf.edit_document(|document| {
            let at = WallTime::at(now);
            document.open.push(OpenGenerate { at, until: at.after(Duration::from_secs(60)) });
            document.known = known;
        });
    }
    sim
}

fn finished() -> Ended {
    Ended::With(Stop::Finished(Outcome::Rotated))
}

/// A run without a crash, and every point it passed.
fn undisturbed(shape: Shape) -> (AtRest, Vec<(Step, Position)>) {
    let sim = world(shape);
    let ended = run_one(&sim, &plan(shape), Order::Run, "one", Crash::Never);
    assert_eq!(ended, finished(), "{shape:?}");
    sim.assert_well("undisturbed");
    let rest = sim.lock().at_rest();
    assert_eq!(rest.orphans, 0);
    assert_eq!(rest.stages, [Some(true), None, None]);
    assert_eq!(rest.consumers_on_current, [true, true]);
    assert_eq!(rest.environment.as_deref(), Some("prod"));
    let trace = sim.lock().trace.clone();
    (rest, trace)
}

/// Runs to each of the points in turn, dies there, and goes on to the end on another machine.
fn with_crashes(shape: Shape, points: &[usize], journal: bool) -> Sim {
    let sim = world(shape);
    for point in points {
        let ended = run_one(&sim, &plan(shape), Order::Run, "one", Crash::At(*point));
        assert!(ended == Ended::Crashed || is_over(&ended), "{shape:?} {points:?}: {ended:?}");
        if !journal {
            sim.lock().journal.clear();
        }
        sim.pass(AWAY);
    }
    let ended = run_one(&sim, &plan(shape), Order::Run, "two", Crash::Never);
    assert!(is_over(&ended), "{shape:?} {points:?}: {ended:?}");
    sim
}

/// Where the crash came after the last write there is nothing left but to say that it is too early for the next.
fn is_over(ended: &Ended) -> bool {
    let early =
        matches!(ended, Ended::With(Stop::Refused(trouble)) if trouble.detail.contains("not settled yet"));
    *ended == finished() || early
}

/// Every point of the trace, one for each step and position that occurs first there, and all of them.
fn first_of_each(trace: &[(Step, Position)]) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    (0..trace.len()).filter(|index| seen.insert(trace[*index])).map(|index| index + 1).collect()
}

/// The points of the run that this world saw: one for each step and position, or all where there is time for it.
pub(crate) fn points_of(sim: &Sim) -> Vec<usize> {
    let trace = sim.lock().trace.clone();
    if proving() { (1..=trace.len()).collect() } else { first_of_each(&trace) }
}

#[test]
fn p01_a_crash_at_every_point_of_every_step_never_leaves_a_consumer_without_a_secret() {
    let (mut drills, mut named) = (0, 0);
    for shape in Shape::SAFE {
        let (rest, trace) = undisturbed(shape);
        let places: BTreeSet<_> = trace.iter().copied().collect();
        let missed: Vec<_> = everywhere().filter(|place| !places.contains(place)).collect();
        assert!(
            missed.iter().all(|(step, _)| left_out(shape, *step)),
            "{shape:?}: never stopped at {missed:?}"
        );
        named += places.len();
        for point in 1..=trace.len() {
            // With the journal and without: both at every point where there is time for it.
            let both = [point % 2 == 0, point % 2 == 1];
            for journal in both.into_iter().take(if proving() { 2 } else { 1 }) {
                let sim = with_crashes(shape, &[point], journal);
                let context =
                    format!("{shape:?}, died at {point}: {:?}, journal {journal}", trace[point - 1]);
                sim.assert_well(&context);
                assert_eq!(sim.lock().at_rest(), rest, "{context}");
                drills += 1;
            }
        }
    }
    println!("figure: {drills} drills at {named} combinations of platform, step and position, 0 violations");
}

/// Before the effect, its reply lost, its reply not journalled: in each of the sixteen steps.
fn everywhere() -> impl Iterator<Item = (Step, Position)> {
    let positions = [Position::Before, Position::ReplyLost, Position::NotJournalled];
    Step::ALL.into_iter().flat_map(move |step| positions.map(|position| (step, position)))
}

/// Steps that have nothing to do on a shape.
fn left_out(shape: Shape, step: Step) -> bool {
    shape == Shape::NoSwitch && step == Step::Disable
}

#[test]
fn p01_two_crashes_in_one_rotation_are_no_worse_than_one() {
    let mut drills = 0;
    for shape in Shape::SAFE {
        let (rest, trace) = undisturbed(shape);
        let points = first_of_each(&trace);
        let stride = if proving() { 1 } else { 7 };
        for (index, first) in points.iter().enumerate() {
            for second in points.iter().skip(index % stride).step_by(stride) {
                let sim = with_crashes(shape, &[*first, *second], true);
                let context = format!("{shape:?}, died at {first} and {second}");
                sim.assert_well(&context);
                assert_eq!(sim.lock().at_rest(), rest, "{context}");
                drills += 1;
            }
        }
    }
    println!("figure: {drills} double crashes, 0 violations");
}

#[test]
fn p04_no_secret_is_left_that_no_store_names_whatever_crashed_how_often() {
    let runs = if proving() { 10_000 } else { 300 };
    let mut crashes = 0;
    for seed in 0..runs {
        let mut draws = Draws::new(seed);
        let shape = Shape::SAFE[draws.below(Shape::SAFE.len())];
        let sim = world(shape);
        for _ in 0..draws.below(6) {
            let point = 1 + draws.below(400);
            let ended = run_one(&sim, &plan(shape), Order::Run, "one", Crash::At(point));
            crashes += usize::from(ended == Ended::Crashed);
            sim.pass(AWAY);
        }
        let ended = run_one(&sim, &plan(shape), Order::Run, "two", Crash::Never);
        assert!(is_over(&ended), "{shape:?}, seed {seed}: {ended:?}");
        sim.assert_well(&format!("{shape:?}, seed {seed}"));
        let rest = sim.lock().at_rest();
        assert_eq!((rest.orphans, rest.stages), (0, [Some(true), None, None]), "{shape:?}, seed {seed}");
    }
    println!("figure: {runs} runs with {crashes} crashes, 0 orphans at rest");
}

#[test]
fn p04_a_sweep_removes_what_an_interrupted_run_left_and_nothing_else() {
    for shape in [Shape::Overlap, Shape::CappedKeys, Shape::NoSwitch] {
        let sim = world(shape);
        sim.lock().platform.make_foreign("console", Duration::from_secs(1_700_000_000));
        sim.lock().shelf.edit_document(|document| {
            document.known.insert(SlotId::new("console"));
        });
        assert_eq!(
            run_one(&sim, &plan(shape), Order::Sweep, "one", Crash::Never),
            Ended::With(Stop::Nothing)
        );
        let left: Vec<String> = sim.lock().platform.slots.keys().cloned().collect();
        assert_eq!(left, ["console", "slot-1"], "{shape:?}");
        let ended = sim.lock().platform.ended.clone();
        assert_eq!(ended.len(), 1, "{shape:?}");
    }
}

#[test]
fn p07_every_effect_done_twice_leaves_what_doing_it_once_leaves() {
    for shape in Shape::SAFE {
        let (rest, _) = undisturbed(shape);
        let sim = world(shape);
        sim.lock().twice = true;
        assert_eq!(run_one(&sim, &plan(shape), Order::Run, "one", Crash::Never), finished(), "{shape:?}");
        sim.assert_well("every effect twice");
        assert_eq!(sim.lock().at_rest(), rest, "{shape:?}");
        assert!(sim.lock().doubled > 60, "{shape:?}: {}", sim.lock().doubled);
    }
}
