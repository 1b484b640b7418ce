//! What is said about entries without their values: of one, of all.

use std::sync::Arc;
use std::time::Duration;

use hallpass_core::{EntryInfo, EntryName, Fault, FaultCode, Stage};
use tokio::task::JoinSet;

use super::faults::Operation;
use super::place::last_segment;
use super::reading::{PAGE, PAGES, Reader, marks_of};
use super::stages::Marks;

impl Reader {
    /// What [`hallpass_core::Store::describe`] says.
    pub(super) async fn describe(&self, entry: &EntryName) -> Result<EntryInfo, Fault> {
        let marks = self.seen(entry).await?.marks;
        self.info(entry, &marks).await?.ok_or_else(|| self.nothing_at(entry, Stage::Current))
    }

    /// What there is to say about an entry; `None` when it has no version at any stage.
    async fn info(&self, entry: &EntryName, marks: &Marks) -> Result<Option<EntryInfo>, Fault> {
        let current = match marks.at(Stage::Current) {
            None if !marks.are_ours() => self.newest_enabled(entry).await?,
            current => current,
        };
        let version = |number: Option<i64>| number.map(|number| self.client.place.version(entry, number));
        let written = match current {
            Some(number) => self.written(entry, number).await?,
            None => None,
        };
        let info = EntryInfo {
            name: entry.clone(),
            current: version(current),
            previous: version(marks.at(Stage::Previous)),
            pending: version(marks.at(Stage::Pending)),
            written,
        };
        let empty = info.current.is_none() && info.previous.is_none() && info.pending.is_none();
        Ok((!empty).then_some(info))
    }

    async fn written(&self, entry: &EntryName, number: i64) -> Result<Option<Duration>, Fault> {
        let name = format!("{}/versions/{number}", self.client.place.secret(entry)?);
        let answer = self.client.call(|service| service.get_secret_version().set_name(&name).send()).await;
        match answer {
            Ok(version) => Ok(version.create_time.and_then(|time| {
                let seconds = u64::try_from(time.seconds()).ok()?;
                Some(Duration::new(seconds, u32::try_from(time.nanos()).ok()?))
            })),
            Err(told) if told.is_absent() => Ok(None),
            Err(told) => Err(self.client.fault(&told, Operation::GetVersion, Some(entry))),
        }
    }

    /// What [`hallpass_core::Store::names`] says: one request per page.
    pub(super) async fn names(&self) -> Result<Option<Vec<EntryName>>, Fault> {
        let mut names: Vec<_> = self.all().await?.into_iter().map(|(name, _)| name).collect();
        names.sort();
        Ok(Some(names))
    }

    async fn all(&self) -> Result<Vec<(EntryName, Marks)>, Fault> {
        let parent = self.client.place.parent();
        let (mut all, mut token) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let page = self.client.call(|service| {
                let request = service.list_secrets().set_parent(parent);
                request.set_page_size(PAGE).set_page_token(&token).send()
            });
            let page = page.await.map_err(|told| self.client.fault(&told, Operation::ListSecrets, None))?;
            all.extend(
                page.secrets
                    .into_iter()
                    .filter_map(|secret| Some((last_segment(&secret.name).parse().ok()?, marks_of(secret)))),
            );
            token = page.next_page_token;
            if token.is_empty() {
                return Ok(all);
            }
        }
        Err(self.endless())
    }
}

/// What [`hallpass_core::Store::list`] says: one request per page of secrets, and one or two per secret, some at a time, since what a list says
/// of secrets does not tell when their versions were made.
pub(super) async fn list(reader: &Arc<Reader>) -> Result<Vec<EntryInfo>, Fault> {
    let mut waiting = reader.all().await?.into_iter();
    let mut asked = JoinSet::new();
    let mut found = Vec::new();
    loop {
        while asked.len() < AT_ONCE
            && let Some((entry, marks)) = waiting.next()
        {
            let reader = Arc::clone(reader);
            asked.spawn(async move { reader.info(&entry, &marks).await });
        }
        match asked.join_next().await {
            Some(Ok(info)) => found.extend(info?),
            Some(Err(_)) => return Err(Fault::new(FaultCode::Internal, "a task of a list ended early")),
            None => break,
        }
    }
    found.sort_by(|one, next| one.name.cmp(&next.name));
    Ok(found)
}

/// Requests of a list at the same time. Quota: 600 reads other than accesses per minute and project
/// (<https://cloud.google.com/secret-manager/quotas>).
const AT_ONCE: usize = 8;
