//! What answers inside a sandbox: the identity endpoint of App Service and Functions, the one of virtual machines, and our control door.

use std::sync::Arc;

use serde_json::{Value, json};

use super::control;
use super::world::{CLIENT, IDENTITY_HEADER, World};
use crate::{Cloud, Received, Reply};

/// The endpoints that plain HTTP is right for.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) world: Arc<World>,
}

impl Cloud for Local {
    fn answer(&self, request: &Received) -> Reply {
        match request.path.as_str() {
            "/msi/token" => self.app_service(request),
            "/metadata/identity/oauth2/token" => self.virtual_machine(request),
            "/control" => control::order(&self.world, &request.json()),
            _ => Reply::json(404, &json!({ "error": "not_found" })),
        }
    }
}

impl Local {
    /// <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>
    fn app_service(&self, request: &Received) -> Reply {
        if request.header("x-identity-header") != Some(IDENTITY_HEADER) {
            return Reply::json(401, &json!({ "statusCode": 401, "message": "Unauthorized" }));
        }
        if request.parameter("api-version") != Some("2019-08-01") {
            return Reply::json(400, &json!({ "statusCode": 400, "message": "unsupported api-version" }));
        }
        self.token(request)
    }

    /// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>
    fn virtual_machine(&self, request: &Received) -> Reply {
        if request.header("metadata") != Some("true") {
            let body = json!({ "error": "bad_request_102", "error_description": "Required metadata header not specified" });
            return Reply::json(400, &body);
        }
        if request.parameter("api-version").is_none() {
            return Reply::json(
                400,
                &json!({ "error": "bad_request_101", "error_description": "api-version" }),
            );
        }
        // Here, unlike at App Service, `expires_in` is there as well, in quotes.
        let reply = self.token(request);
        let mut body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        if reply.status == 200 {
            body["expires_in"] = json!("86399");
        }
        Reply::json(reply.status, &body)
    }

    /// `expires_on` is a number in quotes, and there need be no `expires_in`. It lies far ahead because time stands still here; a test
    /// ends tokens itself.
    fn token(&self, request: &Received) -> Reply {
        let mut state = self.world.state();
        state.token_requests += 1;
        let Some(resource) = request.parameter("resource") else {
            return Reply::json(400, &json!({ "error": "invalid_request", "error_description": "resource" }));
        };
        if request.parameter("client_id").is_some_and(|client| client != CLIENT) {
            return Reply::json(
                400,
                &json!({ "error": "invalid_request", "error_description": "Identity not found" }),
            );
        }
        let token = state.grant(resource);
        let body = json!({
            "access_token": token, "expires_on": FAR_AHEAD, "resource": resource, "token_type": "Bearer", "client_id": CLIENT,
        });
        Reply::json(200, &body)
    }
}

/// The beginning of 2100.
const FAR_AHEAD: &str = "4102444800";
