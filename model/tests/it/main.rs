//! Every order of events, in worlds of a few sizes; and the flaws that must be found.

use hallpass_core::CompareAndSet;
use hallpass_model::{Flaw, Model, Shape};
use hallpass_testkit::proving;
use stateright::{Checker, HasDiscoveries, Model as _};

/// Looks through every state; says how many there were.
fn holds(model: Model) -> usize {
    let what = format!("{model:?}");
    let checker = model.checker().threads(2).spawn_bfs().join();
    let mut found = checker.discoveries();
    assert!(found.remove("a rotation ends").is_some(), "{what}: nothing ever ends");
    let broken: Vec<_> = found.into_iter().map(|(name, path)| (name, path.into_actions())).collect();
    assert!(broken.is_empty(), "{what}: {broken:?}");
    assert!(checker.is_done(), "{what}: not everything was looked at");
    checker.unique_state_count()
}

/// The property that a flawed world breaks first.
fn broken(model: Model) -> Vec<&'static str> {
    let checker = model.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let found = checker.discoveries();
    found.into_keys().filter(|name| *name != "a rotation ends").collect()
}

fn world(shape: Shape, rotators: usize) -> Model {
    Model {
        shape,
        store: CompareAndSet::Own,
        flaw: Flaw::None,
        rotators,
        consumers: 3 - rotators,
        runs: 3,
        crashes: 2,
        ticks: 0,
        bad: 0,
        aborts: false,
        leaks: 0,
    }
}

/// The same over a store that cannot compare: the document rests apart, and a promotion is announced in it.
fn vault(shape: Shape, rotators: usize) -> Model {
    Model { store: CompareAndSet::ByDocument, ..world(shape, rotators) }
}

#[test]
fn p01_one_rotator_that_dies_twice_in_every_order_of_events() {
    let mut states = 0;
    for shape in [Shape::Keys, Shape::Clients] {
        states += holds(world(shape, 1));
        states += holds(Model { bad: 1, crashes: 1, ..world(shape, 1) });
    }
    println!("figure: {states} states of one rotator, 0 violations, 0 dead ends");
}

#[test]
fn p08_two_rotators_in_every_order_of_events() {
    let mut states = 0;
    for shape in [Shape::Keys, Shape::Clients] {
        let small = Model { runs: 2, crashes: 0, ticks: 1, ..world(shape, 2) };
        // Two consumers are one consumer twice, except where one is behind the other.
        states += holds(if proving() { Model { consumers: 2, ..small } } else { small });
    }
    println!("figure: {states} states of two rotators, 0 violations, 0 dead ends");
}

#[test]
fn p01_one_rotator_that_dies_three_times() {
    let crashes = if proving() { 3 } else { 2 };
    let states = holds(Model { runs: crashes + 1, crashes, consumers: 1, ..world(Shape::Clients, 1) });
    println!("figure: {states} states of one rotator and {crashes} crashes, 0 violations, 0 dead ends");
}

#[test]
fn p01_a_store_that_cannot_compare_and_one_rotator_that_dies_twice() {
    let states = [Shape::Keys, Shape::Clients].map(|shape| holds(vault(shape, 1)));
    println!("figure: {states:?} states of one rotator over a vault, 0 violations, 0 dead ends");
}

#[test]
fn p08_a_store_that_cannot_compare_and_two_rotators_of_which_one_gives_up() {
    let mut states = 0;
    // Of the two the one with more to lose: of a capped key that is deleted nothing is left to be switched on again.
    let shapes = if proving() { vec![Shape::Keys, Shape::Clients] } else { vec![Shape::Keys] };
    for shape in shapes {
        states += holds(Model { runs: 2, crashes: 0, ticks: 1, aborts: true, ..vault(shape, 2) });
    }
    println!("figure: {states} states of two rotators over a vault, 0 violations, 0 dead ends");
}

#[test]
fn without_the_guard_a_late_promotion_makes_a_dead_secret_current() {
    for shape in [Shape::Keys, Shape::Clients] {
        let late = Model { flaw: Flaw::LatePromotion, runs: 2, crashes: 0, ticks: 1, ..vault(shape, 2) };
        let broken = broken(Model { aborts: true, ..late });
        assert!(broken.contains(&"CURRENT works"), "{shape:?}: {broken:?}");
    }
}

#[test]
fn what_leaks_anywhere_in_a_rotation_ends_and_never_comes_back() {
    let mut states = 0;
    for shape in [Shape::Keys, Shape::Clients] {
        let crashes = if proving() { 2 } else { 1 };
        states += holds(Model { leaks: 1, crashes, runs: crashes + 1, consumers: 1, ..world(shape, 1) });
        // Another machine that rotates and knows nothing of it.
        states += holds(Model { leaks: 1, runs: 2, crashes: 0, consumers: 0, ..world(shape, 2) });
    }
    println!("figure: {states} states in which everything leaks somewhere, 0 violations, 0 dead ends");
}

#[test]
fn without_acknowledgements_a_consumer_is_left_with_a_dead_secret() {
    for shape in [Shape::Keys, Shape::Clients] {
        let broken = broken(Model { flaw: Flaw::NoAcks, crashes: 0, ..world(shape, 1) });
        assert!(broken.contains(&"every consumer holds a secret that works"), "{broken:?}");
    }
}

#[test]
fn without_verifying_current_does_not_work() {
    for shape in [Shape::Keys, Shape::Clients] {
        let broken = broken(Model { flaw: Flaw::NoVerify, bad: 1, crashes: 0, ..world(shape, 1) });
        assert!(broken.contains(&"CURRENT works"), "{broken:?}");
    }
}

#[test]
fn without_reconciling_an_orphan_blocks_every_later_rotation() {
    let broken = broken(Model { flaw: Flaw::NoReconcile, ..world(Shape::Keys, 1) });
    assert_eq!(broken, ["whatever died, one machine brings it to its end"]);
}

#[test]
fn without_compare_and_set_two_rotators_end_each_others_secrets() {
    let flawed =
        |shape| Model { flaw: Flaw::NoCompareAndSet, runs: 2, crashes: 0, ticks: 1, ..world(shape, 2) };
    let broken: Vec<_> =
        [Shape::Keys, Shape::Clients].into_iter().flat_map(|shape| broken(flawed(shape))).collect();
    assert!(!broken.is_empty());
}

#[test]
fn without_the_guard_a_late_call_ends_the_other_rotators_secret() {
    let broken =
        broken(Model { flaw: Flaw::NoGuard, runs: 2, crashes: 0, ticks: 1, ..world(Shape::Clients, 2) });
    assert!(!broken.is_empty());
}
