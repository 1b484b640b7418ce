//! Fixed windows: so many requests in so many seconds, counted from the first one.

use std::collections::BTreeMap;

use crate::{
    clock::Moment,
    script::path_matches,
    settings::{Limit, PathLimit},
};

/// One window of one bucket.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    opened: Option<Moment>,
    used: u32,
}

impl Window {
    /// Counts one request, or says in how many whole seconds there is room again.
    pub(crate) fn count(&mut self, limit: Limit, now: Moment) -> Result<Budget, u64> {
        let opened = self.opened.filter(|opened| now.since(*opened) < limit.window()).unwrap_or_else(|| {
            self.used = 0;
            now
        });
        self.opened = Some(opened);
        let left = limit.window().saturating_sub(now.since(opened));
        // Rounded up: who waits as told must find the window closed.
        let seconds = (left.as_secs() + u64::from(left.subsec_nanos() > 0)).max(1);
        if self.used >= limit.requests {
            return Err(seconds);
        }
        self.used += 1;
        Ok(Budget { allowed: limit.requests, count: self.used, reset: seconds })
    }
}

/// What is used of a window, a counted request included.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) allowed: u32,
    pub(crate) count: u32,
    /// Whole seconds until the window ends.
    pub(crate) reset: u64,
}

/// Windows by name of the bucket they belong to.
pub(crate) type Windows = BTreeMap<String, Window>;

/// Counts a call in every bucket it falls in: the budget of the most specific one, or the whole seconds to wait.
pub(crate) fn spend(
    windows: &mut Windows,
    overall: Option<Limit>,
    resources: &[PathLimit],
    method: &str,
    path: &str,
    now: Moment,
) -> Result<Option<Budget>, u64> {
    let mut budget = None;
    if let Some(limit) = overall {
        budget = Some(windows.entry(String::new()).or_default().count(limit, now)?);
    }
    for bucket in resources {
        let same_method = bucket.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        if same_method && path_matches(&bucket.path, path) {
            let name = format!("{} {}", bucket.method.as_deref().unwrap_or("*"), bucket.path);
            budget = Some(windows.entry(name).or_default().count(bucket.limit, now)?);
        }
    }
    Ok(budget)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIMIT: Limit = Limit { requests: 2, seconds: 60 };

    #[test]
    fn a_full_window_says_when_it_ends() {
        let mut window = Window::default();
        assert!(window.count(LIMIT, Moment::at(100)).is_ok());
        assert!(window.count(LIMIT, Moment::at(110)).is_ok());
        assert_eq!(window.count(LIMIT, Moment::at(120)).err(), Some(40));
        let almost = Moment::at(159) + Duration::from_millis(500);
        assert_eq!(window.count(LIMIT, almost).err(), Some(1));
        assert!(window.count(LIMIT, Moment::at(160)).is_ok());
    }

    #[test]
    fn a_window_opens_with_its_first_request() {
        let mut window = Window::default();
        for at in [0, 59, 60, 61] {
            assert!(window.count(LIMIT, Moment::at(at)).is_ok(), "refused at {at}");
        }
        assert_eq!(window.count(LIMIT, Moment::at(62)).err(), Some(58));
    }

    #[test]
    fn a_resource_may_have_a_lower_limit_of_its_own() {
        let bucket = PathLimit { method: Some("GET".to_owned()), path: "/a/*".to_owned(), limit: LIMIT };
        let resources = [bucket];
        let mut windows = Windows::new();
        let overall = Some(Limit { requests: 300, seconds: 60 });
        let mut spend =
            |method, path| spend(&mut windows, overall, &resources, method, path, Moment::at(0)).is_ok();
        assert_eq!([(); 3].map(|()| spend("GET", "/a/1")), [true, true, false]);
        assert!(spend("POST", "/a/1") && spend("GET", "/b/1"));
    }
}
