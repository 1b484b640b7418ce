//! Decisions about the role of an integration's own.

use std::collections::BTreeSet;

use hallpass_core::{RoleGrant, RoleGrantName, RoleSeen, SlotId};

use super::tests::{MARK, client, me, now, seen, told, wanted};
use super::{Change, Document, Effect, Goal, Me, Next, Open, OwnRole, Seen, Wanted, next};
use crate::rotation::Lease;

const ROLE_MARK: &str = "hallpass:prod/queue-sync#99";

/// What is wanted with permissions in the place of a role.
fn own() -> Wanted {
    let names = ["routing:queue:edit", "routing:queue:view"].map(String::from);
    Wanted {
        grants: vec![RoleGrantName { role: "hallpass queue-sync".into(), division: "Sales".into() }],
        granted: Vec::new(),
        own_role: Some(OwnRole {
            name: "hallpass queue-sync".into(),
            permissions: names.into(),
            divisions: vec!["Sales".into()],
            division_ids: vec!["d".into()],
        }),
        ..wanted()
    }
}

fn role(id: &str, description: &str) -> RoleSeen {
    RoleSeen {
        id: id.into(),
        name: "hallpass queue-sync".into(),
        description: description.into(),
        permissions: own().own_role.unwrap().permissions,
    }
}

fn with(mut seen: Seen, roles: Vec<RoleSeen>, held: &[&str]) -> Seen {
    let grant = |role: &&str| RoleGrant { role: (*role).to_owned(), division: "d".into() };
    seen.own = Some(held.iter().map(grant).collect());
    seen.roles = roles.into_iter().map(|role| (role.id.clone(), role)).collect();
    seen
}

#[test]
fn out_of_permissions_a_role_is_made_held_and_given() {
    assert_eq!(
        told(Goal::Apply, &own(), &with(Seen::default(), Vec::new(), &[])),
        [
            "create the role",
            "give the role to the administering identity",
            "create the client",
            "store the secret of (new)",
            "make the secret of (new) current"
        ]
    );
    let settled = with(seen(vec![client("a", MARK)], Some("a")), vec![role("r", ROLE_MARK)], &["r"]);
    assert!(told(Goal::Apply, &own(), &settled).is_empty());
}

#[test]
fn where_nobody_says_what_the_administering_identity_holds_the_platform_decides() {
    let mut unknown = with(Seen::default(), vec![role("r", ROLE_MARK)], &[]);
    unknown.own = None;
    assert_eq!(told(Goal::Apply, &own(), &unknown)[0], "create the client");
}

#[test]
fn every_permission_that_is_missing_or_too_much_is_a_difference() {
    let mut drifted = role("r", ROLE_MARK);
    drifted.permissions = ["routing:queue:view", "routing:queue:delete"].map(String::from).into();
    let seen = with(seen(vec![client("a", MARK)], Some("a")), vec![drifted], &["r"]);
    let Next::Do(Effect::Write(Change::Take)) = next(Goal::Apply, &own(), &seen, me()) else {
        panic!("the lease comes first")
    };
    let (effects, _) = super::plan(Goal::Apply, &own(), &seen, me());
    let differs = effects.iter().find_map(|effect| match effect {
        Effect::UpdateRole { differs, .. } => Some(differs.clone()),
        _ => None,
    });
    let told: Vec<_> = differs.unwrap().into_iter().map(|one| (one.is, one.shall)).collect();
    assert_eq!(
        told,
        [
            (String::new(), "routing:queue:edit".to_owned()),
            ("routing:queue:delete".to_owned(), String::new())
        ]
    );
}

#[test]
fn a_foreign_role_of_that_name_is_not_touched_unless_a_person_says_so() {
    let foreign = with(Seen::default(), vec![role("f", "made by Ada")], &[]);
    assert!(told(Goal::Apply, &own(), &foreign)[0].contains("not made by hallpass"));
    let adopting = Wanted { adopt: true, ..own() };
    assert_eq!(told(Goal::Apply, &adopting, &foreign)[0], "change mark of role f");
    let other = with(Seen::default(), vec![role("f", "hallpass:test/queue-sync#01")], &[]);
    for wanted in [own(), adopting] {
        assert!(told(Goal::Apply, &wanted, &other)[0].contains("belongs to `test/queue-sync`"));
    }
    assert!(told(Goal::Destroy, &own(), &other).is_empty());
}

