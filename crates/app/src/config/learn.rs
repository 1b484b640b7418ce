//! What the keys about learning mean, and where learning is refused.

use std::collections::BTreeMap;

use hallpass_core::policy::Rule;
use hallpass_platforms::{UpstreamName, UpstreamPlace};

use super::IntegrationConfig;
use super::at::At;
use super::check::Checker;
use super::file::{HallpassToml, SidecarTable};

impl Checker<'_, '_> {
    /// The paths of the file that `sidecar.learn_paths` names, if each line of it is one.
    pub(super) fn learn_paths(&mut self, table: &SidecarTable) -> Option<Vec<String>> {
        let (Some(text), Some(path)) = (&table.learn_paths, self.path(table.learn_paths.as_ref())) else {
            return Some(Vec::new());
        };
        let read = self.sources.files.read(&path, LARGEST);
        let read = read.map_err(|error| format!("it cannot be read: {}", error.kind()));
        let content = read.and_then(|content| match content.len() as u64 > LARGEST {
            true => Err(format!("it is longer than {} MiB", LARGEST / 1024 / 1024)),
            false => String::from_utf8(content).map_err(|_| "it is not UTF-8 text".to_owned()),
        });
        let found = content.and_then(|content| paths_of(&content));
        let noted = |why: String| {
            let hint = "one path a line, such as `/api/v2/routing/queues/{queueId}`; `hallpass learn --paths` writes them";
            self.faults.at(text.span(), format!("`sidecar.learn_paths`: {why}"), hint.to_owned());
        };
        found.map_err(noted).ok()
    }

    /// Learning from rules that name nothing is discovery: it belongs where nothing is at stake.
    pub(super) fn learns_in_the_open(&mut self, file: &HallpassToml, integrations: &[IntegrationConfig]) {
        let learns = file.sidecar.as_ref().and_then(|sidecar| sidecar.learn.as_ref());
        let environment = file.environment.as_ref().filter(|environment| is_production(environment));
        let (Some(_), Some(environment), Some(tables)) = (learns, environment, &file.integrations) else {
            return;
        };
        for integration in integrations.iter().filter(|integration| !integration.administers) {
            let upstreams = &integration.platform.upstreams;
            let Some(index) = integration.allow.iter().position(|rule| names_nothing(rule, upstreams)) else {
                continue;
            };
            let Some((_, table)) = tables.iter().find(|(name, _)| name.as_str() == integration.name.as_str())
            else {
                continue;
            };
            let span = table.allow.as_ref().map_or_else(|| environment.span(), At::span);
            let message = format!(
                "`integrations.{}.allow`: rule {}: `sidecar.learn` with a rule that names no part of the API is refused in production",
                integration.name,
                index + 1
            );
            let hint =
                "learn in another environment, and bring the list here; or name what it may call".to_owned();
            self.faults.at(span, message, hint);
        }
    }
}

/// Environments in which real customers are served.
fn is_production(environment: &str) -> bool {
    let lower = environment.to_ascii_lowercase();
    lower.split(['-', '_']).any(|part| matches!(part, "prod" | "production" | "prd" | "live"))
}

/// Whether a rule has an open end or a `*` and no word that says which part of an API is meant: `/**`, `/api/v2/**`, `/*/v1/*`.
fn names_nothing(rule: &Rule, upstreams: &BTreeMap<UpstreamName, UpstreamPlace>) -> bool {
    let target = rule.as_str().split_once(' ').map_or("", |(_, target)| target);
    let path = target.split('?').next().unwrap_or(target);
    let is_upstream = |part: &str| upstreams.keys().any(|name| name.as_str() == part);
    let is_version = |part: &str| {
        part.starts_with(['v', 'V']) && part[1..].bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    let names =
        |part: &str| !matches!(part, "" | "*" | "**" | "api") && !is_version(part) && !is_upstream(part);
    path.contains('*') && !path.split('/').any(names)
}

/// The paths of a file; empty lines and those with `#` are none.
fn paths_of(content: &str) -> Result<Vec<String>, String> {
    let lines = content.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let path = |(number, line): (usize, &str)| {
        // Braces are not for paths that are sent; the rest must be one that could be.
        let plain = line.replace(['{', '}'], "x");
        match hallpass_core::policy::ambiguity(&plain) {
            None if !plain.contains('?') => Ok(line.to_owned()),
            _ => Err(format!("line {number} is no path")),
        }
    };
    let paths: Vec<String> = lines.map(path).collect::<Result<_, _>>()?;
    if paths.is_empty() { Err("it has no path".to_owned()) } else { Ok(paths) }
}

/// The paths of the whole Genesys Cloud API take a tenth of this.
const LARGEST: u64 = 2 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::{is_production, names_nothing, paths_of};
    use std::collections::BTreeMap;

    #[test]
    fn production_is_told_by_its_name() {
        for name in ["prod", "PROD", "production", "eu-prod", "prod_2", "live"] {
            assert!(is_production(name), "{name}");
        }
        for name in ["dev", "test", "preprod", "staging", "reproduction", "lively"] {
            assert!(!is_production(name), "{name}");
        }
    }

    #[test]
    fn a_rule_for_discovery_names_no_part_of_an_api() {
        let upstreams = BTreeMap::from([("hub".parse().unwrap(), "discovered".parse().unwrap())]);
        let names_nothing = |rule: &str| names_nothing(&rule.parse().unwrap(), &upstreams);
        for rule in
            ["GET /**", "GET /api/v2/**", "GET /*/**", "GET /hub/**", "POST /api/*/*", "GET /hub/v1/*"]
        {
            assert!(names_nothing(rule), "{rule}");
        }
        for rule in
            ["GET /api/v2/routing/**", "GET /api/v2/queues/*", "GET /api", "GET /hub/users/**", "GET /api/v2"]
        {
            assert!(!names_nothing(rule), "{rule}");
        }
    }

    #[test]
    fn paths_are_lines() {
        assert_eq!(paths_of("# all\n\n /a/{id} \n/b\n").unwrap(), ["/a/{id}", "/b"]);
        for bad in ["", "# none", "a/b", "/a b", "/a/../b", "/a?b=c"] {
            assert!(paths_of(bad).is_err(), "{bad}");
        }
    }
}
