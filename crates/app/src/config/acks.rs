//! Where acknowledgements go: a folder, an address or a secret store, by the form of the text.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use hallpass_outbound::{Origin, OriginFault};
use hallpass_stores::{Reference, Scheme};
use http::Uri;
use http::uri::PathAndQuery;

use super::at::At;
use super::check::Checker;

/// Where acknowledgements are put and read.
#[derive(Clone, Debug)]
pub(crate) enum AckTarget {
    /// A folder.
    Folder(PathBuf),
    /// A receiver, and where the bearer rests that it is shown.
    Receiver { address: AckAddress, bearer: Reference },
    /// Entries below this one.
    Entries(Reference),
}

/// The address of a receiver: an origin and a path without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AckAddress {
    origin: Origin,
    path: String,
}

impl AckAddress {
    /// The address of what stands at `below`, which begins with a slash and holds unreserved characters alone.
    pub(crate) fn uri(&self, below: &str) -> Uri {
        let target = format!("{}{below}", self.path).parse::<PathAndQuery>();
        self.origin.uri(&target.unwrap_or_else(|_| PathAndQuery::from_static("/")))
    }
}

impl FromStr for AckAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let behind = text.find("://").map_or(0, |at| at + "://".len());
        let slash = text[behind..].find(['/', '?', '#']).map_or(text.len(), |at| behind + at);
        let (origin, path) = text.split_at(slash);
        let origin = origin.parse::<Origin>().map_err(OriginFault::as_str)?;
        let path = path.trim_end_matches('/');
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        let dots = path.split('/').skip(1).any(|segment| matches!(segment, "" | "." | ".."));
        if !path.bytes().all(fine) || dots {
            return Err("expected a path of letters, digits and `-._~/` without a query");
        }
        Ok(Self { origin, path: path.to_owned() })
    }
}

impl fmt::Display for AckAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

impl Checker<'_, '_> {
    /// What `acks` and `acks_bearer` of the table at `path` say together. `None` where it is faulty.
    pub(super) fn acks(
        &mut self,
        path: &str,
        acks: Option<&At<String>>,
        bearer: Option<&At<String>>,
    ) -> Option<Option<AckTarget>> {
        let is_address = acks.is_some_and(|text| text.starts_with("https://") || text.starts_with("http://"));
        if let Some(bearer) = bearer.filter(|_| !is_address) {
            let message = format!("`{path}.acks_bearer`: expected only where `acks` is an address");
            self.faults.at(bearer.span(), message, None);
            return None;
        }
        let Some(text) = acks.filter(|text| !text.is_empty()) else { return Some(None) };
        if is_address {
            return self.receiver(path, text, bearer).map(Some);
        }
        match text.split_once(':').filter(|(scheme, _)| looks_like_a_scheme(scheme)) {
            Some(_) => self.entries(path, text).map(Some),
            None => Some(self.path(Some(text)).map(AckTarget::Folder)),
        }
    }

    fn receiver(&mut self, path: &str, text: &At<String>, bearer: Option<&At<String>>) -> Option<AckTarget> {
        let address: Option<AckAddress> = self.parsed(&format!("{path}.acks"), Some(text));
        let Some(bearer) = bearer else {
            let message = format!("`{path}.acks_bearer`: expected, since `acks` is an address");
            let hint = "name where the bearer rests, such as `acks_bearer = \"file:acks-bearer\"`".to_owned();
            self.faults.at(text.span(), message, hint);
            return None;
        };
        let bearer = self.reference(&format!("{path}.acks_bearer"), bearer, bearer.span());
        Some(AckTarget::Receiver { address: address?, bearer: bearer? })
    }

    fn entries(&mut self, path: &str, text: &At<String>) -> Option<AckTarget> {
        let key = format!("{path}.acks");
        let base = self.reference(&key, text, text.span())?;
        let writable = matches!(base.scheme, Scheme::Local | Scheme::AwsSm | Scheme::AzureKv | Scheme::GcpSm);
        if writable && !base.entry.as_str().starts_with("arn:") {
            return Some(AckTarget::Entries(base));
        }
        let (message, hint) = if writable {
            (
                format!("`{key}`: expected a name and no ARN"),
                "entries are made below it, and AWS gives each an ARN of its own",
            )
        } else {
            (
                format!("`{key}`: hallpass cannot write `{}:`", base.scheme),
                "use local:, aws-sm:, azure-kv: or gcp-sm:, an address, or a folder by its path",
            )
        };
        self.faults.at(text.span(), message, hint.to_owned());
        None
    }
}

/// Whether a text before a colon is meant as a scheme rather than as the beginning of a path.
fn looks_like_a_scheme(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::AckAddress;

    #[test]
    fn an_address_has_a_plain_path_and_no_secret() {
        for (text, uri) in [
            ("https://r.example/acks", "https://r.example/acks/q/c"),
            ("https://r.example/acks/", "https://r.example/acks/q/c"),
            ("https://r.example", "https://r.example/q/c"),
            ("http://127.0.0.1:7782/a/b", "http://127.0.0.1:7782/a/b/q/c"),
        ] {
            assert_eq!(text.parse::<AckAddress>().unwrap().uri("/q/c").to_string(), uri);
        }
        for bad in [
            "http://r.example/acks",
            "https://user:planted@r.example/acks",
            "https://r.example/acks?key=planted",
            "https://r.example?key=planted",
            "https://r.example/a#b",
            "https://r.example/a//b",
            "https://r.example/../a",
            "https://r.example/a%20b",
        ] {
            let told = bad.parse::<AckAddress>().unwrap_err();
            assert!(!told.contains("planted"), "{told}");
        }
    }
}
