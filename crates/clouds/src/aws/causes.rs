//! Why there is no answer, from the chain of an error's causes. Pure.

use std::error::Error;

/// What stands in the way, from the texts of the HTTP client's errors: its types are not ours to name. A text that is not known says less,
/// and nothing wrong.
pub(crate) fn way_in_words(error: &(dyn Error + 'static)) -> &'static str {
    const WAYS: [(&str, &str); 6] = [
        ("invalid dns name", "its name is no host's name"),
        ("dns error", "its name cannot be resolved"),
        (
            "TLS handshake",
            "no trusted TLS connection; slim images lack the authorities (package ca-certificates)",
        ),
        ("invalid peer certificate", "its certificate is not trusted"),
        ("tcp connect error", "it accepts no connection"),
        ("invalid HTTP", "what answers there does not speak HTTP"),
    ];
    let texts: Vec<_> = chain(error).map(ToString::to_string).collect();
    let known = WAYS.iter().find(|(text, _)| texts.iter().any(|line| line.contains(text)));
    known.map_or("the connection broke before an answer", |(_, words)| words)
}

/// An error and its causes. An `io::Error` shows what it wraps as its own, not as its source.
pub(crate) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| match cause.downcast_ref::<std::io::Error>() {
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => cause.source(),
    })
}

#[cfg(test)]
mod tests {
    use super::{chain, way_in_words};
    use std::io;

    #[test]
    fn what_an_io_error_wraps_is_looked_at() {
        let deep = io::Error::other(io::Error::other("dns error"));
        assert_eq!(chain(&deep).count(), 3);
        assert_eq!(way_in_words(&deep), "its name cannot be resolved");
    }

    #[test]
    fn a_text_that_nobody_knows_is_not_repeated() {
        let strange = io::Error::other("canary");
        assert_eq!(way_in_words(&strange), "the connection broke before an answer");
    }
}
