//! What the witness writes down, and what it must not.

use hallpass_emulator::{Act, Emulator, Misbehaviour, NewClient, Settings};

use crate::wire::{TOKEN_REQUEST, Wire, call, exchange};

async fn emulator(settings: Settings) -> Emulator {
    let emulator = Emulator::start(settings).await.unwrap();
    emulator.world().add_client(NewClient::named("queue-sync").id("c").secret("s"));
    emulator
}

fn token(emulator: &Emulator) -> String {
    exchange(&emulator.login_url(), TOKEN_REQUEST).member("access_token")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn requests_are_recorded_as_they_were_written() {
    let emulator = emulator(Settings::default()).await;
    let mut wire = Wire::open(&emulator.api_url());
    for request in [
        "GET /api/v2/routing/queues?name=a%20b&x=%2f HTTP/1.1\r\nhOST: e\r\nX-Odd: 1\r\nx-oDD: 2\r\nAuthorization: Bearer \r\n\r\n",
        "POST /api/v2/routing/queues HTTP/1.1\r\nHost: e\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        "DELETE http://api.example/api/v2/tokens/me HTTP/1.1\r\nHost: e\r\nContent-Length: 4\r\n\r\nnull",
    ] {
        wire.send(request.as_bytes());
        assert_eq!(wire.read(false).status(), Some(401));
    }
    let log = emulator.world().witness().log;
    assert_eq!(log[0].raw_target, "/api/v2/routing/queues?name=a%20b&x=%2f");
    assert_eq!(log[0].header_names, ["hOST", "X-Odd", "x-oDD", "Authorization"]);
    assert_eq!((log[1].method.as_str(), log[1].body_length), ("POST", 5));
    assert_eq!(log[1].header_names, ["Host", "Transfer-Encoding"]);
    assert_eq!(log[2].raw_target, "http://api.example/api/v2/tokens/me");
    assert_eq!((log[2].path.as_str(), log[2].body_length), ("/api/v2/tokens/me", 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn calls_are_counted_for_the_client_whose_token_they_carry() {
    let emulator = emulator(Settings::default()).await;
    let (first, second) = (token(&emulator), token(&emulator));
    let world = emulator.world();
    assert_eq!(world.revoke_tokens("c"), 2);
    let third = token(&emulator);
    for (token, status) in [(&first, 401), (&second, 401), (&third, 200), (&"made-up".to_owned(), 401)] {
        let answer = exchange(&emulator.api_url(), &call("GET", "/api/v2/routing/queues", token));
        assert_eq!(answer.status(), Some(status));
    }
    let report = world.witness();
    let client = &report.clients["c"];
    assert_eq!((client.name.as_str(), client.mints, client.calls), ("queue-sync", 3, 3));
    assert_eq!(client.calls_by_route["GET /api/v2/routing/queues"], 3);
    assert_eq!(
        client.calls_by_status.iter().map(|(status, calls)| (*status, *calls)).collect::<Vec<_>>(),
        [(200, 1), (401, 2)]
    );
    assert_eq!((report.anonymous_calls, report.totals.calls), (1, 4));
    let numbers: Vec<Option<u64>> = report.log.iter().map(|record| record.token_number).collect();
    assert_eq!(numbers, [None, None, None, Some(1), Some(2), Some(3), None]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_that_is_printed_shows_a_secret_or_a_token() {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let new = NewClient::named("queue-sync").id("c").secret("topsecret");
    let printed_new = format!("{new:?}");
    let keys = emulator.world().add_client(new);
    let basic = "POST /oauth/token HTTP/1.1\r\nHost: e\r\nAuthorization: Basic Yzp0b3BzZWNyZXQ=\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n\r\ngrant_type=client_credentials";
    let token = exchange(&emulator.login_url(), basic.as_bytes()).member("access_token");
    for path in [format!("/api/v2/x?access_token={token}&y"), format!("/api/v2/{token}/topsecret")] {
        exchange(&emulator.api_url(), &call("GET", &path, &token));
    }
    let report = emulator.world().witness();
    assert_eq!(report.log[1].raw_target, "/api/v2/x?access_token=***&y");
    assert_eq!(report.log[2].path, "/api/v2/***/***");
    let printed = [
        printed_new,
        format!("{keys:?} {emulator:?} {:?} {report:?}", emulator.world()),
        serde_json::to_string(&report).unwrap(),
    ];
    for text in printed {
        assert!(!text.contains("topsecret") && !text.contains(&token), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_log_is_bounded_and_the_counts_are_not() {
    let emulator = emulator(Settings { log_capacity: 2, ..Settings::default() }).await;
    for _ in 0..5 {
        exchange(&emulator.login_url(), TOKEN_REQUEST);
    }
    let report = emulator.world().witness();
    assert_eq!((report.log.len(), report.log_dropped, report.clients["c"].mints), (2, 3, 5));
    assert_eq!(
        report.log.iter().map(|record| (record.number, record.status)).collect::<Vec<_>>(),
        [(4, Some(200)), (5, Some(200))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_planted_mint_is_counted_and_nobody_gets_it() {
    let emulator = emulator(Settings::default()).await;
    emulator.world().misbehave(Misbehaviour::on_token(Act::PlantExtraMint).client("c"));
    token(&emulator);
    let report = emulator.world().witness();
    assert_eq!((report.clients["c"].token_requests, report.clients["c"].mints), (1, 2));
    assert_eq!(report.totals.mints, 2);
}
