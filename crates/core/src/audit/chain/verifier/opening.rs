//! The lines that a chain, or its part of a file, begins with. They are few, so they may be parsed.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::super::AuditKind;
use super::super::key::KeyId;
use super::super::line::{ChainId, Head, Mac};

/// Who wrote a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The machine's name.
    pub host: String,
    /// The process's number there.
    pub process: String,
    /// The program and its version.
    pub program: String,
    /// The environment of its configuration.
    pub environment: String,
}

/// What such a line says. It is believed once its seal is found to fit.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) origin: Origin,
    pub(super) key: KeyId,
    /// The seal before it: none at the very beginning.
    pub(super) previous: Mac,
    /// The line of another chain that stood last when this one began.
    pub(super) after: Option<(ChainId, u64, Mac)>,
    /// How many bytes of an unfinished line stood behind that.
    pub(super) torn: usize,
    /// Whether nothing of the chain is before it.
    pub(super) begins: bool,
}

impl Opening {
    pub(super) fn of(head: &Head<'_>) -> Option<Self> {
        let begins = head.kind == AuditKind::ChainBegun.name().as_bytes();
        if !begins && head.kind != AuditKind::ChainContinued.name().as_bytes() {
            return None;
        }
        let text = [head.canonical, b"}"].concat();
        let Line { mut facts } = serde_json::from_slice(&text).ok()?;
        let mut take = |name: &str| facts.remove(name);
        let mac = take("after_mac").and_then(|text| Mac::of_text(text.as_bytes()));
        let chain = take("after_chain").and_then(|text| ChainId::of_text(text.as_bytes()));
        let sequence = take("after_seq").and_then(|text| text.parse().ok());
        Some(Self {
            key: KeyId::of_text(&take("key")?),
            previous: if begins { Mac::NONE } else { mac? },
            after: chain.filter(|_| begins).and_then(|chain| Some((chain, sequence?, mac?))),
            torn: take("torn").and_then(|text| text.parse().ok()).unwrap_or(0),
            origin: Origin {
                host: take("host")?,
                process: take("process")?,
                program: take("program")?,
                environment: take("environment")?,
            },
            begins,
        })
    }
}

#[derive(Deserialize)]
struct Line {
    facts: BTreeMap<String, String>,
}
