//! Where calls go: what configuration says, and what a login tells.

use std::sync::Arc;

use hallpass_core::sync::{Mutex, lock};
use hallpass_core::{Fault, FaultCode};
use hallpass_outbound::{Destination, NamedUpstreams, Origin, Upstreams};
use http::uri::PathAndQuery;

use crate::settings::{PlatformSettings, UpstreamPlace};

/// A place that is known only after a login. Clones are the same place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learned(Arc<Mutex<Option<Origin>>>);

impl Learned {
    /// From now on it is there, or nowhere.
    pub(crate) fn set(&self, origin: Option<Origin>) {
        *lock(&self.0) = origin;
    }
}

impl Upstreams for Learned {
    fn route(&self, target: &PathAndQuery) -> Result<Destination, Fault> {
        let origin = lock(&self.0).clone().ok_or_else(|| {
            Fault::new(FaultCode::TokenUnavailable, "the platform has not said where this API is")
        })?;
        origin.route(target)
    }

    fn listing(&self) -> Vec<(String, String)> {
        let place = lock(&self.0).as_ref().map_or("known after a login".to_owned(), ToString::to_string);
        vec![(String::new(), place)]
    }
}

/// The upstreams that `settings` name. `api` is the only one where they name none; `learned` says where discovered ones are.
pub(crate) fn upstreams(
    settings: &PlatformSettings,
    api: impl FnOnce() -> Arc<dyn Upstreams>,
    learned: impl Fn(&str) -> Option<Arc<dyn Upstreams>>,
) -> Result<Arc<dyn Upstreams>, Fault> {
    if let Some(origin) = &settings.api_url {
        return Ok(Arc::new(origin.clone()));
    }
    if settings.upstreams.is_empty() {
        return Ok(api());
    }
    let place = |(name, place): (&_, &UpstreamPlace)| {
        let name: &crate::settings::UpstreamName = name;
        let upstream: Arc<dyn Upstreams> = match place {
            UpstreamPlace::At(origin) => Arc::new(origin.clone()),
            UpstreamPlace::Discovered => learned(name.as_str()).ok_or_else(|| {
                let detail = format!("`upstreams.{name}`: the platform does not tell where it is");
                Fault::new(FaultCode::ConfigurationInvalid, detail)
            })?,
        };
        Ok((name.to_string(), upstream))
    };
    let by_name = settings.upstreams.iter().map(place).collect::<Result<_, Fault>>()?;
    Ok(Arc::new(NamedUpstreams::new(by_name)))
}

/// For profiles whose API is never discovered: `api`, unless `settings` name another place.
pub(crate) fn fixed_upstreams(
    settings: &PlatformSettings,
    api: Option<Origin>,
) -> Result<Arc<dyn Upstreams>, Fault> {
    let is_named = settings.api_url.is_some() || !settings.upstreams.is_empty();
    match api {
        Some(api) => upstreams(settings, || Arc::new(api), |_| None),
        // What is named is taken, so the place that is never known is never asked for.
        None if is_named => upstreams(settings, || Arc::new(Learned::default()), |_| None),
        None => Err(Fault::new(FaultCode::ConfigurationInvalid, "`api_url` is missing")),
    }
}
