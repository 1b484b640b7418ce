//! NICE CXone beyond single dialogues: several hosts, several tenants, keys that replace each other.

use std::{net::TcpStream, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hallpass_emulator::{
    Act, ClientState, CxoneSettings, Emulator, Misbehaviour, NewAccessKey, NewClient, NewCxoneTenant,
    Settings,
};
use serde_json::{Value, json};

use crate::wire::{Answer, call, call_with, exchange};

const COMPLETED: &str = "/inContactAPI/services/v31.0/contacts/completed";

async fn emulator() -> Emulator {
    Emulator::start(Settings::default()).await.unwrap()
}

fn log_in(emulator: &Emulator, id: &str, secret: &str) -> Answer {
    let body = json!({ "accessKeyId": id, "accessKeySecret": secret }).to_string();
    let path = "/authentication/v1/token/access-key";
    exchange(&emulator.cxone_userhub_url(), &call_with("POST", path, "", &body))
}

fn get(url: &str, path: &str, token: &str) -> Answer {
    exchange(url, &call("GET", path, token))
}

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn three_hosts_know_each_other_and_answer_only_for_themselves() {
    let cxone = CxoneSettings { separate_identity: true, separate_userhub: true, ..CxoneSettings::default() };
    let emulator =
        Emulator::start(Settings { cxone, separate_login: true, ..Settings::default() }).await.unwrap();
    let world = emulator.world();
    let keys = world.add_access_key(NewAccessKey::named("queue-sync"));
    let (identity, hub, api) =
        (emulator.cxone_identity_url(), emulator.cxone_userhub_url(), emulator.cxone_api_url());
    assert_eq!(api, emulator.base_url());
    let mut urls = vec![identity.clone(), hub.clone(), api.clone(), emulator.login_url()];

    let path = format!("/.well-known/cxone-configuration?tenantId={}", keys.tenant_id);
    for asked in [&identity, &hub] {
        let document = json_of(&get(asked, &path, ""));
        assert_eq!(document["api_endpoint"], api.as_str());
        // What the asked host serves itself, it names as it was asked for.
        let own = if asked == &hub { "http://emulator" } else { hub.as_str() };
        assert_eq!(document["auth_endpoint"], own);
    }
    let token = log_in(&emulator, &keys.access_key_id, &keys.access_key_secret).member("access_token");
    assert_eq!(claims(&token)["iss"], identity.as_str());
    for (url, status) in [(&api, 204), (&identity, 404), (&hub, 404)] {
        assert_eq!(get(url, COMPLETED, &token).status(), Some(status), "{url}");
    }
    for (url, status) in [(&identity, 405), (&hub, 404), (&api, 404)] {
        assert_eq!(get(url, "/auth/token", "").status(), Some(status), "{url}");
    }
    emulator.stop().await;
    urls.dedup();
    assert_eq!(urls.len(), 4);
    for url in urls {
        assert!(TcpStream::connect(url.trim_start_matches("http://")).is_err(), "{url} still accepts");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn two_keys_of_one_user_overlap_and_are_counted_apart() {
    let emulator = emulator().await;
    let world = emulator.world();
    let old = world.add_access_key(NewAccessKey::named("old"));
    let new = NewAccessKey::named("new").user(&old.user_id).application(&old.client_id, "ignored");
    let new = world.add_access_key(new.validity(Duration::from_secs(300)));
    assert_eq!((&new.client_secret, &new.user_id), (&old.client_secret, &old.user_id));
    let halves = [&old.access_key_id, &old.access_key_secret, &new.access_key_id, &new.access_key_secret];
    for half in halves {
        let (digits, padding) = half.split_at(52);
        assert!(digits.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')) && padding == "====");
    }

    let first = log_in(&emulator, &old.access_key_id, &old.access_key_secret).member("access_token");
    let second = log_in(&emulator, &new.access_key_id, &new.access_key_secret);
    let again = log_in(&emulator, &new.access_key_id, &new.access_key_secret).member("access_token");
    assert_eq!(second.member("expires_in"), "300");
    let second = second.member("access_token");
    assert_ne!(second, again, "two tokens of one second are two tokens");
    let (one, two) = (claims(&first), claims(&second));
    assert_eq!((&one["userId"], &one["tenantId"]), (&two["userId"], &two["tenantId"]));
    assert_eq!(two["exp"].as_u64().unwrap() - two["iat"].as_u64().unwrap(), 300);

    world.set_state(&old.access_key_id, ClientState::Inactive);
    assert_eq!(log_in(&emulator, &old.access_key_id, &old.access_key_secret).status(), Some(401));
    assert_eq!(get(&emulator.cxone_api_url(), COMPLETED, &first).status(), Some(204));
    world.remove_client(&old.access_key_id);
    assert_eq!(get(&emulator.cxone_api_url(), COMPLETED, &first).status(), Some(401));
    assert_eq!(get(&emulator.cxone_api_url(), COMPLETED, &second).status(), Some(204));

    let report = world.witness();
    let [old, new] = [&report.clients[&old.access_key_id], &report.clients[&new.access_key_id]];
    assert_eq!((old.mints, old.mints_refused, old.calls), (1, 1, 2));
    assert_eq!((new.mints, new.mints_refused, new.calls), (2, 0, 1));
    assert_eq!((report.totals.mints, report.totals.mints_refused), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_tenant_sees_its_own_contacts_only() {
    let emulator = emulator().await;
    let world = emulator.world();
    let other = world.add_cxone_tenant(NewCxoneTenant::named("acme").area("eu1"));
    let home = world.add_access_key(NewAccessKey::named("home"));
    let away = world.add_access_key(NewAccessKey::named("away").tenant(&other.tenant_id));
    assert_eq!(home.tenant_id, world.cxone_tenant_id());
    let (ours, theirs) = (world.add_contacts(2), world.add_contacts_of(&other.tenant_id, 3));
    assert_eq!(world.add_contacts_of("nobody", 1), Vec::<u64>::new());

    let url = emulator.cxone_api_url();
    for (keys, count, own, foreign) in [(&home, 2, &ours, &theirs), (&away, 3, &theirs, &ours)] {
        let token = log_in(&emulator, &keys.access_key_id, &keys.access_key_secret).member("access_token");
        assert_eq!(get(&url, COMPLETED, &token).member("totalRecords"), count.to_string());
        let contact = |id: u64| format!("/inContactAPI/services/v31.0/contacts/{id}");
        assert_eq!(get(&url, &contact(own[0]), &token).status(), Some(200));
        assert_eq!(get(&url, &contact(foreign[0]), &token).status(), Some(404));
        let tags = call_with("POST", &format!("{}/tags", contact(foreign[0])), &token, r#"{"tags":[]}"#);
        assert_eq!(exchange(&url, &tags).status(), Some(404));
        assert_eq!(world.tag_posts_of(foreign[0]), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_tag_repeated_after_a_lost_answer_is_seen_twice() {
    let emulator = emulator().await;
    let world = emulator.world();
    let keys = world.add_access_key(NewAccessKey::named("bulk"));
    let contact = world.add_contacts(1)[0];
    let token = log_in(&emulator, &keys.access_key_id, &keys.access_key_secret).member("access_token");
    let path = format!("/inContactAPI/services/v31.0/contacts/{contact}/tags");
    let tag = call_with("POST", &path, &token, r#"{"tags":[{"tagId":7},{"tagId":8}]}"#);
    world.misbehave(Misbehaviour::on_api(Act::ResetBeforeEffect));
    world.misbehave(Misbehaviour::on_api(Act::ResetAfterEffect));
    for (status, posts) in [(None, 0), (None, 1), (Some(200), 2)] {
        assert_eq!(exchange(&emulator.cxone_api_url(), &tag).status(), status);
        assert_eq!(world.tag_posts_of(contact), posts);
    }
    assert_eq!(world.tags_of(contact), [7, 8, 7, 8]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn ten_thousand_contacts_are_read_once_each_in_ten_pages() {
    let emulator = emulator().await;
    let ids = emulator.world().add_contacts(10_000);
    let keys = emulator.world().add_access_key(NewAccessKey::named("bulk"));
    let token = log_in(&emulator, &keys.access_key_id, &keys.access_key_secret).member("access_token");
    let mut read = Vec::new();
    let mut path = format!("{COMPLETED}?top=1000&fields=contactId");
    loop {
        let page = json_of(&get(&emulator.cxone_api_url(), &path, &token));
        let rows = page["completedContacts"].as_array().unwrap();
        assert_eq!(rows.len(), 1_000);
        read.extend(rows.iter().map(|row| row["contactId"].as_u64().unwrap()));
        let Some(next) = page["_links"]["next"].as_str() else { break };
        next.strip_prefix("http://emulator").unwrap().clone_into(&mut path);
    }
    assert_eq!(read, ids);
    let past = get(&emulator.cxone_api_url(), &format!("{COMPLETED}?skip=10000"), &token);
    assert_eq!((past.status(), past.body().as_str()), (Some(204), ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn one_id_on_both_platforms_opens_each_with_its_own_token_only() {
    let cxone = CxoneSettings { guide_path: true, ..CxoneSettings::default() };
    let emulator = Emulator::start(Settings { cxone, ..Settings::default() }).await.unwrap();
    let world = emulator.world();
    world.add_client(NewClient::named("genesys").id("c").secret("genesys-secret"));
    world.add_cxone_client(NewClient::named("cxone").id("c").secret("cxone-secret"));
    let guide = |secret: &str| {
        let body = format!("grant_type=client_credentials&client_id=c&client_secret={secret}");
        let head =
            "POST /oauth2/token HTTP/1.1\r\nHost: e\r\nContent-Type: application/x-www-form-urlencoded";
        let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        exchange(&emulator.cxone_api_url(), request.as_bytes())
    };
    assert_eq!(guide("genesys-secret").status(), Some(401));
    let granted = guide("cxone-secret");
    assert_eq!(granted.member("scope"), "read:api write:api");
    let token = granted.member("access_token");
    assert_eq!(get(&emulator.base_url(), COMPLETED, &token).status(), Some(204));
    assert_eq!(get(&emulator.base_url(), "/api/v2/tokens/me", &token).status(), Some(401));
    // A call that carries it to the other platform is nobody's there.
    let report = world.witness();
    assert_eq!((report.clients["c"].calls, report.anonymous_calls), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_of_an_access_key_that_is_printed_is_a_secret() {
    let emulator = emulator().await;
    let world = emulator.world();
    let (secret, escaped) = (format!("{}====", "S".repeat(52)), format!("{}%3D%3D%3D%3D", "S".repeat(52)));
    let new = NewAccessKey::named("queue-sync").secret(&secret).application("app", "top-secret");
    let printed_new = format!("{new:?}");
    let keys = world.add_access_key(new);
    let answer = log_in(&emulator, &keys.access_key_id, &secret);
    let (token, refresh) = (answer.member("access_token"), answer.member("refresh_token"));
    let base = "/inContactAPI/services/v31.0";
    for path in [
        format!("{base}/{token}/x?a={refresh}&password={escaped}"),
        format!("{base}/{escaped}/top-secret?p={secret}"),
    ] {
        get(&emulator.cxone_api_url(), &path, &token);
    }
    let report = world.witness();
    assert_eq!(report.log[1].raw_target, format!("{base}/***/x?a=***&password=***"));
    assert_eq!(report.log[2].raw_target, format!("{base}/***/***?p=***===="));
    let printed = [
        printed_new,
        format!("{keys:?} {emulator:?} {world:?} {report:?}"),
        serde_json::to_string(&report).unwrap(),
    ];
    for text in printed {
        for hidden in [&secret[..52], "top-secret", &token, &refresh] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}
