//! What the configuration says that a client may do: what there will be, where nobody looked at what there is.

use std::collections::BTreeSet;
use std::time::Duration;

use hallpass_core::{IntegrationName, RoleGrantName, SurveyedRole};
use hallpass_lifecycle::scope_lint::{Granted, GrantedRole, UnknownScope};
use hallpass_platforms::guide_names;

use crate::config::{IntegrationConfig, ProvisionConfig, nearest, presentable};

/// What the words of the configuration grant; `None` where they grant nothing, because nothing is said or rights are given elsewhere.
pub(super) fn worded(described: &IntegrationConfig) -> Option<Granted> {
    let settings = &described.platform;
    match (settings.platform.as_str(), settings.profile.as_str(), &described.provision) {
        (_, "guide", provision) => by_scopes(described, provision.as_ref()),
        ("genesys", _, Some(provision)) => {
            Some(by_roles((&described.name, provision), &[], provision.token_lifetime))
        }
        // An access key has the rights of its user, and another server's clients are not made here.
        _ => None,
    }
}

/// What a client of Genesys Cloud would be granted, with tokens that live for `lifetime`. `roles` are those that there are, as far as they may be read.
pub(super) fn by_roles(
    (integration, provision): (&IntegrationName, &ProvisionConfig),
    roles: &[SurveyedRole],
    lifetime: Option<Duration>,
) -> Granted {
    // A role of its own is what it shall be, not what it may have been left as.
    let own = provision.own_role(integration.as_str()).map(|own| own.permissions);
    let there = |name: &str| roles.iter().find(|role| role.name == name)?.permissions.clone();
    let role = |grant: RoleGrantName| GrantedRole {
        permissions: own.clone().or_else(|| there(&grant.role)),
        name: grant.role,
        division: (grant.division != "*").then_some(grant.division),
    };
    Granted {
        roles: provision.rights(integration.as_str()).into_iter().map(role).collect(),
        grant_types: BTreeSet::from(["CLIENT-CREDENTIALS".to_owned()]),
        token_lifetime: lifetime,
        ..Granted::default()
    }
}

/// What the credential of the guides would be granted: the scopes of its form, and those that its token is asked for with.
fn by_scopes(described: &IntegrationConfig, provision: Option<&ProvisionConfig>) -> Option<Granted> {
    let asked = described.platform.scope.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut scopes: BTreeSet<String> = asked.split_whitespace().map(str::to_owned).collect();
    scopes.extend(provision.iter().flat_map(|provision| provision.scopes.iter().cloned()));
    if scopes.is_empty() && provision.is_none() {
        return None;
    }
    let known = guide_names(&described.platform.platform);
    let addresses =
        |provision: &ProvisionConfig| provision.allowed_ips.iter().map(ToString::to_string).collect();
    Some(Granted {
        unknown_scopes: scopes.iter().filter_map(|scope| unknown(scope, &known)).collect(),
        scopes,
        token_lifetime: provision.and_then(|provision| provision.token_lifetime),
        allowed_ips: provision.map(addresses),
        ..Granted::default()
    })
}

/// What is to be said of a scope that `known` has not. A wildcard is another rule's.
fn unknown(scope: &str, known: &[String]) -> Option<UnknownScope> {
    let is_known = known.is_empty() || scope.contains('*') || known.iter().any(|name| name == scope);
    (!is_known).then(|| UnknownScope {
        shown: presentable(scope).into_owned(),
        near: nearest(scope, known.iter().map(String::as_str)).map(str::to_owned),
    })
}

/// What a client of Genesys Cloud gets where nobody says otherwise: a day (`accessTokenValiditySeconds`, default 86,400, in the vendor's
/// `platform-client-sdk-python` build/docs/OAuthClientRequest.md).
pub(super) const GENESYS_LIFETIME: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use super::unknown;

    #[test]
    fn a_misspelt_scope_is_met_with_the_nearest() {
        let known = hallpass_platforms::guide_names("genesys");
        let near = |scope: &str| unknown(scope, &known).map(|one| (one.shown, one.near));
        assert_eq!(near("routing:queue:read"), None);
        assert_eq!(near("routing:*"), None, "another rule speaks of it");
        let meant = Some("routing:queue:read".to_owned());
        assert_eq!(near("routing:queue:reed"), Some(("routing:queue:reed".to_owned(), meant)));
        assert_eq!(near("zzz").unwrap().1, None);
        let pasted = near("kZ7q9mB4tR2wX8yL5nP1sD6fG3hJ0vCcanaryA==").unwrap().0;
        assert!(!pasted.contains("canary"), "{pasted}");
        assert_eq!(unknown("anything", &[]), None, "no table, no judgement");
    }
}
