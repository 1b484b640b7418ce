//! Whose client is whose, case by case.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::{ClientSeen, LastUsed, RoleGrant, SlotId, SurveyedClient, SurveyedRole};

use super::{Access, Configured, Looked, RotationSeen, Row, RowKind, StoredEntry, Surveyed, join};

const DAY: Duration = Duration::from_secs(86_400);
const NOW: Duration = Duration::from_secs(1_767_225_600);

/// An integration whose secret is of `client`, and whose clients that take turns are `slots`; the first survey shows them.
fn configured(name: &str, client: &str, slots: &[&str]) -> Configured {
    Configured {
        name: name.into(),
        platform: "genesys".into(),
        place: "us-east-1".into(),
        administers: false,
        allow: vec!["GET /x".into()],
        references: vec![format!("local:{name}")],
        period: None,
        slots: slots.iter().map(|id| (*id).to_owned()).collect(),
        entry: Looked::Seen(StoredEntry {
            client_id: Some(client.into()),
            written: Some(NOW - 5 * DAY),
            version: "1".into(),
            fingerprint: "0a1b2c3d".into(),
        }),
        rotation: Looked::Seen(None),
        survey: Some(0),
    }
}

/// An active client that holds one role everywhere.
fn client(id: &str, description: &str) -> SurveyedClient {
    SurveyedClient {
        seen: ClientSeen {
            id: SlotId::new(id),
            name: format!("the {id}"),
            description: description.into(),
            active: true,
            machine_only: true,
            grants: granted("role"),
            token_lifetime: Some(Duration::from_secs(3_600)),
            last_used: LastUsed::Unknown,
        },
        created: Some(NOW - 400 * DAY),
        grant_type: Some("CLIENT-CREDENTIALS".into()),
        scopes: Vec::new(),
        roles: vec![SurveyedRole {
            name: "queues".into(),
            division: Some("Sales".into()),
            permissions: Some(BTreeSet::from(["routing:queue:view".into()])),
        }],
    }
}

fn granted(role: &str) -> BTreeSet<RoleGrant> {
    BTreeSet::from([RoleGrant { role: role.into(), division: "*".into() }])
}

fn surveyed(place: &str, clients: &[SurveyedClient]) -> Surveyed {
    Surveyed {
        platform: "genesys".into(),
        place: place.into(),
        administrator: "admin".into(),
        clients: Looked::Seen(clients.to_vec()),
    }
}

/// What each line is about: its kind, its owner, its client.
fn told(rows: &[Row]) -> Vec<(RowKind, &str, &str)> {
    rows.iter()
        .map(|row| {
            let id = row.client.as_ref().map_or("-", |client| client.id.as_str());
            (row.kind, row.owner.as_deref().unwrap_or("-"), id)
        })
        .collect()
}

