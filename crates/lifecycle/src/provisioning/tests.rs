//! Decisions, without a platform and without a store.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::{ClientNature, ClientSeen, LastUsed, RoleGrant, RoleGrantName, SlotId, Version};

use super::{Effect, Entries, Goal, Held, Me, Next, Seen, Wanted, next, plan};
use crate::rotation::{Lease, WallTime};

pub(crate) fn wanted() -> Wanted {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    Wanted {
        integration: "queue-sync".parse().unwrap(),
        environment: "prod".parse().unwrap(),
        entries: Entries {
            secret: "queue-sync".parse().unwrap(),
            document: "queue-sync.provision".parse().unwrap(),
        },
        reference: "local:queue-sync".into(),
        nature: ClientNature {
            kind: "OAuth client",
            slot_member: "client_id",
            can_be_marked: true,
            can_reset: true,
            takes_grants: true,
            token_lifetime: Some((minutes(5), minutes(2880))),
            no_address_list: Some("it has no such member"),
            listing_lag: minutes(1),
        },
        name: "queue-sync".into(),
        grants: vec![RoleGrantName { role: "queues".into(), division: "Sales".into() }],
        granted: vec![RoleGrant { role: "r".into(), division: "d".into() }],
        scopes: Vec::new(),
        token_lifetime: Some(minutes(60)),
        allowed_ips: Vec::new(),
        also: BTreeSet::new(),
        own_role: None,
        pair: false,
        adopt: false,
        even_if_used: false,
        accepted: BTreeSet::new(),
        stay: minutes(2),
    }
}

pub(super) fn me() -> Me<'static> {
    Me { holder: "me", now: now(), drawn: "0a" }
}

pub(super) fn now() -> WallTime {
    WallTime::default()
}

pub(super) fn client(id: &str, description: &str) -> ClientSeen {
    ClientSeen {
        id: SlotId::new(id),
        name: "queue-sync".into(),
        description: description.into(),
        active: true,
        machine_only: true,
        grants: wanted().granted.into_iter().collect(),
        token_lifetime: wanted().token_lifetime,
        last_used: LastUsed::Never,
    }
}

pub(super) fn seen(clients: Vec<ClientSeen>, current: Option<&str>) -> Seen {
    let held = |id: &str| Held { version: Version::new("1"), client: Some(SlotId::new(id)) };
    Seen {
        clients: clients.into_iter().map(|client| (client.id.clone(), client)).collect(),
        current: current.map(held),
        ..Seen::default()
    }
}

/// The plan in words, without what only moves the document.
pub(super) fn told(goal: Goal, wanted: &Wanted, seen: &Seen) -> Vec<String> {
    let (effects, end) = plan(goal, wanted, seen, me());
    let mut told: Vec<_> =
        effects.iter().filter(|effect| effect.is_news()).map(ToString::to_string).collect();
    match end {
        Some(Next::Refuse(fault)) => told.push(format!("refused: {}", fault.detail())),
        Some(Next::Do(effect)) => told.push(effect.to_string()),
        _ => {}
    }
    told
}

pub(super) const MARK: &str = "hallpass:prod/queue-sync#01";

#[test]
fn out_of_nothing_a_client_is_made_and_its_secret_stored_first() {
    assert_eq!(
        told(Goal::Apply, &wanted(), &Seen::default()),
        ["create the client", "store the secret of (new)", "make the secret of (new) current"]
    );
}

#[test]
fn what_is_as_it_shall_be_is_left_alone() {
    let seen = seen(vec![client("a", MARK)], Some("a"));
    let (effects, end) = plan(Goal::Apply, &wanted(), &seen, me());
    assert!(effects.is_empty() && end.is_none(), "{effects:?}");
}

#[test]
fn every_member_that_drifted_is_named() {
    let mut drifted = client("a", MARK);
    drifted.name = "other".into();
    drifted.active = false;
    drifted.machine_only = false;
    drifted.token_lifetime = Some(Duration::from_secs(86_400));
    drifted.grants.insert(RoleGrant { role: "x".into(), division: "*".into() });
    let told = told(Goal::Apply, &wanted(), &seen(vec![drifted], Some("a")));
    assert_eq!(told, ["change name, roles, token lifetime, grant type, state of a"]);
}

#[test]
fn a_client_whose_secret_was_lost_gets_another_and_a_second_one_goes() {
    let two = seen(vec![client("a", MARK), client("b", "hallpass:prod/queue-sync#02")], None);
    assert_eq!(
        told(Goal::Apply, &wanted(), &two),
        [
            "give a another secret",
            "store the secret of a",
            "make the secret of a current",
            "switch b off",
            "remove b"
        ]
    );
}

#[test]
fn a_foreign_client_of_that_name_is_not_touched_unless_a_person_says_so() {
    let seen = seen(vec![client("a", "made by Ada")], None);
    let refused = told(Goal::Apply, &wanted(), &seen);
    assert!(refused.len() == 1 && refused[0].starts_with("refused: OAuth client `a`"), "{refused:?}");
    let adopting = Wanted { adopt: true, ..wanted() };
    assert_eq!(
        told(Goal::Apply, &adopting, &seen)[..2],
        ["change mark of a".to_owned(), "give a another secret".to_owned()]
    );
}

