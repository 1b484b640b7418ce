//! Findings of `lint` that somebody answers for, as they are written and as they are meant.

use hallpass_core::IntegrationName;
use hallpass_lifecycle::scope_lint::{Acceptance, Date, LintRule};
use schemars::JsonSchema;
use serde::Deserialize;

use super::at::At;
use super::check::Checker;
use super::settings::FileAcceptance;
use super::suggest::nearest;

/// A finding of `hallpass lint` that is known and borne.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptTable {
    /// The code of the rule, such as `no-ip-list`; `hallpass lint --rules` lists them.
    #[schemars(required, example = &"no-ip-list", extend("enum" = acceptable()))]
    pub(super) rule: Option<At<String>>,
    /// Why it is borne, and by whom.
    #[schemars(required, length(min = 1), example = &"the platform's list is full; asked for more on 3 November (A. Example)")]
    pub(super) reason: Option<At<String>>,
    /// The last day on which it is: YYYY-MM-DD, at most a year away. After it the finding counts again.
    #[schemars(required, example = &"2027-03-31")]
    pub(super) until: Option<At<String>>,
}

/// What `hallpass lint` is told about files.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LintTable {
    /// Files in which a plain secret is known and borne, such as one with made-up values for tests.
    pub(super) accept: Option<Vec<AcceptFileTable>>,
    /// The swagger file of Genesys Cloud, which says what permissions each call needs, in place of hallpass' own small table: `lint` then knows what rules with
    /// wildcards need, and so do `check` and `provision plan`. `hallpass lint --permissions` goes before it. Default: none.
    pub(super) permissions: Option<At<String>>,
}

/// A file in which a plain secret is known and borne.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptFileTable {
    /// The file.
    #[schemars(required, example = &"tests/made-up.json")]
    pub(super) file: Option<At<String>>,
    /// Why it is borne, and by whom.
    #[schemars(required, length(min = 1), example = &"made-up values of a test (A. Example)")]
    pub(super) reason: Option<At<String>>,
    /// The last day on which it is: YYYY-MM-DD, at most a year away.
    #[schemars(required, example = &"2027-03-31")]
    pub(super) until: Option<At<String>>,
}

/// The codes of the rules that can be accepted.
fn acceptable() -> Vec<&'static str> {
    LintRule::ALL.iter().filter(|rule| rule.can_be_accepted()).map(|rule| rule.code()).collect()
}

impl Checker<'_, '_> {
    /// What is accepted, if all of it can be read. How far away a day may be is `lint`'s business: a file does not become wrong as time passes.
    pub(super) fn acceptances(
        &mut self,
        path: &str,
        integration: Option<&IntegrationName>,
        tables: &[AcceptTable],
    ) -> Option<Vec<Acceptance>> {
        let read = tables.iter().map(|table| {
            let rule = table.rule.as_ref().and_then(|rule| self.rule(path, rule));
            let until = table.until.as_ref().and_then(|until| self.day(path, until));
            let reason = table.reason.as_ref().map(|reason| reason.trim().to_owned());
            Some(Acceptance {
                integration: integration?.clone(),
                rule: rule?,
                reason: reason?,
                until: until?,
            })
        });
        let read: Vec<_> = read.collect();
        read.into_iter().collect()
    }

    /// Files whose plain secrets are accepted, if all of it can be read.
    pub(super) fn accepted_files(&mut self, tables: &[AcceptFileTable]) -> Option<Vec<FileAcceptance>> {
        let read = tables.iter().map(|table| {
            let until = table.until.as_ref().and_then(|until| self.day("lint", until));
            let reason = table.reason.as_ref().map(|reason| reason.trim().to_owned());
            Some(FileAcceptance { file: self.path(table.file.as_ref())?, reason: reason?, until: until? })
        });
        let read: Vec<_> = read.collect();
        read.into_iter().collect()
    }

    fn rule(&mut self, path: &str, code: &At<String>) -> Option<LintRule> {
        let found = LintRule::named(code).filter(|rule| rule.can_be_accepted());
        if found.is_none() {
            let near = nearest(code, acceptable()).map(|near| format!("did you mean `{near}`?"));
            let hint = near.unwrap_or_else(|| "`hallpass lint --rules` lists them".to_owned());
            self.faults.at(code.span(), format!("`{path}.accept.rule`: expected the code of a rule"), hint);
        }
        found
    }

    fn day(&mut self, path: &str, text: &At<String>) -> Option<Date> {
        let day = text.parse();
        day.map_err(|why| self.faults.at(text.span(), format!("`{path}.accept.until`: {why}"), None)).ok()
    }
}
