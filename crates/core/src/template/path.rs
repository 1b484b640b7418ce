//! A path without its values.

/// A path in which `*` stands where a value stood, or may have stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    /// Such as `/api/v2/routing/queues/*`.
    pub text: String,
    /// What is known of each `*`, in order.
    pub stars: Vec<Star>,
}

/// One `*` of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Star {
    /// Which segment it is, counted from zero.
    pub segment: usize,
    /// How sure one can be that it stands for a value.
    pub kind: StarKind,
}

/// How sure one can be that a `*` stands for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StarKind {
    /// A table has a parameter in this place of this path.
    Parameter,
    /// What stood there looks like a value, and no table knows the path.
    Value,
    /// It may be a value, or a word of the API that no table has.
    Unclear,
}

/// The path has more segments than any API: it is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;