#[test]
fn the_mark_of_another_environment_is_respected() {
    let other = client("a", "hallpass:test/queue-sync#01");
    let stored = told(Goal::Apply, &wanted(), &seen(vec![other.clone()], Some("a")));
    assert!(stored[0].contains("belongs to `test/queue-sync`"), "{stored:?}");
    let beside = told(Goal::Apply, &wanted(), &seen(vec![other.clone()], None));
    assert_eq!(beside[0], "create the client");
    assert!(told(Goal::Destroy, &wanted(), &seen(vec![other], None)).is_empty());
}

#[test]
fn nothing_that_was_used_lately_is_removed_unless_a_person_says_so() {
    let mut busy = client("a", MARK);
    busy.last_used = LastUsed::At(Duration::ZERO);
    let seen = seen(vec![busy], Some("a"));
    let refused = told(Goal::Destroy, &wanted(), &seen);
    assert!(refused[0].contains("used within the last two days"), "{refused:?}");
    let consented = Wanted { even_if_used: true, ..wanted() };
    assert_eq!(
        told(Goal::Destroy, &consented, &seen),
        ["switch a off", "remove a", "take the dead secret out of the store", "forget version 1"]
    );
}

#[test]
fn where_nobody_knows_of_use_it_is_asked_once_and_then_a_person_decides() {
    let mut unknown = client("a", MARK);
    unknown.last_used = LastUsed::Unknown;
    let mut seen = seen(vec![unknown], Some("a"));
    assert_eq!(told(Goal::Destroy, &wanted(), &seen), ["ask when a was last used"]);
    seen.asked.insert(SlotId::new("a"));
    assert!(told(Goal::Destroy, &wanted(), &seen)[0].contains("nobody knows when"));
}

#[test]
fn another_machines_lease_stops_everything_and_says_who_has_it() {
    let mut document = super::Document::new("queue-sync".parse().unwrap(), "prod".parse().unwrap());
    let until = now().after(Duration::from_secs(90));
    document.lease = Some(Lease { holder: "elsewhere/7".into(), term: 1, until });
    let seen = Seen { document: Some((Version::new("1"), document)), ..Seen::default() };
    let Next::Refuse(fault) = next(Goal::Apply, &wanted(), &seen, me()) else { panic!("it is held") };
    assert_eq!(fault.code().name(), "lease-held");
    assert!(fault.detail().contains("elsewhere/7"), "{fault}");
    assert!(matches!(
        next(Goal::Apply, &wanted(), &seen, Me { now: until, ..me() }),
        Next::Do(Effect::Write(super::Change::Take))
    ));
}

fn opened(known: &[&str]) -> Seen {
    let mut document = super::Document::new("queue-sync".parse().unwrap(), "prod".parse().unwrap());
    let known = known.iter().map(|id| SlotId::new(id)).collect();
    document.open = Some(super::Open { nonce: "01".into(), known, at: now() });
    Seen { document: Some((Version::new("1"), document)), ..Seen::default() }
}

#[test]
fn a_creation_whose_answer_was_lost_is_waited_for_before_another_is_announced() {
    let lag = wanted().nature.listing_lag;
    let early = next(Goal::Apply, &wanted(), &opened(&[]), me());
    assert!(matches!(early, Next::Wait(until) if until == now().after(lag)), "{early:?}");
    let early = next(Goal::Destroy, &wanted(), &opened(&[]), me());
    assert!(matches!(early, Next::Wait(_)), "{early:?}");
    let mut held = opened(&[]);
    let until = now().after(lag).after(Duration::from_secs(600));
    held.document.as_mut().unwrap().1.lease = Some(Lease { holder: "me".into(), term: 1, until });
    let late = next(Goal::Apply, &wanted(), &held, Me { now: now().after(lag), ..me() });
    assert!(
        matches!(&late, Next::Do(Effect::Write(super::Change::Announce(open))) if open.nonce == "0a"),
        "{late:?}"
    );
    held.unsent = Some("01".into());
    let sent = next(Goal::Apply, &wanted(), &held, me());
    assert!(
        matches!(sent, Next::Do(Effect::Create)),
        "what was announced here and not sent is sent: {sent:?}"
    );
}

#[test]
fn where_clients_carry_no_mark_only_what_came_of_the_announced_creation_is_removed() {
    let mut keys = wanted();
    keys.nature.can_be_marked = false;
    keys.nature.can_reset = false;
    keys.nature.takes_grants = false;
    let mut seen = opened(&["before"]);
    let mut used = client("used", "");
    used.last_used = LastUsed::At(Duration::ZERO);
    for key in [client("before", ""), client("came", ""), used] {
        seen.clients.insert(key.id.clone(), key);
    }
    let told = told(Goal::Apply, &keys, &seen);
    assert_eq!(told[..2], ["switch came off".to_owned(), "remove came".to_owned()]);
    assert!(!told.iter().any(|line| line.contains("before") || line.contains("used")), "{told:?}");
}

