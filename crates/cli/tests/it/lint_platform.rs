//! What is too much at a platform: found where it is, and refused before it is made.

use hallpass_emulator::{NewClient, NewDivision, NewRole, Settings};
use serde_json::Value;

use crate::scene::{SECRET, Scene};

const ADMIN: &str = "planted-for-the-administrator";
const NARROW: &str = r#"allow = ["GET /api/v2/routing/queues", "GET /api/v2/routing/queues/*"]"#;
const QUEUES: &[&str] = &["routing:queue:view"];

/// A platform with the role `Queues` of these permissions, which the client of `queue-sync` has, and with an administrator.
fn estate(permissions: &[&str]) -> Scene {
    let scene = Scene::of(Settings { seed: Some(1), ..Settings::default() });
    let world = scene.world();
    let mut role = NewRole::named("Queues").id("role-queues");
    for permission in permissions {
        role = role.permission(*permission);
    }
    world.add_role(role);
    world.add_division(NewDivision::named("Sales").id("division-sales"));
    world.add_client(
        NewClient::named("queue-sync")
            .id(&scene.keys.id)
            .secret(SECRET)
            .validity(std::time::Duration::from_secs(3600))
            .role("role-queues", "division-sales"),
    );
    let may = ["view", "add", "edit", "delete"].map(|action| format!("oauth:client:{action}"));
    let admin = NewClient::named("admin").id("client-admin").secret(ADMIN).role("role-queues", "*");
    world.add_client(admin.permissions(may.into_iter().chain(["authorization:role:view".to_owned()])));
    configure(&scene, NARROW, "", "");
    let stored = scene.run_with(&["secret", "put", "queue-sync"], scene.material());
    assert_eq!(stored.code, Some(0), "{stored:?}");
    let material = format!("{{\"client_id\":\"client-admin\",\"client_secret\":\"{ADMIN}\"}}");
    let stored = scene.run_with(&["secret", "put", "admin"], material);
    assert_eq!(stored.code, Some(0), "{stored:?}");
    scene
}

/// A configuration with `integration` in the table of `queue-sync`, `provision` in that below it, and `more` at its end.
fn configure(scene: &Scene, integration: &str, provision: &str, more: &str) {
    let (login, api) = scene.address();
    scene.configure("");
    let text = std::fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    let before = &text[..text.find("allow = ").unwrap()];
    let at = format!("platform = \"genesys\"\ntoken_url = \"{login}/oauth/token\"\napi_url = \"{api}\"");
    scene.write(
        "hallpass.toml",
        &format!(
            "{before}{integration}\n\n[integrations.queue-sync.provision]\nadministrator = \"admin\"\nname = \"queue-sync of hallpass\"\n\
             grants = [{{ role = \"Queues\", division = \"Sales\" }}]\n{provision}\n\n[integrations.admin]\n{at}\nsecret = \"local:admin\"\n\
             administers = true\nallow = [\"GET /api/v2/oauth/clients/**\", \"POST /api/v2/oauth/clients\", \"PUT /api/v2/oauth/clients/*\", \
             \"POST /api/v2/oauth/clients/*/secret\", \"DELETE /api/v2/oauth/clients/*\", \"GET /api/v2/authorization/roles\", \
             \"GET /api/v2/authorization/divisions\", \"GET /api/v2/tokens/me\"]\n{more}"
        ),
    );
}

/// What lint finds of `queue-sync`: rule and detail of each, and what it could not judge.
fn found(scene: &Scene, arguments: &[&str]) -> (Vec<(String, String)>, String) {
    let finished = scene.run(&[&["lint", "queue-sync", "--json"], arguments].concat());
    assert!(finished.stderr.is_empty(), "{finished:?}");
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    (findings.map(|one| (text(&one["rule"]), text(&one["detail"]))).collect(), report["unknown"].to_string())
}

