//! Where an integration's calls go.
//!
//! Most integrations have one origin, fixed in configuration. Some platforms have several hosts for one credential: then the first path segment names
//! the upstream and is not sent on. And some say only after a login where their API is: then there is a place that the platform fills in.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hallpass_core::{Fault, FaultCode};
use http::uri::PathAndQuery;

use crate::Origin;

/// Chooses the origin of a call. Asked after the token is there, so that what a login told is known.
pub trait Upstreams: Send + Sync + fmt::Debug {
    /// Where `target` goes and what is sent there: `target` itself, or what is left of it behind the name of the upstream, byte for byte.
    ///
    /// # Errors
    /// `path-not-allowed` when no upstream is meant; `token-unavailable` while it is not known where the API is.
    fn route(&self, target: &PathAndQuery) -> Result<Destination, Fault>;

    /// The upstreams for people: a name, empty for the only one, and where it is, as far as is known.
    fn listing(&self) -> Vec<(String, String)>;
}

/// Where a call goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The origin.
    pub origin: Origin,
    /// Path and query there.
    pub target: PathAndQuery,
}

impl Upstreams for Origin {
    fn route(&self, target: &PathAndQuery) -> Result<Destination, Fault> {
        Ok(Destination { origin: self.clone(), target: target.clone() })
    }

    fn listing(&self) -> Vec<(String, String)> {
        vec![(String::new(), self.to_string())]
    }
}

/// Several upstreams, chosen by the first path segment.
#[derive(Clone, Debug)]
pub struct NamedUpstreams(BTreeMap<String, Arc<dyn Upstreams>>);

impl NamedUpstreams {
    /// Upstreams by name.
    #[must_use]
    pub fn new(by_name: BTreeMap<String, Arc<dyn Upstreams>>) -> Self {
        Self(by_name)
    }
}

impl Upstreams for NamedUpstreams {
    fn route(&self, target: &PathAndQuery) -> Result<Destination, Fault> {
        let rest = target.as_str().strip_prefix('/').unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (name, below) = rest.split_at(end);
        let upstream = self.0.get(name).filter(|_| below.starts_with('/')).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().map(|name| format!("`/{name}/`")).collect();
            let hint = format!("begin the path below the integration with one of {}", known.join(", "));
            Fault::new(FaultCode::PathNotAllowed, "the path names no upstream").with_hint(hint)
        })?;
        let below = below
            .parse()
            .map_err(|_| Fault::new(FaultCode::PathAmbiguous, "it is not a valid request target"))?;
        upstream.route(&below)
    }

    fn listing(&self) -> Vec<(String, String)> {
        let places = self.0.iter().flat_map(|(name, upstream)| {
            upstream.listing().into_iter().map(move |(_, place)| (name.clone(), place))
        });
        places.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{NamedUpstreams, Upstreams as _};
    use crate::Origin;
    use std::sync::Arc;

    #[test]
    fn the_first_segment_names_the_upstream_and_is_not_sent_on() {
        let origin = |text: &str| Arc::new(text.parse::<Origin>().unwrap()) as _;
        let by_name = [
            ("api".to_owned(), origin("https://api.example")),
            ("hub".to_owned(), origin("https://hub.example")),
        ];
        let upstreams = NamedUpstreams::new(by_name.into());
        let routed = |target: &str| {
            let found = upstreams.route(&target.parse().unwrap());
            found.map(|to| format!("{}{}", to.origin, to.target)).map_err(|fault| fault.code().name())
        };
        assert_eq!(routed("/api/v1/x?a=%20b").as_deref(), Ok("https://api.example/v1/x?a=%20b"));
        assert_eq!(routed("/hub/").as_deref(), Ok("https://hub.example/"));
        for bad in ["/", "/other/x", "/api", "/api?x=/", "/apix/y", "/API/x"] {
            assert_eq!(routed(bad), Err("path-not-allowed"), "{bad}");
        }
    }
}
