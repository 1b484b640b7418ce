//! Clients made, changed and removed by the real binary at an emulated platform, word for word.

use hallpass_emulator::{
    Act, ClientKeys, ClientState, GenesysSettings, Misbehaviour, NewClient, NewDivision, NewRole, Settings,
};
use hallpass_testkit::process::{Finished, Stream};

use crate::lint::in_days;
use crate::scene::{PATIENCE, SECRET, Scene, until};

/// What the administrator authenticates with.
const ADMIN: &str = "planted-for-the-administrator";
/// What every secret begins with that the emulator makes.
const MADE: &str = "emulated-1-secret";
pub(crate) const GRANTS: &str = "grants = [{ role = \"Queues\", division = \"Sales\" }]";
const ALL: [&str; 5] = [
    "oauth:client:view",
    "oauth:client:add",
    "oauth:client:edit",
    "oauth:client:delete",
    "authorization:role:view",
];

/// What it takes to make roles, besides.
const MAKER: [&str; 12] = [
    "oauth:client:view",
    "oauth:client:add",
    "oauth:client:edit",
    "oauth:client:delete",
    "authorization:role:view",
    "authorization:role:add",
    "authorization:role:edit",
    "authorization:role:delete",
    "authorization:grant:add",
    "routing:queue:view",
    "routing:queue:edit",
    "routing:queue:delete",
];

/// A platform with a role, a division and an administrator, and a configuration that wants a client.
pub(crate) struct Provisioned {
    pub(crate) scene: Scene,
    admin: ClientKeys,
}

impl Provisioned {
    pub(crate) fn set() -> Self {
        Self::with(GenesysSettings::default(), &ALL, &["role-queues"])
    }

    /// With an administrator that makes roles.
    fn for_roles() -> Self {
        Self::with(GenesysSettings::default(), &MAKER, &["role-queues", "role-more"])
    }

    fn with(genesys: GenesysSettings, permissions: &[&str], held: &[&str]) -> Self {
        let scene = Scene::of(Settings { seed: Some(1), genesys, ..Settings::default() });
        let world = scene.world();
        for (id, name) in [("role-queues", "Queues"), ("role-more", "More"), ("role-admin", "admin")] {
            world.add_role(NewRole::named(name).id(id).permission("routing:queue:view"));
        }
        world.add_division(NewDivision::named("Sales").id("division-sales"));
        let mut admin = NewClient::named("admin")
            .id("client-admin")
            .secret(ADMIN)
            .permissions(permissions.iter().copied());
        for role in held {
            admin = admin.role(*role, "*");
        }
        let admin = world.add_client(admin);
        let provisioned = Self { scene, admin };
        provisioned.configure("queue-sync of hallpass", GRANTS);
        let material =
            format!("{{\"client_id\":\"{}\",\"client_secret\":\"{ADMIN}\"}}", provisioned.admin.id);
        let put = provisioned.scene.run_with(&["secret", "put", "admin"], material);
        assert_eq!(put.code, Some(0), "{put:?}");
        provisioned
    }

    /// Writes the configuration, with this name and these lines in the table `provision`.
    pub(crate) fn configure(&self, name: &str, lines: &str) {
        let (login, api) = self.scene.address();
        self.scene.configure(&format!(
            "\n[integrations.queue-sync.provision]\nadministrator = \"admin\"\nname = \"{name}\"\n{lines}\n\n\
             [integrations.admin]\nplatform = \"genesys\"\ntoken_url = \"{login}/oauth/token\"\napi_url = \"{api}\"\n\
             secret = \"local:admin\"\nadministers = true\nallow = [\"GET /api/v2/oauth/clients/**\", \
             \"POST /api/v2/oauth/clients\", \"PUT /api/v2/oauth/clients/*\", \"DELETE /api/v2/oauth/clients/*\", \
             \"POST /api/v2/oauth/clients/*/secret\", \"GET /api/v2/authorization/roles/**\", \
             \"POST /api/v2/authorization/roles\", \"PUT /api/v2/authorization/roles/*\", \
             \"DELETE /api/v2/authorization/roles/*\", \"POST /api/v2/authorization/subjects/*/bulkadd\", \
             \"GET /api/v2/authorization/permissions\", \
             \"GET /api/v2/authorization/divisions\", \"GET /api/v2/tokens/me\"]\n"
        ));
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        self.scene.run(&[&["provision"], arguments].concat())
    }

