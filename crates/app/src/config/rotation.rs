//! How an integration's secret is replaced, as it is written and as it is meant.

use std::collections::BTreeMap;
use std::time::Duration;

use hallpass_core::IntegrationName;
use hallpass_core::policy::Rule;
use hallpass_stores::{Reference, Scheme};
use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;
use super::check::Checker;
use super::file::IntegrationTable;
use super::publish::PublishTable;
use super::settings::{RotationConfig, StrategyChoice};
use super::sidecar::wanted;
use super::units::{LongDurationText, read_long};
use super::{IntegrationConfig, defaults};
use crate::acks::is_consumer;

/// How the secret of an integration is replaced.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RotationTable {
    /// How old a secret may become: `rotate due` replaces what is older. Auditors ask for 90 days.
    #[schemars(extend("default" = defaults::ROTATION_EVERY))]
    pub(super) every: Option<At<LongDurationText>>,
    /// How it is replaced. `overlap` makes a second secret beside the first; `alternate` takes turns with two clients of equal rights; `regenerate` replaces
    /// the only secret in place, which fails calls for a moment, and is refused without `--accept-downtime-risk`; `auto` takes the first of these that the
    /// platform can do, and never `regenerate`.
    #[schemars(extend("default" = defaults::ROTATION_STRATEGY, "enum" = StrategyChoice::NAMES))]
    pub(super) strategy: Option<At<String>>,
    /// The integration, with `administers = true`, whose identity makes and removes secrets. It is never the one whose secret is replaced.
    #[schemars(required, example = &"genesys-admin")]
    pub(super) administrator: Option<At<String>>,
    /// The ids of the OAuth clients that take turns, where the platform keeps one secret for each client: the one in use and the idle one. Default: the two that
    /// `hallpass provision apply` makes, where the integration has a table `provision`.
    pub(super) clients: Option<Vec<At<String>>>,
    /// The id of the user whose access keys these are, on CXone.
    pub(super) user: Option<At<String>>,
    /// The name of the application whose secret it is, on CXone: its successors are called `NAME-2`, `NAME-3` and so on. In the place of `user`.
    pub(super) application: Option<At<String>>,
    /// The path that `/applications` is appended to, on CXone. Its vendor does not publish it; ask for it. Needed with `application`.
    pub(super) applications_path: Option<At<String>>,
    /// The name of the administrator's upstream behind which clients and keys are administered, where it has several. Default: the only one, or
    /// `userhub`.
    pub(super) upstream: Option<At<String>>,
    /// The longest life of a token of the integration, where the platform lets one choose. Default: the longest that the platform allows, which
    /// makes every rotation wait that long.
    pub(super) token_lifetime: Option<At<LongDurationText>>,
    /// Calls that must succeed with a new secret before anybody gets it, such as `GET /api/v2/routing/queues?pageSize=1`: one for each permission that
    /// the integration needs. Each must be covered by a rule of `allow`. Without any, only a token is asked for.
    pub(super) verify: Option<Vec<At<String>>>,
    /// A program of yours that tries the new secret through a gateway of its own, with HALLPASS_URL and HALLPASS_PASS set; it must end with 0.
    pub(super) verify_command: Option<Vec<At<String>>>,
    /// A program of yours that brings the new version to functions which get their secret by environment. It is told where the secret is, never
    /// the secret: HALLPASS_INTEGRATION, HALLPASS_REFERENCE and HALLPASS_VERSION are set.
    pub(super) publish_command: Option<Vec<At<String>>>,
    /// The ids of integration credentials of Genesys Cloud, of the type `pureCloudOAuthClient`, that hold the same secret, such as those of data actions. They are
    /// written after every promotion and every way back; until they are, the old secret stays. The administrator needs
    /// `integrations:integration:view` and `integrations:integration:edit`, and rules in `allow` for these calls.
    pub(super) copies: Option<Vec<At<String>>>,
    /// For how long two secrets may live beside each other, where the vendor or your own rules say so. A rotation that would take longer is refused, and one that
    /// is delayed stops while the watch window is left. Default: no limit; neither vendor documents one.
    pub(super) overlap_limit: Option<At<LongDurationText>>,
    /// Functions of AWS Lambda whose variables get the secret, encrypted for each, when it is promoted. For functions that read a store by themselves this is not needed.
    pub(super) publish: Option<BTreeMap<At<String>, At<PublishTable>>>,
    /// The longest life of a process that may still hold the old secret. A sandbox of AWS Lambda has been seen to live 14 hours.
    #[schemars(extend("default" = defaults::SANDBOX_LIFE))]
    pub(super) sandbox_life: Option<At<LongDurationText>>,
    /// For how long the old secret stays switched off, and can be switched on again, before it is deleted.
    #[schemars(extend("default" = defaults::ROTATION_WATCH))]
    pub(super) watch: Option<At<LongDurationText>>,
    /// Who must have said that it uses the new secret before the old one is switched off. Default: nobody in particular; time and the platform's
    /// own records decide.
    pub(super) consumers: Option<Vec<At<String>>>,
    /// Where consumers say so: the `acks` of their sidecars. A folder; the address of a receiver (`https://`), which is shown `acks_bearer`; or a reference
    /// into a secret store, below which each consumer has an entry of its own. What cannot be read keeps the old secret alive. Default: nowhere.
    pub(super) acks: Option<At<String>>,
    /// Where the bearer rests that the receiver is shown: a reference, whose value is one line. Needed where `acks` is an address.
    pub(super) acks_bearer: Option<At<String>>,
    /// The key of Azure App Configuration in which rotations of this secret agree with each other: lease, announcements, checkpoints, never a secret. Needed where
    /// the secret rests in a Key Vault, which cannot compare before it sets, and refused elsewhere. Whoever rotates the secret must name the same key, and nothing
    /// else may use it. Default: beside the secret.
    #[schemars(example = &"azure-appconfig:https://acme-config.azconfig.io/kv/rotation/queue-sync")]
    pub(super) document: Option<At<String>>,
}

