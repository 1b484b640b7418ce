//! What one profile of one platform takes, needs and does: the record behind each line of the registry.

use std::fmt;

use hallpass_core::{Fault, FaultCode};

use crate::parts::{Connected, PlatformParts};
use crate::settings::{Key, PlatformSettings};

/// One way to speak to one platform.
#[derive(Debug)]
pub struct Profile {
    /// The platform's name in configuration.
    pub platform: &'static str,
    /// The profile's name in configuration.
    pub name: &'static str,
    /// The members that its credential must have.
    pub members: &'static [&'static str],
    /// The regions it can be in.
    pub regions: Regions,
    /// The ways to say where it is; exactly one of them must be gone.
    pub ways: &'static [Way],
    /// What can be said whatever the way.
    pub extras: &'static [Key],
    /// The names of the upstreams that a login can tell.
    pub discovers: &'static [&'static str],
    /// What speaks against it at the vendor's own hosts, as a lower-case fragment.
    pub caution: Option<&'static str>,
    pub(crate) connect: fn(&'static Self, &PlatformSettings, PlatformParts) -> Result<Connected, Fault>,
}

/// One way to say where a platform is. Where it names [`Key::ApiUrl`], [`Key::Upstreams`] can stand in its place.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// What must be said.
    pub required: &'static [Key],
    /// What may be said besides.
    pub optional: &'static [Key],
}

/// The regions of a profile.
#[derive(Clone, Copy)]
pub enum Regions {
    /// It has none.
    None,
    /// These, and a client of one is unknown in every other.
    Listed(fn() -> Vec<&'static str>),
    /// All that look so; the vendor publishes no complete list.
    Shaped {
        /// Whether a text looks so.
        fits: fn(&str) -> bool,
        /// Some that exist.
        examples: &'static [&'static str],
    },
}

/// Why settings do not suit a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The key it is about; `None` when it is about one that is not there.
    pub key: Option<Key>,
    /// What was expected, as a lower-case fragment without any value.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Profile {
    /// Every key it takes.
    pub fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        Key::ALL.iter().copied().filter(|key| self.takes(*key))
    }

    /// What is wrong with giving exactly the keys `given`; empty when nothing is.
    #[must_use]
    pub fn misfits(&self, given: &[Key]) -> Vec<Misfit> {
        let (known, foreign): (Vec<Key>, Vec<Key>) = given.iter().partition(|key| self.takes(**key));
        let mut misfits: Vec<_> = foreign.into_iter().map(|key| self.foreign(key)).collect();
        if known.contains(&Key::ApiUrl) && known.contains(&Key::Upstreams) {
            let message = "expected either `api_url` or `upstreams`".to_owned();
            misfits.push(Misfit { key: Some(Key::Upstreams), message, hint: None });
        }
        let place = |key: &Key| self.ways.iter().any(|way| way.takes(plain(*key)));
        let given: Vec<_> = known.into_iter().filter(place).collect();
        if !self.ways.iter().any(|way| way.suits(&given)) {
            misfits.extend(self.lost(&given));
        }
        misfits
    }

    /// Its regions, or some of them where there is no complete list.
    #[must_use]
    pub fn region_names(&self) -> Vec<&'static str> {
        match self.regions {
            Regions::None => Vec::new(),
            Regions::Listed(all) => all(),
            Regions::Shaped { examples, .. } => examples.to_vec(),
        }
    }

    /// What is wrong with the region `key`, if anything is.
    #[must_use]
    pub fn region_misfit(&self, key: &str) -> Option<Misfit> {
        let (fits, some) = match self.regions {
            Regions::None => return None,
            Regions::Listed(all) => (all().contains(&key), "known regions:"),
            Regions::Shaped { fits, .. } => (fits(key), "for example"),
        };
        (!fits).then(|| Misfit {
            key: Some(Key::Region),
            message: format!("expected a region of {}", self.platform),
            hint: Some(format!("{some} {}", self.region_names().join(", "))),
        })
    }

    /// Everything about `settings` that does not suit, as the first fault there is.
    pub(crate) fn check(&self, settings: &PlatformSettings) -> Result<(), Fault> {
        let given: Vec<_> = settings.given().collect();
        let region = settings.region.as_deref().and_then(|region| self.region_misfit(region));
        let Some(misfit) = self.misfits(&given).into_iter().chain(region).next() else { return Ok(()) };
        let what = misfit.key.map_or(String::new(), |key| format!("`{}`: ", key.name()));
        let fault = Fault::new(FaultCode::ConfigurationInvalid, format!("{what}{}", misfit.message));
        Err(match misfit.hint {
            Some(hint) => fault.with_hint(hint),
            None => fault,
        })
    }

    fn takes(&self, key: Key) -> bool {
        self.extras.contains(&key) || self.ways.iter().any(|way| way.takes(plain(key)))
    }

    fn foreign(&self, key: Key) -> Misfit {
        let hint = format!("profile \"{}\" takes {}", self.name, in_words(self.keys(), "and"));
        let message = format!("not a key of the profile \"{}\" of {}", self.name, self.platform);
        Misfit { key: Some(key), message, hint: Some(hint) }
    }

    /// No way is gone to its end: either two were mixed, or something is missing on the one that was meant.
    fn lost(&self, given: &[Key]) -> Option<Misfit> {
        let expected = || self.ways.iter().map(ToString::to_string).collect::<Vec<_>>().join(", or ");
        let fits_nowhere = |way: &&Way| given.iter().all(|key| way.takes(plain(*key)));
        let Some(meant) = self.ways.iter().find(fits_nowhere) else {
            let key = given.first().copied();
            let hint = Some("remove the keys of the other way".to_owned());
            return Some(Misfit { key, message: format!("expected either {}", expected()), hint });
        };
        let missing = meant.required.iter().find(|key| !is_among(given, **key))?;
        let hint = match (missing, self.region_names().first()) {
            (Key::Region, Some(region)) => {
                format!("for example `region = \"{region}\"`; expected is {}", expected())
            }
            _ => format!("expected is {}", expected()),
        };
        Some(Misfit { key: None, message: format!("`{}` is missing", missing.name()), hint: Some(hint) })
    }
}

impl Way {
    fn takes(&self, key: Key) -> bool {
        self.required.contains(&key) || self.optional.contains(&key)
    }

    fn suits(&self, given: &[Key]) -> bool {
        self.required.iter().all(|key| is_among(given, *key))
            && given.iter().all(|key| self.takes(plain(*key)))
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.required.is_empty() {
            return f.write_str("nothing");
        }
        f.write_str(&in_words(self.required.iter().copied(), "and"))
    }
}

impl fmt::Debug for Regions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Listed(_) => "Listed",
            Self::Shaped { .. } => "Shaped",
        })
    }
}

fn is_among(given: &[Key], key: Key) -> bool {
    given.iter().any(|each| plain(*each) == key)
}

/// Several APIs can be named wherever one can.
fn plain(key: Key) -> Key {
    if key == Key::Upstreams { Key::ApiUrl } else { key }
}

/// `` `a`, `b` and `c` ``.
fn in_words(keys: impl Iterator<Item = Key>, last: &str) -> String {
    let names: Vec<_> = keys.map(|key| format!("`{}`", key.name())).collect();
    match names.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => names.concat(),
    }
}