    /// Runs it and compares what it left, in which no secret may be.
    #[track_caller]
    fn assert(&self, name: &str, arguments: &[&str]) {
        let finished = self.run(arguments);
        let told = format!("{}{}", finished.stdout, finished.stderr);
        assert!(!told.contains(ADMIN) && !told.contains(SECRET) && !told.contains(MADE), "{told}");
        self.scene.assert(&format!("provision_{name}"), &finished);
    }

    /// The ids of clients that are live and were not there from the start.
    pub(crate) fn made(&self) -> Vec<String> {
        let live = self.scene.world().live_secrets().into_iter().map(|live| live.id);
        live.filter(|id| *id != self.admin.id && *id != self.scene.keys.id).collect()
    }

    /// The ids of all clients that were not there from the start, whether or not they get tokens.
    pub(crate) fn standing(&self) -> Vec<String> {
        let all = self.scene.world().standing_clients().into_iter();
        all.filter(|id| *id != self.admin.id && *id != self.scene.keys.id).collect()
    }

    fn secrets_made(&self) -> u64 {
        self.scene.world().witness().totals.secrets_made
    }

    #[track_caller]
    fn assert_serves(&self) {
        let call = self.scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]);
        assert_eq!(call.code, Some(0), "{call:?}");
    }

    /// No secret stands in the clear in any file of the folder.
    fn assert_nothing_in_the_clear(&self) {
        for entry in std::fs::read_dir(self.scene.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let content = std::fs::read(&path).unwrap();
                let found = content.windows(MADE.len()).any(|window| window == MADE.as_bytes());
                assert!(!found, "a secret stands in {}", path.display());
            }
        }
    }
}

#[test]
fn a_client_is_planned_made_used_changed_and_removed() {
    let provisioned = Provisioned::set();
    let lines = format!("{GRANTS}\ntoken_lifetime = \"1h\"");
    provisioned.configure("queue-sync of hallpass", &lines);
    provisioned.assert("plan", &["plan", "queue-sync"]);
    provisioned.assert("plan_json", &["plan", "queue-sync", "--json"]);
    provisioned.assert("unasked", &["apply", "queue-sync"]);
    assert_eq!(provisioned.secrets_made(), 0);
    provisioned.assert("apply", &["apply", "queue-sync", "--yes"]);
    assert_eq!((provisioned.secrets_made(), provisioned.made().len()), (1, 1));
    provisioned.assert_nothing_in_the_clear();
    provisioned.assert("plan_nothing", &["plan", "queue-sync"]);
    provisioned.assert("apply_nothing", &["apply", "queue-sync", "--yes", "--json"]);
    assert_eq!(provisioned.secrets_made(), 1);

    // What was provisioned serves a real call, through a sidecar.
    let served = provisioned.scene.serve(&[]);
    let (status, body) = served.get("/queue-sync/api/v2/routing/queues");
    assert_eq!(status, 200, "{body}");
    let id = &provisioned.made()[0];
    assert_eq!(provisioned.scene.world().witness().clients[id].calls, 1);

    provisioned.configure("queue-sync of hallpass", &lines.replace("1h", "15m"));
    provisioned.assert("plan_drift", &["plan", "queue-sync"]);
    provisioned.assert("apply_drift", &["apply", "queue-sync", "--yes"]);
    provisioned.assert("plan_nothing", &["plan", "queue-sync"]);
    provisioned.assert("destroy_in_use", &["destroy", "queue-sync", "--yes"]);
    provisioned.assert_serves();
    provisioned.assert("plan_destroy", &["plan", "queue-sync", "--destroy", "--even-if-used"]);
    provisioned.assert("destroy", &["destroy", "queue-sync", "--yes", "--even-if-used"]);
    assert!(provisioned.made().is_empty());
    let call = provisioned.scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]);
    assert_eq!(call.code, Some(4), "nothing is left to call with: {call:?}");
    provisioned.assert("destroy_nothing", &["destroy", "queue-sync", "--yes"]);
    provisioned.assert("apply_again", &["apply", "queue-sync", "--yes"]);
    provisioned.assert_serves();
}

