//! Secrets copied between references, looked at from inside.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hallpass_app::{App, Config, FaultCode, Flags, ProcessVariables, Purpose, Secret, Sources};
use tempfile::TempDir;

/// Two integrations over one store, with these references.
async fn app(folder: &TempDir, first: &str, second: &str) -> App {
    let integration = |name: &str, secret: &str| {
        format!(
            "[integrations.{name}]\nplatform = \"genesys\"\nregion = \"us-east-1\"\nsecret = \"local:{secret}\"\nallow = [\"GET /x\"]\n"
        )
    };
    let text = format!(
        "version = 1\nenvironment = \"test\"\n[stores.local]\npath = \"store\"\n[audit]\nfile = \"audit.jsonl\"\n{}{}",
        integration("first", first),
        integration("second", second)
    );
    let path: &Path = &folder.path().join("hallpass.toml");
    let config = Config::read(path, &text, &Sources::of_process(Flags::default())).unwrap();
    App::assemble(&config, Purpose::Command, Arc::new(ProcessVariables)).await.unwrap()
}

fn members(secret: &str) -> BTreeMap<String, Secret> {
    [("client_id", "id"), ("client_secret", secret)]
        .map(|(name, value)| (name.to_owned(), value.into()))
        .into()
}

async fn secret(app: &App, integration: &str) -> Secret {
    app.credential(integration).await.unwrap().member("client_secret").unwrap().clone()
}

#[tokio::test]
async fn current_stays_current_and_previous_previous() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder, "a", "b").await;
    app.put_secret("first", &members("one")).await.unwrap();
    app.put_secret("first", &members("two")).await.unwrap();
    let plan = app.plan_copy("local:a", "local:b").await.unwrap();
    assert!(!plan.goes_back() && !plan.is_there && plan.replaces.is_none());
    let (current, previous) = (plan.current.fingerprint, plan.previous.as_ref().unwrap().fingerprint);
    let copied = app.copy_secret(plan).await.unwrap();
    assert_eq!(secret(&app, "second").await, Secret::from("two"));
    let back = app.plan_copy("local:b", "local:a").await.unwrap();
    assert!(back.is_there);
    assert_eq!((back.current.fingerprint, back.previous.unwrap().fingerprint), (current, previous));
    assert_eq!(back.current.version, copied.version);
    let audit = std::fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    let written = audit.lines().filter(|line| line.contains("secret-written"));
    assert_eq!(written.count(), 4, "two were put, two copied: {audit}");
    assert!(!audit.contains("two") && audit.contains(&current.to_string()), "{audit}");
}

#[tokio::test]
async fn a_plan_is_not_carried_out_once_the_target_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder, "a", "b").await;
    app.put_secret("first", &members("one")).await.unwrap();
    let plan = app.plan_copy("local:a", "local:b").await.unwrap();
    app.put_secret("second", &members("meanwhile")).await.unwrap();
    let fault = app.copy_secret(plan).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::VersionConflict);
    assert_eq!(secret(&app, "second").await, Secret::from("meanwhile"));
}

#[tokio::test]
async fn a_copy_that_broke_off_in_the_middle_is_completed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder, "a", "b").await;
    app.put_secret("first", &members("one")).await.unwrap();
    // What is there if the process dies after the previous version and before the current one.
    let half = app.plan_copy("local:a", "local:b").await.unwrap();
    app.copy_secret(half).await.unwrap();
    app.put_secret("first", &members("two")).await.unwrap();
    let plan = app.plan_copy("local:a", "local:b").await.unwrap();
    let before = plan.replaces.as_ref().map(|held| held.version.clone());
    app.copy_secret(plan).await.unwrap();
    let listed = app.list_secrets().await.unwrap();
    let copy = listed.iter().find(|entry| entry.name.as_str() == "b").unwrap();
    assert_eq!(copy.info.as_ref().unwrap().previous, before, "what was there already is not written again");
    assert_eq!(secret(&app, "second").await, Secret::from("two"));
}
