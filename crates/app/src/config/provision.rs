//! The client that an integration shall have at its platform, as it is written and as it is meant.

use std::collections::BTreeMap;

use hallpass_core::{IntegrationName, RoleGrantName};
use hallpass_lifecycle::provisioning::OwnRole;
use hallpass_platforms::PlatformSettings;
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;
use super::check::Checker;
use super::file::IntegrationTable;
use super::settings::ProvisionConfig;
use super::sidecar::wanted;
use super::units::LongDurationText;
use super::{IntegrationConfig, defaults};

/// What `hallpass provision` makes true at the platform.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProvisionTable {
    /// The integration, with `administers = true`, whose identity makes, changes and removes the client. It is never the one that is provisioned.
    #[schemars(required, example = &"genesys-admin")]
    pub(super) administrator: Option<At<String>>,
    /// What the client is called at the platform. Default: the integration's name. Another client of that name is not touched.
    pub(super) name: Option<At<String>>,
    /// The roles that the client has, each in one division, by their names; the division `*` is every division. A client of Genesys Cloud has no rights but
    /// these.
    pub(super) grants: Option<Vec<At<GrantTable>>>,
    /// The permissions that the client has, in the place of `grants`: a role of its own is made of exactly these, `domain:entity:action` each. Without wildcards.
    pub(super) permissions: Option<Vec<At<String>>>,
    /// The divisions in which these permissions hold, by their names; `*` is every division. Needed with `permissions`.
    pub(super) divisions: Option<Vec<At<String>>>,
    /// What the role that is made of `permissions` is called. Default: `hallpass NAME`, with the integration's name. Another role of that name is not touched.
    pub(super) role: Option<At<String>>,
    /// The scopes that the guide's credential has. Profile `guide` only: on Genesys Cloud a client with client credentials has roles, and scopes have no effect.
    pub(super) scopes: Option<Vec<At<String>>>,
    /// How long its tokens live, between 300 s and 172,800 s on Genesys Cloud. Default: what the platform gives, a day there.
    pub(super) token_lifetime: Option<At<LongDurationText>>,
    /// The addresses from which it may be used, as networks such as `203.0.113.7/32`. Refused where the platform takes no such list: nobody shall believe in a
    /// restriction that is none.
    pub(super) allowed_ips: Option<Vec<At<String>>>,
    /// The id of the service user whose access key it is, on CXone. The user should serve this integration alone.
    pub(super) user: Option<At<String>>,
    /// The name of the administrator's upstream behind which clients and keys are administered, where it has several. Default: the only one, or
    /// `userhub`.
    pub(super) upstream: Option<At<String>>,
}

/// What gives rights where scopes do not.
fn in_their_place(platform: Option<&PlatformSettings>) -> &'static str {
    match platform.map(|platform| platform.platform.as_str()) {
        Some("genesys") => {
            "a client of Genesys Cloud with the client-credentials grant may do what its roles may, each in one division, and scopes on it have no effect: name roles in \
             `grants`, such as `grants = [{ role = \"queue-sync\", division = \"Sales\" }]`; `hallpass learn` says which permissions a role needs"
        }
        Some("cxone") => {
            "an access key of CXone may do what its user's role may: leave `scopes` out, and give the user a role in the platform's console"
        }
        _ => "leave `scopes` out; the key `scope` names the scopes that a token is asked for with",
    }
}

/// One role in one division.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrantTable {
    /// The role's name, letter by letter.
    #[schemars(required, example = &"queue-sync")]
    pub(super) role: Option<At<String>>,
    /// The division's name, letter by letter; `*` is every division.
    #[schemars(required, example = &"Sales")]
    pub(super) division: Option<At<String>>,
}

impl ProvisionConfig {
    /// The roles of the client, by name: those that somebody made, or the one that is made of its permissions.
    pub(crate) fn rights(&self, integration: &str) -> Vec<RoleGrantName> {
        let Some(own) = self.own_role(integration) else { return self.grants.clone() };
        let name = own.name;
        let grant = |division| RoleGrantName { role: name.clone(), division };
        own.divisions.into_iter().map(grant).collect()
    }

    /// The role that is made of permissions, if any are named.
    pub(crate) fn own_role(&self, integration: &str) -> Option<OwnRole> {
        (!self.permissions.is_empty()).then(|| OwnRole {
            name: self.role.clone().unwrap_or_else(|| format!("hallpass {integration}")),
            permissions: self.permissions.iter().cloned().collect(),
            divisions: self.divisions.clone(),
            division_ids: Vec::new(),
        })
    }
}