impl Checker<'_, '_> {
    /// What the table says, if all of it can be had.
    pub(super) fn rotation(
        &mut self,
        path: &str,
        table: &RotationTable,
        allow: &[Rule],
    ) -> Option<RotationConfig> {
        let path = format!("{path}.rotation");
        let every = self.long(&path, "every", table.every.as_ref(), defaults::ROTATION_EVERY);
        let sandbox_life =
            self.long(&path, "sandbox_life", table.sandbox_life.as_ref(), defaults::SANDBOX_LIFE);
        let said_life = sandbox_life.zip(table.sandbox_life.as_ref().map(At::span));
        let publish = match &table.publish {
            Some(tables) => self.publish(&path, tables, said_life),
            None => Some(Vec::new()),
        };
        let watch = self.long(&path, "watch", table.watch.as_ref(), defaults::ROTATION_WATCH);
        let token_lifetime = table.token_lifetime.as_ref();
        let token_lifetime =
            token_lifetime.map(|text| self.long(&path, "token_lifetime", Some(text), defaults::SANDBOX_LIFE));
        let overlap_limit = table.overlap_limit.as_ref();
        let overlap_limit =
            overlap_limit.map(|text| self.long(&path, "overlap_limit", Some(text), defaults::SANDBOX_LIFE));
        let strategy = table.strategy.as_deref().map_or(defaults::ROTATION_STRATEGY, String::as_str);
        let administrator: Option<IntegrationName> =
            self.parsed(&format!("{path}.administrator"), table.administrator.as_ref());
        let document = table.document.as_ref().map(|text| self.document(&path, text));
        let verify = self.canaries(&path, table.verify.as_deref().unwrap_or_default(), allow);
        let acks = self.acks(&path, table.acks.as_ref(), table.acks_bearer.as_ref());
        let consumers = self.consumers(&path, table.consumers.as_deref().unwrap_or_default());
        let texts = |list: Option<&Vec<At<String>>>| {
            list.into_iter().flatten().map(|text| text.as_str().to_owned()).collect::<Vec<_>>()
        };
        let text = |text: Option<&At<String>>| text.map(|text| text.as_str().to_owned());
        Some(RotationConfig {
            every: every?,
            strategy: StrategyChoice::named(strategy)?,
            administrator: administrator?,
            clients: texts(table.clients.as_ref()),
            user: text(table.user.as_ref()),
            application: text(table.application.as_ref()),
            applications_path: text(table.applications_path.as_ref()),
            upstream: text(table.upstream.as_ref()),
            token_lifetime: wanted(token_lifetime)?,
            verify: verify?,
            verify_command: texts(table.verify_command.as_ref()),
            publish_command: texts(table.publish_command.as_ref()),
            copies: texts(table.copies.as_ref()),
            overlap_limit: wanted(overlap_limit)?,
            publish: publish?,
            sandbox_life: sandbox_life?,
            watch: watch?,
            consumers: consumers?,
            acks: acks?,
            document: wanted(document)?,
        })
    }