/// A rotation that names no client.
const TURNS: &str = "[integrations.queue-sync.rotation]\nadministrator = \"admin\"\n\
                     verify = [\"GET /api/v2/routing/queues?pageSize=1\"]";

#[test]
fn two_clients_that_take_turns_are_made_rotated_and_removed_without_a_step_by_hand() {
    let provisioned = Provisioned::set();
    let world = provisioned.scene.world();
    provisioned.configure("queue-sync of hallpass", &format!("{GRANTS}\n{TURNS}"));
    let early = provisioned.scene.run(&["rotate", "plan", "queue-sync"]);
    assert!(early.stderr.contains("hallpass provision apply queue-sync"), "{early:?}");
    provisioned.assert("turns_plan", &["plan", "queue-sync"]);
    provisioned.assert("turns_plan_json", &["plan", "queue-sync", "--json"]);
    provisioned.assert("turns_apply", &["apply", "queue-sync", "--yes"]);
    let first = provisioned.made();
    assert_eq!((first.len(), provisioned.standing().len()), (1, 2), "the second one is off");
    provisioned.assert_nothing_in_the_clear();
    provisioned.assert_serves();

    // Nothing was written down by hand in between.
    let rotated = provisioned.scene.run(&["rotate", "run", "queue-sync", "--wait", "20s"]);
    assert_eq!(rotated.code, Some(11), "it waits for its consumers: {rotated:?}");
    let second: Vec<_> = provisioned.standing().into_iter().filter(|id| *id != first[0]).collect();
    let calls = |id: &str| world.witness().clients[id].calls;
    let before = calls(&second[0]);
    provisioned.assert_serves();
    assert_eq!(calls(&second[0]), before + 1, "the second one serves");
    provisioned.assert("turns_nothing", &["plan", "queue-sync"]);
    let inventory = provisioned.scene.run(&["inventory", "--json"]).stdout;
    assert!(first[0].len() > 8 && inventory.contains(&first[0]), "{inventory}");
    assert!(!inventory.contains("orphan-client") && inventory.contains("\"standby\""), "{inventory}");

    let of = |name: &str| world.add_role(NewRole::named(name).permission("routing:queue:view"));
    world.set_roles(&second[0], &[(&of("Another"), "*")]);
    provisioned.assert("turns_drift", &["plan", "queue-sync"]);
    assert_eq!(provisioned.run(&["apply", "queue-sync", "--yes"]).code, Some(0));
    provisioned.assert("turns_nothing", &["plan", "queue-sync"]);
    provisioned.assert("turns_destroy", &["destroy", "queue-sync", "--yes", "--even-if-used"]);
    assert!(provisioned.standing().is_empty());
}

#[test]
fn where_the_only_secret_is_replaced_in_place_there_is_one_client_and_rotation_knows_it() {
    let provisioned = Provisioned::set();
    provisioned.configure("queue-sync of hallpass", &format!("{GRANTS}\n{TURNS}\nstrategy = \"regenerate\""));
    assert_eq!(provisioned.run(&["apply", "queue-sync", "--yes"]).code, Some(0));
    assert_eq!(provisioned.standing(), provisioned.made(), "there is no second one");
    let planned = provisioned.scene.run(&["rotate", "plan", "queue-sync", "--accept-downtime-risk"]);
    assert_eq!(planned.code, Some(0), "{planned:?}");
    assert!(planned.stdout.contains("regenerate"), "{planned:?}");
}

const OWN: &str = "permissions = [\"routing:queue:view\", \"routing:queue:edit\"]\ndivisions = [\"Sales\"]";

