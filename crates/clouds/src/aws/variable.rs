//! What stands in a Lambda function's environment of one secret, and what has to become of it. Pure.
//!
//! | Variable | Holds |
//! |---|---|
//! | `NAME` | Base64 of what KMS made of the stored secret, as [`super::KmsEnv`] reads it |
//! | `NAME_PUBLISHED` | the secret's fingerprint, its version in the store, and a fingerprint of what stands in `NAME` |
//!
//! KMS makes another ciphertext of the same secret each time, and who publishes need not be able to decrypt. So what is published already is told by the second
//! variable, which changes in the same call as the first; its last part shows when somebody wrote the first one by hand.

use std::collections::HashMap;

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput as Configuration;
use hallpass_core::Fingerprint;

/// A function's variables. The others' values are secrets of others: they are sent back as they came, and never shown.
pub(super) type Variables = HashMap<String, String>;

/// The name of the second variable.
pub(super) fn mark_of(variable: &str) -> String {
    format!("{variable}_PUBLISHED")
}

/// Whether `variables` hold `what`, a fingerprint and a version.
pub(super) fn holds(variables: &Variables, variable: &str, what: &str) -> bool {
    let (sealed, mark) = (variables.get(variable), variables.get(&mark_of(variable)));
    sealed.zip(mark).is_some_and(|(sealed, mark)| *mark == marked(variable, what, sealed))
}

/// `variables` with `sealed`, which is `what`, in both of ours.
pub(super) fn with(mut variables: Variables, variable: &str, what: &str, sealed: String) -> Variables {
    variables.insert(mark_of(variable), marked(variable, what, &sealed));
    variables.insert(variable.to_owned(), sealed);
    variables
}

fn marked(variable: &str, what: &str, sealed: &str) -> String {
    format!("{what} {}", Fingerprint::of(variable.as_bytes(), sealed.as_bytes()))
}

/// The variables of a configuration; an empty map where there are none.
pub(super) fn variables(configuration: &Configuration) -> Variables {
    let environment = configuration.environment();
    environment.and_then(|environment| environment.variables()).cloned().unwrap_or_default()
}

/// What besides our variables a new version would release that the one in use does not have. Whoever changed it has not released it, and that is theirs to do.
pub(super) fn unreleased(
    latest: &Configuration,
    used: &Configuration,
    variable: &str,
) -> Option<&'static str> {
    let others = |configuration| {
        let mut others = variables(configuration);
        others.remove(variable);
        others.remove(&mark_of(variable));
        others
    };
    let arns = |configuration: &Configuration| {
        configuration.layers().iter().map(|layer| layer.arn().map(str::to_owned)).collect::<Vec<_>>()
    };
    let limits = |one: &Configuration| (one.timeout(), one.memory_size());
    let runs = |one: &Configuration| {
        (one.runtime().cloned(), one.handler().map(str::to_owned), one.role().map(str::to_owned))
    };
    [
        ("its code", latest.code_sha256() != used.code_sha256()),
        ("other variables", others(latest) != others(used)),
        ("its runtime, handler or role", runs(latest) != runs(used)),
        ("its time limit or memory", limits(latest) != limits(used)),
        ("its layers", arns(latest) != arns(used)),
        ("its network", latest.vpc_config() != used.vpc_config()),
    ]
    .into_iter()
    .find_map(|(what, differs)| differs.then_some(what))
}

#[cfg(test)]
mod tests {
    use super::{Configuration, Variables, holds, unreleased, with};
    use aws_sdk_lambda::operation::get_function_configuration::builders::GetFunctionConfigurationOutputBuilder as Builder;
    use aws_sdk_lambda::types::{EnvironmentResponse, Layer};

    const VARIABLE: &str = "SECRET";

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_was_published_is_known_again_and_nothing_else_is() {
        let others = variables(&[("DB", "planted\u{1F511} \"x\"\n"), ("SECRETS", "s"), ("SECRET_", "t")]);
        let published = with(others.clone(), VARIABLE, "0a1b2c3d v1", "c2VhbGVk".to_owned());
        assert!(holds(&published, VARIABLE, "0a1b2c3d v1"));
        for (name, value) in &others {
            assert_eq!(published.get(name), Some(value), "the others stay byte for byte");
        }
        assert_eq!(published.len(), others.len() + 2);
        for what in ["0a1b2c3d v2", "ffffffff v1", ""] {
            assert!(!holds(&published, VARIABLE, what), "{what}");
        }
        assert!(!holds(&others, VARIABLE, "0a1b2c3d v1"));
        let mut by_hand = published.clone();
        by_hand.insert(VARIABLE.to_owned(), "YnkgaGFuZA==".to_owned());
        assert!(!holds(&by_hand, VARIABLE, "0a1b2c3d v1"), "somebody wrote another value beside the mark");
        let again = with(published, VARIABLE, "ffffffff v2", "bmV3".to_owned());
        assert!(holds(&again, VARIABLE, "ffffffff v2") && again.len() == others.len() + 2);
    }

    fn configuration(pairs: &[(&str, &str)]) -> Builder {
        let environment = EnvironmentResponse::builder().set_variables(Some(variables(pairs))).build();
        Configuration::builder().environment(environment).code_sha256("a").timeout(3).memory_size(128)
    }

    #[test]
    fn a_release_of_somebody_elses_change_is_named() {
        let used = configuration(&[("A", "1"), (VARIABLE, "old"), ("SECRET_PUBLISHED", "x")]).build();
        let latest = || configuration(&[("A", "1"), (VARIABLE, "new"), ("SECRET_PUBLISHED", "y")]);
        assert_eq!(unreleased(&latest().build(), &used, VARIABLE), None);
        let layer = Layer::builder().arn("arn:l").build();
        for (latest, what) in [
            (latest().code_sha256("b"), "its code"),
            (latest().timeout(4), "its time limit or memory"),
            (latest().role("r"), "its runtime, handler or role"),
            (latest().layers(layer), "its layers"),
            (configuration(&[("A", "2"), (VARIABLE, "new")]), "other variables"),
            (configuration(&[("A", "1"), ("B", "1")]), "other variables"),
        ] {
            assert_eq!(unreleased(&latest.build(), &used, VARIABLE), Some(what));
        }
    }
}
