use std::collections::BTreeSet;
use std::time::Duration;

use crate::scope_lint::{
    Acceptance, Custody, Date, Granted, GrantedRole, LintRule, Needed, NotMapped, Severity, Subject,
    UnknownScope, Unmapped, accept, lint,
};

const DAY: Duration = Duration::from_secs(86_400);

fn texts(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn needs(permissions: &[&str]) -> Needed {
    Needed { permissions: texts(permissions), unmapped: Vec::new() }
}

/// One against which no rule has anything to say, and of which everything is known.
fn clean() -> Subject {
    Subject {
        name: "queue-sync".parse().unwrap(),
        administers: false,
        allow: vec!["GET /api/v2/routing/queues/**".parse().unwrap()],
        custody: BTreeSet::from([Custody::Store]),
        places: texts(&["local:queue-sync"]),
        client_id: Some("c-1".to_owned()),
        period: Some(90 * DAY),
        canaries: true,
        age: Some(90 * DAY),
        token_lifetime_needed: Duration::from_secs(3600),
        roles_decide: true,
        needed: Some(needs(&["routing:queue:view"])),
        granted: Some(Granted {
            roles: vec![GrantedRole {
                name: "queue-sync".to_owned(),
                division: Some("Sales".to_owned()),
                permissions: Some(texts(&["routing:queue:view"])),
            }],
            grant_types: texts(&["CLIENT-CREDENTIALS"]),
            token_lifetime: Some(Duration::from_secs(3600)),
            allowed_ips: Some(vec!["203.0.113.7/32".to_owned()]),
            ..Granted::default()
        }),
    }
}

fn granted(change: impl FnOnce(&mut Granted)) -> impl FnOnce(&mut Subject) {
    |subject| change(subject.granted.as_mut().unwrap())
}

fn permission(text: &str) -> impl FnOnce(&mut Subject) {
    let text = text.to_owned();
    granted(move |granted| {
        granted.roles[0].permissions.as_mut().unwrap().insert(text);
    })
}

#[track_caller]
fn expect(change: impl FnOnce(&mut Subject), rules: &[LintRule]) {
    let mut subject = clean();
    change(&mut subject);
    let found: Vec<_> = lint(&[subject]).into_iter().map(|finding| finding.rule).collect();
    assert_eq!(found, rules);
}

#[test]
fn nothing_is_said_of_what_is_narrow() {
    expect(|_| {}, &[]);
    assert_eq!(clean().unknown(), [""; 0]);
}

#[test]
fn each_rule_finds_what_it_is_for_and_nothing_else() {
    use LintRule as R;
    expect(permission("routing:*:view"), &[R::WildcardPermission]);
    expect(permission("oauth:client:edit"), &[R::OauthAdministration, R::WriteUnused, R::PermissionUnused]);
    expect(permission("routing:queue:edit"), &[R::WriteUnused, R::PermissionUnused]);
    expect(permission("routing:wrapupCode:view"), &[R::PermissionUnused]);
    expect(granted(|granted| granted.roles[0].name = "Master Admin".into()), &[R::AdminRole]);
    expect(granted(|granted| granted.grant_types = texts(&["CLIENT_CREDENTIALS", "PKCE"])), &[R::UserGrant]);
    expect(granted(|granted| granted.token_lifetime = Some(DAY)), &[R::TokenLifetime]);
    expect(granted(|granted| granted.allowed_ips = Some(Vec::new())), &[R::NoIpList]);
    expect(granted(|granted| granted.scopes = texts(&["routing:readonly"])), &[R::ScopesWithoutEffect]);
    expect(|subject| subject.custody = BTreeSet::from([Custody::PlainVariable]), &[R::PlainVariable]);
    expect(|subject| subject.age = Some(90 * DAY + Duration::from_secs(1)), &[R::SecretOverdue]);
    expect(|subject| subject.period = None, &[R::NoRotation]);
    expect(|subject| subject.canaries = false, &[R::NoCanary]);
    expect(granted(|granted| granted.roles[0].name = "routing*".into()), &[R::WildcardPermission]);
    let misspelt =
        || UnknownScope { shown: "routing:queue:reed".into(), near: Some("routing:queue:read".into()) };
    expect(granted(|granted| granted.unknown_scopes.push(misspelt())), &[R::UnknownScope]);
}

#[test]
fn permissions_are_unused_only_where_every_call_is_known() {
    let unmapped = |why| Unmapped { rule: "GET /api/v2/users/**".to_owned(), why };
    let mut subject = clean();
    permission("routing:wrapupCode:view")(&mut subject);
    subject.needed.as_mut().unwrap().unmapped.push(unmapped(NotMapped::OpenEnd));
    assert_eq!(lint(std::slice::from_ref(&subject)), []);
    assert_eq!(
        subject.unknown(),
        [
            "which permissions its calls need: `GET /api/v2/users/**` has an open end; the platform's swagger file may tell \
             (`--permissions`, or `lint.permissions`)"
        ]
    );
    for _ in 0..7 {
        subject.needed.as_mut().unwrap().unmapped.push(unmapped(NotMapped::NotInTable));
    }
    assert!(subject.unknown()[0].contains("is in no table, 3 more;"), "{:?}", subject.unknown());
    subject.administers = true;
    assert_eq!(
        (lint(&[subject.clone()]), subject.unknown().len()),
        (vec![], 0),
        "an administrator holds what it gives"
    );
}

#[test]
fn a_platform_without_a_list_of_addresses_is_said_to_have_none() {
    let mut subject = clean();
    subject.granted.as_mut().unwrap().allowed_ips = None;
    assert_eq!(lint(std::slice::from_ref(&subject)), []);
    assert!(subject.unknown()[0].starts_with("from which addresses"), "{:?}", subject.unknown());
}

#[test]
fn policies_are_open_that_name_no_resource() {
    for open in
        ["GET /**", "GET /api/v2/**", "GET /api/**", "GET /*/**", "GET /incontactapi/services/v31.0/**"]
    {
        expect(|subject| subject.allow.push(open.parse().unwrap()), &[LintRule::OpenPolicy]);
    }
    for narrow in ["GET /api/v2/users/*", "GET /api/v2/routing/**", "GET /api/v2/*/x"] {
        expect(|subject| subject.allow.push(narrow.parse().unwrap()), &[]);
    }
}

#[test]
fn a_policy_that_reaches_the_administration_of_clients_is_found_without_knowing_the_role() {
    let reaches = |rule: &'static str| {
        move |subject: &mut Subject| {
            subject.allow.push(rule.parse().unwrap());
            subject.granted = None;
        }
    };
    expect(reaches("POST /api/v2/oauth/clients"), &[LintRule::OauthAdministration]);
    expect(reaches("PUT /api/v2/oauth/**"), &[LintRule::OauthAdministration]);
    expect(
        reaches("DELETE /userhub/access-key-management/v1/access-keys/*"),
        &[LintRule::OauthAdministration],
    );
    expect(reaches("GET /api/v2/oauth/clients/**"), &[]);
    let administrator = |subject: &mut Subject| {
        reaches("POST /api/v2/oauth/clients/*/secret")(subject);
        subject.administers = true;
    };
    expect(administrator, &[]);
}

