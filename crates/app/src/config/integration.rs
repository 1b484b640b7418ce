//! What an integration's keys mean together.

use std::collections::BTreeMap;

use hallpass_core::Fault;
use hallpass_core::policy::Rule;
use hallpass_platforms::{Place, profiles, regions};
use hallpass_stores::{Reference, Scheme};

use super::at::{At, OneOrMore};
use super::check::Checker;
use super::file::IntegrationTable;
use super::suggest::{in_words, nearest, presentable};
use super::{IntegrationConfig, Place as Where, defaults};

impl Checker<'_, '_> {
    /// The integrations that have no fault, in order of their names. The others are noted.
    pub(super) fn integrations(
        &mut self,
        tables: &BTreeMap<At<String>, At<IntegrationTable>>,
    ) -> Vec<IntegrationConfig> {
        if tables.is_empty() && !self.faults.has_lost_below("integrations") {
            let hint = "add a table [integrations.NAME]".to_owned();
            self.faults.on(Where::File, "`integrations`: expected at least one", hint);
        }
        tables.iter().filter_map(|(name, table)| self.integration(name, table)).collect()
    }

    fn integration(&mut self, name: &At<String>, table: &At<IntegrationTable>) -> Option<IntegrationConfig> {
        let path = format!("integrations.{}", presentable(name));
        let parsed = name.parse().map_err(|_| {
            let expected = "expected a name of the form [a-z][a-z0-9-]{0,62}";
            self.faults.at(name.span(), format!("`{path}`: {expected}"), None);
        });
        let platform = table.platform.as_ref();
        let profile = self.profile(&path, table);
        let place = self.place(&path, name, table);
        let secret = table.secret.as_ref().and_then(|secret| self.references(&path, secret));
        let allow = table.allow.as_ref().and_then(|allow| self.rules(&path, allow));
        Some(IntegrationConfig {
            name: parsed.ok()?,
            platform: platform?.to_string(),
            profile: profile?,
            place: place?,
            secret: secret?,
            allow: allow?,
        })
    }

    fn profile(&mut self, path: &str, table: &IntegrationTable) -> Option<String> {
        let profile = table.profile.as_deref().map_or(defaults::PROFILE, String::as_str);
        let platform = table.platform.as_ref()?;
        if profiles(platform).any(|known| known == profile) {
            return Some(profile.to_owned());
        }
        let span = table.profile.as_ref().map_or(platform.span(), At::span);
        let known = in_words(profiles(platform));
        self.faults.at(span, format!("`{path}.profile`: expected {known} for this platform"), None);
        None
    }

    /// Where the platform is: either a region, or both URLs.
    fn place(&mut self, path: &str, name: &At<String>, table: &IntegrationTable) -> Option<Place> {
        let token = self.parsed(&format!("{path}.token_url"), table.token_url.as_ref());
        let api = self.parsed(&format!("{path}.api_url"), table.api_url.as_ref());
        match (&table.region, &table.token_url, &table.api_url) {
            (Some(region), None, None) => self.region(path, table.platform.as_ref()?, region),
            (None, Some(_), Some(_)) => Some(Place::Urls { token: token?, api: api? }),
            (Some(region), ..) => {
                let message = format!("`{path}`: expected either `region`, or `token_url` and `api_url`");
                self.faults.at(region.span(), message, "remove `region`, or both URLs".to_owned());
                None
            }
            // One that is there but cannot be read was told about already.
            _ if PLACES.iter().any(|key| self.faults.has_lost(&format!("{path}.{key}"))) => None,
            (None, token_url, api_url) => {
                let (missing, hint) = match (token_url, api_url) {
                    (Some(_), None) => ("api_url", "name the API beside `token_url`"),
                    (None, Some(_)) => ("token_url", "name the token endpoint beside `api_url`"),
                    _ => ("region", "for example `region = \"us-east-1\"`, or `token_url` and `api_url`"),
                };
                self.faults.at(name.span(), format!("`{path}`: `{missing}` is missing"), hint.to_owned());
                None
            }
        }
    }

    fn region(&mut self, path: &str, platform: &str, region: &At<String>) -> Option<Place> {
        let known = regions(platform);
        if known.contains(&region.as_str()) {
            return Some(Place::Region(region.to_string()));
        }
        let hint = match nearest(region, known.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("known regions: {}", known.join(", ")),
        };
        self.faults.at(region.span(), format!("`{path}.region`: expected a region of {platform}"), hint);
        None
    }

    /// The references, in order, if all of them are well formed and there is one.
    fn references(&mut self, path: &str, secret: &At<OneOrMore>) -> Option<Vec<Reference>> {
        let mut texts = Vec::new();
        match &**secret {
            OneOrMore::One(text) => texts.push((text.as_str(), secret.span())),
            OneOrMore::More(list) => texts.extend(list.iter().map(|text| (text.as_str(), text.span()))),
        }
        if texts.is_empty() {
            let hint = "for example `secret = \"local:queue-sync\"`".to_owned();
            self.faults.at(secret.span(), format!("`{path}.secret`: expected at least one reference"), hint);
            return None;
        }
        let mut references = Vec::new();
        for (text, span) in &texts {
            match Reference::parse(text) {
                Ok(reference) => references.push(reference),
                Err(fault) => {
                    let (what, hint) = reference_in_words(text, &fault);
                    self.faults.at(
                        span.clone(),
                        format!("`{path}.secret`: not a usable reference: {what}"),
                        hint,
                    );
                }
            }
        }
        (references.len() == texts.len()).then_some(references)
    }

    /// The rules, in order, if all of them are well formed and there is one.
    fn rules(&mut self, path: &str, allow: &At<Vec<At<String>>>) -> Option<Vec<Rule>> {
        if allow.is_empty() {
            let hint = "what no rule covers is refused, so without a rule nothing can be called".to_owned();
            self.faults.at(allow.span(), format!("`{path}.allow`: expected at least one rule"), hint);
            return None;
        }
        let mut rules = Vec::new();
        for (index, text) in allow.iter().enumerate() {
            match text.parse() {
                Ok(rule) => rules.push(rule),
                Err(why) => {
                    let message = format!("`{path}.allow`: rule {}: {why}", index + 1);
                    self.faults.at(text.span(), message, None);
                }
            }
        }
        (rules.len() == allow.len()).then_some(rules)
    }
}

/// What is wrong with a reference. The store's own words name a scheme they do not know; here that may be the first half of a secret
/// that was pasted in place of its reference, so only schemes that exist are named.
fn reference_in_words(text: &str, fault: &Fault) -> (String, String) {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    let known = || Scheme::ALL.iter().map(|scheme| scheme.name());
    match scheme {
        Some(scheme) if !known().chain(CLOUD_SCHEMES.iter().copied()).any(|name| name == scheme) => {
            let near = nearest(scheme, known()).map(|near| format!("did you mean `{near}:`?"));
            let hint =
                near.unwrap_or_else(|| format!("known schemes: {}", known().collect::<Vec<_>>().join(", ")));
            (format!("{} bytes without a known scheme", text.len()), hint)
        }
        _ => (fault.detail().to_owned(), fault.hint().to_owned()),
    }
}

/// The keys that say where a platform is.
const PLACES: &[&str] = &["region", "token_url", "api_url"];
/// Schemes that builds with a cloud read.
const CLOUD_SCHEMES: &[&str] = &["aws-sm", "aws-kms-env", "azure-kv", "azure-appconfig", "gcp-sm"];
