//! A client's API usage: a query and, at once or after a while, its result.

use serde::Serialize;

use super::{Call, errors};
use crate::{
    clock::Moment, draws::Kind, forms, reply::Reply, settings::GenesysSettings, state::State,
    witness::ApiUsageRow,
};

/// A query that was started.
#[derive(Debug)]
pub(crate) struct Execution {
    client_id: String,
    /// Rows of earlier days are left out.
    since: Option<Moment>,
    /// How often it will still be running when it is asked for its result.
    runs: u32,
}

/// Starts a query. Interval and granularity are not looked at: rows are per day, and there are never many.
pub(crate) fn query(
    state: &mut State,
    settings: &GenesysSettings,
    client_id: &str,
    call: &Call<'_>,
) -> Reply {
    start(state, settings, client_id, None, call)
}

/// Starts a query about the last days: `days` of them, or seven.
pub(crate) fn summary(
    state: &mut State,
    settings: &GenesysSettings,
    client_id: &str,
    call: &Call<'_>,
) -> Reply {
    let query = forms::parse(&call.received.query);
    let Ok(days) = forms::only(&query, "days").map_or(Ok(USUAL_DAYS), str::parse::<u32>) else {
        return errors::invalid_query("days", call.correlation_id);
    };
    let since = call.now.day() - std::time::Duration::from_secs(u64::from(days) * 86_400);
    start(state, settings, client_id, Some(since), call)
}

/// The result: what was answered until now, so the call that asks is not in it.
pub(crate) fn results(state: &mut State, client_id: &str, execution_id: &str, call: &Call<'_>) -> Reply {
    let State { genesys, journal, .. } = state;
    let execution = genesys.executions.get_mut(execution_id).filter(|asked| asked.client_id == client_id);
    let Some(execution) = execution else { return errors::not_found(call.correlation_id) };
    if execution.runs > 0 {
        execution.runs -= 1;
        return Reply::json(200, &Results { results: Vec::new(), query_status: "Running" });
    }
    let results = journal.usage_of(client_id, execution.since);
    Reply::json(200, &Results { results, query_status: "Complete" })
}

fn start(
    state: &mut State,
    settings: &GenesysSettings,
    client_id: &str,
    since: Option<Moment>,
    call: &Call<'_>,
) -> Reply {
    if !state.clients.contains_key(client_id) {
        return errors::not_found(call.correlation_id);
    }
    let execution_id = state.draws.id(Kind::Execution);
    let execution = Execution { client_id: client_id.to_owned(), since, runs: settings.usage_runs };
    state.genesys.executions.insert(execution_id.clone(), execution);
    let results_uri = format!("/api/v2/oauth/clients/{client_id}/usage/query/results/{execution_id}");
    Reply::json(200, &Started { execution_id, results_uri })
}

/// What the platform takes where `days` is left out.
const USUAL_DAYS: u32 = 7;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    execution_id: String,
    results_uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Results {
    results: Vec<ApiUsageRow>,
    query_status: &'static str,
}
