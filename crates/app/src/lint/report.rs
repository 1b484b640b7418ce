//! What `lint` says.

use std::path::{Path, PathBuf};

use hallpass_lifecycle::scope_lint::{
    Accepted, Date, Finding, LintRule, PlainSecret, Severity, Subject, no_longer,
};
use serde::{Serialize, Serializer};

use crate::config::{Config, FileAcceptance};

/// All that was found.
#[derive(Clone, Debug, Serialize)]
pub struct LintReport {
    /// Whether nothing speaks against this configuration: no error, and no warning either where it was a gate.
    pub ok: bool,
    /// Whether it was the gate of an environment.
    pub gate: bool,
    /// What nobody answers for.
    pub findings: Vec<Reported>,
    /// What somebody does.
    pub accepted: Vec<Borne>,
    /// What could not be judged.
    pub unknown: Vec<Unknown>,
}

/// One finding, with its place.
#[derive(Clone, Debug, Serialize)]
pub struct Reported {
    /// The rule.
    #[serde(serialize_with = "code")]
    pub rule: LintRule,
    /// Its severity.
    #[serde(serialize_with = "severity")]
    pub severity: Severity,
    /// The integration, unless it is about a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration: Option<String>,
    /// What was seen.
    pub detail: String,
    /// What to do.
    pub hint: &'static str,
    /// Where.
    #[serde(flatten)]
    pub place: LintPlace,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LintPlace {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

/// One finding that is borne.
#[derive(Clone, Debug, Serialize)]
pub struct Borne {
    /// The finding.
    #[serde(flatten)]
    pub finding: Reported,
    /// Why it is.
    pub reason: String,
    /// Until when.
    pub until: String,
}

/// What could not be judged of an integration.
#[derive(Clone, Debug, Serialize)]
pub struct Unknown {
    /// The integration.
    pub integration: String,
    /// What.
    pub what: Vec<String>,
    /// What was in the way, if something was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

impl LintReport {
    pub(super) fn new(
        file: &Path,
        outcome: Accepted,
        subjects: &[Subject],
        faults: &[(String, String)],
        config: &Config,
    ) -> Self {
        let place = |finding: Finding| Reported {
            rule: finding.rule,
            severity: finding.rule.severity(),
            place: LintPlace { file: file.to_owned(), line: line(config, &finding) },
            integration: finding.integration.map(|name| name.to_string()),
            detail: finding.detail,
            hint: finding.rule.remedy(),
        };
        let unknown = subjects.iter().filter_map(|subject| {
            let fault = faults.iter().find(|(name, _)| *name == subject.name.as_str());
            let fault = fault.map(|(_, fault)| fault.clone());
            let (integration, what) = (subject.name.to_string(), subject.unknown());
            (!what.is_empty()).then_some(Unknown { integration, what, fault })
        });
        let accepted = outcome.borne.into_iter().map(|(finding, acceptance)| Borne {
            finding: place(finding),
            reason: acceptance.reason,
            until: acceptance.until.to_string(),
        });
        let mut report = Self {
            ok: true,
            gate: false,
            unknown: unknown.collect(),
            accepted: accepted.collect(),
            findings: outcome.open.into_iter().map(place).collect(),
        };
        report.judge();
        report
    }

    /// Adds the plain secrets of files, but those that somebody answers for on `today`.
    pub(super) fn add_files(
        &mut self,
        files: Vec<(PathBuf, Vec<PlainSecret>)>,
        accepted: &[FileAcceptance],
        today: Date,
    ) {
        for (file, secrets) in files {
            let acceptance = accepted.iter().find(|one| one.file == file);
            let over = acceptance.and_then(|one| no_longer(LintRule::PlainSecret, one.until, today));
            if let Some(why) = &over {
                self.findings.push(about_file(LintRule::AcceptanceExpired, &file, 1, why.clone()));
            }
            for secret in secrets {
                let detail = format!("`{}` has a value", secret.name);
                let finding = about_file(LintRule::PlainSecret, &file, secret.line, detail);
                match acceptance.filter(|_| over.is_none()) {
                    Some(FileAcceptance { reason, until, .. }) => {
                        let (reason, until) = (reason.clone(), until.to_string());
                        self.accepted.push(Borne { finding, reason, until });
                    }
                    None => self.findings.push(finding),
                }
            }
        }
        self.judge();
    }

    /// How many findings are of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Leaves out what is not about a client at its platform: what is not made by making that of `subject`.
    pub(super) fn about_the_client(&mut self, subject: &Subject) {
        let rights = subject.unknown_rights();
        self.unknown.iter_mut().for_each(|unknown| unknown.what.clone_from(&rights));
        self.unknown.retain(|unknown| !unknown.what.is_empty());
        let about = |finding: &Reported| finding.rule.is_about_the_client();
        self.findings.retain(about);
        self.accepted.retain(|borne| about(&borne.finding));
        self.judge();
    }

    fn judge(&mut self) {
        let warnings = if self.gate { self.count(Severity::Warning) } else { 0 };
        self.ok = self.count(Severity::Error) + warnings == 0;
    }

    /// Makes this the report of a gate, where warnings count.
    pub(super) fn as_gate(&mut self, gate: bool) {
        self.gate = gate;
        self.judge();
    }
}

fn about_file(rule: LintRule, file: &Path, line: usize, detail: String) -> Reported {
    let place = LintPlace { file: file.to_owned(), line };
    Reported { rule, severity: rule.severity(), integration: None, detail, hint: rule.remedy(), place }
}

fn line(config: &Config, finding: &Finding) -> usize {
    let named = |name| config.integrations.iter().find(|one| one.name == name);
    finding.integration.clone().and_then(named).map_or(1, |one| one.line)
}

fn code<S: Serializer>(rule: &LintRule, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(rule.code())
}

fn severity<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity.name())
}
