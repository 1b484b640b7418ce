use hallpass_core::Version;

use super::{Kept, PREVIOUS_TAG, Promotion, Refused, STAGE_TAG, VERSION_TAG};
use super::{newest, pending_tags, promotion, stages, superseded};

fn kept(id: &str, created: u64, tags: &[(&str, &str)]) -> Kept {
    let tags = tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Kept { id: id.to_owned(), enabled: true, created, tags, content_type: None }
}

/// A version of ours that was `v` as pending and replaced `before`.
fn ours(id: &str, created: u64, version: &str, before: Option<&str>) -> Kept {
    let tags: Vec<_> =
        [(VERSION_TAG, version)].into_iter().chain(before.map(|it| (PREVIOUS_TAG, it))).collect();
    kept(id, created, &tags)
}

fn pending(id: &str, created: u64, before: Option<&str>) -> Kept {
    let tags: Vec<_> =
        [(STAGE_TAG, "pending")].into_iter().chain(before.map(|it| (PREVIOUS_TAG, it))).collect();
    kept(id, created, &tags)
}

fn disabled(mut kept: Kept) -> Kept {
    kept.enabled = false;
    kept
}

fn ids(entry: &[Kept], waiting: &[Kept]) -> [Option<String>; 3] {
    let stages = stages(entry, waiting);
    [stages.current, stages.previous, stages.pending].map(|it| it.map(|kept| kept.id.clone()))
}

fn some(id: &str) -> Option<String> {
    Some(id.to_owned())
}

#[test]
fn current_is_the_newest_and_previous_the_one_it_names() {
    let entry = [ours("c", 3, "v3", Some("v2")), ours("a", 1, "v1", None), ours("b", 2, "v2", Some("v1"))];
    assert_eq!(ids(&entry, &[]), [some("c"), some("b"), None]);
    assert_eq!(stages(&entry, &[]).current.unwrap().version(), Version::new("v3"));
}

#[test]
fn versions_of_one_second_are_ordered_by_what_they_replaced() {
    let mut entry =
        [ours("c", 7, "v1", None), ours("a", 7, "v3", Some("v2")), ours("b", 7, "v2", Some("v1"))];
    for _ in 0..3 {
        entry.rotate_left(1);
        assert_eq!(newest(&entry).unwrap().id, "a");
    }
    let waiting = [pending("x", 7, Some("y")), pending("y", 7, None)];
    assert_eq!(ids(&[], &waiting), [None, None, some("x")]);
}

#[test]
fn a_strangers_version_is_current_under_the_vaults_own_id() {
    let entry = [ours("a", 1, "v1", None), kept("s", 2, &[])];
    assert_eq!(ids(&entry, &[]), [some("s"), some("a"), None]);
    assert_eq!(stages(&entry, &[]).current.unwrap().version(), Version::new("s"));
    let back = [ours("a", 1, "v1", None), kept("s", 2, &[]), ours("b", 3, "v2", Some("s"))];
    assert_eq!(ids(&back, &[]), [some("b"), some("s"), None]);
}

#[test]
fn disabled_versions_are_never_previous_or_pending() {
    let entry = [kept("a", 1, &[]), disabled(kept("b", 2, &[])), kept("c", 3, &[])];
    assert_eq!(ids(&entry, &[disabled(pending("p", 9, None))]), [some("c"), some("a"), None]);
    let named = [disabled(ours("a", 1, "v1", None)), ours("b", 2, "v2", Some("v1"))];
    assert_eq!(ids(&named, &[]), [some("b"), None, None]);
    // It stays CURRENT: an unversioned read says so too, by refusing.
    assert_eq!(ids(&[kept("a", 1, &[]), disabled(kept("b", 2, &[]))], &[]), [some("b"), some("a"), None]);
}

#[test]
fn what_is_current_already_is_not_pending() {
    let entry = [ours("a", 1, "p", None)];
    assert_eq!(ids(&entry, &[pending("p", 1, None)]), [some("a"), None, None]);
}

#[test]
fn a_strangers_secret_under_the_pending_name_is_not_pending() {
    assert_eq!(ids(&[], &[kept("p", 1, &[])]), [None, None, None]);
}

#[test]
fn a_promotion_demands_both_versions_and_is_done_once() {
    let (current, waiting) = (ours("a", 1, "v1", None), [pending("p", 2, None)]);
    let judge = |current: Option<&Kept>, wanted: &str, expected: Option<&str>| {
        promotion(current, &waiting, &Version::new(wanted), expected.map(Version::new).as_ref())
    };
    assert!(matches!(judge(Some(&current), "p", Some("v1")), Ok(Promotion::Write { .. })));
    assert!(matches!(judge(None, "p", None), Ok(Promotion::Write { .. })));
    assert_eq!(judge(Some(&current), "v1", Some("whatever")), Ok(Promotion::Done));
    assert_eq!(judge(Some(&current), "p", None), Err(Refused::OtherCurrent));
    assert_eq!(judge(Some(&current), "p", Some("v0")), Err(Refused::OtherCurrent));
    assert_eq!(judge(None, "p", Some("v1")), Err(Refused::OtherCurrent));
    assert_eq!(judge(Some(&current), "q", Some("v1")), Err(Refused::OtherPending));
    assert_eq!(promotion(None, &[], &Version::new("p"), None), Err(Refused::NoEntry));
    assert_eq!(promotion(Some(&current), &[], &Version::new("p"), None), Err(Refused::OtherPending));
}

#[test]
fn a_promotion_carries_the_operators_tags_and_names_what_it_replaces() {
    let mut current = ours("a", 1, "v1", Some("v0"));
    current.tags.insert("owner".to_owned(), "team".to_owned());
    current.content_type = Some("application/json".to_owned());
    let written =
        promotion(Some(&current), &[pending("p", 2, None)], &Version::new("p"), Some(&Version::new("v1")));
    let Ok(Promotion::Write { tags, content_type }) = written else { panic!("it is allowed") };
    let tags: Vec<_> = tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(tags, [(PREVIOUS_TAG, "v1"), (VERSION_TAG, "p"), ("owner", "team")]);
    assert_eq!(content_type.as_deref(), Some("application/json"));
}

#[test]
fn only_what_previous_replaced_is_superseded() {
    let entry = [
        kept("stranger", 1, &[]),
        ours("a", 2, "v1", Some("stranger")),
        ours("b", 3, "v2", Some("v1")),
        ours("c", 4, "v3", Some("v2")),
        ours("d", 5, "v4", Some("v3")),
    ];
    let of = |entry: &[Kept], current: usize| {
        superseded(entry, &entry[current]).into_iter().map(|it| it.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(&entry, 4), ["b", "a"], "and not the stranger's");
    assert_eq!(of(&entry, 1), Vec::<String>::new());
    // Written at the same time as `c` by somebody who expected the same: it may be what everybody reads.
    let rival = ours("e", 4, "v5", Some("v2"));
    assert_eq!(of(&[&entry[..4], &[rival]].concat(), 3), ["a"]);
    let circle =
        [ours("a", 1, "v1", Some("v2")), ours("b", 1, "v2", Some("v1")), ours("c", 1, "v3", Some("v2"))];
    assert_eq!(of(&circle, 2), ["a", "a"], "it ends");
}

#[test]
fn a_pending_version_names_the_one_before_it() {
    assert_eq!(pending_tags(&[]).len(), 1);
    assert_eq!(
        pending_tags(&[disabled(pending("p", 1, None))]).get(PREVIOUS_TAG).map(String::as_str),
        Some("p")
    );
}