/// What it shows, the integrations, the clients, and the rows: their kind, name and detail.
type Case = (&'static str, Vec<Configured>, Vec<SurveyedClient>, Vec<(RowKind, &'static str, &'static str)>);

#[test]
fn every_client_has_one_line_and_the_right_owner() {
    use RowKind::{Foreign, InUse, NoSecret, OrphanClient, OrphanSecret, Standby};
    let ours = |id: &str| client(id, "made by hallpass:prod/queue#a1 for Ada");
    let unread = |name: &str, slots: &[&str]| Configured {
        entry: Looked::Not("there is no such entry".into()),
        ..configured(name, "", slots)
    };
    let cases: Vec<Case> = vec![
        (
            "its client is there",
            vec![configured("queue", "a", &[])],
            vec![client("a", "")],
            vec![(InUse, "queue", "a")],
        ),
        (
            "two integrations on one client",
            vec![configured("queue", "a", &[]), configured("figures", "a", &[])],
            vec![client("a", "")],
            vec![(InUse, "queue", "a"), (InUse, "figures", "a")],
        ),
        (
            "two clients take turns",
            vec![configured("queue", "b", &["a", "b"])],
            vec![client("a", ""), client("b", "")],
            vec![(InUse, "queue", "b"), (Standby, "queue", "a")],
        ),
        (
            "its client is gone",
            vec![configured("queue", "a", &["a"])],
            vec![],
            vec![(OrphanSecret, "queue", "-")],
        ),
        (
            "its client is gone and its twin is not",
            vec![configured("queue", "a", &["a", "b"])],
            vec![client("b", "")],
            vec![(OrphanSecret, "queue", "-"), (Standby, "queue", "b")],
        ),
        (
            "its entry is gone, and its clients are known by configuration",
            vec![unread("queue", &["a", "b"])],
            vec![client("a", ""), client("b", "")],
            vec![(NoSecret, "queue", "-"), (Standby, "queue", "a"), (Standby, "queue", "b")],
        ),
        (
            "its entry is gone, and its client is known by its mark alone",
            vec![unread("queue", &[])],
            vec![ours("a")],
            vec![(NoSecret, "queue", "-"), (OrphanClient, "prod/queue", "a")],
        ),
        ("a stranger", vec![], vec![client("z", "hallpass: a fine program")], vec![(Foreign, "-", "z")]),
        ("ours, and nobody uses it", vec![], vec![ours("z")], vec![(OrphanClient, "prod/queue", "z")]),
        (
            "in the order of configuration, then of ids",
            vec![configured("queue", "c", &[]), configured("figures", "b", &[])],
            vec![client("a", ""), client("b", ""), client("c", ""), ours("d")],
            vec![
                (InUse, "queue", "c"),
                (InUse, "figures", "b"),
                (Foreign, "-", "a"),
                (OrphanClient, "prod/queue", "d"),
            ],
        ),
    ];
    for (what, configured, clients, expected) in cases {
        assert_eq!(told(&join(&configured, &[surveyed("us-east-1", &clients)])), expected, "{what}");
    }
}

#[test]
fn what_nobody_looked_at_is_not_verified_and_says_why() {
    let denied =
        Surveyed { clients: Looked::Not("`oauth:client:view` is missing".into()), ..surveyed("x", &[]) };
    let unnamed = Looked::Seen(StoredEntry {
        client_id: None,
        written: None,
        version: "1".into(),
        fingerprint: "0a1b2c3d".into(),
    });
    let cases = [
        (
            Configured { survey: None, ..configured("queue", "a", &[]) },
            vec![],
            "its client: no integration administers this platform for it",
        ),
        (configured("queue", "a", &[]), vec![denied], "its client: `oauth:client:view` is missing"),
        // A survey that is not there is none.
        (
            configured("queue", "a", &[]),
            vec![],
            "its client: no integration administers this platform for it",
        ),
    ];
    for (one, surveys, why) in cases {
        let rows = join(&[one], &surveys);
        assert_eq!(told(&rows), [(RowKind::NotVerified, "queue", "-")], "{why}");
        assert_eq!(rows[0].unknown, [why]);
    }
    // A secret that names no client cannot be looked for: that is no proof that its client is gone.
    let rows = join(&[Configured { entry: unnamed, ..configured("queue", "", &[]) }], &[surveyed("x", &[])]);
    assert_eq!(told(&rows), [(RowKind::NotVerified, "queue", "-")]);
}

#[test]
fn a_place_that_was_looked_at_twice_is_told_once() {
    let clients = [client("a", ""), client("b", ""), client("z", "")];
    let other = Configured { survey: Some(1), ..configured("figures", "b", &[]) };
    let surveys = [surveyed("us-east-1", &clients), surveyed("us-east-1", &clients)];
    assert_eq!(
        told(&join(&[configured("queue", "a", &[]), other], &surveys)),
        [(RowKind::InUse, "queue", "a"), (RowKind::InUse, "figures", "b"), (RowKind::Foreign, "-", "z")],
        "the second administrator's client is no stranger to the first"
    );
}

#[test]
fn the_same_id_at_another_place_is_another_client() {
    let surveys = [surveyed("us-east-1", &[client("a", "")]), surveyed("eu-west-1", &[client("a", "")])];
    let rows = join(&[configured("queue", "a", &[])], &surveys);
    assert_eq!(told(&rows), [(RowKind::InUse, "queue", "a"), (RowKind::Foreign, "-", "a")]);
    assert_eq!(rows[1].place, "eu-west-1");
}

#[test]
fn what_differs_from_the_configuration_is_told() {
    let mut off = client("a", "");
    off.seen.active = false;
    let mut wider = client("b", "");
    wider.seen.grants = granted("everything");
    let rows = join(&[configured("queue", "a", &["a", "b"])], &[surveyed("x", &[off, wider])]);
    assert_eq!(
        rows[0].drift,
        ["its client is switched off", "`b`, which takes turns with it, has other roles"]
    );
    assert!(rows[1].drift.is_empty(), "it is said once");
}

#[test]
fn a_line_says_what_its_client_and_its_rotation_are_like() {
    let seen = RotationSeen {
        ended: Some(NOW - 90 * DAY),
        step: Some("retiring the old secret".into()),
        stuck: true,
    };
    let one = Configured {
        period: Some(90 * DAY),
        rotation: Looked::Seen(Some(seen)),
        ..configured("queue", "a", &[])
    };
    let mut used = client("a", "");
    used.seen.last_used = LastUsed::At(NOW - DAY);
    let rows = join(&[one], &[surveyed("x", &[used])]);
    let row = &rows[0];
    assert_eq!(row.rotation_step.as_deref(), Some("retiring the old secret (needs a person)"));
    assert_eq!(row.due_at, Some((NOW + 85 * DAY).as_secs()), "from the day it was written");
    assert_eq!(row.reach.get("routing"), Some(&Access::Read));
    let facts = row.client.as_ref().unwrap();
    assert_eq!(facts.roles, ["queues in Sales"]);
    assert_eq!(facts.last_used, super::LastUse::At((NOW - DAY).as_secs()));
}

#[test]
fn the_age_is_that_of_the_secret_or_else_of_the_client_and_overdue_is_beyond_the_period() {
    let (limit, all) =
        (90 * DAY, |one: Configured| join(&[one], &[surveyed("x", &[client("a", "")])]).remove(0));
    let dated = all(configured("queue", "a", &[]));
    assert_eq!((dated.age(NOW), dated.is_overdue(NOW, limit)), (Some(5 * DAY), Some(false)));
    let short = all(Configured { period: Some(5 * DAY), ..configured("queue", "a", &[]) });
    assert_eq!(short.is_overdue(NOW, limit), Some(false), "on its last day it is not overdue");
    assert_eq!(short.is_overdue(NOW + Duration::from_secs(1), limit), Some(true));
    let undated = Looked::Seen(StoredEntry {
        client_id: Some("a".into()),
        written: None,
        version: "1".into(),
        fingerprint: "0a1b2c3d".into(),
    });
    let undated = all(Configured { entry: undated, ..configured("queue", "a", &[]) });
    assert_eq!((undated.age(NOW), undated.is_overdue(NOW, limit)), (Some(400 * DAY), Some(true)));
    let unknown = join(
        &[Configured { entry: Looked::Not("locked".into()), ..configured("queue", "a", &[]) }],
        &[surveyed("x", &[])],
    );
    assert_eq!(
        (unknown[0].age(NOW), unknown[0].is_overdue(NOW, limit)),
        (None, None),
        "not known is never fine"
    );
}
