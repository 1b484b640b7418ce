//! What is asked for and is too much, or cannot be had, before anything is looked at.

use serde::Serialize;

use super::wanted::Wanted;
use crate::scope_lint::{LintRule, is_administrative_role};

/// One thing that is wrong with what is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its stable name.
    pub code: &'static str,
    /// The key that it is about, below the integration's table.
    pub key: &'static str,
    /// What is wrong.
    pub detail: String,
    /// What to do.
    pub hint: String,
}

/// Everything for which a plan is refused. Pure, so that others can ask the same before a deployment.
#[must_use]
pub fn refusals(wanted: &Wanted) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(wanted.grants.iter().filter_map(|grant| role(wanted, &grant.role)));
    let permissions = wanted.own_role.iter().flat_map(|own| &own.permissions);
    findings.extend(permissions.filter_map(|permission| narrow(permission)));
    findings.extend(wanted.scopes.iter().filter_map(|scope| wildcard("provision.scopes", "scope", scope)));
    findings.extend(addresses(wanted));
    findings.extend(lifetime(wanted));
    findings.extend(rights(wanted));
    findings
}

/// A wildcard is no role's name, so nobody can answer for one; an administrator's role is one that lint lets somebody bear.
fn role(wanted: &Wanted, name: &str) -> Option<Finding> {
    wildcard("provision.grants", "role", name).or_else(|| {
        let borne = wanted.accepted.contains(&LintRule::AdminRole);
        (is_administrative_role(name) && !borne).then(|| Finding {
            code: LintRule::AdminRole.code(),
            key: "provision.grants",
            detail: format!("role `{name}` may do nearly everything"),
            hint: "make a role with the permissions that the integration's `allow` needs, and name that"
                .to_owned(),
        })
    })
}

/// A permission that names one action on one kind of thing.
fn narrow(permission: &str) -> Option<Finding> {
    wildcard("provision.permissions", "permission", permission).or_else(|| {
        let parts: Vec<_> = permission.split(':').collect();
        let plain = |part: &&str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        (parts.len() != 3 || !parts.iter().all(plain)).then(|| Finding {
            code: "permission-malformed",
            key: "provision.permissions",
            detail: format!("permission `{permission}` is not `domain:entity:action`"),
            hint: "name each permission as the platform's documents do, such as `routing:queue:view`"
                .to_owned(),
        })
    })
}

fn wildcard(key: &'static str, what: &str, name: &str) -> Option<Finding> {
    name.contains('*').then(|| Finding {
        code: LintRule::WildcardPermission.code(),
        key,
        detail: format!("{what} `{name}` has a wildcard"),
        hint: format!("name each {what} that the integration needs"),
    })
}

fn addresses(wanted: &Wanted) -> Option<Finding> {
    let why = wanted.nature.no_address_list.filter(|_| !wanted.allowed_ips.is_empty())?;
    Some(Finding {
        code: "addresses-not-taken",
        key: "provision.allowed_ips",
        detail: format!("the platform takes no list of addresses for one {}: {why}", wanted.nature.kind),
        hint: "leave `allowed_ips` out, and restrict addresses where the platform lets you".to_owned(),
    })
}

fn lifetime(wanted: &Wanted) -> Option<Finding> {
    let asked = wanted.token_lifetime?;
    let (detail, hint) = match wanted.nature.token_lifetime {
        None => (
            "the platform decides how long its tokens live".to_owned(),
            "leave `token_lifetime` out".to_owned(),
        ),
        Some((least, most)) if asked < least || asked > most => (
            format!("{} s is not a lifetime that the platform takes", asked.as_secs()),
            format!("choose one between {} s and {} s", least.as_secs(), most.as_secs()),
        ),
        Some(_) => return None,
    };
    Some(Finding { code: "lifetime-not-taken", key: "provision.token_lifetime", detail, hint })
}

