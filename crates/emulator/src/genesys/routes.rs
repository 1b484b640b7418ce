//! Which request is for what: surfaces, prefixes, path templates, methods.

use crate::{
    settings::Settings,
    surfaces::{Surface, Surfaces},
    templates::ids,
};

/// Where a request goes.
#[derive(Debug)]
pub(crate) enum Place {
    Token { path: String, guide: bool },
    Api(Found),
    Nowhere { path: String },
}

impl Place {
    pub(crate) fn of(settings: &Settings, surfaces: &Surfaces, method: &str, path: &str) -> Self {
        if surfaces.include(Surface::GenesysLogin) && strip(path, &settings.login_prefix) == Some(TOKEN) {
            return Self::Token { path: TOKEN.to_owned(), guide: false };
        }
        if !surfaces.include(Surface::GenesysApi) {
            return Self::Nowhere { path: path.to_owned() };
        }
        match strip(path, &settings.api_prefix).filter(|path| path.starts_with("/api/")) {
            Some(GUIDE_TOKEN) if settings.genesys.guide_path => {
                Self::Token { path: GUIDE_TOKEN.to_owned(), guide: true }
            }
            Some(path) => Self::Api(Found::new(method, path)),
            None => Self::Nowhere { path: path.to_owned() },
        }
    }

    pub(crate) fn is_nowhere(&self) -> bool {
        matches!(self, Self::Nowhere { .. })
    }

    pub(crate) fn is_token(&self) -> bool {
        matches!(self, Self::Token { .. })
    }

    pub(crate) fn is_guide(&self) -> bool {
        matches!(self, Self::Token { guide: true, .. })
    }

    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Token { path, .. } | Self::Nowhere { path } => path,
            Self::Api(found) => &found.path,
        }
    }

    /// Whether it administers clients or what they may do.
    pub(crate) fn is_administration(&self) -> bool {
        let template = self.template();
        ADMINISTRATION.iter().any(|start| template.starts_with(start))
    }

    /// The path template, for counting: ids do not multiply it.
    pub(crate) fn template(&self) -> &str {
        match self {
            Self::Token { path, .. } => path,
            Self::Api(Found { matched: Some(matched), .. }) => matched.template,
            Self::Api(_) | Self::Nowhere { .. } => "unmatched",
        }
    }
}

/// An API path and what it stands for.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: String,
    pub(crate) matched: Option<Matched>,
}

impl Found {
    fn new(method: &str, path: &str) -> Self {
        Self { path: path.to_owned(), matched: Matched::find(method, path) }
    }
}

/// A known path.
#[derive(Debug)]
pub(crate) struct Matched {
    pub(crate) template: &'static str,
    /// `None` if the path does not know the method.
    pub(crate) route: Option<Route>,
    pub(crate) ids: [String; 2],
    /// The methods it knows, as the `Allow` header lists them.
    pub(crate) allowed: String,
}

impl Matched {
    fn find(method: &str, path: &str) -> Option<Self> {
        let (template, ids) =
            ROUTES.iter().find_map(|(_, template, _)| Some((*template, ids(template, path)?)))?;
        let same = || ROUTES.iter().filter(|(_, other, _)| *other == template);
        Some(Self {
            template,
            route: same().find(|(known, ..)| *known == method).map(|(.., route)| *route),
            ids,
            allowed: same().map(|(known, ..)| *known).collect::<Vec<_>>().join(", "),
        })
    }
}

/// What the emulator can do on its API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    ListQueues,
    CreateQueue,
    ReadQueue,
    DeleteQueue,
    ReadConversation,
    PatchAttributes,
    ReadToken,
    CheckToken,
    EndToken,
    ReadUser,
    ReadOrganization,
    ListClients,
    CreateClient,
    ReadClient,
    ReplaceClient,
    DeleteClient,
    ResetSecret,
    QueryUsage,
    SummarizeUsage,
    ReadUsage,
    ListDivisions,
    ListRoles,
    ReadRole,
    CreateRole,
    ReplaceRole,
    DeleteRole,
    ListRoleSubjects,
    AddGrants,
    ListPermissions,
    ReadCredential,
    ReplaceCredential,
}

fn strip<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    if prefix.is_empty() {
        return Some(path);
    }
    path.strip_prefix('/')?.strip_prefix(prefix).filter(|rest| rest.starts_with('/'))
}

