//! The slots of an integration at its platform, by the identity that administers them.

use std::sync::Arc;

use hallpass_core::{Fault, FaultCode, SecretAdmin, Store};
use hallpass_platforms::{
    CxoneApplicationAdmin, CxoneApplicationSettings, CxoneKeyAdmin, CxoneKeySettings, GenesysAdmin,
    GenesysAdminSettings, genesys_admin_rules,
};
use hallpass_stores::Reference;

use super::provisioned::ProvisionedClients;
use crate::administration::administrative_calls;
use crate::assemble::{App, Integration};
use crate::beside::beside;
use crate::config::RotationConfig;

/// Whatever the configuration names as slots: two clients of Genesys Cloud, the keys of a CXone user, or a CXone application and its successors. Clients that
/// it does not name are those that provisioning made, as it noted them in `store` beside the secret.
///
/// # Errors
/// `configuration-invalid` where it names none, or not what this platform has.
pub(super) fn administration(
    app: &App,
    integration: &Integration,
    config: &RotationConfig,
    (reference, store): (&Reference, &Arc<dyn Store>),
) -> Result<Arc<dyn SecretAdmin>, Fault> {
    let calls = administrative_calls(app, &config.administrator, config.upstream.as_deref())?;
    let (clock, sleep) = (Arc::clone(&app.parts.clock), Arc::clone(&app.parts.sleep));
    let platform = integration.described.platform.platform.as_str();
    copies_allowed(platform, app.integration(config.administrator.as_str())?, &config.copies)?;
    match (platform, &config.user, &config.application) {
        ("genesys", None, None) if config.clients.is_empty() && integration.described.provision.is_some() => {
            let provision = integration.described.provision.as_ref();
            Ok(Arc::new(ProvisionedClients {
                integration: integration.client.name().to_string(),
                calls,
                clock,
                sleep,
                store: Arc::clone(store),
                secret: reference.entry.clone(),
                document: beside(reference, "provision")?,
                most: if config.takes_turns() { 2 } else { 1 },
                token_lifetime: config.token_lifetime.or_else(|| provision?.token_lifetime),
            }))
        }
        ("genesys", None, None) => {
            let settings = GenesysAdminSettings {
                clients: config.clients.clone(),
                token_lifetime: config.token_lifetime,
            };
            Ok(Arc::new(
                GenesysAdmin::new(calls, clock, sleep, &settings)
                    .map_err(|fault| named(&fault, "clients"))?,
            ))
        }
        ("cxone", Some(user), None) => {
            let settings = CxoneKeySettings {
                user_id: user.clone(),
                tenant_id: None,
                max_keys: CxoneKeySettings::MOST_KEYS,
            };
            Ok(Arc::new(CxoneKeyAdmin::new(calls, clock, settings).map_err(|fault| named(&fault, "user"))?))
        }
        ("cxone", None, Some(name)) => {
            let base_path = config.applications_path.clone().ok_or_else(|| {
                Fault::new(FaultCode::ConfigurationInvalid, "`rotation.applications_path` is missing")
                    .with_hint("ask the vendor where applications are registered")
            })?;
            let settings = CxoneApplicationSettings { base_path, name: name.clone() };
            let admin = CxoneApplicationAdmin::new(calls, clock, settings);
            Ok(Arc::new(admin.map_err(|fault| named(&fault, "application"))?))
        }
        _ => Err(unnamed(integration, platform)),
    }
}

/// Whether the administrator may call what copies take: it would else turn out after the promotion only.
fn copies_allowed(platform: &str, administrator: &Integration, copies: &[String]) -> Result<(), Fault> {
    if platform != "genesys" && !copies.is_empty() {
        let detail = format!("`rotation.copies`: platform \"{platform}\" keeps no copies of a secret");
        return Err(Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint("leave `copies` out"));
    }
    let needed = genesys_admin_rules(&[], copies).map_err(|_| {
        Fault::new(FaultCode::ConfigurationInvalid, "`rotation.copies`: the id of a credential is not one")
    })?;
    let allow = &administrator.described.allow;
    let covered = |rule: &str| {
        let Some((method, path)) = rule.split_once(' ') else { return false };
        method.parse().is_ok_and(|method| allow.iter().any(|rule| rule.covers(&method, path, None)))
    };
    let Some(missing) = needed.iter().find(|rule| !covered(rule.as_str())) else { return Ok(()) };
    let name = administrator.client.name();
    let detail = format!("`integrations.{name}.allow`: copies of a secret take `{}`", missing.as_str());
    Err(Fault::new(FaultCode::ConfigurationInvalid, detail).with_hint("add this line to it"))
}

fn named(fault: &Fault, key: &str) -> Fault {
    let detail = format!("`rotation.{key}`: {}", fault.detail());
    let hint = fault.hint().to_owned();
    Fault::new(fault.code(), detail).with_hint(hint)
}

fn unnamed(integration: &Integration, platform: &str) -> Fault {
    let name = integration.client.name();
    let (detail, hint) = match platform {
        "genesys" => ("takes `clients` alone", "name the ids of the two OAuth clients that take turns"),
        "cxone" => (
            "takes either `user` or `application`",
            "name the user whose access keys these are, or the application",
        ),
        _ => (
            "has no slots that hallpass can administer",
            "rotate its secret by hand and store it with `hallpass secret put`",
        ),
    };
    let detail = format!("`integrations.{name}.rotation`: platform \"{platform}\" {detail}");
    Fault::new(FaultCode::RotationRefused, detail).with_hint(hint)
}
