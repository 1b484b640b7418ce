//! The words and paths that were known before a call.

use std::collections::{HashMap, HashSet};

use super::looks::{is_value, is_version};
use super::path::{PathTemplate, Star, StarKind, TooLong};

/// Words that may be kept, and paths of which it is known where their values stand. Built once; asking neither locks nor grows anything.
#[derive(Clone, Debug, Default)]
pub struct PathTable {
    words: HashSet<Box<str>>,
    nodes: Vec<Node>,
}

/// A place in the tree of known paths.
#[derive(Clone, Debug, Default)]
struct Node {
    words: HashMap<Box<str>, usize>,
    parameter: Option<usize>,
    /// Whether a known path ends here.
    ends: bool,
}

impl PathTable {
    /// A table that knows nothing: every segment becomes `*`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns one word that may be kept wherever it stands.
    pub fn add_word(&mut self, word: &str) {
        if is_word(word) {
            self.words.insert(word.into());
        }
    }

    /// Learns a path: `/api/v2/routing/queues/{queueId}`, or with `*` in place of a name in braces. Its words may be kept from now on, wherever
    /// they stand. A path that ends in `/**`, as in a rule, teaches its words and not where its values stand.
    pub fn add_path(&mut self, path: &str) {
        let (path, open) = match path.strip_suffix("/**") {
            Some(start) => (start, true),
            None => (path, false),
        };
        let mut at = self.node();
        for segment in segments(path) {
            let parameter = is_parameter(segment);
            if !parameter {
                self.add_word(segment);
            }
            if !open {
                at = self.child(at, segment, parameter);
            }
        }
        if !open {
            self.nodes[at].ends = true;
        }
    }

    /// The template of `path`, which has no query. Allocates the text and, if there is a `*`, a list of them.
    ///
    /// # Errors
    /// [`TooLong`] for a path of more than [`PathTable::MOST_SEGMENTS`] segments.
    pub fn template(&self, path: &str) -> Result<PathTemplate, TooLong> {
        let mut text = String::with_capacity(path.len());
        let mut stars = Vec::new();
        let mut at = self.nodes.first().map(|_| 0);
        for (index, segment) in segments(path).enumerate() {
            if index == Self::MOST_SEGMENTS {
                return Err(TooLong);
            }
            let node = at.map(|at| &self.nodes[at]);
            text.push('/');
            if let Some(next) = node.and_then(|node| node.words.get(segment)) {
                at = Some(*next);
                text.push_str(segment);
            } else if segment.is_empty() || self.words.contains(segment) || is_version(segment) {
                // A version where a table has a parameter is kept: a rule for one version is the narrower one.
                at = node.and_then(|node| node.parameter.filter(|_| is_version(segment)));
                text.push_str(segment);
            } else {
                at = node.and_then(|node| node.parameter);
                let kind = if is_value(segment) { StarKind::Value } else { StarKind::Unclear };
                stars.push(Star { segment: index, kind });
                text.push('*');
            }
        }
        if at.is_some_and(|at| self.nodes[at].ends) {
            stars.iter_mut().for_each(|star| star.kind = StarKind::Parameter);
        }
        Ok(PathTemplate { text, stars })
    }

    /// Whether `segment` may be kept: a word of this table, or a version.
    #[must_use]
    pub fn may_keep(&self, segment: &str) -> bool {
        self.words.contains(segment) || is_version(segment)
    }

    /// More segments than any path in the Genesys Cloud swagger of 2026-02, whose longest has 13.
    pub const MOST_SEGMENTS: usize = 20;

    fn node(&mut self) -> usize {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        0
    }

    fn child(&mut self, at: usize, segment: &str, parameter: bool) -> usize {
        let next = self.nodes.len();
        let node = &mut self.nodes[at];
        let child = if parameter {
            *node.parameter.get_or_insert(next)
        } else {
            *node.words.entry(segment.into()).or_insert(next)
        };
        if child == next {
            self.nodes.push(Node::default());
        }
        child
    }
}

/// The segments of a path that begins with `/`.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn is_parameter(segment: &str) -> bool {
    segment == "*" || (segment.starts_with('{') && segment.ends_with('}'))
}

/// A word that may be learnt. What looks like a value is refused even from a table: a rule may name one queue by its id, and a record that kept
/// the id would keep a value.
fn is_word(word: &str) -> bool {
    !word.is_empty() && word != "*" && word != "**" && !is_value(word)
}

#[cfg(test)]
mod tests;