fn detail<'f>(found: &'f [(String, String)], rule: &str) -> Option<&'f str> {
    found.iter().find(|(code, _)| code == rule).map(|(_, detail)| detail.as_str())
}

/// Two calls of the platform, as its swagger file tells them.
const SWAGGER: &str = r#"{ "swagger": "2.0", "paths": {
  "/api/v2/routing/queues": { "get": { "x-inin-requires-permissions": { "type": "ALL", "permissions": ["routing:queue:view"] } } },
  "/api/v2/routing/queues/{queueId}/wrapupcodes": { "get": { "x-inin-requires-permissions": { "type": "ANY", "permissions": ["routing:wrapupCode:view", "routing:queue:view"] } } } } }"#;

#[test]
fn permissions_that_no_allowed_call_needs_are_found_and_no_others() {
    let scene = estate(&["routing:queue:view", "routing:wrapupCode:view", "analytics:queue:view"]);
    let (findings, unknown) = found(&scene, &[]);
    assert_eq!(
        detail(&findings, "permission-unused"),
        Some("`analytics:queue:view`, `routing:wrapupCode:view`"),
        "{findings:?}"
    );
    assert!(!unknown.contains("which permissions"), "{unknown}");
    let scene = estate(QUEUES);
    let (findings, _) = found(&scene, &[]);
    assert_eq!(detail(&findings, "permission-unused"), None, "{findings:?}");
}

#[test]
fn a_rule_that_no_table_has_is_named_and_a_swagger_file_helps() {
    let scene = estate(&["routing:queue:view", "routing:wrapupCode:view", "analytics:queue:view"]);
    let open = r#"allow = ["GET /api/v2/routing/queues/**", "GET /api/v2/routing/skills"]"#;
    configure(&scene, open, "", "");
    let (findings, unknown) = found(&scene, &[]);
    assert_eq!(detail(&findings, "permission-unused"), None, "what is not known is not judged: {findings:?}");
    for named in [
        "`GET /api/v2/routing/queues/**` has an open end",
        "`GET /api/v2/routing/skills` is in no table",
        "lint.permissions",
    ] {
        assert!(unknown.contains(named), "{named}: {unknown}");
    }
    scene.assert("lint_not_judged", &scene.run(&["lint", "queue-sync"]));
    scene.write("swagger.json", SWAGGER);
    let (findings, unknown) = found(&scene, &["--permissions", "swagger.json"]);
    assert_eq!(detail(&findings, "permission-unused"), None, "{findings:?}");
    assert!(unknown.contains("skills") && !unknown.contains("queues/**"), "{unknown}");
    let open = r#"allow = ["GET /api/v2/routing/queues/**"]"#;
    configure(&scene, open, "", "[lint]\npermissions = \"swagger.json\"\n");
    let (findings, unknown) = found(&scene, &[]);
    assert_eq!(detail(&findings, "permission-unused"), Some("`analytics:queue:view`"), "{unknown}");
    scene.write("half.json", &SWAGGER[..90]);
    scene.assert("lint_half_swagger", &scene.run(&["lint", "--permissions", "half.json"]));
    configure(&scene, open, "", "[lint]\npermissions = \"nowhere.json\"\n");
    scene.assert("lint_no_swagger", &scene.run(&["check", "--offline"]));
}

