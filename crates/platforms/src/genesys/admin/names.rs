//! Names of roles and divisions, and the ids that the platform knows them by. Pure: no I/O in here.

use std::collections::BTreeMap;

use hallpass_core::{Fault, FaultCode, RoleGrant, RoleGrantName};
use serde_json::Value;

/// Ids by name: several where several share it.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<String, Vec<String>>);

impl Names {
    /// The names in a listing. What has none is passed over: nobody can mean it.
    pub(super) fn of(entities: &[Value]) -> Self {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for entity in entities {
            if let (Some(name), Some(id)) = (entity["name"].as_str(), entity["id"].as_str()) {
                names.entry(name.to_owned()).or_default().push(id.to_owned());
            }
        }
        Self(names)
    }

    fn one(&self, what: &str, name: &str) -> Result<String, String> {
        match self.0.get(name).map(Vec::as_slice) {
            Some([id]) => Ok(id.clone()),
            Some([_, ..]) => Err(format!("several {what}s are called `{name}`")),
            _ => Err(format!("there is no {what} `{name}`{}", self.near(name))),
        }
    }

    /// Upper and lower case matter, and are what people get wrong most.
    fn near(&self, name: &str) -> String {
        let same = |known: &&String| known.trim().eq_ignore_ascii_case(name.trim());
        self.0.keys().find(same).map_or_else(String::new, |known| format!(", but `{known}`"))
    }
}

/// The ids of roles and divisions, in the order asked.
///
/// # Errors
/// `provision-refused` naming everything that cannot be found, at once.
pub(super) fn resolve(
    wanted: &[RoleGrantName],
    roles: &Names,
    divisions: &Names,
) -> Result<Vec<RoleGrant>, Fault> {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for grant in wanted {
        let role = roles.one("role", &grant.role);
        let division = match grant.division.as_str() {
            "*" => Ok("*".to_owned()),
            name => divisions.one("division", name),
        };
        match (role, division) {
            (Ok(role), Ok(division)) => found.push(RoleGrant { role, division }),
            (role, division) => wrong.extend([role.err(), division.err()].into_iter().flatten()),
        }
    }
    if wrong.is_empty() {
        return Ok(found);
    }
    wrong.dedup();
    Err(Fault::new(FaultCode::ProvisionRefused, wrong.join("; ")).with_hint(
        "correct `provision.grants`, or make the role or division first; names are compared letter by letter",
    ))
}

/// The ids of divisions, in the order asked.
///
/// # Errors
/// `provision-refused` naming everything that cannot be found, at once.
pub(super) fn divisions(names: &[String], known: &Names) -> Result<Vec<String>, Fault> {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for name in names {
        match if name == "*" { Ok(name.clone()) } else { known.one("division", name) } {
            Ok(id) => found.push(id),
            Err(what) => wrong.push(what),
        }
    }
    if wrong.is_empty() {
        return Ok(found);
    }
    Err(Fault::new(FaultCode::ProvisionRefused, wrong.join("; ")).with_hint(
        "correct `provision.divisions`, or make the division first; names are compared letter by letter",
    ))
}

#[cfg(test)]
mod tests {
    use super::{Names, resolve};
    use hallpass_core::{RoleGrant, RoleGrantName};
    use serde_json::json;

    fn names(pairs: &[(&str, &str)]) -> Names {
        let entities: Vec<_> = pairs.iter().map(|(id, name)| json!({ "id": id, "name": name })).collect();
        Names::of(&entities)
    }

    fn grant(role: &str, division: &str) -> RoleGrantName {
        RoleGrantName { role: role.into(), division: division.into() }
    }

    #[test]
    fn a_role_in_every_division_needs_no_division() {
        let found = resolve(&[grant("Queues", "*")], &names(&[("r", "Queues")]), &Names::default()).unwrap();
        assert_eq!(found, [RoleGrant { role: "r".into(), division: "*".into() }]);
    }

    #[test]
    fn everything_that_cannot_be_found_is_said_at_once() {
        let roles = names(&[("r", "Queues"), ("x", "Twice"), ("y", "Twice")]);
        let wanted = [grant("queues", "Sales"), grant("Twice", "Sales"), grant("None", "*")];
        let fault = resolve(&wanted, &roles, &names(&[])).unwrap_err();
        assert_eq!(
            fault.detail(),
            "there is no role `queues`, but `Queues`; there is no division `Sales`; several roles are called `Twice`; \
             there is no division `Sales`; there is no role `None`"
        );
    }
}
