//! What is there and was never used.

use std::collections::BTreeSet;

use hallpass_core::policy::Rule;
use hallpass_core::{Fault, FaultCode};
use serde::Deserialize;

use super::record::Record;
use super::role::Role;

/// What an integration may do and did not, since some day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Rules of the allow-list that covered no call.
    pub rules: Vec<UnusedRule>,
    /// Rules that did.
    pub used: usize,
}

/// A rule that covered no call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedRule {
    /// The rule.
    pub rule: String,
    /// When it last did, in milliseconds since the Unix epoch, if it ever did.
    pub last_ms: Option<u64>,
}

impl Unused {
    /// Which of `rules` covered no call of `record` since `since_ms`. A rule that was changed is another rule.
    #[must_use]
    pub fn of(record: &Record, rules: &[Rule], since_ms: u64) -> Self {
        let last = |rule: &Rule| {
            let covered = record.calls.iter().filter(|call| call.rule.as_deref() == Some(rule.as_str()));
            covered.map(|call| call.last_ms).max()
        };
        let rules: Vec<_> = rules.iter().map(|rule| (rule, last(rule))).collect();
        let is_used = |last: &Option<u64>| last.is_some_and(|last| last >= since_ms);
        let used = rules.iter().filter(|(_, last)| is_used(last)).count();
        let unused = rules.into_iter().filter(|(_, last)| !is_used(last));
        let row = |(rule, last_ms): (&Rule, _)| UnusedRule { rule: rule.to_string(), last_ms };
        Self { rules: unused.map(row).collect(), used }
    }
}

/// The permissions that a role holds at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    permissions: BTreeSet<String>,
}

impl HeldRole {
    /// A role with these permissions; none is possible, too.
    #[must_use]
    pub fn of(permissions: BTreeSet<String>) -> Self {
        Self { permissions }
    }

    /// What it holds, in order.
    pub fn permissions(&self) -> impl Iterator<Item = &str> {
        self.permissions.iter().map(String::as_str)
    }

    /// Reads a role: the JSON of a platform's role (`permissions`, `permissionPolicies`), or a text with one permission a line, where `#` begins a remark.
    ///
    /// # Errors
    /// `permissions-unreadable`; nothing is quoted.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let permissions: BTreeSet<String> = if text.trim_start().starts_with('{') {
            let role: RoleDocument =
                serde_json::from_str(text).map_err(|_| unreadable("it is no role in JSON"))?;
            role.names().collect()
        } else {
            let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
            lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
        };
        if permissions.is_empty() {
            return Err(unreadable("it names no permission"));
        }
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'*' | b'.');
        if permissions.iter().any(|name| name.len() > 200 || !name.bytes().all(plain)) {
            return Err(unreadable("a permission in it is not of the form `domain:entity:action`"));
        }
        Ok(Self { permissions })
    }

    /// What it holds and `role` never needs.
    #[must_use]
    pub fn never_needed(&self, role: &Role) -> Vec<&str> {
        let needed: Vec<&str> = role.names().collect();
        let idle = |held: &&String| !needed.iter().any(|name| grants(held, name));
        self.permissions.iter().filter(idle).map(String::as_str).collect()
    }

    /// What it holds by a wildcard and `role` needs less of, with what that is.
    #[must_use]
    pub fn too_broad<'a>(&'a self, role: &'a Role) -> Vec<(&'a str, Vec<&'a str>)> {
        let wild = self.permissions.iter().filter(|held| held.contains('*'));
        let needed = wild
            .map(|held| (held.as_str(), role.names().filter(|name| grants(held, name)).collect::<Vec<_>>()));
        needed.filter(|(_, names)| !names.is_empty()).collect()
    }

    /// What `role` needs and this does not hold.
    #[must_use]
    pub fn lacking<'a>(&self, role: &'a Role) -> Vec<&'a str> {
        role.names().filter(|name| !self.permissions.iter().any(|held| grants(held, name))).collect()
    }
}