/// A client that people made by hand, with everything that can be wrong with one.
#[test]
fn what_the_platform_shows_of_a_client_is_judged() {
    let scene = estate(QUEUES);
    let world = scene.world();
    for rule in ["admin-role", "user-grant", "token-lifetime", "scopes-without-effect", "write-unused"] {
        assert_eq!(detail(&found(&scene, &[]).0, rule), None, "{rule}");
    }
    world.add_role(NewRole::named("Master Admin").id("role-master").permission("routing:queue:delete"));
    let client = NewClient::named("queue-sync").id(&scene.keys.id).secret(SECRET);
    world.add_client(
        client
            .role("role-queues", "division-sales")
            .role("role-master", "*")
            .member("authorizedGrantType", "CODE")
            .validity(std::time::Duration::from_secs(172_800))
            .member("scope", serde_json::json!(["routing"])),
    );
    let (findings, _) = found(&scene, &[]);
    for (rule, expected) in [
        ("admin-role", "`Master Admin`"),
        ("user-grant", "`CODE`"),
        ("token-lifetime", "2 d, needed 1 h"),
        ("scopes-without-effect", "`routing`"),
        ("write-unused", "`routing:queue:delete`, `routing`"),
        ("permission-unused", "`routing:queue:delete`"),
    ] {
        assert_eq!(detail(&findings, rule), Some(expected), "{findings:?}");
    }
}

#[test]
fn a_configuration_that_asks_for_more_than_lint_allows_fails_the_check() {
    let scene = estate(QUEUES);
    let broad = r#"allow = ["POST /api/v2/oauth/clients", "GET /api/v2/**"]"#;
    configure(&scene, broad, "token_lifetime = \"2d\"", "");
    let checked = scene.run(&["check", "--offline"]);
    scene.assert("check_lint_error", &checked);
    let json: Value = serde_json::from_str(&scene.run(&["check", "--offline", "--json"]).stdout).unwrap();
    assert_eq!((&json["ok"], &json["lint"]["errors"]), (&Value::Bool(false), &1.into()), "{json}");
    assert_eq!(json["lint"]["findings"][0]["rule"], "oauth-administration");
    let accepted = format!(
        "{broad}\naccept = [{{ rule = \"oauth-administration\", reason = \"until it is split (A. Example)\", until = \"{}\" }}]",
        crate::lint::in_days(30)
    );
    configure(&scene, &accepted, "", "");
    assert_eq!(scene.run(&["check", "--offline"]).code, Some(0), "somebody answers for it");
    // Names alone are enough where they say it.
    configure(&scene, NARROW, "", "");
    let text = std::fs::read_to_string(scene.path().join("hallpass.toml")).unwrap();
    scene.write("hallpass.toml", &text.replace("role = \"Queues\"", "role = \"Master Admin\""));
    let checked = scene.run(&["check", "--offline"]);
    assert_eq!(checked.code, Some(9), "{checked:?}");
    assert!(checked.stdout.contains("error[admin-role]"), "{checked:?}");
}

#[test]
fn what_lint_does_not_allow_is_not_made() {
    for permission in ["routing:*:*", "oauth:client:edit"] {
        let scene = estate(&["routing:queue:view", permission]);
        let name = permission.replace([':', '*'], "");
        let plan = ["provision", "plan", "queue-sync", "--adopt"];
        scene.assert(&format!("provision_lint_{name}"), &scene.run(&plan));
        let planned = scene.run(&[&plan[..], &["--json"]].concat());
        let json: Value = serde_json::from_str(&planned.stdout).unwrap();
        assert_eq!((planned.code, &json["refused"]), (Some(7), &"provision-refused".into()));
        assert_eq!(json["findings"][0]["severity"], "error");
        let applied = scene.run(&["provision", "apply", "queue-sync", "--yes", "--adopt"]);
        assert_eq!(applied.code, Some(7), "{applied:?}");
        assert!(applied.stderr.contains("asks for more than lint allows"), "{applied:?}");
        assert_eq!(scene.world().witness().totals.secrets_made, 0, "nothing was made");
    }
}

