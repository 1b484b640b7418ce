//! The allow-list that covers what was seen and as little else as can be told.

use hallpass_core::template::StarKind;

use super::record::{Counts, Record, RecordedCall};

/// What a record makes of an allow-list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tight {
    /// The rules, by path and method.
    pub lines: Vec<Line>,
    /// Calls that earn no rule, and why.
    pub left_out: Vec<(Line, LeftOut)>,
}

/// One rule and the calls it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The rule.
    pub rule: String,
    /// The method.
    pub method: String,
    /// The path as it is on record, without the words that a rule in force adds.
    pub template: String,
    /// How the calls ended.
    pub counts: Counts,
    /// When the last of them was seen, in milliseconds since the Unix epoch.
    pub last_ms: u64,
    /// What a person should look at.
    pub doubts: Vec<Doubt>,
    /// Segments, from zero, of which it is not known whether a value stood there.
    pub unclear: Vec<usize>,
}

/// What a person should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Where this `*` is (a segment, from one), no process saw more than one value: the value itself would be narrower.
    OneValue(usize),
    /// Some of the calls were answered with 401 or 403.
    SometimesDenied,
}

/// Why calls earn no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// No rule covers them now.
    Refused,
    /// The platform never did what they asked for: no status below 400.
    NeverWorked,
    /// Where a `*` would stand may be a word of the API that no table has; the rule could be far too wide.
    Unclear,
}

impl Tight {
    /// The list that `record` makes. With `refused`, calls that were refused count as if they had worked: whoever asks for them has looked at them.
    #[must_use]
    pub fn of(record: &Record, refused: bool) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        for call in &record.calls {
            let line = Line::of(call);
            match lines.iter_mut().find(|known| known.rule == line.rule) {
                Some(known) => known.absorb(line),
                None => lines.push(line),
            }
        }
        let mut tight = Self { lines: Vec::new(), left_out: Vec::new() };
        for mut line in lines {
            line.doubt();
            match line.judged(refused) {
                Some(why) => tight.left_out.push((line, why)),
                None => tight.lines.push(line),
            }
        }
        let key = |line: &Line| (line.template.clone(), line.method.clone(), line.rule.clone());
        tight.lines.sort_by_key(key);
        tight.left_out.sort_by_key(|(line, _)| key(line));
        tight
    }
}

impl Line {
    /// The path of the rule, without a query.
    #[must_use]
    pub fn path(&self) -> &str {
        let target = self.rule.split_once(' ').map_or("", |(_, target)| target);
        target.split_once('?').map_or(target, |(path, _)| path)
    }

    fn of(call: &RecordedCall) -> Self {
        let (path, query) = narrowed(&call.path, call.rule.as_deref());
        let is_open = |segment: usize| path.get(segment).is_some_and(|part| *part == "*");
        let open = || call.stars.iter().filter(|star| is_open(star.segment));
        let unclear = open().filter(|star| star.kind == StarKind::Unclear).map(|star| star.segment);
        let same = open().filter(|star| !star.varied).map(|star| Doubt::OneValue(star.segment + 1));
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Self {
            rule: format!("{} /{}{query}", call.method, path.join("/")),
            method: call.method.clone(),
            template: call.path.clone(),
            counts: call.counts,
            last_ms: call.last_ms,
            doubts: same.collect(),
            unclear: unclear.collect(),
        }
    }

    /// The same rule from calls that another rule covered, or none.
    fn absorb(&mut self, other: Self) {
        self.counts.add(&other.counts);
        self.last_ms = self.last_ms.max(other.last_ms);
        self.doubts.retain(|doubt| other.doubts.contains(doubt));
        let more: Vec<_> =
            other.unclear.into_iter().filter(|segment| !self.unclear.contains(segment)).collect();
        self.unclear.extend(more);
    }

    fn doubt(&mut self) {
        if self.counts.denied > 0 && self.counts.worked > 0 {
            self.doubts.push(Doubt::SometimesDenied);
        }
    }

    fn judged(&self, refused: bool) -> Option<LeftOut> {
        let asked_for = refused && self.counts.refused > 0;
        if self.counts.worked == 0 && !asked_for {
            let only_refused = self.counts.refused == self.counts.sum();
            return Some(if only_refused { LeftOut::Refused } else { LeftOut::NeverWorked });
        }
        (!self.unclear.is_empty()).then_some(LeftOut::Unclear)
    }
}

/// The segments of `template`, with the words of the rule that covered the calls wherever that has one, and the query that it demands. So what is learnt
/// never covers more than the rules did.
fn narrowed<'a>(template: &'a str, rule: Option<&'a str>) -> (Vec<&'a str>, Option<&'a str>) {
    let mut path: Vec<&str> = template.split('/').skip(1).collect();
    let Some((_, target)) = rule.and_then(|rule| rule.split_once(' ')) else { return (path, None) };
    let (ruled, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let words = ruled.strip_suffix("/**").unwrap_or(ruled).split('/').skip(1);
    for (segment, word) in path.iter_mut().zip(words) {
        if *segment == "*" {
            *segment = word;
        }
    }
    (path, query)
}

#[cfg(test)]
mod tests;
