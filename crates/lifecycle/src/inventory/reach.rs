//! How far a client reaches, by area of its platform's permissions.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::scope_lint::{is_wildcard, writes};

/// What may be done in an area. The wider is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Something may be read.
    Read,
    /// Something may be changed.
    Write,
    /// Everything.
    All,
}

impl Access {
    /// In a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::All => "all",
        }
    }
}

/// The areas of `permissions`, which is what stands before the first colon, with the widest access in each.
pub fn areas<'p>(permissions: impl IntoIterator<Item = &'p str>) -> BTreeMap<String, Access> {
    let mut areas: BTreeMap<String, Access> = BTreeMap::new();
    for permission in permissions {
        let area = permission.split(':').next().unwrap_or(permission);
        let access = match (is_wildcard(permission), writes(permission)) {
            (true, _) => Access::All,
            (false, true) => Access::Write,
            (false, false) => Access::Read,
        };
        let held = areas.entry(area.to_owned()).or_insert(access);
        *held = (*held).max(access);
    }
    areas
}

#[cfg(test)]
mod tests {
    use super::{Access, areas};

    #[test]
    fn the_widest_access_of_an_area_counts() {
        let found =
            areas(["routing:queue:view", "routing:queue:edit", "analytics:x:view", "users:*", "*:*:*"]);
        let found: Vec<_> = found.iter().map(|(area, access)| (area.as_str(), *access)).collect();
        assert_eq!(
            found,
            [
                ("*", Access::All),
                ("analytics", Access::Read),
                ("routing", Access::Write),
                ("users", Access::All)
            ]
        );
    }
}
