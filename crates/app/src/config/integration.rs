//! What an integration's keys mean together.

use std::collections::BTreeMap;
use std::ops::Range;

use hallpass::clouds;
use hallpass_core::policy::Rule;
use hallpass_core::{Fault, IntegrationName, Stage};
use hallpass_platforms::{PlatformSettings, UpstreamName};
use hallpass_stores::{Reference, Scheme};

use super::at::{At, OneOrMore};
use super::check::Checker;
use super::file::IntegrationTable;
use super::sidecar::wanted;
use super::suggest::{nearest, presentable};
use super::{IntegrationConfig, Place, defaults};

impl Checker<'_, '_> {
    /// The integrations that have no fault, in order of their names. The others are noted.
    pub(super) fn integrations(
        &mut self,
        tables: &BTreeMap<At<String>, At<IntegrationTable>>,
    ) -> Vec<IntegrationConfig> {
        if tables.is_empty() && !self.faults.has_lost_below("integrations") {
            let hint = "add a table [integrations.NAME]".to_owned();
            self.faults.on(Place::File, "`integrations`: expected at least one", hint);
        }
        let integrations: Vec<_> =
            tables.iter().filter_map(|(name, table)| self.integration(name, table)).collect();
        self.administrators(&integrations, tables);
        self.provisioners(&integrations, tables);
        integrations
    }

    fn integration(&mut self, name: &At<String>, table: &At<IntegrationTable>) -> Option<IntegrationConfig> {
        let path = format!("integrations.{}", presentable(name));
        let parsed = name.parse().map_err(|_| {
            let expected = "expected a name of the form [a-z][a-z0-9-]{0,62}";
            self.faults.at(name.span(), format!("`{path}`: {expected}"), None);
        });
        let platform = self.platform(&path, name, table);
        let secret = table.secret.as_ref().and_then(|secret| self.references(&path, secret));
        let allow = table.allow.as_ref().and_then(|allow| self.rules(&path, allow));
        if let (Some(platform), Some(rules), Some(texts)) = (&platform, &allow, &table.allow) {
            self.rules_name_upstreams(&path, platform, rules, texts);
        }
        let fallback = stages(table.fallback.as_deref());
        let rules = allow.as_deref().unwrap_or_default();
        let provision =
            table.provision.as_ref().map(|provision| self.provision(&path, provision, platform.as_ref()));
        let rotation = table.rotation.as_ref().map(|rotation| self.rotation(&path, rotation, rules));
        let parsed: Option<IntegrationName> = parsed.ok();
        let accept = self.acceptances(&path, parsed.as_ref(), table.accept.as_deref().unwrap_or_default());
        Some(IntegrationConfig {
            name: parsed?,
            platform: platform?,
            secret: secret?,
            fallback: fallback?,
            allow: allow?,
            administers: table.administers.as_deref().copied().unwrap_or(false),
            provision: wanted(provision)?,
            rotation: wanted(rotation)?,
            accept: accept?,
            line: self.faults.line_of(name.span().start),
        })
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
        let key = format!("{path}.secret");
        let references: Vec<_> =
            texts.iter().filter_map(|(text, span)| self.reference(&key, text, span.clone())).collect();
        (references.len() == texts.len()).then_some(references)
    }

    /// The reference, if it is well formed and this build can open it.
    pub(super) fn reference(&mut self, key: &str, text: &str, span: Range<usize>) -> Option<Reference> {
        let (what, hint) = match Reference::parse(text) {
            Ok(reference) if clouds::is_built_in(reference.scheme) => return Some(reference),
            Ok(reference) => {
                let fault = clouds::not_built_in(reference.scheme);
                (fault.detail().to_owned(), fault.hint().to_owned())
            }
            Err(fault) => {
                let (what, hint) = reference_in_words(text, &fault);
                (format!("not a usable reference: {what}"), hint)
            }
        };
        self.faults.at(span, format!("`{key}`: {what}"), hint);
        None
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

    /// Where there are several upstreams, a rule that names none of them covers nothing that could be sent.
    fn rules_name_upstreams(
        &mut self,
        path: &str,
        platform: &PlatformSettings,
        rules: &[Rule],
        texts: &[At<String>],
    ) {
        let names = || platform.upstreams.keys().map(UpstreamName::as_str);
        for (index, (rule, text)) in rules.iter().zip(texts).enumerate() {
            let target = rule.as_str().split_once(' ').map_or("", |(_, target)| target);
            let first = target.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
            if names().next().is_some() && !matches!(first, "*" | "**") && !names().any(|name| name == first)
            {
                let known: Vec<_> = names().map(|name| format!("`/{name}/`")).collect();
                let message = format!(
                    "`{path}.allow`: rule {}: expected a path that begins with an upstream",
                    index + 1
                );
                self.faults.at(text.span(), message, format!("the upstreams are {}", known.join(", ")));
            }
        }
    }
}

/// The stages that a list names, each once. What is none of them was noted when the file was held against the schema.
fn stages(named: Option<&Vec<At<String>>>) -> Option<Vec<Stage>> {
    let names: Vec<&str> = match named {
        Some(names) => names.iter().map(|name| name.as_str()).collect(),
        None => defaults::FALLBACK.to_vec(),
    };
    let mut stages = Vec::new();
    for name in names {
        let stage = match name {
            "previous" => Stage::Previous,
            "pending" => Stage::Pending,
            _ => return None,
        };
        if !stages.contains(&stage) {
            stages.push(stage);
        }
    }
    Some(stages)
}

/// What is wrong with a reference. The store's own words name a scheme they do not know; here that may be the first half of a secret
/// that was pasted in place of its reference, so only schemes that exist are named.
fn reference_in_words(text: &str, fault: &Fault) -> (String, String) {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    let known = || Scheme::ALL.iter().map(|scheme| scheme.name());
    match scheme {
        Some(scheme) if !known().any(|name| name == scheme) => {
            let near = nearest(scheme, known()).map(|near| format!("did you mean `{near}:`?"));
            let hint =
                near.unwrap_or_else(|| format!("known schemes: {}", known().collect::<Vec<_>>().join(", ")));
            (format!("{} bytes without a known scheme", text.len()), hint)
        }
        _ => (fault.detail().to_owned(), fault.hint().to_owned()),
    }
}