#[test]
fn out_of_permissions_a_role_is_planned_made_kept_true_and_removed() {
    let provisioned = Provisioned::for_roles();
    let world = provisioned.scene.world();
    let names =
        || world.roles().into_values().filter(|name| name.starts_with("hallpass")).collect::<Vec<_>>();
    provisioned.configure("queue-sync of hallpass", OWN);
    provisioned.assert("role_plan", &["plan", "queue-sync"]);
    provisioned.assert("role_plan_json", &["plan", "queue-sync", "--json"]);
    provisioned.assert("role_apply", &["apply", "queue-sync", "--yes"]);
    assert_eq!(names(), ["hallpass queue-sync"]);
    provisioned.assert("role_nothing", &["plan", "queue-sync"]);
    provisioned.assert_serves();

    provisioned.configure("queue-sync of hallpass", &OWN.replace("queue:edit", "queue:delete"));
    provisioned.assert("role_drift", &["plan", "queue-sync"]);
    provisioned.assert("role_drift_apply", &["apply", "queue-sync", "--yes"]);
    provisioned.assert("role_nothing", &["plan", "queue-sync"]);

    let (id, _) = world.roles().into_iter().find(|(_, name)| name.starts_with("hallpass")).unwrap();
    let ada = world.add_client(NewClient::named("Ada's client").role(id, "*"));
    provisioned.assert("role_stays", &["plan", "queue-sync", "--destroy", "--even-if-used"]);
    world.remove_client(&ada.id);
    provisioned.assert("role_destroy", &["destroy", "queue-sync", "--yes", "--even-if-used"]);
    assert!(names().is_empty() && provisioned.standing().is_empty());
}

