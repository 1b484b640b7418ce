//! What each rule looks at.

use std::time::Duration;

use hallpass_core::policy::Rule;

use super::permission::{administers_oauth, is_administrative_role, is_wildcard, writes};
use super::{Custody, Finding, LintRule, Subject};
use crate::rotation::Spoken;

type Judge = fn(&Subject) -> Vec<Finding>;

/// The rules that look at one integration.
pub(super) const ALL: &[Judge] = &[
    wildcards,
    oauth_administration,
    admin_roles,
    user_grants,
    custody,
    overdue,
    open_policy,
    unused_writes,
    unused_permissions,
    rotation,
    token_lifetime,
    ip_list,
    scopes,
    unknown_scopes,
];

fn wildcards(subject: &Subject) -> Vec<Finding> {
    let Some(granted) = &subject.granted else { return Vec::new() };
    let all = granted.all_permissions().chain(granted.scopes.iter().map(String::as_str));
    // The name of a role is a person's choice; a `*` in it says what the person had in mind.
    let roles = granted.roles.iter().map(|role| role.name.as_str()).filter(|name| name.contains('*'));
    let texts: Vec<_> = all.filter(|text| is_wildcard(text)).chain(roles).collect();
    one(LintRule::WildcardPermission, subject, !texts.is_empty(), || listed(&texts))
}

/// What it is granted, and what it may call: either is enough to make a client.
fn oauth_administration(subject: &Subject) -> Vec<Finding> {
    if subject.administers {
        return Vec::new();
    }
    let granted = subject
        .granted
        .iter()
        .flat_map(|granted| granted.all_permissions().chain(granted.scopes.iter().map(String::as_str)));
    let mut seen: Vec<_> = granted.filter(|text| administers_oauth(text)).map(str::to_owned).collect();
    for path in ADMINISTRATION {
        let rule = subject.allow.iter().find(|rule| changes(rule, path));
        if let Some(rule) = rule
            && !seen.iter().any(|one| one == rule.as_str())
        {
            seen.push(rule.as_str().to_owned());
        }
    }
    let texts: Vec<_> = seen.iter().map(String::as_str).collect();
    one(LintRule::OauthAdministration, subject, !texts.is_empty(), || listed(&texts))
}

/// Whether the rule lets `path` be called with a method that changes something.
fn changes(rule: &Rule, path: &str) -> bool {
    let method = rule.as_str().split(' ').next().and_then(|method| method.parse().ok());
    !reads(rule) && method.is_some_and(|method| rule.covers(&method, path, None))
}

fn reads(rule: &Rule) -> bool {
    matches!(rule.as_str().split(' ').next(), Some("GET" | "HEAD" | "OPTIONS"))
}

/// Paths behind which clients and keys are made and changed: one of each kind, as both platforms have them, with and without an upstream's name.
const ADMINISTRATION: [&str; 6] = [
    "/api/v2/oauth/clients",
    "/api/v2/oauth/clients/x",
    "/api/v2/oauth/clients/x/secret",
    "/access-key-management/v1/access-keys",
    "/userhub/access-key-management/v1/access-keys",
    "/userhub/access-key-management/v1/access-keys/x",
];

fn admin_roles(subject: &Subject) -> Vec<Finding> {
    let roles = subject.granted.iter().flat_map(|granted| &granted.roles);
    let names: Vec<_> =
        roles.map(|role| role.name.as_str()).filter(|name| is_administrative_role(name)).collect();
    one(LintRule::AdminRole, subject, !names.is_empty(), || listed(&names))
}

fn user_grants(subject: &Subject) -> Vec<Finding> {
    let types = subject.granted.iter().flat_map(|granted| &granted.grant_types);
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let others: Vec<_> =
        types.map(String::as_str).filter(|text| plain(text) != "clientcredentials").collect();
    one(LintRule::UserGrant, subject, !others.is_empty(), || listed(&others))
}

fn custody(subject: &Subject) -> Vec<Finding> {
    let variable = subject.custody.contains(&Custody::PlainVariable);
    one(LintRule::PlainVariable, subject, variable, || "`secret` is an `env:` reference".to_owned())
}

fn overdue(subject: &Subject) -> Vec<Finding> {
    let (Some(age), period) = (subject.age, subject.period.unwrap_or(LONGEST_PERIOD)) else {
        return Vec::new();
    };
    one(LintRule::SecretOverdue, subject, age > period, || {
        format!("{} old; its period is {}", Spoken(age), Spoken(period))
    })
}

/// The period of a secret that has none: what auditors ask for. A policy, not a law.
pub const LONGEST_PERIOD: Duration = Duration::from_secs(90 * 86_400);

