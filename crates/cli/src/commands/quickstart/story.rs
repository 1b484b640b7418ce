//! The story itself: what the callers do, what should come of it, and what did.
//!
//! Every figure about a platform is the emulator's own count, not one of ours: it sees what really arrives.

use std::collections::BTreeMap;

use hallpass_emulator::Platform;
use serde::Serialize;
use tokio::task::JoinSet;

use super::side::{Counts, Side};
use super::stage::Stage;
use crate::caller::Answer;

/// How many callers begin at once. Enough to show that they share one token, few enough for the platform's quota.
const CROWD: u16 = 25;

/// What was told, line by line, and what the platforms counted in the end.
#[derive(Debug, Serialize)]
pub(super) struct Story {
    /// Whether every line held.
    pub(super) held: bool,
    /// The lines.
    pub(super) lines: Vec<Line>,
    /// The emulator's counts, platform by platform.
    pub(super) witness: Vec<Witness>,
}

/// One line of the story.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// Where it happens; nowhere alone if it is about both.
    pub(super) platform: Option<Platform>,
    /// What happens.
    pub(super) what: String,
    /// What should come of it.
    pub(super) expected: String,
    /// What came of it.
    pub(super) seen: String,
    /// Whether that is the same.
    pub(super) held: bool,
}

/// What one platform counted.
#[derive(Debug, Serialize)]
pub(super) struct Witness {
    /// The platform.
    pub(super) platform: Platform,
    /// The one integration there.
    pub(super) integration: &'static str,
    /// Its counts.
    #[serde(flatten)]
    pub(super) counts: Counts,
}

impl Story {
    /// Lets it happen.
    pub(super) async fn happen(stage: &Stage) -> Self {
        let mut lines = Vec::new();
        for side in &stage.sides {
            let of_side = [
                a_crowd_shares_one_token(stage, side).await,
                a_write_takes_effect_once(stage, side).await,
                a_revoked_token_heals(stage, side).await,
                a_call_outside_the_list_is_refused(stage, side).await,
            ];
            lines.extend(of_side.map(|line| Line { platform: Some(side.platform), ..line }));
        }
        lines.push(the_platforms_stay_apart(stage).await);
        lines.push(the_platforms_count_the_same(stage));
        let held = lines.iter().all(|line| line.held);
        let witness = stage.sides.iter().map(|side| Witness {
            platform: side.platform,
            integration: side.integration,
            counts: side.counts(stage.world()),
        });
        Self { held, lines, witness: witness.collect() }
    }
}

impl Line {
    fn new(what: impl Into<String>, expected: impl Into<String>, seen: impl Into<String>) -> Self {
        let (expected, seen) = (expected.into(), seen.into());
        Self { platform: None, what: what.into(), held: expected == seen, expected, seen }
    }
}

async fn a_crowd_shares_one_token(stage: &Stage, side: &Side) -> Line {
    let mut callers = JoinSet::new();
    for _ in 0..CROWD {
        let (caller, path) = (stage.caller.clone(), format!("/{}{}", side.integration, side.read.1));
        callers.spawn(async move { told(caller.call("GET", &path, "").await) });
    }
    let mut answers = BTreeMap::<String, u16>::new();
    for answer in callers.join_all().await {
        *answers.entry(answer).or_default() += 1;
    }
    let answers: Vec<_> =
        answers.into_iter().map(|(answer, count)| format!("{count} times {answer}")).collect();
    let minted = side.counts(stage.world()).tokens_minted;
    Line::new(
        format!("{CROWD} callers list {} at once", side.read.0),
        format!("{CROWD} times 200; tokens minted: 1"),
        format!("{}; tokens minted: {minted}", answers.join(", ")),
    )
}

async fn a_write_takes_effect_once(stage: &Stage, side: &Side) -> Line {
    let write = &side.write;
    let path = format!("/{}{}", side.integration, write.path);
    let answer = told(stage.caller.call(write.method, &path, write.body).await);
    let writes = side.counts(stage.world()).writes;
    Line::new(
        write.what,
        format!("{}; changes at the platform: 1", write.answer),
        format!("{answer}; changes at the platform: {writes}"),
    )
}

async fn a_revoked_token_heals(stage: &Stage, side: &Side) -> Line {
    let before = side.counts(stage.world());
    let revoked = side.revoke_tokens(stage.world());
    let answer = read(stage, side.integration, side.read.1).await;
    let unseen = side.counts(stage.world()).unauthorized - before.unauthorized;
    Line::new(
        "a revoked token heals unseen",
        "200; tokens revoked: 1, 401s unseen: 1",
        format!("{answer}; tokens revoked: {revoked}, 401s unseen: {unseen}"),
    )
}

async fn a_call_outside_the_list_is_refused(stage: &Stage, side: &Side) -> Line {
    let before = stage.world().witness().totals.requests;
    let answer = read(stage, side.integration, side.outside).await;
    let arrived = stage.world().witness().totals.requests - before;
    Line::new(
        "a call outside the list is refused",
        "403 path-not-allowed; requests arrived: 0",
        format!("{answer}; requests arrived: {arrived}"),
    )
}

/// Each integration asks for what the other may read. Neither platform hears of it, nor ever met anybody but its own integration.
async fn the_platforms_stay_apart(stage: &Stage) -> Line {
    let before = stage.world().witness().totals.requests;
    let mut answers = Vec::new();
    for (side, other) in stage.sides.iter().zip(stage.sides.iter().rev()) {
        answers.push(read(stage, side.integration, other.read.1).await);
    }
    answers.dedup();
    let arrived = stage.world().witness().totals.requests - before;
    let others: u64 = stage.sides.iter().map(|side| side.counts(stage.world()).by_others).sum();
    Line::new(
        "neither reaches the other's platform",
        "403 path-not-allowed; requests arrived: 0, astray: 0",
        format!("{}; requests arrived: {arrived}, astray: {others}", answers.join(", ")),
    )
}

/// The crowd, the write, and the healed call twice: once with the dead token, once with the new one.
fn the_platforms_count_the_same(stage: &Stage) -> Line {
    let in_words =
        |calls, minted, unauthorized| format!("{calls} calls, {minted} tokens, {unauthorized} answered 401");
    let expected = in_words(u64::from(CROWD) + 1 + 2, 2, 1);
    let mut seen: Vec<_> = stage.sides.iter().map(|side| side.counts(stage.world())).collect();
    seen.dedup();
    let seen = seen.iter().map(|counts| in_words(counts.calls, counts.tokens_minted, counts.unauthorized));
    Line::new(
        "each platform's own count agrees",
        format!("each: {expected}"),
        format!("each: {}", seen.collect::<Vec<_>>().join("; ")),
    )
}

/// The answer to a call of `integration` that only reads.
async fn read(stage: &Stage, integration: &str, path: &str) -> String {
    told(stage.caller.call("GET", &format!("/{integration}{path}"), "").await)
}

/// An answer in words.
fn told(answer: std::io::Result<Answer>) -> String {
    match answer {
        Ok(Answer { status, fault: None }) => status.to_string(),
        Ok(Answer { status, fault: Some(fault) }) => format!("{status} {fault}"),
        Err(error) => format!("no answer ({error})"),
    }
}