/// Whether the permission `held`, in which a part may be `*`, grants `needed`.
fn grants(held: &str, needed: &str) -> bool {
    let (held, needed): (Vec<&str>, Vec<&str>) = (held.split(':').collect(), needed.split(':').collect());
    held == ["*"]
        || (held.len() == needed.len()
            && held.iter().zip(&needed).all(|(held, needed)| *held == "*" || held == needed))
}

/// A role as the platform shows it (`DomainOrganizationRole` in the vendor's SDK).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleDocument {
    #[serde(default)]
    permissions: Vec<String>,
    #[serde(default)]
    permission_policies: Vec<PolicyDocument>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyDocument {
    domain: String,
    entity_name: String,
    #[serde(default)]
    action_set: Vec<String>,
}

impl RoleDocument {
    fn names(self) -> impl Iterator<Item = String> {
        let of_policy = |policy: PolicyDocument| {
            let PolicyDocument { domain, entity_name, action_set } = policy;
            action_set.into_iter().map(move |action| format!("{domain}:{entity_name}:{action}"))
        };
        self.permissions.into_iter().chain(self.permission_policies.into_iter().flat_map(of_policy))
    }
}

fn unreadable(detail: &str) -> Fault {
    Fault::new(FaultCode::PermissionsUnreadable, detail.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{HeldRole, Unused};
    use crate::learn::record::tests::{call, record};
    use crate::learn::{Permissions, Requirement, Requirements, Role, Tight};
    use hallpass_core::policy::Rule;

    #[test]
    fn rules_that_covered_nothing_are_unused() {
        let record = record(vec![
            call("GET", "/a", Some("GET /**"), 1),
            call("GET", "/b", Some("GET /b"), 1),
            call("PUT", "/a", None, 0),
        ]);
        let rules: Vec<Rule> = ["GET /**", "GET /b", "PUT /a"].map(|rule| rule.parse().unwrap()).into();
        let names = |since| {
            Unused::of(&record, &rules, since)
                .rules
                .into_iter()
                .map(|rule| (rule.rule, rule.last_ms))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(0), [("PUT /a".to_owned(), None)]);
        assert_eq!(names(2000).len(), 1);
        assert_eq!(names(2001)[0], ("GET /**".to_owned(), Some(2000)));
        assert_eq!(Unused::of(&record, &rules, 0).used, 2);
    }

    fn needed() -> Role {
        let row = |path: &str, name: &str| Requirement {
            method: "GET".into(),
            path: path.into(),
            needs: Permissions::All(vec![name.into()]),
            by_client: true,
            source: String::new(),
        };
        let table = Requirements::new(vec![row("/a", "a:b:view"), row("/c", "c:d:view")]);
        let record =
            record(vec![call("GET", "/a", Some("GET /**"), 1), call("GET", "/c", Some("GET /**"), 1)]);
        Role::of(&record, &Tight::of(&record, false), &table, &[])
    }

    #[test]
    fn a_role_is_compared_with_what_is_needed() {
        let held = HeldRole::read("a:b:view  # needed\n\na:b:delete\nc:*:*\nx:*:view\n").unwrap();
        let role = needed();
        assert_eq!(held.never_needed(&role), ["a:b:delete", "x:*:view"]);
        assert_eq!(held.too_broad(&role), [("c:*:*", vec!["c:d:view"])]);
        assert!(held.lacking(&role).is_empty());
        assert_eq!(HeldRole::read("a:b:edit").unwrap().lacking(&role), ["a:b:view", "c:d:view"]);
        assert!(HeldRole::read("*").unwrap().lacking(&role).is_empty());
    }

    #[test]
    fn a_role_of_the_platform_is_read() {
        let json = r#"{ "id": "r", "permissions": ["a:b:view"], "permissionPolicies": [
            { "domain": "c", "entityName": "d", "actionSet": ["view", "edit"], "allowConditions": false } ] }"#;
        let held = HeldRole::read(json).unwrap();
        assert_eq!(held.never_needed(&needed()), ["c:d:edit"]);
        for bad in ["", "{", "{}", "# none", "a b", "{\"permissions\": [7]}"] {
            assert!(HeldRole::read(bad).is_err(), "{bad}");
        }
    }
}