/// Two that take turns: the one that serves, and the idle one.
fn turns() -> Wanted {
    Wanted { pair: true, ..wanted() }
}

fn idle(id: &str, name: &str) -> ClientSeen {
    ClientSeen {
        active: false,
        name: name.into(),
        ..client(id, &format!("hallpass:prod/queue-sync#{id}{id}"))
    }
}

#[test]
fn for_turns_a_second_client_is_made_that_is_off() {
    let (effects, end) = plan(Goal::Apply, &turns(), &Seen::default(), me());
    assert!(end.is_none(), "{end:?}");
    let news: Vec<_> = effects.iter().filter(|effect| effect.is_news()).map(ToString::to_string).collect();
    assert_eq!(
        news,
        [
            "create the client",
            "store the secret of (new)",
            "make the secret of (new) current",
            "create the second client, switched off"
        ]
    );
    let two = seen(vec![client("a", MARK), idle("b", "queue-sync-2")], Some("a"));
    assert!(told(Goal::Apply, &turns(), &two).is_empty());
}

#[test]
fn after_a_turn_nobody_is_renamed_and_nobody_is_switched() {
    let two = seen(vec![client("a", MARK), idle("b", "queue-sync-2")], Some("b"));
    let mut turned = two;
    turned.clients.get_mut(&SlotId::new("a")).unwrap().active = false;
    turned.clients.get_mut(&SlotId::new("b")).unwrap().active = true;
    assert!(told(Goal::Apply, &turns(), &turned).is_empty());
    turned.clients.get_mut(&SlotId::new("a")).unwrap().active = true;
    assert!(told(Goal::Apply, &turns(), &turned).is_empty(), "a rotation has both on for a while");
}

#[test]
fn where_the_two_drifted_apart_each_is_put_right() {
    let mut other = idle("b", "another name");
    other.grants.insert(RoleGrant { role: "x".into(), division: "*".into() });
    other.token_lifetime = None;
    let two = seen(vec![client("a", MARK), other], Some("a"));
    assert_eq!(told(Goal::Apply, &turns(), &two), ["change name, roles, token lifetime of b"]);
}

#[test]
fn a_third_one_is_removed_and_the_one_that_is_pending_stays() {
    let mut three =
        seen(vec![client("a", MARK), idle("b", "queue-sync-2"), idle("c", "queue-sync")], Some("a"));
    assert_eq!(told(Goal::Apply, &turns(), &three), ["remove c"]);
    three.pending = Some(Held { version: Version::new("2"), client: Some(SlotId::new("c")) });
    assert_eq!(
        told(Goal::Apply, &turns(), &three)[..2],
        ["change name of c".to_owned(), "remove b".to_owned()]
    );
}

#[test]
fn a_foreign_client_of_the_second_name_is_left_alone_or_taken_over_switched_off() {
    let mut foreign = client("f", "made by Ada");
    foreign.name = "queue-sync-2".into();
    let two = seen(vec![client("a", MARK), foreign.clone()], Some("a"));
    assert!(told(Goal::Apply, &turns(), &two)[0].contains("called `queue-sync-2`"));
    let adopting = Wanted { adopt: true, ..turns() };
    assert_eq!(told(Goal::Apply, &adopting, &two), ["change mark, state of f"]);
    foreign.last_used = LastUsed::At(Duration::ZERO);
    let busy = seen(vec![client("a", MARK), foreign], Some("a"));
    assert!(told(Goal::Apply, &adopting, &busy)[0].contains("not switched off"));
}

#[test]
fn both_are_removed_and_neither_if_one_may_not_be() {
    let mut two = seen(vec![client("a", MARK), idle("b", "queue-sync-2")], Some("a"));
    assert_eq!(
        told(Goal::Destroy, &turns(), &two)[..3],
        ["switch a off", "remove a", "remove b"].map(String::from)
    );
    let serving = two.clients.get_mut(&SlotId::new("a")).unwrap();
    serving.last_used = LastUsed::At(Duration::ZERO);
    let refused = told(Goal::Destroy, &turns(), &two);
    assert!(refused.len() == 1 && refused[0].contains("not removed"), "{refused:?}");
}

#[test]
fn a_second_client_that_does_not_show_yet_is_waited_for() {
    let mut seen = seen(vec![client("a", MARK)], Some("a"));
    let mut document = super::Document::new("queue-sync".parse().unwrap(), "prod".parse().unwrap());
    document.clients = ["a", "b"].map(SlotId::new).into();
    document.made = Some(super::Made { id: SlotId::new("a"), at: now() });
    seen.document = Some((Version::new("1"), document));
    let early = next(Goal::Apply, &turns(), &seen, me());
    assert!(matches!(early, Next::Wait(_)), "{early:?}");
    let late = Me { now: now().after(wanted().nature.listing_lag), ..me() };
    let late = next(Goal::Apply, &turns(), &seen, late);
    assert!(matches!(late, Next::Do(Effect::Write(_))), "{late:?}");
}
