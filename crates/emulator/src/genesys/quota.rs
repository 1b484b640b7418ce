//! Quotas: fixed windows, counted per token, 300 calls in 60 seconds unless told otherwise.

use std::collections::BTreeMap;

use crate::{
    clock::Moment,
    reply::Reply,
    script::path_matches,
    settings::{GenesysSettings, Limit},
};

/// One window of one bucket.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    opened: Option<Moment>,
    used: u32,
}

impl Window {
    /// Counts one request, or says in how many whole seconds there is room again.
    pub(crate) fn count(&mut self, limit: Limit, now: Moment) -> Result<Standing, u64> {
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
        Ok(Standing(Some(Budget { allowed: limit.requests, count: self.used, reset: seconds })))
    }
}

/// How a call stands with the most specific bucket it was counted in.
#[derive(Debug)]
pub(crate) struct Standing(Option<Budget>);

#[derive(Debug)]
struct Budget {
    allowed: u32,
    count: u32,
    reset: u64,
}

impl Standing {
    /// Puts the headers on an answer that the platform dropped in June 2021.
    pub(crate) fn label(&self, reply: Reply, legacy: bool) -> Reply {
        match &self.0 {
            Some(budget) if legacy => reply
                .with("inin-ratelimit-allowed", budget.allowed.to_string())
                .with("inin-ratelimit-count", budget.count.to_string())
                .with("inin-ratelimit-reset", budget.reset.to_string()),
            _ => reply,
        }
    }
}

/// Counts a call in every bucket it falls in; `Err` is the whole seconds to wait.
pub(crate) fn spend(
    windows: &mut BTreeMap<String, Window>,
    settings: &GenesysSettings,
    method: &str,
    path: &str,
    now: Moment,
) -> Result<Standing, u64> {
    let mut standing = Standing(None);
    if let Some(limit) = settings.api_limit {
        standing = windows.entry(String::new()).or_default().count(limit, now)?;
    }
    for bucket in &settings.path_limits {
        let same_method = bucket.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        if same_method && path_matches(&bucket.path, path) {
            let name = format!("{} {}", bucket.method.as_deref().unwrap_or("*"), bucket.path);
            standing = windows.entry(name).or_default().count(bucket.limit, now)?;
        }
    }
    Ok(standing)
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
        let bucket =
            crate::PathLimit { method: Some("GET".to_owned()), path: "/a/*".to_owned(), limit: LIMIT };
        let settings = GenesysSettings { path_limits: vec![bucket], ..GenesysSettings::default() };
        let mut windows = BTreeMap::new();
        let mut spend = |method, path| spend(&mut windows, &settings, method, path, Moment::at(0)).is_ok();
        assert_eq!([(); 3].map(|()| spend("GET", "/a/1")), [true, true, false]);
        assert!(spend("POST", "/a/1") && spend("GET", "/b/1"));
    }
}
