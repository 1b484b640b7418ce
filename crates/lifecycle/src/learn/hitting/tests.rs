use std::collections::BTreeSet;

use super::{ADMINISTRATIVE, Method, breadth, cost, smallest};

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn chosen(given: &[&str], clauses: &[&[&str]]) -> Vec<String> {
    let clauses: Vec<_> = clauses.iter().map(|clause| set(clause)).collect();
    let solution = smallest(&set(given), &clauses);
    assert_eq!(solution.by, Method::Exact);
    solution.chosen.into_iter().collect()
}

#[test]
fn what_is_needed_anyway_serves_first_then_few_then_narrow() {
    assert_eq!(chosen(&["a:b:edit"], &[&["a:b:view", "a:b:edit"]]), ["a:b:edit"]);
    assert_eq!(chosen(&[], &[&["a:b:view", "a:b:edit"]]), ["a:b:view"]);
    assert_eq!(chosen(&[], &[&["a:b:view", "c:d:delete"], &["e:f:view", "c:d:delete"]]), ["c:d:delete"]);
    assert_eq!(
        chosen(&[], &[&["a:b:view", "x:y:admin"], &["e:f:view", "x:y:admin"]]),
        ["a:b:view", "e:f:view"]
    );
    assert_eq!(chosen(&[], &[&["admin"]]), ["admin"]);
    assert_eq!(chosen(&[], &[&[]]), [""; 0]);
    assert_eq!(chosen(&["a:b:view"], &[]), ["a:b:view"]);
}

#[test]
fn actions_are_ranked() {
    let narrow_to_wide = ["a:b:view", "a:b:manage", "a:b:edit", "a:b:add", "a:b:delete", "a:b:admin"];
    assert!(narrow_to_wide.is_sorted_by_key(|name| breadth(name)));
    for wide in ["admin", "a:*:view", "a:b:*", "content_management_user", "a:b"] {
        assert_eq!(breadth(wide), ADMINISTRATIVE, "{wide}");
    }
}

/// A generator without a dependency: the constants are those of MMIX (D. Knuth).
struct Draws(u64);

impl Draws {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

const NAMES: [&str; 10] = [
    "a:b:view",
    "a:b:edit",
    "a:b:add",
    "a:b:delete",
    "c:d:view",
    "c:d:edit",
    "c:d:admin",
    "e:f:view",
    "admin",
    "e:f:manage",
];

#[test]
fn it_finds_what_trying_everything_finds() {
    let mut draws = Draws(7);
    for round in 0..600 {
        let clauses: Vec<_> = (0..draws.below(7))
            .map(|_| {
                (0..1 + draws.below(4))
                    .map(|_| NAMES[usize::try_from(draws.below(10)).unwrap()].to_owned())
                    .collect()
            })
            .collect::<Vec<BTreeSet<String>>>();
        let given = if draws.below(2) == 0 {
            set(&[])
        } else {
            set(&[NAMES[usize::try_from(draws.below(10)).unwrap()]])
        };
        let serves = |picked: &BTreeSet<&str>| {
            clauses.iter().all(|clause| {
                clause.iter().any(|name| picked.contains(name.as_str()) || given.contains(name))
            })
        };
        let picks = (0u32..1 << NAMES.len()).map(|bits| {
            let named = NAMES.iter().enumerate().filter(|(index, _)| bits & (1 << index) != 0);
            named.map(|(_, name)| *name).collect::<BTreeSet<&str>>()
        });
        let best = picks
            .filter(|picked| serves(picked))
            .min_by_key(|picked| (cost(picked), picked.clone()))
            .unwrap();
        let solution = smallest(&given, &clauses);
        let found: BTreeSet<&str> =
            solution.chosen.iter().map(String::as_str).filter(|name| !given.contains(*name)).collect();
        let best: BTreeSet<&str> = best.into_iter().filter(|name| !given.contains(*name)).collect();
        assert_eq!((found, solution.by), (best, Method::Exact), "round {round}: {given:?} {clauses:?}");
    }
}

#[test]
fn a_search_that_would_take_too_long_ends_with_a_choice_that_serves() {
    let mut draws = Draws(3);
    let clauses: Vec<BTreeSet<String>> =
        (0..120).map(|_| (0..6).map(|_| format!("d:e{}:view", draws.below(90))).collect()).collect();
    let solution = smallest(&set(&[]), &clauses);
    assert_eq!(solution.by, Method::Greedy);
    assert!(clauses.iter().all(|clause| !clause.is_disjoint(&solution.chosen)));
    assert!(solution.chosen.len() < 60, "{}", solution.chosen.len());
}