/// A rule that covers two calls which no integration has in common covers everything.
fn open_policy(subject: &Subject) -> Vec<Finding> {
    let open = |text: &str| {
        let path = text.split_once(' ').map_or("", |(_, path)| path);
        path.strip_suffix("/**").is_some_and(|root| {
            root.split('/').all(|part| {
                matches!(part, "" | "*" | "api" | "incontactapi" | "services" | "userhub") || is_version(part)
            })
        })
    };
    let rules: Vec<_> = subject.allow.iter().map(Rule::as_str).filter(|text| open(text)).collect();
    one(LintRule::OpenPolicy, subject, !rules.is_empty(), || listed(&rules))
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

fn unused_writes(subject: &Subject) -> Vec<Finding> {
    let Some(granted) = subject.granted.as_ref().filter(|_| subject.allow.iter().all(reads)) else {
        return Vec::new();
    };
    let all = granted.all_permissions().chain(granted.scopes.iter().map(String::as_str));
    let texts: Vec<_> = all.filter(|text| writes(text) && !is_wildcard(text)).collect();
    one(LintRule::WriteUnused, subject, !texts.is_empty(), || listed(&texts))
}

fn unused_permissions(subject: &Subject) -> Vec<Finding> {
    let needed = subject.needed.as_ref().filter(|needed| needed.is_whole());
    // An administrator has to hold whatever it gives, though no call of its own needs that.
    let (Some(granted), Some(needed), false) = (&subject.granted, needed, subject.administers) else {
        return Vec::new();
    };
    let unused = |text: &&str| !needed.permissions.contains(*text) && !is_wildcard(text);
    let texts: Vec<_> = granted.all_permissions().filter(unused).collect();
    one(LintRule::PermissionUnused, subject, !texts.is_empty(), || listed(&texts))
}

fn rotation(subject: &Subject) -> Vec<Finding> {
    let mut findings =
        one(LintRule::NoRotation, subject, subject.period.is_none() && !subject.administers, || {
            "it has no table `rotation`".to_owned()
        });
    let untried = subject.period.is_some() && !subject.canaries;
    findings.extend(one(LintRule::NoCanary, subject, untried, || {
        "neither `rotation.verify` nor `rotation.verify_command`".to_owned()
    }));
    findings
}

fn token_lifetime(subject: &Subject) -> Vec<Finding> {
    let granted = subject.granted.as_ref().and_then(|granted| granted.token_lifetime);
    let needed = subject.token_lifetime_needed;
    let Some(life) = granted.filter(|life| *life > needed) else { return Vec::new() };
    one(LintRule::TokenLifetime, subject, true, || format!("{}, needed {}", Spoken(life), Spoken(needed)))
}

fn ip_list(subject: &Subject) -> Vec<Finding> {
    let list = subject.granted.as_ref().and_then(|granted| granted.allowed_ips.as_ref());
    let open = list.is_some_and(Vec::is_empty);
    one(LintRule::NoIpList, subject, open, || "the client has no list of addresses".to_owned())
}

fn scopes(subject: &Subject) -> Vec<Finding> {
    let scopes: Vec<_> =
        subject.granted.iter().flat_map(|granted| &granted.scopes).map(String::as_str).collect();
    one(LintRule::ScopesWithoutEffect, subject, subject.roles_decide && !scopes.is_empty(), || {
        listed(&scopes)
    })
}

fn unknown_scopes(subject: &Subject) -> Vec<Finding> {
    let unknown = subject.granted.iter().flat_map(|granted| &granted.unknown_scopes);
    let texts: Vec<_> = unknown
        .map(|one| match &one.near {
            Some(near) => format!("`{}` (did you mean `{near}`?)", one.shown),
            None => format!("`{}`", one.shown),
        })
        .collect();
    one(LintRule::UnknownScope, subject, !texts.is_empty(), || texts.join(", "))
}

/// Which others have its client, by id or by a place of the secret.
pub(super) fn shared(subject: &Subject, all: &[Subject]) -> Vec<Finding> {
    let same = |other: &&Subject| {
        let same_id = other.client_id.is_some() && other.client_id == subject.client_id;
        other.name != subject.name && (same_id || !other.places.is_disjoint(&subject.places))
    };
    let others: Vec<_> = all.iter().filter(same).map(|other| other.name.as_str()).collect();
    one(LintRule::SharedClient, subject, !others.is_empty(), || format!("with {}", listed(&others)))
}

fn one(rule: LintRule, subject: &Subject, holds: bool, detail: impl FnOnce() -> String) -> Vec<Finding> {
    if holds { vec![Finding::of(rule, subject, detail())] } else { Vec::new() }
}

/// The first few, and how many more.
fn listed(texts: &[&str]) -> String {
    let mut first: Vec<_> = texts.iter().take(SHOWN).map(|text| format!("`{text}`")).collect();
    if let Some(more @ 1..) = texts.len().checked_sub(SHOWN) {
        first.push(format!("{more} more"));
    }
    first.join(", ")
}

const SHOWN: usize = 5;

#[cfg(test)]
mod tests;
