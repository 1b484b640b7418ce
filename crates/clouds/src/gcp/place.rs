//! Where secrets are: a project, or a location of one.

use std::fmt;

use hallpass_core::{EntryName, Fault, FaultCode, Version};

/// `projects/P` or `projects/P/locations/L`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    parent: String,
    project: String,
    location: Option<String>,
}

/// What is neither `projects/P` nor `projects/P/locations/L`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceFault;

impl Place {
    /// Reads `projects/P` or `projects/P/locations/L`. P is a project's id or number, L a region such as `europe-west3`.
    ///
    /// # Errors
    /// It is neither, or holds a character that no project and no location has.
    pub fn parse(text: &str) -> Result<Self, PlaceFault> {
        let parts: Vec<_> = text.split('/').collect();
        let (project, location) = match parts[..] {
            ["projects", project] => (project, None),
            ["projects", project, "locations", location] => (project, Some(location)),
            _ => return Err(PlaceFault),
        };
        // `:` and `.` are in the ids of projects that belong to a domain, such as `example.com:acme`.
        let plain = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte))
        };
        if !plain(project) || location.is_some_and(|location| !plain(location)) {
            return Err(PlaceFault);
        }
        Ok(Self {
            parent: text.to_owned(),
            project: project.to_owned(),
            location: location.map(str::to_owned),
        })
    }

    /// As given.
    #[must_use]
    pub fn parent(&self) -> &str {
        &self.parent
    }

    /// The project's id or number.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The location, for secrets that live in one region only.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// Where the API is for this place. Secrets of a location are known to that location's own endpoint alone:
    /// <https://cloud.google.com/secret-manager/regional-secrets/create-regional-secret>.
    pub(super) fn endpoint(&self) -> Option<String> {
        self.location.as_ref().map(|location| format!("https://secretmanager.{location}.rep.googleapis.com"))
    }

    /// The full name of a secret.
    ///
    /// # Errors
    /// `reference-malformed`: Secret Manager has no secret of such a name ("a string with a maximum length of 255 characters and can contain
    /// uppercase and lowercase letters, numerals, and the hyphen and underscore characters",
    /// <https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create>). Asked here, because what holds a slash
    /// would name something else.
    pub(super) fn secret(&self, entry: &EntryName) -> Result<String, Fault> {
        let name = entry.as_str();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if name.len() > 255 || !name.bytes().all(plain) {
            let detail =
                format!("`gcp-sm:` with a secret's name of {} bytes that Google does not allow", name.len());
            return Err(Fault::new(FaultCode::ReferenceMalformed, detail)
                .with_hint("use 1 to 255 letters, digits, `-` and `_` as the secret's name"));
        }
        Ok(format!("{}/secrets/{name}", self.parent))
    }

    /// What hallpass calls a version: its full name, with the project as it was given. A number alone would be equal for different content in
    /// two projects, and readers that fail over between projects compare versions.
    pub(super) fn version(&self, entry: &EntryName, number: i64) -> Version {
        Version::new(&format!("{}/secrets/{entry}/versions/{number}", self.parent))
    }

    /// The number in a version of `entry`; `None` for a version of anything else.
    pub(super) fn number(&self, entry: &EntryName, version: &Version) -> Option<i64> {
        let rest = version.as_str().strip_prefix(&self.parent)?.strip_prefix("/secrets/")?;
        let digits = rest.strip_prefix(entry.as_str())?.strip_prefix("/versions/")?;
        digits.parse().ok().filter(|number| *number > 0)
    }

    /// What tells `gcloud` this place: `--project=P`, and `--location=L` where there is one.
    pub(super) fn flags(&self) -> String {
        match &self.location {
            None => format!("--project={}", self.project),
            Some(location) => format!("--project={} --location={location}", self.project),
        }
    }
}

/// The last segment of a resource's name. What Google answers names the project by its number, so names are never compared whole.
pub(super) fn last_segment(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

/// The number at the end of a version's name.
pub(super) fn number_of(name: &str) -> Option<i64> {
    last_segment(name).parse().ok().filter(|number| *number > 0)
}

/// The command that makes `number` CURRENT by hand.
pub(super) fn pin_command(place: &Place, entry: &EntryName, number: &str) -> String {
    format!("gcloud secrets update {entry} --update-version-aliases=current={number} {}", place.flags())
}

impl fmt::Display for PlaceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected projects/P or projects/P/locations/L")
    }
}

impl std::error::Error for PlaceFault {}

#[cfg(test)]
mod tests {
    use hallpass_core::Version;

    use super::{Place, number_of};

    #[test]
    fn a_place_is_a_project_or_a_location_of_one() {
        let place = Place::parse("projects/acme-prod/locations/europe-west3").expect("a location");
        assert_eq!((place.project(), place.location()), ("acme-prod", Some("europe-west3")));
        assert_eq!(
            place.endpoint().as_deref(),
            Some("https://secretmanager.europe-west3.rep.googleapis.com")
        );
        assert_eq!(place.flags(), "--project=acme-prod --location=europe-west3");
        let place = Place::parse("projects/example.com:acme").expect("a project of a domain");
        assert_eq!((place.endpoint(), place.location()), (None, None));
        for wrong in ["", "projects/", "projects/a/secrets/b", "projects/a/locations/", "projects/a?b", "x/a"]
        {
            assert!(Place::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_version_belongs_to_one_entry_of_one_place() {
        let place = Place::parse("projects/p").expect("a project");
        let (a, ab) = ("a".parse().expect("a name"), "ab".parse().expect("a name"));
        let version = place.version(&a, 7);
        assert_eq!(version.as_str(), "projects/p/secrets/a/versions/7");
        assert_eq!(place.number(&a, &version), Some(7));
        assert_eq!(place.number(&ab, &version), None);
        assert_eq!(Place::parse("projects/q").expect("another").number(&a, &version), None);
        for odd in ["7", "projects/p/secrets/a/versions/latest", "projects/p/secrets/a/versions/-1"] {
            assert_eq!(place.number(&a, &Version::new(odd)), None, "{odd}");
        }
        assert_eq!(number_of("projects/4711/secrets/a/versions/12"), Some(12));
        assert_eq!(number_of("projects/4711/secrets/a/versions/latest"), None);
    }

    #[test]
    fn names_that_google_does_not_allow_are_refused_unsaid() {
        let place = Place::parse("projects/p").expect("a project");
        for odd in ["a/b", "a b", "a.b", "é", "a:access", &"x".repeat(256)] {
            let fault =
                place.secret(&odd.parse().expect("an entry's name")).expect_err("not a secret's name");
            assert!(!fault.to_string().contains(odd), "{fault}");
        }
    }
}
