//! Reading a vendor's swagger file: what each call needs.
//!
//! The file of Genesys Cloud has about 20 MB, most of it models. It is read as a stream: of each operation its permissions and schemes are kept, and
//! everything else is skipped as it comes by, so that memory holds the table and never the file.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufReader, Read};

use hallpass_core::{Fault, FaultCode};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::requirements::{Permissions, Requirement, Requirements};

/// Reads `x-inin-requires-permissions` and `security` of every operation. `source` is what the rows name as their source. Takes at most
/// 256 MiB and 40,000 operations.
///
/// # Errors
/// `permissions-unreadable` for what is not JSON, not a swagger or OpenAPI document, too large, or has no operation that says what it needs. The
/// text never quotes the file.
pub fn read_swagger(reader: impl Read, source: &str) -> Result<Requirements, Fault> {
    let mut limited = reader.take(LARGEST + 1);
    let mut document = Document { source, is_swagger: false, base: String::new(), rows: Vec::new() };
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(64 * 1024, &mut limited));
    let read = json.deserialize_map(&mut document).and_then(|()| json.end());
    if limited.limit() == 0 {
        return Err(unreadable("it is larger than 256 MiB"));
    }
    match read {
        Err(error) if error.is_io() => {
            return Err(
                Fault::new(FaultCode::PermissionsUnreadable, "").with_source(std::io::Error::from(error))
            );
        }
        Err(error) if document.rows.len() > MOST_ROWS => {
            drop(error);
            return Err(unreadable("it has more operations than any API"));
        }
        Err(error) if error.is_data() => {
            let place = (error.line(), error.column());
            return Err(unreadable(&format!(
                "at line {}, column {}: it is no swagger document",
                place.0, place.1
            )));
        }
        Err(error) => {
            let place = (error.line(), error.column());
            return Err(unreadable(&format!(
                "at line {}, column {}: it is not whole JSON",
                place.0, place.1
            )));
        }
        Ok(()) => {}
    }
    document.table()
}

/// The largest file that is read: ten times what the vendor publishes.
pub(super) const LARGEST: u64 = 256 * 1024 * 1024;
/// The most operations: ten times what the vendor publishes.
pub(super) const MOST_ROWS: usize = 40_000;

/// The document, as far as it was read.
struct Document<'s> {
    source: &'s str,
    is_swagger: bool,
    base: String,
    rows: Vec<Requirement>,
}

impl Document<'_> {
    fn table(mut self) -> Result<Requirements, Fault> {
        if !self.is_swagger {
            return Err(unreadable("it has neither `swagger` nor `openapi` at its top"));
        }
        if self.rows.is_empty() {
            return Err(unreadable("it has no operations below `paths`"));
        }
        if !self.rows.iter().any(|row| matches!(row.needs, Permissions::All(_) | Permissions::Any(_))) {
            return Err(unreadable("none of its operations has `x-inin-requires-permissions`"));
        }
        // A base path may stand behind the paths in the file.
        if !matches!(self.base.as_str(), "" | "/") {
            for row in self.rows.iter_mut().filter(|row| !row.path.starts_with(&self.base)) {
                row.path.insert_str(0, &self.base);
            }
        }
        Ok(Requirements::whole(self.rows))
    }
}

impl<'de> Visitor<'de> for &mut Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a swagger document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "swagger" | "openapi" => {
                    map.next_value::<IgnoredAny>()?;
                    self.is_swagger = true;
                }
                "basePath" => map.next_value::<String>()?.trim_end_matches('/').clone_into(&mut self.base),
                "paths" => map.next_value_seed(Paths { source: self.source, rows: &mut self.rows })?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct Paths<'a> {
    source: &'a str,
    rows: &'a mut Vec<Requirement>,
}

struct Methods<'a> {
    path: &'a str,
    source: &'a str,
    rows: &'a mut Vec<Requirement>,
}

impl<'de> DeserializeSeed<'de> for Paths<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Paths<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("paths")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(path) = map.next_key::<String>()? {
            map.next_value_seed(Methods { path: &path, source: self.source, rows: self.rows })?;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Methods<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Methods<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("methods")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let known = ["get", "head", "post", "put", "patch", "delete", "options"].contains(&key.as_str());
            if !known || !self.path.starts_with('/') {
                // `parameters`, `$ref` and extensions stand beside the methods.
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let operation: Operation = map.next_value()?;
            self.rows.push(operation.row(key.to_ascii_uppercase(), self.path, self.source));
            if self.rows.len() > MOST_ROWS {
                return Err(serde::de::Error::custom("too many operations"));
            }
        }
        Ok(())
    }
}

/// What is kept of an operation; everything else in it is skipped.
#[derive(Deserialize)]
struct Operation {
    #[serde(rename = "x-inin-requires-permissions")]
    requires: Option<Requires>,
    security: Option<Vec<BTreeMap<String, IgnoredAny>>>,
}

#[derive(Deserialize)]
struct Requires {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    permissions: Vec<String>,
}

impl Operation {
    fn row(self, method: String, path: &str, source: &str) -> Requirement {
        let needs = match self.requires {
            None => Permissions::Token,
            Some(Requires { permissions, .. }) if permissions.is_empty() => Permissions::Token,
            Some(Requires { kind: Some(kind), permissions }) if kind == "ALL" => {
                Permissions::All(permissions)
            }
            Some(Requires { kind: Some(kind), permissions }) if kind == "ANY" => {
                Permissions::Any(permissions)
            }
            Some(_) => Permissions::Unstated,
        };
        // The other schemes are tokens of guests and of web messaging, which no client gets.
        let by_client = self.security.is_none_or(|schemes| {
            schemes.is_empty() || schemes.iter().any(|scheme| scheme.is_empty() || scheme.contains_key(OAUTH))
        });
        Requirement { method, path: path.to_owned(), needs, by_client, source: source.to_owned() }
    }
}

/// What the vendor calls the scheme of tokens.
const OAUTH: &str = "PureCloud OAuth";

fn unreadable(detail: &str) -> Fault {
    Fault::new(FaultCode::PermissionsUnreadable, detail.to_owned())
}

#[cfg(test)]
mod tests;