#[test]
fn a_second_role_of_ours_goes_unless_somebody_has_it() {
    let two = vec![role("r", ROLE_MARK), role("s", "hallpass:prod/queue-sync#98")];
    let mut seen = with(seen(vec![client("a", MARK)], Some("a")), two, &["r"]);
    assert_eq!(told(Goal::Apply, &own(), &seen), ["ask who else has role s"]);
    seen.holders.insert("s".into(), Some(Vec::new()));
    assert_eq!(told(Goal::Apply, &own(), &seen), ["remove role s"]);
    for holders in [Some(vec!["Ada".to_owned()]), None] {
        seen.holders.insert("s".into(), holders);
        assert!(told(Goal::Apply, &own(), &seen).is_empty());
    }
}

#[test]
fn a_role_goes_with_the_client_unless_somebody_else_has_it() {
    let mut seen = with(seen(vec![client("a", MARK)], Some("a")), vec![role("r", ROLE_MARK)], &["r"]);
    assert_eq!(told(Goal::Destroy, &own(), &seen), ["ask who else has role r"]);
    seen.holders.insert("r".into(), Some(Vec::new()));
    assert_eq!(
        told(Goal::Destroy, &own(), &seen)[..3],
        ["switch a off".to_owned(), "remove a".to_owned(), "remove role r".to_owned()]
    );
    seen.holders.insert("r".into(), Some(vec!["Ada".to_owned()]));
    assert!(!told(Goal::Destroy, &own(), &seen).contains(&"remove role r".to_owned()));
}

#[test]
fn a_role_whose_answer_was_lost_is_waited_for_before_another_is_made() {
    let lag = wanted().nature.listing_lag;
    let mut document = Document::new("queue-sync".parse().unwrap(), "prod".parse().unwrap());
    document.open = Some(Open { nonce: "99".into(), known: BTreeSet::new(), at: now() });
    let until = now().after(lag).after(lag).after(lag).after(lag);
    document.lease = Some(Lease { holder: "me".into(), term: 1, until });
    let mut seen = with(Seen::default(), Vec::new(), &[]);
    seen.document = Some((hallpass_core::Version::new("1"), document));
    assert!(matches!(next(Goal::Apply, &own(), &seen, me()), Next::Wait(_)));
    let found = with(seen.clone(), vec![role("r", ROLE_MARK)], &[]);
    assert!(matches!(next(Goal::Apply, &own(), &found, me()), Next::Do(Effect::HoldRole(_))));
    let held = with(seen.clone(), vec![role("r", ROLE_MARK)], &["r"]);
    let client = next(Goal::Apply, &own(), &held, me());
    assert!(
        matches!(client, Next::Do(Effect::Write(Change::Announce(_)))),
        "its creation is settled: {client:?}"
    );
    let late = Me { now: now().after(lag), ..me() };
    assert!(matches!(next(Goal::Apply, &own(), &seen, late), Next::Do(Effect::Write(Change::Announce(_)))));
}

#[test]
fn the_document_names_the_role_also_while_the_next_creation_is_announced() {
    let seen = with(Seen::default(), vec![role("r", ROLE_MARK)], &["r"]);
    let announced = Change::Announce(Open { nonce: "0b".into(), known: BTreeSet::new(), at: now() });
    let moved = super::predict(&Effect::Write(announced), &own(), &seen, me());
    assert_eq!(moved.noted().unwrap().role.as_deref(), Some("r"));
    let mut gone = moved;
    gone.roles.clear();
    gone.clients.remove(&SlotId::new("a"));
    let closed = super::predict(&Effect::Write(Change::Close), &own(), &gone, me());
    assert_eq!(closed.noted().unwrap().role, None);
}

#[test]
fn a_role_of_its_own_and_clients_that_take_turns_go_together() {
    let both = Wanted { pair: true, ..own() };
    let told = told(Goal::Apply, &both, &with(Seen::default(), Vec::new(), &[]));
    assert_eq!(told.first().unwrap(), "create the role");
    assert_eq!(told.last().unwrap(), "create the second client, switched off");
    assert_eq!(told.len(), 6, "{told:?}");
}