#[test]
fn what_somebody_answers_for_is_made_and_a_warning_is_shown() {
    let scene = estate(&["routing:queue:view", "routing:*:*", "routing:wrapupCode:view"]);
    let accepted = format!(
        "{NARROW}\naccept = [{{ rule = \"wildcard-permission\", reason = \"the role is split in May (A. Example)\", until = \"{}\" }}]",
        crate::lint::in_days(30)
    );
    configure(&scene, &accepted, "token_lifetime = \"1h\"", "");
    scene.assert("provision_lint_warned", &scene.run(&["provision", "plan", "queue-sync", "--adopt"]));
    let applied = scene.run(&["provision", "apply", "queue-sync", "--yes", "--adopt"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(applied.stderr.contains("warning[permission-unused]"), "{applied:?}");
    assert!(applied.stderr.contains("the role is split in May"), "{applied:?}");
    // What is there already is taken away whatever it may do.
    configure(&scene, NARROW, "", "");
    let planned = scene.run(&["provision", "plan", "queue-sync", "--destroy", "--even-if-used"]);
    assert_eq!(planned.code, Some(0), "{planned:?}");
}

/// One line of the guide's own names for each platform, and what is said of it.
#[test]
fn the_scopes_of_the_guides_are_judged() {
    let scene = Scene::empty();
    let said = |platform: &str, allow: &str, scopes: &str, more: &str| {
        let place = format!(
            "platform = \"{platform}\"\nprofile = \"guide\"\ntoken_url = \"https://login.example.com/oauth2/token\"\napi_url = \"https://api.example.com\""
        );
        scene.write(
            "hallpass.toml",
            &format!(
                "version = 1\nenvironment = \"test\"\n[stores.local]\npath = \"store\"\n\n[integrations.nice]\n{place}\nsecret = \"local:nice\"\nallow = [\"{allow}\"]\n\
                 [integrations.nice.provision]\nadministrator = \"nice-admin\"\nscopes = {scopes}\n{more}\n\
                 [integrations.nice-admin]\n{place}\nsecret = \"local:nice-admin\"\nadministers = true\nallow = [\"GET /b\"]\n\
                 [integrations.nice-admin.provision]\nadministrator = \"other-admin\"\nscopes = [\"oauth:client:write\"]\n\
                 [integrations.other-admin]\n{place}\nsecret = \"local:other-admin\"\nadministers = true\nallow = [\"GET /b\"]\n"
            ),
        );
        let finished = scene.run(&["lint", "nice", "--offline", "--json"]);
        assert!(finished.stderr.is_empty(), "{finished:?}");
        let report: Value = serde_json::from_str(&finished.stdout).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let findings: Vec<_> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (text(&one["rule"]), text(&one["detail"])))
            .collect();
        // The rotation of the integration is not what this is about.
        findings.into_iter().filter(|(rule, _)| rule != "no-rotation").collect::<Vec<_>>()
    };
    let addressed = "allowed_ips = [\"203.0.113.7/32\"]";
    let is = |rule: &str, detail: &str| vec![(rule.to_owned(), detail.to_owned())];
    let all = r#"["oauth:client:read", "oauth:token:generate", "routing:queue:read", "users:read", "analytics:report:read", "Telephony > Trunk > View"]"#;
    assert_eq!(said("genesys", "GET /a/*", all, addressed), vec![], "the guide's own names");
    assert_eq!(
        said("cxone", "GET /a/*", r#"["read:api", "read:interaction", "read:reporting"]"#, addressed),
        vec![]
    );
    assert_eq!(said("cxone", "PATCH /a/*", r#"["write:interaction"]"#, addressed), vec![]);
    assert_eq!(
        said("cxone", "GET /a/*", r#"["write:interaction"]"#, addressed),
        is("write-unused", "`write:interaction`")
    );
    assert_eq!(
        said("genesys", "PUT /a/*", r#"["routing:*"]"#, addressed),
        is("wildcard-permission", "`routing:*`")
    );
    for named in ["oauth:client:write", "Integration > OAuth Client > Edit"] {
        let scopes = format!("[\"{named}\"]");
        assert_eq!(
            said("genesys", "PUT /a/*", &scopes, addressed),
            is("oauth-administration", &format!("`{named}`"))
        );
    }
    assert_eq!(
        said("genesys", "GET /a/*", r#"["routing:queue:reed"]"#, addressed).last().unwrap(),
        &is("unknown-scope", "`routing:queue:reed` (did you mean `routing:queue:read`?)")[0]
    );
    assert_eq!(
        said("genesys", "GET /a/*", r#"["users:read"]"#, ""),
        is("no-ip-list", "the client has no list of addresses")
    );
    // The administrator may have what nobody else may.
    let administrators = scene.run(&["lint", "nice-admin", "--offline", "--json"]);
    assert!(!administrators.stdout.contains("oauth-administration\""), "{administrators:?}");
}

/// Nobody can refuse what a person fills in by hand, so the form itself says what speaks against it.
#[test]
fn the_form_of_the_guides_credential_is_judged() {
    let scene = Scene::empty();
    let form = |scopes: &str, more: &str, accept: &str| {
        let place = "platform = \"cxone\"\nprofile = \"guide\"\ntoken_url = \"https://login.example.com/oauth2/token\"\napi_url = \"https://api.example.com\"";
        scene.write(
            "hallpass.toml",
            &format!(
                "version = 1\nenvironment = \"test\"\n[stores.local]\npath = \"store\"\n\n[integrations.nice]\n{place}\nsecret = \"local:nice\"\n\
                 allow = [\"GET /a\"]\n{accept}\n[integrations.nice.provision]\nadministrator = \"nice-admin\"\nscopes = {scopes}\n{more}\n\
                 [integrations.nice-admin]\n{place}\nsecret = \"local:nice-admin\"\nadministers = true\nallow = [\"GET /b\"]\n"
            ),
        );
        scene.run(&["provision", "plan", "nice"])
    };
    let addressed = "allowed_ips = [\"203.0.113.7/32\"]";
    scene.assert("provision_form_warned", &form(r#"["read:interactoin", "write:api"]"#, addressed, ""));
    let clients = r#"["Admin > Security > API Credentials > Create/Modify"]"#;
    let refused = form(clients, addressed, "");
    assert_eq!(refused.code, Some(7), "{refused:?}");
    assert!(refused.stdout.contains("! oauth-administration"), "{refused:?}");
    let open = form(r#"["read:api"]"#, "", "");
    assert_eq!(open.code, Some(7), "{open:?}");
    assert!(open.stdout.contains("! no-ip-list"), "{open:?}");
    let day = crate::lint::in_days(30);
    let accept = format!(
        "accept = [{{ rule = \"no-ip-list\", reason = \"the list is full (A. Example)\", until = \"{day}\" }}]"
    );
    assert_eq!(form(r#"["read:api"]"#, "", &accept).code, Some(0), "somebody answers for it");
}

/// Without a form, what a token is asked for with is what there is to judge.
#[test]
fn the_scopes_that_a_token_is_asked_for_with_are_judged() {
    let scene = Scene::empty();
    let findings = |scope: &str| {
        scene.write(
            "hallpass.toml",
            &format!(
                "version = 1\nenvironment = \"test\"\n[stores.local]\npath = \"store\"\n\n[integrations.queue-sync]\nplatform = \"genesys\"\nprofile = \"guide\"\n\
                 organization = \"acme\"\nscope = \"{scope}\"\nsecret = \"local:queue-sync\"\nallow = [\"GET /api/v2/routing/queues/**\"]\n"
            ),
        );
        found(&scene, &["--offline"])
    };
    let (found, unknown) = findings("oauth:token:generate routing:queue:read");
    assert_eq!(found.len(), 1, "nothing but the missing rotation: {found:?}");
    assert!(unknown.contains("from which addresses"), "the credential's list is not known here: {unknown}");
    let (found, _) = findings("routing:queue:reed routing:queue:write");
    assert_eq!(detail(&found, "write-unused"), Some("`routing:queue:reed`, `routing:queue:write`"));
    assert_eq!(
        detail(&found, "unknown-scope"),
        Some("`routing:queue:reed` (did you mean `routing:queue:read`?)")
    );
}
