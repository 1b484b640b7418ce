//! What an integration says about its platform, checked against what the profile takes.
//!
//! Nothing in here knows a platform: keys, ways, regions and hints come from the registry of `hallpass-platforms`.

use std::collections::BTreeMap;

use hallpass_platforms::{
    Key, Misfit, PlatformSettings, Profile, UpstreamName, UpstreamPlace, profile, profiles,
};

use super::at::At;
use super::check::Checker;
use super::defaults;
use super::file::IntegrationTable;
use super::suggest::{in_words, nearest, presentable};

impl Checker<'_, '_> {
    /// The settings, if all of them can be had and suit the profile. Everything is checked before anything gives up.
    pub(super) fn platform(
        &mut self,
        path: &str,
        name: &At<String>,
        table: &IntegrationTable,
    ) -> Option<PlatformSettings> {
        let before = self.faults.count();
        let at = |key: Key| format!("{path}.{}", key.name());
        let settings = PlatformSettings {
            platform: table.platform.as_deref().cloned().unwrap_or_default(),
            profile: table.profile.as_deref().map_or(defaults::PROFILE, String::as_str).to_owned(),
            region: table.region.as_deref().cloned(),
            organization: self.parsed(&at(Key::Organization), table.organization.as_ref()),
            tenant: self.parsed(&at(Key::Tenant), table.tenant.as_ref()),
            issuer: self.parsed(&at(Key::Issuer), table.issuer.as_ref()),
            token_url: self.parsed(&at(Key::TokenUrl), table.token_url.as_ref()),
            api_url: self.parsed(&at(Key::ApiUrl), table.api_url.as_ref()),
            upstreams: self.parsed_table(&at(Key::Upstreams), table.upstreams.as_ref()),
            client_auth: self.parsed(&at(Key::ClientAuth), table.client_auth.as_ref()),
            scope: self.parsed(&at(Key::Scope), table.scope.as_ref()),
            audience: self.parsed(&at(Key::Audience), table.audience.as_ref()),
            resource: self.parsed(&at(Key::Resource), table.resource.as_ref()),
            parameters: self.parsed_table(&at(Key::Parameters), table.parameters.as_ref()),
        };
        self.not_empty(&at(Key::Upstreams), table.upstreams.as_ref(), name);
        let profile = self.profile(path, table)?;
        let spans = spans(table);
        let mut misfits = profile.misfits(&self.given(path, table));
        misfits.extend(table.region.as_ref().and_then(|region| region_misfit(profile, region)));
        for misfit in misfits {
            let span = misfit.key.and_then(|key| spans.get(&key).cloned()).unwrap_or_else(|| name.span());
            let key = misfit.key.map_or(path.to_owned(), at);
            self.faults.at(span, format!("`{key}`: {}", misfit.message), misfit.hint);
        }
        self.discovered(path, profile, table);
        (self.faults.count() == before).then_some(settings)
    }

    fn profile(&mut self, path: &str, table: &IntegrationTable) -> Option<&'static Profile> {
        let name = table.profile.as_deref().map_or(defaults::PROFILE, String::as_str);
        let platform = table.platform.as_ref()?;
        let found = profile(platform, name);
        // One that is there but cannot be read was told about already.
        if found.is_none() && !self.faults.has_lost(&format!("{path}.profile")) {
            let span = table.profile.as_ref().map_or(platform.span(), At::span);
            let known = in_words(profiles(platform));
            self.faults.at(span, format!("`{path}.profile`: expected {known} for this platform"), None);
        }
        found
    }

    /// The keys that are there, those that cannot be read among them: they must not be called missing.
    fn given(&self, path: &str, table: &IntegrationTable) -> Vec<Key> {
        let spans = spans(table);
        let is_given = |key: &Key| {
            let is_empty_table = *key == Key::Upstreams && table.upstreams.is_some();
            let is_lost = self.faults.has_lost(&format!("{path}.{}", key.name()));
            is_empty_table || is_lost || spans.contains_key(key)
        };
        Key::ALL.iter().copied().filter(is_given).collect()
    }

    /// The word `discovered` is for what the profile can discover.
    fn discovered(&mut self, path: &str, profile: &Profile, table: &IntegrationTable) {
        for (name, place) in table.upstreams.iter().flatten() {
            let discovered =
                place.parse() == Ok(UpstreamPlace::Discovered) && name.parse::<UpstreamName>().is_ok();
            if discovered && !profile.discovers.contains(&name.as_str()) {
                let message = format!("`{path}.upstreams.{}`: expected a URL", presentable(name));
                let hint = match profile.discovers {
                    [] => format!("profile \"{}\" discovers no upstream", profile.name),
                    known => {
                        format!("profile \"{}\" discovers {}", profile.name, in_words(known.iter().copied()))
                    }
                };
                self.faults.at(place.span(), message, hint);
            }
        }
    }

    fn not_empty(&mut self, key: &str, table: Option<&BTreeMap<At<String>, At<String>>>, name: &At<String>) {
        if table.is_some_and(BTreeMap::is_empty) && !self.faults.has_lost_below(key) {
            self.faults.at(name.span(), format!("`{key}`: expected at least one upstream"), None);
        }
    }

    /// A table of values with names, both of which have a form.
    fn parsed_table<K, V>(
        &mut self,
        key: &str,
        table: Option<&BTreeMap<At<String>, At<String>>>,
    ) -> BTreeMap<K, V>
    where
        K: std::str::FromStr<Err: std::fmt::Display> + Ord,
        V: std::str::FromStr<Err: std::fmt::Display>,
    {
        let mut parsed = BTreeMap::new();
        for (name, value) in table.into_iter().flatten() {
            let key = format!("{key}.{}", presentable(name));
            let pair = (self.parsed(&key, Some(name)), self.parsed(&key, Some(value)));
            if let (Some(name), Some(value)) = pair {
                parsed.insert(name, value);
            }
        }
        parsed
    }
}

/// What the registry says, or a better guess.
fn region_misfit(profile: &Profile, region: &str) -> Option<Misfit> {
    let misfit = profile.region_misfit(region)?;
    let near = nearest(region, profile.region_names());
    Some(match near {
        Some(near) => Misfit { hint: Some(format!("did you mean \"{near}\"?")), ..misfit },
        None => misfit,
    })
}

/// Where each key that is there stands.
fn spans(table: &IntegrationTable) -> BTreeMap<Key, std::ops::Range<usize>> {
    let text = |key| match key {
        Key::Region => table.region.as_ref(),
        Key::Organization => table.organization.as_ref(),
        Key::Tenant => table.tenant.as_ref(),
        Key::Issuer => table.issuer.as_ref(),
        Key::TokenUrl => table.token_url.as_ref(),
        Key::ApiUrl => table.api_url.as_ref(),
        Key::Upstreams => table.upstreams.as_ref().and_then(|table| table.keys().next()),
        Key::ClientAuth => table.client_auth.as_ref(),
        Key::Scope => table.scope.as_ref(),
        Key::Audience => table.audience.as_ref(),
        Key::Resource => table.resource.as_ref(),
        Key::Parameters => table.parameters.as_ref().and_then(|table| table.keys().next()),
        _ => None,
    };
    Key::ALL.iter().filter_map(|key| Some((*key, text(*key)?.span()))).collect()
}
