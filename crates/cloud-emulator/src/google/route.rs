//! Which method a request means.

use http::Method;

use super::checksum::crc32c;
use crate::message::Received;

/// What is asked of what.
#[derive(Debug)]
pub(super) struct Route {
    /// The parent or the secret, with the project's number.
    pub(super) name: String,
    /// The version as asked for: a number, an alias or `latest`. Empty where there is none.
    pub(super) version: String,
    pub(super) action: Action,
}

/// The methods.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    CreateSecret,
    ListSecrets,
    GetSecret,
    PatchSecret,
    AddVersion,
    ListVersions,
    GetVersion,
    AccessVersion,
    EnableVersion,
    DisableVersion,
    DestroyVersion,
}

impl Route {
    pub(super) fn of(request: &Received) -> Option<Self> {
        let segments = request.segments();
        let mut parts = segments.iter().map(String::as_str);
        if parts.next()? != "v1" || parts.next()? != "projects" {
            return None;
        }
        let mut name = format!("projects/{}", number_of(parts.next()?));
        let mut kind = parts.next()?;
        if kind == "locations" {
            name = format!("{name}/locations/{}", parts.next()?);
            kind = parts.next()?;
        }
        if kind != "secrets" {
            return None;
        }
        let rest: Vec<&str> = parts.collect();
        let (action, secret, version) = action_of(&request.method, &rest)?;
        if !secret.is_empty() {
            name = format!("{name}/secrets/{secret}");
        }
        Some(Self { name, version: version.to_owned(), action })
    }
}

fn action_of<'a>(method: &Method, rest: &[&'a str]) -> Option<(Action, &'a str, &'a str)> {
    let found = match (method.as_str(), rest) {
        ("POST", []) => (Action::CreateSecret, "", ""),
        ("GET", []) => (Action::ListSecrets, "", ""),
        ("GET", [secret]) => (Action::GetSecret, *secret, ""),
        ("PATCH", [secret]) => (Action::PatchSecret, *secret, ""),
        ("POST", [secret]) => (Action::AddVersion, secret.strip_suffix(":addVersion")?, ""),
        ("GET", [secret, "versions"]) => (Action::ListVersions, *secret, ""),
        ("GET", [secret, "versions", version]) => match version.strip_suffix(":access") {
            Some(version) => (Action::AccessVersion, *secret, version),
            None => (Action::GetVersion, *secret, *version),
        },
        ("POST", [secret, "versions", version]) => {
            let (version, verb) = version.split_once(':')?;
            let action = match verb {
                "enable" => Action::EnableVersion,
                "disable" => Action::DisableVersion,
                "destroy" => Action::DestroyVersion,
                _ => return None,
            };
            (action, *secret, version)
        }
        _ => return None,
    };
    Some(found)
}

impl Action {
    /// What it needs: <https://cloud.google.com/secret-manager/docs/access-control>
    pub(super) fn permission(self) -> &'static str {
        match self {
            Self::CreateSecret => "secretmanager.secrets.create",
            Self::ListSecrets => "secretmanager.secrets.list",
            Self::GetSecret => "secretmanager.secrets.get",
            Self::PatchSecret => "secretmanager.secrets.update",
            Self::AddVersion => "secretmanager.versions.add",
            Self::ListVersions => "secretmanager.versions.list",
            Self::GetVersion => "secretmanager.versions.get",
            Self::AccessVersion => "secretmanager.versions.access",
            Self::EnableVersion => "secretmanager.versions.enable",
            Self::DisableVersion => "secretmanager.versions.disable",
            Self::DestroyVersion => "secretmanager.versions.destroy",
        }
    }
}

/// Google answers with the number whether it was asked by number or by id. Here a number belongs to every id.
fn number_of(project: &str) -> String {
    if project.bytes().all(|byte| byte.is_ascii_digit()) {
        return project.to_owned();
    }
    (100_000_000_000 + u64::from(crc32c(project.as_bytes()))).to_string()
}