#[test]
fn writing_is_used_where_the_policy_writes() {
    let writes = |subject: &mut Subject| {
        permission("routing:queue:edit")(subject);
        subject.allow.push("PATCH /api/v2/routing/queues/*".parse().unwrap());
        subject.needed = Some(needs(&["routing:queue:view", "routing:queue:edit"]));
    };
    expect(writes, &[]);
}

#[test]
fn a_client_is_shared_by_id_or_by_place() {
    let mut by_id = clean();
    by_id.name = "second".parse().unwrap();
    by_id.places = texts(&["local:second"]);
    let mut by_place = clean();
    by_place.name = "third".parse().unwrap();
    by_place.client_id = None;
    let mut other = clean();
    (other.name, other.client_id) = ("fourth".parse().unwrap(), Some("c-4".to_owned()));
    other.places = texts(&["local:fourth"]);
    let found = lint(&[clean(), by_id, by_place, other]);
    let shared: Vec<_> =
        found.iter().map(|one| (one.integration.as_ref().unwrap().as_str(), &*one.detail)).collect();
    assert_eq!(
        shared,
        [
            ("queue-sync", "with `second`, `third`"),
            ("second", "with `queue-sync`"),
            ("third", "with `queue-sync`")
        ]
    );
}

#[test]
fn of_what_nobody_knows_nothing_is_said_but_that() {
    let mut subject = clean();
    (subject.granted, subject.client_id, subject.age) = (None, None, None);
    assert_eq!(lint(std::slice::from_ref(&subject)), []);
    assert_eq!(subject.unknown().len(), 3);
    subject.period = None;
    assert_eq!(subject.unknown().len(), 2, "without a period no age is asked for");
}

#[test]
fn the_gravest_is_said_first_and_lists_are_cut() {
    let mut subject = clean();
    subject.canaries = false;
    subject.period = None;
    subject.custody = BTreeSet::from([Custody::PlainVariable]);
    for index in 0..8 {
        permission(&format!("a{index}:b:view"))(&mut subject);
    }
    let found = lint(&[subject]);
    assert!(found.is_sorted_by_key(|finding| finding.rule.severity()));
    assert_eq!(found[0].rule.severity(), Severity::Error);
    let unused = found.iter().find(|finding| finding.rule == LintRule::PermissionUnused).unwrap();
    assert!(unused.detail.ends_with(", 3 more"), "{}", unused.detail);
}

#[test]
fn what_is_accepted_is_borne_until_its_day_and_no_longer() {
    let today: Date = "2026-11-22".parse().unwrap();
    let mut subject = clean();
    subject.custody = BTreeSet::from([Custody::PlainVariable]);
    let subjects = [subject];
    let judged = |rule: LintRule, until: &str| {
        let acceptance = Acceptance {
            integration: "queue-sync".parse().unwrap(),
            rule,
            reason: "moved in March".to_owned(),
            until: until.parse().unwrap(),
        };
        let outcome = accept(lint(&subjects), &[acceptance], &subjects, today);
        (outcome.open.iter().map(|one| one.rule).collect::<Vec<_>>(), outcome.borne.len())
    };
    use LintRule as R;
    assert_eq!(judged(R::PlainVariable, "2026-11-22"), (vec![], 1));
    assert_eq!(judged(R::PlainVariable, "2026-11-21"), (vec![R::AcceptanceExpired, R::PlainVariable], 0));
    assert_eq!(judged(R::PlainVariable, "2027-11-23"), (vec![], 1));
    assert_eq!(judged(R::PlainVariable, "2027-11-24"), (vec![R::AcceptanceExpired, R::PlainVariable], 0));
    assert_eq!(judged(R::NoIpList, "2027-01-01"), (vec![R::PlainVariable, R::AcceptanceUnused], 0));
}
