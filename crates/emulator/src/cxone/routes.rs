//! Which request is for what: surfaces, path templates, methods.

use crate::{
    misbehave::Target,
    surfaces::{Surface, Surfaces},
    templates::ids,
};

use super::settings::CxoneSettings;

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: String,
    /// For counting: ids do not multiply it.
    pub(crate) template: &'static str,
    /// `None` if the path does not know the method, or is none that the emulator knows.
    pub(crate) route: Option<Route>,
    pub(crate) ids: [String; 2],
    /// The methods it knows, as the `Allow` header lists them; empty if nothing is known of it.
    pub(crate) allowed: String,
    surface: Surface,
}

impl Place {
    /// `None` if the path is not one of CXone's, or not on this listener.
    pub(crate) fn of(
        settings: &CxoneSettings,
        surfaces: &Surfaces,
        method: &str,
        path: &str,
    ) -> Option<Self> {
        let inner = Self::inner(settings, path);
        let (surface, template, ids) = Self::find(surfaces, &inner)?;
        if template == GUIDE_TOKEN && !settings.guide_path {
            return None;
        }
        let same = || ROUTES.iter().filter(|(_, _, other, _)| *other == template);
        Some(Self {
            path: path.to_owned(),
            template,
            route: same().find(|(_, known, ..)| *known == method).map(|(.., route)| *route),
            ids,
            allowed: same().map(|(_, known, ..)| *known).collect::<Vec<_>>().join(", "),
            surface,
        })
    }

    /// The path as the table has it: applications are wherever the settings say.
    fn inner(settings: &CxoneSettings, path: &str) -> String {
        let below = path.strip_prefix(settings.applications_path.as_str());
        match below.filter(|below| *below == "/applications" || below.starts_with("/applications/")) {
            Some(below) => format!("{APPLICATIONS_PATH}{below}"),
            // What the table has of its own is no path of the platform.
            None if path.starts_with(APPLICATIONS_PATH) => String::new(),
            None => path.to_owned(),
        }
    }

    fn find(surfaces: &Surfaces, path: &str) -> Option<(Surface, &'static str, [String; 2])> {
        let served = ROUTES.iter().filter(|(surface, ..)| surfaces.include(*surface));
        let known = served.filter_map(|(surface, _, template, _)| {
            Some((*surface, *template, ids(template, path)?)).filter(|(_, template, ids)| {
                !template.starts_with(DATA) || ids.first().is_some_and(|version| is_version(version))
            })
        });
        let unknown = || {
            let data = path.starts_with(DATA) && surfaces.include(Surface::CxoneApi);
            data.then(|| (Surface::CxoneApi, "unmatched", [String::new(), String::new()]))
        };
        known.into_iter().next().or_else(unknown)
    }

    pub(crate) fn kind(&self) -> Target {
        match self.template {
            TOKEN | USERHUB_TOKEN | USERHUB_REFRESH | GUIDE_TOKEN => Target::Token,
            OPENID | TENANT | JWKS => Target::Discovery,
            _ => Target::Api,
        }
    }

    /// Whether it administers keys or applications.
    pub(crate) fn is_administration(&self) -> bool {
        matches!(self.template, KEYS | KEY | APPLICATIONS | APPLICATION)
    }

    /// Whether it speaks of errors as OAuth does.
    pub(crate) fn is_oauth(&self) -> bool {
        matches!(self.template, TOKEN | GUIDE_TOKEN)
    }

    /// Whether it speaks of errors as UserHub and the discovery documents do.
    pub(crate) fn is_userhub(&self) -> bool {
        self.surface != Surface::CxoneApi && !self.is_oauth()
    }
}

/// What the emulator can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    OpenidConfiguration,
    TenantConfiguration,
    SigningKeys,
    Token,
    LogIn,
    Refresh,
    GuideToken,
    ListCompleted,
    ReadContact,
    TagContact,
    ListKeys,
    CreateKey,
    SwitchKey,
    ReadKey,
    DeleteKey,
    ListApplications,
    CreateApplication,
    ReadApplication,
    ChangeApplication,
    DeleteApplication,
    /// Enables or disables: which of the two stands behind the id in the path.
    SwitchApplication,
}

fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix(['v', 'V']).and_then(|rest| rest.strip_suffix(".0"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

const OPENID: &str = "/.well-known/openid-configuration";
const TENANT: &str = "/.well-known/cxone-configuration";
const JWKS: &str = "/auth/jwks";
const TOKEN: &str = "/auth/token";
const USERHUB_TOKEN: &str = "/authentication/v1/token/access-key";
const USERHUB_REFRESH: &str = "/public/user/refresh";
/// Where a well-known guide says the token endpoint is.
const GUIDE_TOKEN: &str = "/oauth2/token";
const DATA: &str = "/inContactAPI/";

const COMPLETED: &str = "/inContactAPI/services/{version}/contacts/completed";
const CONTACT: &str = "/inContactAPI/services/{version}/contacts/{contactId}";
const TAGS: &str = "/inContactAPI/services/{version}/contacts/{contactId}/tags";

const KEYS: &str = "/access-key-management/v1/access-keys";
const KEY: &str = "/access-key-management/v1/access-keys/{accessKeyId}";
/// Stands for the path that the settings give.
const APPLICATIONS_PATH: &str = "{applicationsPath}";
const APPLICATIONS: &str = "{applicationsPath}/applications";
const APPLICATION: &str = "{applicationsPath}/applications/{applicationId}";

/// The first template that fits is the one, so a fixed segment stands before a name. A region's UserHub knows its
/// tenants as the identity host does.
const ROUTES: [(Surface, &str, &str, Route); 22] = [
    (Surface::CxoneIdentity, "GET", OPENID, Route::OpenidConfiguration),
    (Surface::CxoneIdentity, "GET", TENANT, Route::TenantConfiguration),
    (Surface::CxoneUserhub, "GET", TENANT, Route::TenantConfiguration),
    (Surface::CxoneIdentity, "GET", JWKS, Route::SigningKeys),
    (Surface::CxoneIdentity, "POST", TOKEN, Route::Token),
    (Surface::CxoneUserhub, "POST", USERHUB_TOKEN, Route::LogIn),
    (Surface::CxoneUserhub, "POST", USERHUB_REFRESH, Route::Refresh),
    (Surface::CxoneApi, "POST", GUIDE_TOKEN, Route::GuideToken),
    (Surface::CxoneApi, "GET", COMPLETED, Route::ListCompleted),
    (Surface::CxoneApi, "GET", CONTACT, Route::ReadContact),
    (Surface::CxoneApi, "POST", TAGS, Route::TagContact),
    (Surface::CxoneUserhub, "GET", KEYS, Route::ListKeys),
    (Surface::CxoneUserhub, "POST", KEYS, Route::CreateKey),
    (Surface::CxoneUserhub, "PATCH", KEYS, Route::SwitchKey),
    (Surface::CxoneUserhub, "GET", KEY, Route::ReadKey),
    (Surface::CxoneUserhub, "DELETE", KEY, Route::DeleteKey),
    (Surface::CxoneUserhub, "GET", APPLICATIONS, Route::ListApplications),
    (Surface::CxoneUserhub, "POST", APPLICATIONS, Route::CreateApplication),
    (Surface::CxoneUserhub, "GET", APPLICATION, Route::ReadApplication),
    (Surface::CxoneUserhub, "PATCH", APPLICATION, Route::ChangeApplication),
    (Surface::CxoneUserhub, "DELETE", APPLICATION, Route::DeleteApplication),
    (Surface::CxoneUserhub, "POST", APPLICATION, Route::SwitchApplication),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn place(method: &str, path: &str) -> Option<Place> {
        let settings = CxoneSettings::default();
        Place::of(&settings, &Surfaces(Surface::ALL.to_vec()), method, path)
    }

    #[test]
    fn every_version_of_a_service_is_served() {
        for (path, route, id) in [
            ("/inContactAPI/services/v31.0/contacts/completed", Some(Route::ListCompleted), ""),
            ("/inContactAPI/services/V15.0/contacts/7", Some(Route::ReadContact), "7"),
            ("/inContactAPI/services/31/contacts/7", None, ""),
            ("/inContactAPI/services/v31.0/nothing", None, ""),
        ] {
            let place = place("GET", path).expect("the path is CXone's");
            assert_eq!((place.route, place.ids[1].as_str()), (route, id), "{path}");
        }
    }

    #[test]
    fn what_is_not_cxones_is_left_to_others() {
        assert!(place("POST", "/oauth/token").is_none());
        assert!(place("POST", GUIDE_TOKEN).is_none(), "the guide's path is off by default");
        let put = place("PUT", TOKEN).expect("the path is CXone's");
        assert_eq!((put.route, put.allowed.as_str()), (None, "POST"));
    }

    #[test]
    fn a_listener_serves_its_surfaces_only() {
        let hub = Surfaces(vec![Surface::CxoneUserhub]);
        let of = |path| Place::of(&CxoneSettings::default(), &hub, "GET", path).is_some();
        assert!(of(TENANT) && of(USERHUB_TOKEN) && !of(TOKEN) && !of(COMPLETED));
    }
}
