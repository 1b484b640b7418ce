//! Looking at the platforms' clients, once for each identity that may.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hallpass_core::{ClientSurvey, Fault, IntegrationName, LastUsed, SlotId, SurveyedClient};
use hallpass_lifecycle::inventory::{Looked, Surveyed};
use hallpass_platforms::{CxoneKeySettings, CxoneKeys, GenesysClients};
use tokio::task::JoinSet;

use crate::administration::administrative_calls;
use crate::assemble::{App, Integration};

/// Who looks, and at what: two integrations with the same view share one survey.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct View {
    administrator: IntegrationName,
    upstream: Option<String>,
    /// Whose access keys, on CXone.
    user: Option<String>,
}

/// What was seen of the platforms.
#[derive(Debug, Default)]
pub(crate) struct Surveys {
    views: Vec<View>,
    pub(crate) seen: Vec<Surveyed>,
}

impl Surveys {
    /// Which of them shows the client of `integration`.
    pub(crate) fn index_for(&self, integration: &Integration) -> Option<usize> {
        let described = &integration.described;
        let own = |view: &View| {
            described.administers && view.user.is_none() && view.administrator == described.name
        };
        match view_of(integration) {
            Some(view) => self.views.iter().position(|one| *one == view),
            None => self.views.iter().position(own),
        }
    }
}

impl App {
    /// Looks at the clients of every platform that somebody administers. One that cannot be looked at is told as such, and no fault. `ours` are clients whose
    /// last use is asked for: that takes calls of its own for each. `told` hears what is being done.
    pub(crate) async fn survey(
        &self,
        ours: &BTreeSet<SlotId>,
        told: &(dyn Fn(String) + Send + Sync),
    ) -> Surveys {
        let mut surveys = Surveys::default();
        for integration in &self.integrations {
            let Some(view) = view_of(integration) else { continue };
            if surveys.views.contains(&view) {
                continue;
            }
            let summary = integration.place();
            told(format!("{} ({}): clients", integration.described.platform.platform, summary));
            let clients = match self.looked_at(integration, &view, ours, told).await {
                Ok(clients) => Looked::Seen(clients),
                Err(fault) => Looked::Not(fault.to_string()),
            };
            surveys.seen.push(Surveyed {
                platform: integration.described.platform.platform.clone(),
                place: summary,
                administrator: view.administrator.to_string(),
                clients,
            });
            surveys.views.push(view);
        }
        surveys
    }

    /// The clients in one view.
    pub(crate) async fn looked_at(
        &self,
        integration: &Integration,
        view: &View,
        ours: &BTreeSet<SlotId>,
        told: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Vec<SurveyedClient>, Fault> {
        let calls = administrative_calls(self, &view.administrator, view.upstream.as_deref())?;
        let (clock, sleep) = (Arc::clone(&self.parts.clock), Arc::clone(&self.parts.sleep));
        let survey: Arc<dyn ClientSurvey> = match &view.user {
            Some(user) => {
                let max_keys = CxoneKeySettings::MOST_KEYS;
                let settings = CxoneKeySettings { user_id: user.clone(), tenant_id: None, max_keys };
                Arc::new(CxoneKeys::new(calls, clock, settings)?)
            }
            None => Arc::new(GenesysClients::new(calls, clock, sleep)),
        };
        let place = integration.place();
        let mut clients = survey.survey(&|count| told(format!("{place}: {count} clients"))).await?;
        let silent = |client: &&SurveyedClient| {
            ours.contains(&client.seen.id) && client.seen.last_used == LastUsed::Unknown
        };
        let asked: Vec<_> = clients.iter().filter(silent).cloned().collect();
        let mut answers = last_uses(&survey, asked, &|id| told(format!("{place}: last use of {id}"))).await;
        for client in &mut clients {
            if let Some(last_used) = answers.remove(&client.seen.id) {
                client.seen.last_used = last_used;
            }
        }
        Ok(clients)
    }
}

/// When each of `clients` was last used, some at a time. A platform's list may say it; who is asked here said nothing there.
async fn last_uses(
    survey: &Arc<dyn ClientSurvey>,
    clients: Vec<SurveyedClient>,
    told: &(dyn Fn(&SlotId) + Send + Sync),
) -> BTreeMap<SlotId, LastUsed> {
    let (mut waiting, mut asking, mut answers) = (clients.into_iter(), JoinSet::new(), BTreeMap::new());
    loop {
        while asking.len() < AT_ONCE
            && let Some(client) = waiting.next()
        {
            told(&client.seen.id);
            let survey = Arc::clone(survey);
            asking.spawn(async move { (client.seen.id.clone(), survey.last_used(&client).await) });
        }
        match asking.join_next().await {
            // A question that ended early leaves its answer unknown.
            Some(asked) => answers.extend(asked.ok()),
            None => return answers,
        }
    }
}

/// Questions at the same time. Genesys Cloud lets a token make 300 calls in a minute (`client.credentials.token.rate.per.minute`), and each question is two.
const AT_ONCE: usize = 8;

/// By whom and how its client can be looked at; `None` where nobody is named, or the platform has no list that hallpass reads.
pub(crate) fn view_of(integration: &Integration) -> Option<View> {
    let described = &integration.described;
    let (provision, rotation) = (described.provision.as_ref(), described.rotation.as_ref());
    let administrator = provision
        .map(|provision| &provision.administrator)
        .or_else(|| rotation.map(|rotation| &rotation.administrator))?;
    let upstream = provision
        .and_then(|provision| provision.upstream.clone())
        .or_else(|| rotation.and_then(|rotation| rotation.upstream.clone()));
    let user = provision
        .and_then(|provision| provision.user.clone())
        .or_else(|| rotation.and_then(|rotation| rotation.user.clone()));
    let readable = match described.platform.platform.as_str() {
        "genesys" => described.platform.profile != "guide",
        "cxone" => user.is_some(),
        _ => false,
    };
    readable.then(|| View { administrator: administrator.clone(), upstream, user })
}