/// On the login host, beside no `/api/v2`.
const TOKEN: &str = "/oauth/token";
/// Where a well-known guide says it is. The real API host has only its admin operations below `/api/v2/oauth`.
const GUIDE_TOKEN: &str = "/api/v2/oauth/token";

/// Where templates of the administration begin.
const ADMINISTRATION: [&str; 3] =
    ["/api/v2/oauth/clients", "/api/v2/authorization/", "/api/v2/integrations/credentials/"];

const ROUTES: [(&str, &str, Route); 31] = [
    ("GET", "/api/v2/routing/queues", Route::ListQueues),
    ("POST", "/api/v2/routing/queues", Route::CreateQueue),
    ("GET", "/api/v2/routing/queues/{queueId}", Route::ReadQueue),
    ("DELETE", "/api/v2/routing/queues/{queueId}", Route::DeleteQueue),
    ("GET", "/api/v2/conversations/{conversationId}", Route::ReadConversation),
    (
        "PATCH",
        "/api/v2/conversations/{conversationId}/participants/{participantId}/attributes",
        Route::PatchAttributes,
    ),
    ("GET", "/api/v2/tokens/me", Route::ReadToken),
    ("HEAD", "/api/v2/tokens/me", Route::CheckToken),
    ("DELETE", "/api/v2/tokens/me", Route::EndToken),
    ("GET", "/api/v2/users/me", Route::ReadUser),
    ("GET", "/api/v2/organizations/me", Route::ReadOrganization),
    ("GET", "/api/v2/oauth/clients", Route::ListClients),
    ("POST", "/api/v2/oauth/clients", Route::CreateClient),
    ("GET", "/api/v2/oauth/clients/{clientId}", Route::ReadClient),
    ("PUT", "/api/v2/oauth/clients/{clientId}", Route::ReplaceClient),
    ("DELETE", "/api/v2/oauth/clients/{clientId}", Route::DeleteClient),
    ("POST", "/api/v2/oauth/clients/{clientId}/secret", Route::ResetSecret),
    ("POST", "/api/v2/oauth/clients/{clientId}/usage/query", Route::QueryUsage),
    ("GET", "/api/v2/oauth/clients/{clientId}/usage/summary", Route::SummarizeUsage),
    ("GET", "/api/v2/oauth/clients/{clientId}/usage/query/results/{executionId}", Route::ReadUsage),
    ("GET", "/api/v2/authorization/divisions", Route::ListDivisions),
    ("GET", "/api/v2/authorization/roles", Route::ListRoles),
    ("POST", "/api/v2/authorization/roles", Route::CreateRole),
    ("GET", "/api/v2/authorization/roles/{roleId}", Route::ReadRole),
    ("PUT", "/api/v2/authorization/roles/{roleId}", Route::ReplaceRole),
    ("DELETE", "/api/v2/authorization/roles/{roleId}", Route::DeleteRole),
    ("GET", "/api/v2/authorization/roles/{roleId}/subjectgrants", Route::ListRoleSubjects),
    ("POST", "/api/v2/authorization/subjects/{subjectId}/bulkadd", Route::AddGrants),
    ("GET", "/api/v2/authorization/permissions", Route::ListPermissions),
    ("GET", "/api/v2/integrations/credentials/{credentialId}", Route::ReadCredential),
    ("PUT", "/api/v2/integrations/credentials/{credentialId}", Route::ReplaceCredential),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_path_names_its_ids_and_methods() {
        let found = Found::new("PATCH", "/api/v2/conversations/c/participants/p/attributes");
        let matched = found.matched.expect("the path is in the table");
        assert_eq!(matched.route, Some(Route::PatchAttributes));
        assert_eq!(matched.ids, ["c", "p"]);
        let other = Matched::find("PUT", "/api/v2/routing/queues").expect("the path is in the table");
        assert_eq!((other.route, other.allowed.as_str()), (None, "GET, POST"));
    }

    #[test]
    fn a_conversation_cannot_be_patched_as_a_whole() {
        let matched = Matched::find("PATCH", "/api/v2/conversations/c").expect("the path is in the table");
        assert_eq!(matched.route, None);
        assert!(Matched::find("GET", "/api/v2/conversations/").is_none());
    }

    #[test]
    fn prefixes_are_whole_segments() {
        assert_eq!(strip("/login/oauth/token", "login"), Some("/oauth/token"));
        assert_eq!(strip("/loginx/oauth/token", "login"), None);
        assert_eq!(strip("/oauth/token", "login"), None);
    }
}
