//! Beginning and end of an emulator.

use std::{net::TcpStream, time::Duration};

use hallpass_emulator::{ClientState, Emulator, NewClient, Settings};

use crate::wire::{TOKEN_REQUEST, Wire, call, exchange};

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn stopping_closes_ports_and_connections() {
    let emulator = Emulator::start(Settings { separate_login: true, ..Settings::default() }).await.unwrap();
    let urls = [emulator.login_url(), emulator.api_url()];
    assert_ne!(urls[0], urls[1]);
    let mut idle = Wire::open(&urls[1]);
    idle.send(&call("GET", "/api/v2/tokens/me", ""));
    assert_eq!(idle.read(false).status(), Some(401));
    emulator.stop().await;
    assert!(idle.read(false).bytes.is_empty());
    for url in urls {
        assert!(TcpStream::connect(url.trim_start_matches("http://")).is_err(), "{url} still accepts");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_clock_follows_real_time_and_can_be_advanced() {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let before = emulator.world().unix_seconds();
    assert!(before > 1_767_225_600);
    emulator.world().advance(Duration::from_secs(1_000));
    assert!(emulator.world().unix_seconds() >= before + 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_client_that_comes_back_does_not_inherit_its_tokens() {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let world = emulator.world().clone();
    let new = || NewClient::named("queue-sync").id("c").secret("s").validity(Duration::from_secs(300));
    world.add_client(new());
    let answer = exchange(&emulator.login_url(), TOKEN_REQUEST);
    assert_eq!(answer.member("expires_in"), "300");
    let check = call("GET", "/api/v2/tokens/me", &answer.member("access_token"));
    world.set_state("c", ClientState::Inactive);
    assert_eq!(exchange(&emulator.api_url(), &check).status(), Some(200));
    world.remove_client("c");
    world.add_client(new());
    assert_eq!(exchange(&emulator.api_url(), &check).status(), Some(401));
    assert_eq!(exchange(&emulator.login_url(), TOKEN_REQUEST).status(), Some(200));
}