    pub(super) fn long(
        &mut self,
        path: &str,
        key: &str,
        text: Option<&At<LongDurationText>>,
        default: &str,
    ) -> Option<Duration> {
        let Some(text) = text else { return read_long(default).ok() };
        text.read().map_err(|why| self.faults.at(text.span(), format!("`{path}.{key}`: {why}"), None)).ok()
    }

    /// Names that a sidecar can have: what nobody is called would be waited for in vain.
    fn consumers(&mut self, path: &str, names: &[At<String>]) -> Option<Vec<String>> {
        let mut found = Vec::new();
        for name in names {
            if is_consumer(name) {
                found.push(name.as_str().to_owned());
            } else {
                let expected =
                    format!("`{path}.consumers`: expected names of 1 to 63 letters, digits, `-` or `_`");
                self.faults.at(name.span(), expected, None);
            }
        }
        (found.len() == names.len()).then_some(found)
    }

    /// A place in which a value can be replaced by compare-and-set without being a secret's entry: so far a key of App Configuration.
    fn document(&mut self, path: &str, text: &At<String>) -> Option<Reference> {
        let key = format!("{path}.document");
        let reference = self.reference(&key, text, text.span())?;
        if reference.scheme == Scheme::AzureAppconfig {
            return Some(reference);
        }
        let message = format!("`{key}`: expected a key of App Configuration");
        let hint = "for example `document = \"azure-appconfig:https://STORE.azconfig.io/kv/KEY\"`".to_owned();
        self.faults.at(text.span(), message, hint);
        None
    }

    /// Calls, each of them one that the integration may make: a canary with rights of its own would prove nothing.
    fn canaries(&mut self, path: &str, texts: &[At<String>], allow: &[Rule]) -> Option<Vec<Rule>> {
        let mut calls = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let mut wrong = |what: &str| {
                let message = format!("`{path}.verify`: call {}: {what}", index + 1);
                self.faults.at(text.span(), message, None);
            };
            match text.parse::<Rule>() {
                Ok(_) if text.contains('*') => wrong("expected one call, without `*`"),
                Ok(_) if !allow.iter().any(|rule| covers(rule, text)) => {
                    wrong("no rule of `allow` covers it");
                }
                Ok(call) => calls.push(call),
                Err(why) => wrong(&why.to_string()),
            }
        }
        (calls.len() == texts.len()).then_some(calls)
    }

    /// Administrators must be there, be administrators, and be of the same platform.
    pub(super) fn administrators(
        &mut self,
        integrations: &[IntegrationConfig],
        tables: &BTreeMap<At<String>, At<IntegrationTable>>,
    ) {
        for (name, table) in tables {
            let Some(given) = table.rotation.as_ref().and_then(|rotation| rotation.administrator.as_ref())
            else {
                continue;
            };
            let find = |name: &str| integrations.iter().find(|one| one.name.as_str() == name);
            let Some(of) = find(name) else { continue };
            let wrong = match find(given) {
                None => "expected the name of another integration",
                Some(one) if one.name == of.name => "a secret is never replaced by its own identity",
                Some(one) if !one.administers => "expected an integration with `administers = true`",
                Some(one) if one.platform.platform != of.platform.platform => {
                    "expected an integration of the same platform"
                }
                Some(_) => continue,
            };
            let message = format!("`integrations.{}.rotation.administrator`: {wrong}", of.name);
            self.faults.at(given.span(), message, None);
        }
    }
}

fn covers(rule: &Rule, call: &str) -> bool {
    let Some((method, target)) = call.split_once(' ') else { return false };
    let Ok(method) = method.parse() else { return false };
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    rule.covers(&method, path, query)
}
