//! The story itself: what the caller does, what should come of it, and what did.
//!
//! Every figure about the platform is the emulator's own count, not one of ours: it sees what really arrives.

use std::collections::BTreeMap;

use hallpass_emulator::ClientReport;
use serde::Serialize;
use tokio::task::JoinSet;

use super::stage::Stage;
use crate::caller::Answer;

/// How many callers begin at once. Enough to show that they share one token, few enough for the platform's quota.
const CROWD: u16 = 25;

/// What was told, line by line, and what the platform counted in the end.
#[derive(Debug, Serialize)]
pub(super) struct Story {
    /// Whether every line held.
    pub(super) held: bool,
    /// The lines.
    pub(super) lines: Vec<Line>,
    /// The emulator's counts.
    pub(super) witness: Counts,
}

/// One line of the story.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// What happens.
    pub(super) what: String,
    /// What should come of it.
    pub(super) expected: String,
    /// What came of it.
    pub(super) seen: String,
    /// Whether that is the same.
    pub(super) held: bool,
}

/// What the platform counted for the integration's client.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    /// Calls with one of the client's tokens, live or dead.
    pub(super) calls: u64,
    /// Tokens minted.
    pub(super) tokens_minted: u64,
    /// Calls answered with 401.
    pub(super) unauthorized: u64,
    /// Calls that the allow-list does not cover.
    pub(super) outside_allow_list: u64,
    /// Attribute patches that took effect.
    pub(super) patches: u64,
}

impl Story {
    /// Lets it happen.
    pub(super) async fn happen(stage: &Stage) -> Self {
        let lines = vec![
            a_crowd_shares_one_token(stage).await,
            a_patch_takes_effect_once(stage).await,
            a_revoked_token_heals(stage).await,
            a_call_outside_the_list_is_refused(stage).await,
            the_platform_counts_the_same(stage),
        ];
        let held = lines.iter().all(|line| line.held);
        Self { held, lines, witness: counts(stage) }
    }
}

impl Line {
    fn new(what: impl Into<String>, expected: impl Into<String>, seen: impl Into<String>) -> Self {
        let (expected, seen) = (expected.into(), seen.into());
        Self { what: what.into(), held: expected == seen, expected, seen }
    }
}

impl Counts {
    fn in_words(&self) -> String {
        let Self { calls, tokens_minted, unauthorized, .. } = self;
        format!("{calls} calls, {tokens_minted} tokens, {unauthorized} answered 401")
    }
}

async fn a_crowd_shares_one_token(stage: &Stage) -> Line {
    let mut callers = JoinSet::new();
    for _ in 0..CROWD {
        let caller = stage.caller.clone();
        callers.spawn(async move { told(caller.call("GET", QUEUES, "").await) });
    }
    let mut answers = BTreeMap::<String, u16>::new();
    for answer in callers.join_all().await {
        *answers.entry(answer).or_default() += 1;
    }
    let answers = answers.into_iter().map(|(answer, count)| format!("{count} times {answer}"));
    let seen =
        format!("{}; tokens minted: {}", answers.collect::<Vec<_>>().join(", "), counts(stage).tokens_minted);
    Line::new(
        format!("{CROWD} callers list queues at once"),
        format!("{CROWD} times 200; tokens minted: 1"),
        seen,
    )
}

async fn a_patch_takes_effect_once(stage: &Stage) -> Line {
    let path = format!("/queue-sync{}", stage.conversation.attributes_path);
    let answer = told(stage.caller.call("PATCH", &path, r#"{"attributes":{"vip":"yes"}}"#).await);
    let seen = format!("{answer}; changes at the platform: {}", counts(stage).patches);
    Line::new("one caller sets a participant's attribute", "202; changes at the platform: 1", seen)
}

async fn a_revoked_token_heals(stage: &Stage) -> Line {
    let before = counts(stage);
    let revoked = stage.world().revoke_tokens(&stage.client_id);
    let answer = told(stage.caller.call("GET", QUEUES, "").await);
    let after = counts(stage);
    let unauthorized = after.unauthorized - before.unauthorized;
    let seen = format!("{answer}; tokens revoked: {revoked}, 401s the caller did not see: {unauthorized}");
    let expected = "200; tokens revoked: 1, 401s the caller did not see: 1";
    Line::new("the platform revokes the token, the next call heals", expected, seen)
}

async fn a_call_outside_the_list_is_refused(stage: &Stage) -> Line {
    let before = stage.world().witness().totals.requests;
    let answer = told(stage.caller.call("GET", OUTSIDE, "").await);
    let reached = stage.world().witness().totals.requests - before;
    let seen = format!("{answer}; requests at the platform: {reached}");
    Line::new(
        "a call outside the allow-list is refused",
        "403 path-not-allowed; requests at the platform: 0",
        seen,
    )
}

/// The crowd, the patch, and the healed call twice: once with the dead token, once with the new one.
fn the_platform_counts_the_same(stage: &Stage) -> Line {
    let calls = u64::from(CROWD) + 1 + 2;
    let expected =
        Counts { calls, tokens_minted: 2, unauthorized: 1, outside_allow_list: 0, patches: 1 }.in_words();
    Line::new("the platform's own count agrees", expected, counts(stage).in_words())
}

/// What the emulator counted so far.
fn counts(stage: &Stage) -> Counts {
    let witness = stage.world().witness();
    let client = witness.clients.get(&stage.client_id).cloned().unwrap_or_default();
    let ClientReport { calls, mints, calls_by_status, .. } = client;
    let outside = witness.log.iter().filter(|request| request.path == OUTSIDE_AT_THE_PLATFORM).count();
    Counts {
        calls,
        tokens_minted: mints,
        unauthorized: calls_by_status.get(&401).copied().unwrap_or_default(),
        outside_allow_list: u64::try_from(outside).unwrap_or(u64::MAX),
        patches: stage.world().patches_of(&stage.conversation.id),
    }
}

/// An answer in words.
fn told(answer: std::io::Result<Answer>) -> String {
    match answer {
        Ok(Answer { status, fault: None }) => status.to_string(),
        Ok(Answer { status, fault: Some(fault) }) => format!("{status} {fault}"),
        Err(error) => format!("no answer ({error})"),
    }
}

const QUEUES: &str = "/queue-sync/api/v2/routing/queues";
const OUTSIDE: &str = "/queue-sync/api/v2/users/me";
const OUTSIDE_AT_THE_PLATFORM: &str = "/api/v2/users/me";