/// A role that is not there yet is judged by what it shall be.
#[test]
fn permissions_that_no_allowed_call_needs_are_told_before_the_role_is_made() {
    let provisioned = Provisioned::for_roles();
    provisioned.configure("queue-sync of hallpass", OWN);
    let path = provisioned.scene.path().join("hallpass.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("/api/v2/routing/queues/**", "/api/v2/routing/queues")).unwrap();
    let planned = provisioned.scene.run(&["provision", "plan", "queue-sync", "--json"]);
    let planned: serde_json::Value = serde_json::from_str(&planned.stdout).unwrap();
    let unused = |finding: &&serde_json::Value| finding["rule"] == "permission-unused";
    let findings: Vec<_> = planned["findings"].as_array().unwrap().iter().filter(unused).collect();
    assert_eq!(findings.len(), 1, "{planned:#}");
    let detail = findings[0]["detail"].as_str().unwrap();
    assert!(detail.contains("routing:queue:edit") && !detail.contains("routing:queue:view"), "{detail}");
}

#[test]
fn from_permissions_back_to_a_role_leaves_no_role_behind() {
    let provisioned = Provisioned::for_roles();
    provisioned.configure("queue-sync of hallpass", OWN);
    assert_eq!(provisioned.run(&["apply", "queue-sync", "--yes"]).code, Some(0));
    provisioned.configure("queue-sync of hallpass", GRANTS);
    provisioned.assert("role_back", &["apply", "queue-sync", "--yes"]);
    assert!(provisioned.scene.world().roles().into_values().all(|name| !name.starts_with("hallpass")));
    provisioned.assert_serves();
}

#[test]
fn a_role_that_cannot_be_made_is_refused_by_name() {
    let provisioned = Provisioned::for_roles();
    let own = |permission: &str| OWN.replace("routing:queue:edit", permission);
    for (name, lines) in [
        ("permission_lacked", &*own("outbound:campaign:imagined")),
        ("permission_wildcard", &own("routing:*")),
        ("permission_malformed", &own("admin")),
        ("division_unknown", &OWN.replace("Sales", "sales")),
        ("divisions_missing", "permissions = [\"routing:queue:view\"]"),
        ("permissions_missing", "divisions = [\"Sales\"]"),
        ("permissions_and_grants", &format!("{OWN}\n{GRANTS}")),
    ] {
        provisioned.configure("a", lines);
        provisioned.assert(name, &["apply", "queue-sync", "--yes"]);
    }
    provisioned.configure("a", &format!("{OWN}\nrole = \"Queues\""));
    provisioned.assert("role_foreign", &["apply", "queue-sync", "--yes"]);
    assert_eq!(provisioned.scene.world().roles().len(), 3, "no role was made");
    assert!(provisioned.standing().is_empty());
}

#[test]
fn a_foreign_role_is_taken_over_only_when_a_person_says_so() {
    let provisioned = Provisioned::for_roles();
    provisioned.configure("a", &format!("{OWN}\nrole = \"Queues\""));
    provisioned.assert("role_adopt_plan", &["plan", "queue-sync", "--adopt"]);
    assert_eq!(provisioned.run(&["apply", "queue-sync", "--yes", "--adopt"]).code, Some(0));
    assert_eq!(provisioned.scene.world().roles().len(), 3, "no role was made");
    provisioned.assert("role_nothing", &["plan", "queue-sync"]);
}

#[test]
fn whoever_may_not_make_or_give_a_role_is_told_what_is_missing() {
    for (name, missing) in [
        ("role_denied_make", "authorization:role:add"),
        ("role_denied_give", "authorization:grant:add"),
        // The permission is in the role, and its maker does not hold it.
        ("role_denied_hold", "routing:queue:edit"),
    ] {
        let permissions: Vec<_> = MAKER.into_iter().filter(|permission| *permission != missing).collect();
        let provisioned =
            Provisioned::with(GenesysSettings::default(), &permissions, &["role-queues", "role-more"]);
        provisioned.configure("queue-sync of hallpass", OWN);
        provisioned.assert(name, &["apply", "queue-sync", "--yes"]);
        assert!(provisioned.made().is_empty(), "{missing}");
    }
}

/// What lint lets somebody bear until a day is refused by nothing else until then.
#[test]
fn a_role_of_administrators_is_planned_only_while_somebody_answers_for_it() {
    let provisioned = Provisioned::set();
    provisioned.configure("a", "grants = [{ role = \"admin\", division = \"*\" }]");
    let path = provisioned.scene.path().join("hallpass.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    for (until, code) in [("2020-01-01".to_owned(), 7), (in_days(100), 0)] {
        let accept = format!(
            "accept = [{{ rule = \"admin-role\", reason = \"until it is split\", until = \"{until}\" }}]"
        );
        let table = "[integrations.queue-sync]\n";
        std::fs::write(&path, text.replacen(table, &format!("{table}{accept}\n"), 1)).unwrap();
        let planned = provisioned.run(&["plan", "queue-sync"]);
        assert_eq!(planned.code, Some(code), "{planned:?}");
    }
}

#[test]
fn what_cannot_be_or_is_too_much_is_refused_before_anything_is_made() {
    let provisioned = Provisioned::set();
    for (name, client, lines) in [
        ("unknown_names", "a", "grants = [{ role = \"queues\", division = \"Sale\" }]"),
        ("no_role", "a", ""),
        ("admin_role", "a", "grants = [{ role = \"admin\", division = \"*\" }]"),
        ("wildcard", "a", "grants = [{ role = \"routing*\", division = \"Sales\" }]"),
        ("addresses", "a", &format!("{GRANTS}\nallowed_ips = [\"203.0.113.7/32\"]")),
        ("lifetime", "a", &format!("{GRANTS}\ntoken_lifetime = \"1m\"")),
        ("user", "a", &format!("{GRANTS}\nuser = \"u\"")),
        ("foreign", "queue-sync", GRANTS),
        ("scopes", "a", "scopes = [\"routing\"]"),
        ("malformed", "a", "grants = [\"Queues\", { role = \"Queues\" }]\nallowed_ips = [\"here\"]"),
    ] {
        provisioned.configure(client, lines);
        provisioned.assert(name, &["apply", "queue-sync", "--yes"]);
    }
    provisioned.configure("a", GRANTS);
    provisioned.assert("no_table", &["plan", "admin"]);
    provisioned.assert("unknown", &["plan", "queue-sink"]);
    assert_eq!((provisioned.secrets_made(), provisioned.made().len()), (0, 0));
    assert!(
        provisioned.scene.world().is_live(&provisioned.scene.keys.id, SECRET),
        "the foreign one is unharmed"
    );
}

#[test]
fn a_foreign_client_is_taken_over_only_when_a_person_says_so() {
    let provisioned = Provisioned::set();
    provisioned.configure("queue-sync", GRANTS);
    provisioned.assert("adopt_plan", &["plan", "queue-sync", "--adopt"]);
    let adopted = provisioned.run(&["apply", "queue-sync", "--adopt", "--yes"]);
    assert_eq!(adopted.code, Some(0), "{adopted:?}");
    assert!(
        !provisioned.scene.world().is_live(&provisioned.scene.keys.id, SECRET),
        "its secret is another one"
    );
    provisioned.assert_serves();
    assert_eq!(provisioned.run(&["plan", "queue-sync"]).code, Some(10), "from now on it is ours");
}

#[test]
fn a_missing_permission_or_role_is_named() {
    let provisioned = Provisioned::with(
        GenesysSettings::default(),
        &["oauth:client:view", "authorization:role:view"],
        &["role-queues"],
    );
    provisioned.assert("denied", &["apply", "queue-sync", "--yes"]);
    let provisioned = Provisioned::with(GenesysSettings::default(), &ALL, &["role-more"]);
    provisioned.assert("lacked", &["plan", "queue-sync"]);
    provisioned.assert("not_held", &["apply", "queue-sync", "--yes"]);
    assert!(provisioned.made().is_empty());
    let provisioned = Provisioned::with(GenesysSettings::default(), &[], &[]);
    provisioned.assert("denied_to_look", &["plan", "queue-sync"]);
}

#[test]
fn a_full_organisation_is_said_and_nothing_is_left_behind() {
    let full = GenesysSettings { most_clients: Some(2), ..GenesysSettings::default() };
    let provisioned = Provisioned::with(full, &ALL, &["role-queues"]);
    provisioned.assert("full", &["apply", "queue-sync", "--yes"]);
    assert!(provisioned.made().is_empty());
}

#[test]
fn where_there_is_no_room_for_the_second_of_two_the_first_serves_and_the_next_apply_goes_on() {
    let full = GenesysSettings { most_clients: Some(3), ..GenesysSettings::default() };
    let provisioned = Provisioned::with(full, &ALL, &["role-queues"]);
    provisioned.configure("queue-sync of hallpass", &format!("{GRANTS}\n{TURNS}"));
    provisioned.assert("turns_full", &["apply", "queue-sync", "--yes"]);
    assert_eq!(provisioned.standing().len(), 1);
    provisioned.assert_serves();
    provisioned.scene.world().remove_client(&provisioned.scene.keys.id);
    assert_eq!(provisioned.run(&["apply", "queue-sync", "--yes"]).code, Some(0));
    assert_eq!(provisioned.standing().len(), 2);
}

#[test]
fn of_two_applies_at_once_one_makes_the_role_and_the_other_says_who() {
    let provisioned = Provisioned::for_roles();
    provisioned.configure("queue-sync of hallpass", OWN);
    let slow = Misbehaviour::on_api(Act::DelayAnswer { millis: 600_000 })
        .method("POST")
        .path("/api/v2/authorization/roles");
    provisioned.scene.world().misbehave(slow);
    let first = provisioned.scene.hallpass(&["provision", "apply", "queue-sync", "--yes"]).start().unwrap();
    until(|| provisioned.scene.world().roles().len() == 4);
    let second = provisioned.run(&["apply", "queue-sync", "--yes"]);
    assert_eq!(second.code, Some(5), "{second:?}");
    assert!(second.stderr.contains("is provisioning it"), "{second:?}");
    provisioned.scene.world().advance(std::time::Duration::from_secs(600));
    first.line(Stream::Stderr, "queue-sync: as configured", PATIENCE).unwrap();
    assert_eq!((provisioned.scene.world().roles().len(), provisioned.made().len()), (4, 1));
}

#[test]
fn a_throttle_in_the_middle_is_waited_for() {
    let provisioned = Provisioned::set();
    let throttle =
        Misbehaviour::on_api(Act::Throttle { retry_after: 1 }).method("POST").path("/api/v2/oauth/clients");
    provisioned.scene.world().misbehave(throttle);
    let applied = provisioned.run(&["apply", "queue-sync", "--yes"]);
    // It may have been made, as far as anybody can know, so the list is given its time to show it.
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert_eq!((provisioned.secrets_made(), provisioned.made().len()), (1, 1));
    provisioned.assert_serves();
}

#[test]
fn a_lost_reply_is_found_again_and_leaves_no_second_client() {
    let provisioned = Provisioned::set();
    let lost = Misbehaviour::on_api(Act::ResetAfterEffect).method("POST").path("/api/v2/oauth/clients");
    provisioned.scene.world().misbehave(lost);
    provisioned.assert("lost_reply", &["apply", "queue-sync", "--yes"]);
    assert_eq!((provisioned.secrets_made(), provisioned.made().len()), (2, 1), "made, lost, and reset");
    provisioned.assert_serves();
    provisioned.assert("plan_nothing_after_loss", &["plan", "queue-sync"]);
}

#[test]
fn of_two_at_once_one_wins_and_the_other_says_who() {
    let provisioned = Provisioned::set();
    let slow = Misbehaviour::on_api(Act::DelayAnswer { millis: 600_000 })
        .method("POST")
        .path("/api/v2/oauth/clients");
    provisioned.scene.world().misbehave(slow);
    let first = provisioned.scene.hallpass(&["provision", "apply", "queue-sync", "--yes"]).start().unwrap();
    until(|| provisioned.secrets_made() == 1);
    let second = provisioned.run(&["apply", "queue-sync", "--yes"]);
    assert_eq!(second.code, Some(5), "{second:?}");
    assert!(second.stderr.contains("is provisioning it"), "{second:?}");
    provisioned.scene.world().advance(std::time::Duration::from_secs(600));
    first.line(Stream::Stderr, "queue-sync: as configured", PATIENCE).unwrap();
    assert_eq!((provisioned.secrets_made(), provisioned.made().len()), (1, 1));
    provisioned.assert_serves();
}

#[test]
fn a_client_that_somebody_switched_off_is_seen_and_switched_on() {
    let provisioned = Provisioned::set();
    assert_eq!(provisioned.run(&["apply", "queue-sync", "--yes"]).code, Some(0));
    let id = provisioned.made().remove(0);
    provisioned.scene.world().set_state(&id, ClientState::Inactive);
    provisioned.assert("plan_off", &["plan", "queue-sync"]);
    assert_eq!(provisioned.run(&["apply", "queue-sync", "--yes"]).code, Some(0));
    provisioned.assert_serves();
    provisioned.scene.world().remove_client(&id);
    provisioned.assert("plan_gone", &["plan", "queue-sync"]);
}

#[test]
fn the_credential_of_the_guides_is_a_form_for_a_person() {
    let provisioned = Provisioned::set();
    let configure = |lines: &str| {
        let (_, api) = provisioned.scene.address();
        let place = format!(
            "platform = \"cxone\"\nprofile = \"guide\"\ntoken_url = \"{api}/oauth2/token\"\napi_url = \"{api}\""
        );
        provisioned.scene.configure(&format!(
            "\n[integrations.nice]\n{place}\nsecret = \"local:nice\"\nallow = [\"GET /a\"]\n\
             [integrations.nice.provision]\nadministrator = \"nice-admin\"\n{lines}\n\
             [integrations.nice-admin]\n{place}\nsecret = \"local:nice-admin\"\nadministers = true\nallow = [\"GET /b\"]\n"
        ));
    };
    configure("scopes = [\"read:interaction\"]\nallowed_ips = [\"203.0.113.7/32\"]");
    provisioned.assert("form", &["plan", "nice"]);
    provisioned.assert("form_json", &["plan", "nice", "--json"]);
    provisioned.assert("form_apply", &["apply", "nice", "--yes"]);
    configure("scopes = [\"read:*\"]");
    provisioned.assert("form_too_broad", &["plan", "nice"]);
}

#[test]
fn every_command_explains_itself() {
    let scene = Scene::empty();
    scene.assert("provision_help", &scene.run(&["provision", "--help"]));
    for command in ["plan", "apply", "destroy"] {
        scene.assert(&format!("provision_{command}_help"), &scene.run(&["provision", command, "--help"]));
    }
}
