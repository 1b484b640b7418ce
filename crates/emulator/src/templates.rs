//! Path templates: which path fits one, and what stands where it has names.

/// The segments of `path` that stand where `template` has names; `None` if it does not fit.
pub(crate) fn ids(template: &str, path: &str) -> Option<[String; 2]> {
    let (wanted, given) = (template.split('/'), path.split('/'));
    if wanted.clone().count() != given.clone().count() {
        return None;
    }
    let mut ids = [String::new(), String::new()];
    let mut free = ids.iter_mut();
    for (wanted, given) in wanted.zip(given) {
        if wanted.starts_with('{') && !given.is_empty() {
            given.clone_into(free.next()?);
        } else if wanted != given {
            return None;
        }
    }
    Some(ids)
}
