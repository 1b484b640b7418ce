//! What a permission, a scope or the name of a role says about itself.

/// Whether `text`, a permission `domain:entity:action` or a scope, grants more than it names.
#[must_use]
pub fn is_wildcard(text: &str) -> bool {
    text.split([':', '.', '/']).any(|part| part.trim() == "*") || matches!(text.trim(), "all" | "ALL")
}

/// Whether a permission or scope lets something be changed. What is not known to be harmless changes something.
///
/// Genesys Cloud writes `routing:queue:view` for a permission and `routing:readonly` for a scope; a scope without `readonly` writes
/// (help.mypurecloud.com, "Introduction to scopes"). Older guides write `users.read`.
#[must_use]
pub fn writes(text: &str) -> bool {
    let last = text.rsplit([':', '.']).next().unwrap_or(text).to_ascii_lowercase();
    !READING.iter().any(|reading| last == *reading || last.starts_with("view"))
}

const READING: [&str; 10] =
    ["view", "read", "readonly", "read-only", "list", "get", "search", "export", "viewall", "subscribe"];

/// Whether a permission or scope lets OAuth clients be made, changed or removed.
pub(super) fn administers_oauth(text: &str) -> bool {
    let mut parts = text.split(':').map(str::trim);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("*"), ..) => true,
        (Some("oauth"), Some("client" | "*"), action) => action != Some("view"),
        (Some("oauth"), None, None) => true,
        (Some("oauth"), Some(access), None) => access != "readonly",
        _ => false,
    }
}

/// Whether a role of this name is one that platforms make for administrators: `admin`, `Master Admin`, `Administrator`.
#[must_use]
pub fn is_administrative_role(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    let mut words = name.split(|letter: char| !letter.is_alphanumeric());
    words.any(|word| matches!(word, "admin" | "administrator" | "superuser" | "root" | "owner"))
}

#[cfg(test)]
mod tests {
    use super::{administers_oauth, is_administrative_role, is_wildcard, writes};

    #[test]
    fn a_wildcard_is_a_whole_part() {
        for text in ["*", "routing:*:view", "routing:*", "users.*", "all"] {
            assert!(is_wildcard(text), "{text}");
        }
        for text in ["routing:queue:view", "conversations", "a*b", "recall"] {
            assert!(!is_wildcard(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_to_read_writes() {
        for text in
            ["routing:queue:view", "routing:readonly", "users.read", "conversation:participant:viewAll"]
        {
            assert!(!writes(text), "{text}");
        }
        for text in ["routing:queue:edit", "routing", "oauth:client:add", "users.write", "a:b:somethingNew"] {
            assert!(writes(text), "{text}");
        }
    }

    #[test]
    fn the_administration_of_clients_is_known_in_all_its_forms() {
        for text in ["oauth:client:*", "oauth:client:edit", "oauth:*:edit", "oauth", "*:*:*", "oauth:client"]
        {
            assert!(administers_oauth(text), "{text}");
        }
        for text in [
            "oauth:client:view",
            "oauth:*:view",
            "oauth:readonly",
            "routing:queue:edit",
            "oauthx:client:edit",
        ] {
            assert!(!administers_oauth(text), "{text}");
        }
    }

    #[test]
    fn roles_for_administrators_are_known_by_a_word() {
        for name in ["admin", "Master Admin", "Telephony-Administrator", "Admin (US)"] {
            assert!(is_administrative_role(name), "{name}");
        }
        for name in ["queue-sync", "administration reader", "Badminton"] {
            assert!(!is_administrative_role(name), "{name}");
        }
    }
}
