//! Calls of Genesys Cloud.

use hallpass_core::template::KnownCall;
use hallpass_core::template::Needs::{All, Any, Token};

const fn call(
    method: &'static str,
    path: &'static str,
    needs: hallpass_core::template::Needs,
    source: &'static str,
) -> KnownCall {
    KnownCall { method, path, needs, source }
}

/// The pages of the vendor's Python SDK (`MyPureCloud/platform-client-sdk-python`, MIT, 257.1.0), which name method, path and permissions.
const ROUTING: &str = "platform-client-sdk-python build/docs/RoutingApi.md";
const CONVERSATIONS: &str = "platform-client-sdk-python build/docs/ConversationsApi.md";
const OAUTH: &str = "platform-client-sdk-python build/docs/OAuthApi.md";
const OUTBOUND: &str = "platform-client-sdk-python build/docs/OutboundApi.md";
const CONTACTS: &str = "platform-client-sdk-python build/docs/ExternalContactsApi.md";
const TOKENS: &str = "platform-client-sdk-python build/docs/TokensApi.md";
const USERS: &str = "platform-client-sdk-python build/docs/UsersApi.md";
const ORGANIZATION: &str = "platform-client-sdk-python build/docs/OrganizationApi.md";
const AUTHORIZATION: &str = "platform-client-sdk-python build/docs/AuthorizationApi.md";
const ANALYTICS: &str = "platform-client-sdk-python build/docs/AnalyticsApi.md";
const RECORDING: &str = "platform-client-sdk-python build/docs/RecordingApi.md";
const INTEGRATIONS: &str = "platform-client-sdk-python build/docs/IntegrationsApi.md";

/// What our examples, guides and the emulator do, and the calls of a bulk job.
pub(super) static CALLS: &[KnownCall] = &[
    call("GET", "/api/v2/routing/queues", Any(&["routing:queue:view"]), ROUTING),
    call("POST", "/api/v2/routing/queues", Any(&["routing:queue:add"]), ROUTING),
    call("GET", "/api/v2/routing/queues/{queueId}", All(&["routing:queue:view"]), ROUTING),
    call("DELETE", "/api/v2/routing/queues/{queueId}", All(&["routing:queue:delete"]), ROUTING),
    call(
        "POST",
        "/api/v2/routing/queues/{queueId}/members",
        Any(&["routing:queue:edit", "routing:queueMember:manage"]),
        ROUTING,
    ),
    call(
        "GET",
        "/api/v2/conversations/{conversationId}",
        Any(&["conversation:communication:view"]),
        CONVERSATIONS,
    ),
    call(
        "PATCH",
        "/api/v2/conversations/{conversationId}/participants/{participantId}/attributes",
        Token,
        CONVERSATIONS,
    ),
    call(
        "PATCH",
        "/api/v2/conversations/{conversationId}/participants/{participantId}",
        Any(&[
            "conversation:participant:wrapup",
            "conversation:call:record",
            "conversation:communication:disconnect",
        ]),
        CONVERSATIONS,
    ),
    call(
        "PUT",
        "/api/v2/conversations/{conversationId}/tags",
        Any(&["conversation:externalTag:edit"]),
        CONVERSATIONS,
    ),
    call(
        "POST",
        "/api/v2/conversations/{conversationId}/disconnect",
        Any(&["conversation:communication:disconnect"]),
        CONVERSATIONS,
    ),
    call(
        "POST",
        "/api/v2/conversations/messages/{conversationId}/messages/bulk",
        Any(&["conversation:message:view", "conversation:webmessaging:view"]),
        CONVERSATIONS,
    ),
    call(
        "POST",
        "/api/v2/outbound/contactlists/{contactListId}/contacts",
        Any(&["outbound:contact:add"]),
        OUTBOUND,
    ),
    call(
        "POST",
        "/api/v2/externalcontacts/bulk/contacts/add",
        Any(&["externalContacts:contact:add"]),
        CONTACTS,
    ),
    call(
        "POST",
        "/api/v2/externalcontacts/bulk/contacts/update",
        Any(&["externalContacts:contact:edit"]),
        CONTACTS,
    ),
    call(
        "POST",
        "/api/v2/externalcontacts/bulk/contacts/remove",
        Any(&["externalContacts:contact:delete"]),
        CONTACTS,
    ),
    call(
        "POST",
        "/api/v2/analytics/conversations/details/query",
        Any(&["analytics:conversationDetail:view", "analytics:agentConversationDetail:view"]),
        ANALYTICS,
    ),
    call("POST", "/api/v2/recording/jobs", Any(&["recording:job:add"]), RECORDING),
    call("PATCH", "/api/v2/users/bulk", Any(&["directory:user:edit", "directory:organization:admin"]), USERS),
    call("GET", "/api/v2/users/me", Token, USERS),
    call("GET", "/api/v2/organizations/me", Token, ORGANIZATION),
    call("GET", "/api/v2/tokens/me", Token, TOKENS),
    call("HEAD", "/api/v2/tokens/me", Token, TOKENS),
    call("DELETE", "/api/v2/tokens/me", Token, TOKENS),
    call("GET", "/api/v2/oauth/clients", Any(&["oauth:client:view"]), OAUTH),
    call("POST", "/api/v2/oauth/clients", All(&["oauth:client:add"]), OAUTH),
    call("GET", "/api/v2/oauth/clients/{clientId}", Any(&["oauth:client:view"]), OAUTH),
    call("PUT", "/api/v2/oauth/clients/{clientId}", All(&["oauth:client:edit"]), OAUTH),
    call("DELETE", "/api/v2/oauth/clients/{clientId}", All(&["oauth:client:delete"]), OAUTH),
    call("POST", "/api/v2/oauth/clients/{clientId}/secret", All(&["oauth:client:edit"]), OAUTH),
    call(
        "POST",
        "/api/v2/oauth/clients/{clientId}/usage/query",
        Any(&["oauth:client:view", "usage:client:view"]),
        OAUTH,
    ),
    call(
        "GET",
        "/api/v2/oauth/clients/{clientId}/usage/query/results/{executionId}",
        Any(&["oauth:client:view", "usage:client:view"]),
        OAUTH,
    ),
    call(
        "GET",
        "/api/v2/oauth/clients/{clientId}/usage/summary",
        Any(&["oauth:client:view", "usage:client:view"]),
        OAUTH,
    ),
    call("GET", "/api/v2/authorization/roles", Any(&["authorization:role:view"]), AUTHORIZATION),
    call("GET", "/api/v2/authorization/roles/{roleId}", Any(&["authorization:role:view"]), AUTHORIZATION),
    call("POST", "/api/v2/authorization/roles", Any(&["authorization:role:add"]), AUTHORIZATION),
    call("PUT", "/api/v2/authorization/roles/{roleId}", Any(&["authorization:role:edit"]), AUTHORIZATION),
    call("GET", "/api/v2/authorization/divisions", Token, AUTHORIZATION),
    call("GET", "/api/v2/authorization/permissions", Token, AUTHORIZATION),
    call(
        "GET",
        "/api/v2/integrations/credentials/{credentialId}",
        Any(&["integrations:integration:view"]),
        INTEGRATIONS,
    ),
    call(
        "PUT",
        "/api/v2/integrations/credentials/{credentialId}",
        Any(&["integrations:integration:edit"]),
        INTEGRATIONS,
    ),
];
