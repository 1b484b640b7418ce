//! Helpful guesses, and how a name that may be a secret is spoken of.

use std::borrow::Cow;

/// The known name nearest to `typed`, if it is near enough to be a slip of the fingers.
pub(crate) fn nearest<'k>(typed: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let typed = typed.to_lowercase().replace('-', "_");
    let distance = |name: &&str| edit_distance(&typed, &name.to_lowercase().replace('-', "_"));
    let best = known.into_iter().min_by_key(distance)?;
    (distance(&best) <= best.chars().count().div_ceil(3)).then_some(best)
}

/// A key as it may be printed: as written, unless it looks like something pasted by mistake.
pub(crate) fn presentable(key: &str) -> Cow<'_, str> {
    let length = key.chars().count();
    if length > LONGEST_KEY_SHOWN || key.contains('=') || key.chars().any(char::is_control) {
        format!("(a key of {length} characters)").into()
    } else {
        key.into()
    }
}

/// Choices as they are printed: `"a", "b" or "c"`.
pub(super) fn in_words<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// Levenshtein's distance, with a swap of neighbours counted as one: the commonest slip.
fn edit_distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let width = other.len() + 1;
    let mut rows = vec![0; (one.len() + 1) * width];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            let at = i * width + j;
            if i == 0 || j == 0 {
                rows[at] = i + j;
                continue;
            }
            let change = usize::from(one[i - 1] != other[j - 1]);
            let mut best = (rows[at - width] + 1).min(rows[at - 1] + 1).min(rows[at - width - 1] + change);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                best = best.min(rows[at - 2 * width - 2] + 1);
            }
            rows[at] = best;
        }
    }
    rows[one.len() * width + other.len()]
}

/// A key is a word; what is longer than this was not meant as one.
const LONGEST_KEY_SHOWN: usize = 40;

#[cfg(test)]
mod tests {
    use super::{nearest, presentable};

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["listen", "pass_file", "max_body"];
        assert_eq!(nearest("lisen", known), Some("listen"));
        assert_eq!(nearest("lsiten", known), Some("listen"));
        assert_eq!(nearest("pass-file", known), Some("pass_file"));
        assert_eq!(nearest("Listen", known), Some("listen"));
        assert_eq!(nearest("rotation", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn what_may_be_a_secret_is_described_by_its_length() {
        assert_eq!(presentable("lisen"), "lisen");
        assert_eq!(presentable("c2VjcmV0cw=="), "(a key of 12 characters)");
        assert_eq!(presentable(&"x".repeat(41)), "(a key of 41 characters)");
    }
}
