//! Pages of listings: which entities, and the addresses of the neighbours.

use serde::Serialize;

use super::errors;
use crate::{forms, reply::Reply};

/// Which page is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Paging {
    size: usize,
    number: usize,
}

impl Paging {
    /// From the query; 25 entities of page 1 unless it says otherwise.
    pub(crate) fn read(query: &[(String, String)], context: &str) -> Result<Self, Reply> {
        let number = |name: &str, default, most| {
            let Some((_, value)) = query.iter().find(|(given, _)| given == name) else {
                return Ok(default);
            };
            let value = value.parse().ok().filter(|value| (1..=most).contains(value));
            value.ok_or_else(|| errors::invalid_query(name, context))
        };
        Ok(Self { size: number("pageSize", 25, LARGEST)?, number: number("pageNumber", 1, usize::MAX)? })
    }

    /// The listing of `all` at `path`; `filter` is the rest of the query, which every address repeats.
    pub(crate) fn listing<T: Clone>(&self, all: &[T], path: &str, filter: &[(&str, &str)]) -> Listing<T> {
        let total = all.len();
        let page_count = total.div_ceil(self.size);
        let start = self.size.saturating_mul(self.number - 1).min(total);
        let uri = |number: usize| {
            let mut uri = format!("{path}?pageSize={}&pageNumber={number}", self.size);
            for (name, value) in filter {
                uri.push_str(&format!("&{name}={}", forms::encode(value)));
            }
            uri
        };
        Listing {
            entities: all[start..(start + self.size).min(total)].to_vec(),
            page_size: self.size,
            page_number: self.number,
            total,
            page_count,
            first_uri: uri(1),
            last_uri: uri(page_count.max(1)),
            next_uri: (self.number < page_count).then(|| uri(self.number + 1)),
            previous_uri: (self.number > 1).then(|| uri(self.number - 1)),
            self_uri: uri(self.number),
        }
    }
}

/// The platform's envelope around a page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listing<T> {
    entities: Vec<T>,
    page_size: usize,
    page_number: usize,
    total: usize,
    page_count: usize,
    first_uri: String,
    last_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_uri: Option<String>,
    self_uri: String,
}

const LARGEST: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> Result<Listing<u32>, Reply> {
        let all: Vec<u32> = (1..=5).collect();
        Ok(Paging::read(&forms::parse(query), "c")?.listing(&all, "/q", &[("name", "a b")]))
    }

    #[test]
    fn the_middle_page_knows_both_neighbours() {
        let listing = page("pageSize=2&pageNumber=2").expect("the query is valid");
        assert_eq!(listing.entities, [3, 4]);
        assert_eq!((listing.total, listing.page_count), (5, 3));
        assert_eq!(listing.next_uri.as_deref(), Some("/q?pageSize=2&pageNumber=3&name=a%20b"));
        assert_eq!(listing.previous_uri.as_deref(), Some("/q?pageSize=2&pageNumber=1&name=a%20b"));
    }

    #[test]
    fn a_page_behind_the_last_is_empty() {
        let listing = page("pageSize=2&pageNumber=9").expect("the query is valid");
        assert!(listing.entities.is_empty() && listing.next_uri.is_none());
    }

    #[test]
    fn sizes_are_one_to_five_hundred() {
        for query in ["pageSize=0", "pageSize=501", "pageSize=x", "pageNumber=0"] {
            assert_eq!(page(query).err().map(|reply| reply.status), Some(400), "{query}");
        }
        assert!(page("pageNumber=18446744073709551615").is_ok());
    }
}
