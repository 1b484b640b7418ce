//! The first second of life.

use std::sync::{Arc, Barrier};
use std::thread;

use crate::scene::{Scene, get};

#[test]
fn p28_sixty_four_callers_at_a_cold_start_get_sixty_four_answers_for_one_token_request() {
    let scene = Scene::with_secret();
    let served = scene.serve(&[]);
    let url: Arc<str> = served.announced["url"].as_str().unwrap().into();
    let pass: Arc<str> = served.pass.as_str().into();
    let together = Arc::new(Barrier::new(CALLERS));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (url, pass, together) = (Arc::clone(&url), Arc::clone(&pass), Arc::clone(&together));
            thread::spawn(move || {
                together.wait();
                get(&url, &pass, "/queue-sync/api/v2/routing/queues").0
            })
        })
        .collect();
    let statuses: Vec<_> = callers.into_iter().map(|caller| caller.join().unwrap()).collect();
    assert_eq!(statuses, [200; CALLERS]);
    let client = &scene.world().witness().clients[&scene.keys.id];
    assert_eq!((client.token_requests, client.mints, client.calls), (1, 1, CALLERS as u64));
}

const CALLERS: usize = 64;
