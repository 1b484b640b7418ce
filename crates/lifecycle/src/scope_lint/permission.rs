//! What a permission, a scope or the name of a role says about itself.

/// Whether `text`, a permission `domain:entity:action` or a scope, grants more than it names.
#[must_use]
pub fn is_wildcard(text: &str) -> bool {
    text.split([':', '.', '/', '>']).any(|part| part.trim() == "*") || matches!(text.trim(), "all" | "ALL")
}

/// Whether a permission or scope lets something be changed. What is not known to be harmless changes something.
///
/// Genesys Cloud writes `routing:queue:view` for a permission and `routing:readonly` for a scope; a scope without `readonly` writes
/// (help.mypurecloud.com, "Introduction to scopes"). Older guides write `users.read`, `read:interaction`, or a permission as its console shows it: `Telephony > Trunk >
/// View`.
#[must_use]
pub fn writes(text: &str) -> bool {
    let parts = parts(text);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        // Every client needs a token; that alone changes nothing.
        ["oauth", "token", "generate"] | ["read" | "view", _] => false,
        [.., last] => !reads(last),
        [] => true,
    }
}

/// Whether an action only looks.
fn reads(action: &str) -> bool {
    READING.contains(&action) || action.starts_with("view")
}

/// The parts of a permission or scope, in small letters.
fn parts(text: &str) -> Vec<String> {
    text.split([':', '.', '>']).map(|part| part.trim().to_ascii_lowercase()).collect()
}

const READING: [&str; 10] =
    ["view", "read", "readonly", "read-only", "list", "get", "search", "export", "viewall", "subscribe"];

/// Whether a permission or scope lets OAuth clients be made, changed or removed, or more be given to them: by the vendor's names, by those of older guides
/// (`oauth:client:write`), and as consoles show them (`Integration > OAuth Client > Edit`, `Admin > Security > Roles > Assign API Scopes`).
pub(super) fn administers_oauth(text: &str) -> bool {
    let parts = parts(text);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["*", ..] | ["oauth"] => true,
        ["oauth", "client" | "*"] => true,
        ["oauth", "client" | "*", action, ..] => !reads(action),
        ["oauth", access] => !reads(access),
        [.., "oauth client" | "oauth clients" | "api credentials", action] => !reads(action),
        ["security", "api", action] => !reads(action),
        [.., "roles", action] => action.starts_with("assign"),
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
        for text in ["*", "routing:*:view", "routing:*", "users.*", "all", "read:*", "Telephony > * > View"] {
            assert!(is_wildcard(text), "{text}");
        }
        for text in
            ["routing:queue:view", "conversations", "a*b", "recall", "API Credentials > Create/Modify"]
        {
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
        for text in
            ["read:interaction", "analytics:report:read", "oauth:token:generate", "Telephony > Trunk > View"]
        {
            assert!(!writes(text), "{text}");
        }
        for text in ["write:interaction", "write:api", "routing:queue:write", "Security > API > Manage"] {
            assert!(writes(text), "{text}");
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
            "oauth:client:write",
            "Integration > OAuth Client > Edit",
            "Security > API > Manage",
            "Admin > Security > API Credentials > Create/Modify",
            "Admin > Security > Roles > Assign API Scopes",
        ] {
            assert!(administers_oauth(text), "{text}");
        }
        for text in [
            "oauth:client:view",
            "oauth:*:view",
            "oauth:readonly",
            "oauth:client:read",
            "oauth:token:generate",
            "Telephony > Trunk > Edit",
            "Integration > OAuth Client > View",
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
