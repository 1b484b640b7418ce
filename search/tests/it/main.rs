//! The token core under many schedules.
//!
//! Every test runs one scenario over and over, each time with another order of everything that can be ordered: half of the schedules are
//! drawn at random, half change the priorities at few points (PCT), which finds what needs a long run of one task at the wrong moment.
//! Seeds are fixed, so a run repeats; a failure prints its schedule, which `shuttle::replay` takes.

mod endings;
mod flights;
mod rejections;
mod world;

use hallpass_testkit::proving;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

type Scenario = fn();

/// Declares one test per scenario, and the list of them all.
macro_rules! scenarios {
    ($($room:ident :: $name:ident),* $(,)?) => {
        const SCENARIOS: &[Scenario] = &[$($room::$name),*];
        $(#[test] fn $name() { search($room::$name, EACH, 1); })*
    };
}

scenarios![
    flights::the_first_call_starts_the_flight_and_waiters_share_its_result,
    flights::waiters_share_the_error,
    flights::a_cancelled_caller_changes_nothing,
    flights::when_all_callers_are_cancelled_the_flight_lands_and_leaves_its_slot_empty,
    flights::a_due_token_is_replaced_by_one_flight_in_the_background,
    flights::of_a_late_flight_and_a_new_one_the_token_that_lives_longer_stays,
    flights::a_late_failure_does_not_free_the_slot_of_the_flight_that_replaced_it,
    rejections::a_rejection_during_a_flight_changes_nothing,
    rejections::two_rejections_of_one_generation_cost_one_request,
    rejections::no_rejected_token_is_served_once_reject_has_returned,
    rejections::a_failed_flight_does_not_bring_a_rejected_token_back,
    rejections::a_rejection_while_a_call_waits_takes_away_what_it_would_fall_back_to,
    rejections::a_thread_told_of_a_new_token_is_not_lent_the_old_one_that_it_keeps,
    rejections::a_draw_after_a_freeze_does_not_bring_a_rejected_token_back,
    rejections::a_late_rejection_leaves_the_successor_alone,
    rejections::a_status_page_read_at_any_time_is_whole,
    endings::a_panic_in_the_flight_is_an_error_and_not_a_hang,
    endings::a_runtime_dropped_in_mid_flight_leaves_nobody_waiting,
    endings::a_cache_dropped_in_mid_flight_ends_quietly,
];

/// Schedules per scenario in the test command.
const EACH: usize = 1_000;

#[test]
fn p14_no_schedule_cancels_repeats_or_loses_a_flight() {
    let schedules = if proving() { 60_000 } else { 100 };
    for scenario in SCENARIOS {
        search(*scenario, schedules, 14);
    }
    println!("figure: {} schedules of {} scenarios", schedules * SCENARIOS.len(), SCENARIOS.len());
}

fn search(scenario: Scenario, schedules: usize, seed: u64) {
    let config = || {
        let mut config = Config::new();
        config.silence_warnings = true;
        config
    };
    let half = schedules.div_ceil(2);
    Runner::new(RandomScheduler::new_from_seed(seed, half), config()).run(scenario);
    Runner::new(PctScheduler::new_from_seed(seed, CHANGES, half), config()).run(scenario);
}

/// Bugs that need more than three points of change at once are rare; more of them make each one less likely to be hit.
const CHANGES: usize = 3;
