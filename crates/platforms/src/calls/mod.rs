//! What calls there are: our own small tables, with a source for each row.
//!
//! They hold what our examples and guides do, and no more: the vendor's whole table is in the vendor's swagger file, which a user downloads and
//! `hallpass learn --permissions` reads. Shipping a copy of it would be wrong by the next release, and its licence does not allow it.

mod cxone;
mod genesys;
mod words;

use hallpass_core::template::{KnownCall, PathTable};

/// The calls of `platform` that we have looked up; none for a platform that is not known.
#[must_use]
pub fn known_calls(platform: &str) -> &'static [KnownCall] {
    match platform {
        "genesys" => genesys::CALLS,
        "cxone" => cxone::CALLS,
        _ => &[],
    }
}

/// Teaches `table` the paths and words of `platform`, below each of `upstreams` where there are several.
pub fn teach_paths(table: &mut PathTable, platform: &str, upstreams: &[String]) {
    for call in known_calls(platform) {
        table.add_path(call.path);
        upstreams.iter().for_each(|name| table.add_path(&format!("/{name}{}", call.path)));
    }
    let words = match platform {
        "genesys" => words::GENESYS,
        "cxone" => words::CXONE,
        _ => "",
    };
    words.split_whitespace().for_each(|word| table.add_word(word));
    upstreams.iter().for_each(|name| table.add_word(name));
}

#[cfg(test)]
mod tests {
    use super::{known_calls, teach_paths};
    use crate::registry::platform_names;
    use hallpass_core::policy::Rule;
    use hallpass_core::template::{Needs, PathTable};
    use std::collections::BTreeSet;

    #[test]
    fn every_row_is_a_call_with_a_source_and_stands_there_once() {
        for platform in platform_names() {
            let mut seen = BTreeSet::new();
            for call in known_calls(platform) {
                let shown = format!("{} {}", call.method, call.path);
                let plain = call.path.replace(['{', '}'], "");
                assert!(format!("{} {plain}", call.method).parse::<Rule>().is_ok(), "{shown}");
                assert!(seen.insert(shown.clone()), "{shown} stands there twice");
                assert!(!call.source.is_empty(), "{shown}");
                if let Needs::All(names) | Needs::Any(names) = call.needs {
                    assert!(!names.is_empty(), "{shown}");
                    assert!(names.iter().all(|name| name.split(':').count() == 3), "{shown}");
                }
            }
        }
    }

    #[test]
    fn every_word_may_be_kept() {
        for platform in platform_names() {
            let mut table = PathTable::new();
            teach_paths(&mut table, platform, &["hub".to_owned()]);
            assert!(table.may_keep("hub"));
            for call in known_calls(platform) {
                let words = call.path.split('/').skip(1).filter(|part| !part.starts_with('{'));
                words.for_each(|word| assert!(table.may_keep(word), "{word}"));
                let template = table.template(&format!("/hub{}", call.path)).unwrap();
                assert_eq!(
                    template.text.matches('*').count(),
                    call.path.matches('{').count(),
                    "{}",
                    call.path
                );
            }
        }
    }
}