fn rights(wanted: &Wanted) -> Option<Finding> {
    let (code, detail, hint) = match (wanted.nature.takes_grants, wanted.grants.is_empty()) {
        (true, true) => (
            "no-rights",
            "no role is named, and the platform makes no client without one",
            "name roles in `grants`: `[{ role = \"queue-sync\", division = \"Sales\" }]`, or `permissions` and `divisions`, from which the role is made",
        ),
        (false, false) => (
            "rights-not-taken",
            "an access key has the rights of its user, and no others can be given to it",
            "leave `grants` and `permissions` out, and give the user the role in the platform's console",
        ),
        _ => return None,
    };
    let (detail, hint) = (detail.to_owned(), hint.to_owned());
    Some(Finding { code, key: "provision.grants", detail, hint })
}

#[cfg(test)]
mod tests {
    use super::refusals;
    use crate::provisioning::OwnRole;
    use crate::provisioning::tests::wanted;
    use crate::scope_lint::LintRule;
    use hallpass_core::RoleGrantName;
    use std::time::Duration;

    fn codes(change: impl FnOnce(&mut super::Wanted)) -> Vec<&'static str> {
        let mut wanted = wanted();
        change(&mut wanted);
        refusals(&wanted).into_iter().map(|finding| finding.code).collect()
    }

    fn role(name: &str) -> RoleGrantName {
        RoleGrantName { role: name.to_owned(), division: "Sales".to_owned() }
    }

    #[test]
    fn what_is_narrow_is_not_refused() {
        assert_eq!(codes(|_| ()), Vec::<&str>::new());
    }

    #[test]
    fn what_is_too_broad_or_cannot_be_had_is_refused_by_name() {
        for name in ["admin", "Master Admin", " ADMINISTRATOR "] {
            assert_eq!(codes(|wanted| wanted.grants.push(role(name))), ["admin-role"], "{name}");
        }
        for (name, left) in [("admin", &[][..]), ("admin:*", &["wildcard-permission"])] {
            let borne = codes(|wanted| {
                wanted.grants.push(role(name));
                wanted.accepted = [LintRule::AdminRole, LintRule::WildcardPermission].into();
            });
            assert_eq!(borne, left, "{name}");
        }
        assert_eq!(codes(|wanted| wanted.grants.push(role("routing:*"))), ["wildcard-permission"]);
        assert_eq!(codes(|wanted| wanted.scopes.push("read:*".into())), ["wildcard-permission"]);
        assert_eq!(codes(|wanted| wanted.allowed_ips.push("203.0.113.7/32".into())), ["addresses-not-taken"]);
        for seconds in [299, 172_801] {
            let wanted =
                |wanted: &mut super::Wanted| wanted.token_lifetime = Some(Duration::from_secs(seconds));
            assert_eq!(codes(wanted), ["lifetime-not-taken"], "{seconds}");
        }
        assert_eq!(codes(|wanted| wanted.grants.clear()), ["no-rights"]);
        for (permission, code) in [
            ("routing:*:view", "wildcard-permission"),
            ("*", "wildcard-permission"),
            ("routing:queue", "permission-malformed"),
            ("routing:queue:view:all", "permission-malformed"),
            ("routing::view", "permission-malformed"),
            ("admin", "permission-malformed"),
            ("routing:queue:view me", "permission-malformed"),
        ] {
            let own = |permissions| OwnRole {
                name: "hallpass queue-sync".into(),
                permissions,
                divisions: vec!["Sales".into()],
                division_ids: Vec::new(),
            };
            let permissions = ["routing:queue:view", permission].map(String::from);
            assert_eq!(
                codes(|wanted| wanted.own_role = Some(own(permissions.into()))),
                [code],
                "{permission}"
            );
        }
        let key = |wanted: &mut super::Wanted| {
            wanted.nature.takes_grants = false;
            wanted.nature.token_lifetime = None;
        };
        assert_eq!(codes(key), ["lifetime-not-taken", "rights-not-taken"]);
    }
}
