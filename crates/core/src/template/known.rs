//! What the documents of a platform say about a call.

/// A call of a platform's API and what its vendor says it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownCall {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path, with `{name}` where a value stands.
    pub path: &'static str,
    /// The permissions.
    pub needs: Needs,
    /// Where that is written.
    pub source: &'static str,
}

/// What a call needs besides a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Token,
    /// Each of these permissions.
    All(&'static [&'static str]),
    /// One of these permissions.
    Any(&'static [&'static str]),
    /// The vendor does not say.
    Unstated,
}