impl Checker<'_, '_> {
    /// What the table says, if all of it can be had.
    pub(super) fn provision(
        &mut self,
        path: &str,
        table: &ProvisionTable,
        platform: Option<&PlatformSettings>,
    ) -> Option<ProvisionConfig> {
        let path = format!("{path}.provision");
        let administrator: Option<IntegrationName> =
            self.parsed(&format!("{path}.administrator"), table.administrator.as_ref());
        let lifetime = table.token_lifetime.as_ref();
        let token_lifetime =
            lifetime.map(|text| self.long(&path, "token_lifetime", Some(text), defaults::SANDBOX_LIFE));
        let allowed_ips = self.networks(&format!("{path}.allowed_ips"), table.allowed_ips.as_deref());
        let guide = platform.is_some_and(|platform| platform.profile == "guide");
        if let Some(scope) = table.scopes.as_ref().and_then(|scopes| scopes.first()).filter(|_| !guide) {
            let message = format!("`{path}.scopes`: only profile `guide` knows scopes");
            let hint = in_their_place(platform).to_owned();
            self.faults.at(scope.span(), message, hint);
        }
        let rights = self.rights(&path, table);
        let text = |text: Option<&At<String>>| text.map(|text| text.as_str().to_owned());
        let texts = |list: Option<&Vec<At<String>>>| {
            list.into_iter().flatten().map(|text| text.as_str().to_owned()).collect::<Vec<_>>()
        };
        let grants = table.grants.iter().flatten().map(|grant| {
            Some(RoleGrantName { role: text(grant.role.as_ref())?, division: text(grant.division.as_ref())? })
        });
        Some(ProvisionConfig {
            administrator: administrator?,
            name: text(table.name.as_ref()),
            grants: grants.collect::<Option<_>>()?,
            permissions: rights.then(|| texts(table.permissions.as_ref()))?,
            divisions: texts(table.divisions.as_ref()),
            role: text(table.role.as_ref()),
            scopes: texts(table.scopes.as_ref()),
            token_lifetime: wanted(token_lifetime)?,
            allowed_ips: allowed_ips?,
            user: text(table.user.as_ref()),
            upstream: text(table.upstream.as_ref()),
        })
    }

    /// Whether what is said of rights goes together: roles that somebody made, or permissions from which one is made.
    fn rights(&mut self, path: &str, table: &ProvisionTable) -> bool {
        let some = |list: Option<&Vec<At<String>>>| list.is_some_and(|list| !list.is_empty());
        let permissions = table.permissions.as_ref().and_then(|list| list.first());
        let first = |list: Option<&Vec<At<String>>>| list.and_then(|list| list.first()).map(At::span);
        let orphan = first(table.divisions.as_ref()).or_else(|| table.role.as_ref().map(At::span));
        let wrong = match (permissions.map(At::span), orphan) {
            (Some(span), _) if table.grants.as_ref().is_some_and(|grants| !grants.is_empty()) => Some((
                span,
                "`permissions`: expected either this or `grants`",
                "name the permissions, from which a role is made, or the roles that are there",
            )),
            (Some(span), _) if !some(table.divisions.as_ref()) => Some((
                span,
                "`divisions` is missing",
                "say where the permissions hold: `divisions = [\"Sales\"]`, or `[\"*\"]` for every division",
            )),
            (None, Some(span)) => Some((
                span,
                "`permissions` is missing",
                "`divisions` and `role` are for the role that is made of `permissions`",
            )),
            _ => None,
        };
        let Some((span, what, hint)) = wrong else { return true };
        self.faults.at(span, format!("`{path}`: {what}"), hint.to_owned());
        false
    }

    fn networks(&mut self, key: &str, texts: Option<&[At<String>]>) -> Option<Vec<IpNet>> {
        let texts = texts.unwrap_or_default();
        let mut networks = Vec::new();
        for text in texts {
            match text.parse::<IpNet>() {
                Ok(network) => networks.push(network),
                Err(_) => {
                    let message = format!("`{key}`: expected a network such as \"203.0.113.7/32\"");
                    self.faults.at(text.span(), message, None);
                }
            }
        }
        (networks.len() == texts.len()).then_some(networks)
    }

    /// Whoever provisions must be there, be an administrator, of the same platform, and another.
    pub(super) fn provisioners(
        &mut self,
        integrations: &[IntegrationConfig],
        tables: &BTreeMap<At<String>, At<IntegrationTable>>,
    ) {
        for (name, table) in tables {
            let given = table.provision.as_ref().and_then(|provision| provision.administrator.as_ref());
            let find = |name: &str| integrations.iter().find(|one| one.name.as_str() == name);
            let (Some(given), Some(of)) = (given, find(name)) else { continue };
            let wrong = match find(given) {
                None => "expected the name of another integration",
                Some(one) if one.name == of.name => "an identity does not provision itself",
                Some(one) if !one.administers => "expected an integration with `administers = true`",
                Some(one) if one.platform.platform != of.platform.platform => {
                    "expected an integration of the same platform"
                }
                Some(_) => continue,
            };
            let message = format!("`integrations.{}.provision.administrator`: {wrong}", of.name);
            self.faults.at(given.span(), message, None);
        }
    }
}
