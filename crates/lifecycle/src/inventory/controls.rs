//! Which control of a standard there is evidence for. Requirements are in our own words; the standard's text rules.

use std::collections::BTreeSet;

use serde::Serialize;

/// Where evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// What is configured: policies, periods, references.
    Configuration,
    /// What the platforms say of clients and roles.
    Platform,
    /// What the stores say of secrets.
    Stores,
    /// What stands beside the secrets about their rotations.
    Rotations,
    /// Files that were looked through for secrets.
    Files,
    /// An audit log whose chain holds.
    Audit,
}

/// What there was to look at, with the evidence of each source in one sentence.
pub type Sources = std::collections::BTreeMap<Source, String>;

/// One control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Control {
    /// The standard.
    pub standard: &'static str,
    /// Its number there.
    pub number: &'static str,
    /// What it asks for.
    pub asks: &'static str,
    /// What there is.
    pub evidence: Evidence,
}

/// What there is for a control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// One sentence of each source.
    Of(Vec<String>),
    /// A source that it takes was not there: which.
    None(Vec<Source>),
}

/// Every control with its evidence. A control that takes a source which is not there has none: half of a proof is not one.
#[must_use]
pub fn controls(sources: &Sources) -> Vec<Control> {
    let with_evidence = |(standard, number, asks, takes): &Asked| {
        let missing: BTreeSet<_> =
            takes.iter().filter(|source| !sources.contains_key(source)).copied().collect();
        let evidence = if missing.is_empty() {
            Evidence::Of(takes.iter().filter_map(|source| sources.get(source).cloned()).collect())
        } else {
            Evidence::None(missing.into_iter().collect())
        };
        Control { standard, number, asks, evidence }
    };
    ASKED.iter().map(with_evidence).collect()
}

type Asked = (&'static str, &'static str, &'static str, &'static [Source]);

const PCI: &str = "PCI DSS 4.0.1";
const HIPAA: &str = "HIPAA 45 CFR 164.312";

use Source::{Audit, Configuration, Files, Platform, Rotations, Stores};

/// The controls that hallpass can say something about, and what it takes to say it.
const ASKED: &[Asked] = &[
    (PCI, "7.2.1", "access is given by need, and an access model says so", &[Configuration, Platform]),
    (PCI, "7.2.2", "each has the least privileges for its task", &[Configuration, Platform]),
    (
        PCI,
        "7.2.5",
        "accounts of applications have the least privileges that they need to work",
        &[Configuration, Platform],
    ),
    (
        PCI,
        "7.2.5.1",
        "the access of application accounts is looked at again from time to time",
        &[Configuration, Platform, Stores],
    ),
    (PCI, "8.2.2", "accounts are not shared, but by exception", &[Configuration, Stores]),
    (PCI, "8.3.2", "what authenticates cannot be read where it is stored or sent", &[Configuration, Stores]),
    (PCI, "8.6.1", "accounts of applications cannot be used by a person at a login page", &[Platform]),
    (
        PCI,
        "8.6.2",
        "secrets of application accounts stand in no script, configuration or source",
        &[Configuration, Files],
    ),
    (
        PCI,
        "8.6.3",
        "secrets of application accounts are replaced as often as a risk analysis says (90 days is the policy here, not the law)",
        &[Stores, Rotations],
    ),
    (PCI, "10.2.1", "audit logs are on, and record what is done", &[Audit]),
    (PCI, "10.2.2", "each record says who, what, when, where and with which outcome", &[Audit]),
    (PCI, "10.3.4", "a change to an audit log is noticed", &[Audit]),
    (PCI, "10.5.1", "audit logs are kept for a year", &[Audit]),
    (HIPAA, "(a)(1)", "only those get access who were given it", &[Configuration, Platform]),
    (HIPAA, "(a)(2)(i)", "each has a name of its own", &[Configuration, Stores]),
    (HIPAA, "(b)", "activity is recorded and can be examined", &[Audit]),
    (HIPAA, "(c)(1)", "what is protected is not altered unnoticed", &[Audit]),
    (HIPAA, "(d)", "whoever asks for access is who it claims to be", &[Platform, Stores]),
    (HIPAA, "(e)(1)", "what is sent over a network is guarded", &[Configuration]),
];

#[cfg(test)]
mod tests {
    use super::{ASKED, Evidence, Source, Sources, controls};

    const ALL: [Source; 6] = [
        Source::Configuration,
        Source::Platform,
        Source::Stores,
        Source::Rotations,
        Source::Files,
        Source::Audit,
    ];

    fn without(missing: Option<Source>) -> Sources {
        let there = ALL.into_iter().filter(|source| Some(*source) != missing);
        there.map(|source| (source, format!("what {source:?} says"))).collect()
    }

    #[test]
    fn with_every_source_every_control_has_evidence() {
        for control in controls(&without(None)) {
            assert!(matches!(&control.evidence, Evidence::Of(said) if !said.is_empty()), "{control:?}");
        }
    }

    #[test]
    fn without_a_source_exactly_its_controls_have_none() {
        for source in ALL {
            let mut lost = 0;
            for (control, (_, number, _, takes)) in controls(&without(Some(source))).iter().zip(ASKED) {
                let none = matches!(&control.evidence, Evidence::None(missing) if missing == &[source]);
                assert_eq!(none, takes.contains(&source), "{number} without {source:?}");
                lost += usize::from(none);
            }
            assert!(lost > 0, "{source:?} is evidence for nothing");
        }
    }
}
