//! A client's API usage: a query and, at once, its result.

use serde::Serialize;

use super::{Call, errors};
use crate::{draws::Kind, reply::Reply, state::State, witness::ApiUsageRow};

/// Starts a query. Interval and granularity are not looked at: rows are per day, and there are never many.
pub(crate) fn query(state: &mut State, client_id: &str, call: &Call<'_>) -> Reply {
    if !state.clients.contains_key(client_id) {
        return errors::not_found(call.correlation_id);
    }
    let execution_id = state.draws.id(Kind::Execution);
    state.genesys.executions.insert(execution_id.clone(), client_id.to_owned());
    let results_uri = format!("/api/v2/oauth/clients/{client_id}/usage/query/results/{execution_id}");
    Reply::json(200, &Execution { execution_id, results_uri })
}

/// The result: what was answered until now, so the call that asks is not in it.
pub(crate) fn results(state: &State, client_id: &str, execution_id: &str, call: &Call<'_>) -> Reply {
    match state.genesys.executions.get(execution_id) {
        Some(asked) if asked == client_id => Reply::json(
            200,
            &Results { results: state.journal.usage_of(client_id), query_status: "Complete" },
        ),
        _ => errors::not_found(call.correlation_id),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Execution {
    execution_id: String,
    results_uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Results {
    results: Vec<ApiUsageRow>,
    query_status: &'static str,
}
