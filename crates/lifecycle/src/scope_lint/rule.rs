//! The rules, as they are named, explained and ranked.

use std::fmt;

/// How grave a finding is. The gravest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Refused: `provision` does not make it, and `lint` fails.
    Error,
    /// To be seen to; `lint` fails where it is a gate for an environment.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// In one word, which is also SARIF's (`level`, SARIF 2.1.0 section 3.27.10).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

macro_rules! rules {
    ($($variant:ident = $name:literal, $severity:ident, $title:literal, $reason:literal, $remedy:literal;)*) => {
        /// One rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum LintRule { $(#[doc = $title] $variant,)* }

        impl LintRule {
            /// All of them, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code: stable, and what an acceptance names.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How grave it is.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// What is wrong, in one line.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// Why it matters.
            #[must_use]
            pub fn reason(self) -> &'static str {
                match self { $(Self::$variant => $reason,)* }
            }

            /// What to do.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)* }
            }
        }
    };
}

rules! {
    WildcardPermission = "wildcard-permission", Error,
        "A permission or scope with a wildcard",
        "A wildcard grants what the platform adds next year, too. Nobody has decided that.",
        "name the permissions that the integration's calls need";
    OauthAdministration = "oauth-administration", Error,
        "It may administer OAuth clients, and is no administrator",
        "Whoever may make or reset clients can make one with more rights than its own, so every other limit is void.",
        "take `oauth:client:*` out of its role, and the paths out of `allow`; leave both to the integration with `administers = true`";
    AdminRole = "admin-role", Error,
        "It has a role made for administrators",
        "Such a role holds hundreds of permissions, and grows with every release of the platform.",
        "make a role with the permissions that its calls need";
    UserGrant = "user-grant", Error,
        "Its client allows a grant that is for users",
        "A function has no user to send to a login page. A client with authorization-code, implicit or password grant can be used by whoever can receive its redirect.",
        "make a client with the client-credentials grant only";
    SharedClient = "shared-client", Error,
        "Several integrations share one client",
        "What one may do all may do, no record tells which of them did it, and replacing the secret of one breaks the others.",
        "provision a client for each integration";
    PlainVariable = "plain-variable", Error,
        "Its secret stands in an environment variable",
        "Variables are shown in consoles, copied into crash reports and inherited by every child process.",
        "put it into a store with `hallpass secret import`, and name that in `secret`";
    PlainSecret = "plain-secret", Error,
        "A secret stands in a file",
        "A file is copied, committed and backed up, and each copy outlives the next rotation.",
        "replace the secret, since it is known now; store the new one with `hallpass secret put`";
    SecretOverdue = "secret-overdue", Error,
        "Its secret is older than its period",
        "A secret that was copied once works for whoever has it until it is replaced.",
        "run `hallpass rotate run` for it, and `hallpass rotate due` from a schedule";
    ScopesWithoutEffect = "scopes-without-effect", Error,
        "Scopes are named where roles decide",
        "A client of Genesys Cloud with the client-credentials grant may do what its roles may; scopes on it have no effect, so they only look like a limit.",
        "name roles or permissions in `provision` in the place of scopes";
    WrongEnvironment = "wrong-environment", Error,
        "The configuration is of another environment than the gate is for",
        "A configuration that is promoted without being changed would use the secrets of the stage before.",
        "set `environment`, and the references that go with it";
    AcceptanceExpired = "acceptance-expired", Error,
        "A finding was accepted until a day that is over",
        "An exception without an end becomes the rule.",
        "mend what was accepted, or accept it again with a reason that holds today";
    OpenPolicy = "open-policy", Warning,
        "A rule of `allow` covers a whole API",
        "What no rule covers is refused; a rule that covers everything refuses nothing.",
        "list the paths that it calls; `hallpass learn` makes the list from what it did call";
    WriteUnused = "write-unused", Warning,
        "It may write, and its policy only reads",
        "A token that leaks writes with the role's rights, whatever the policy here says.",
        "take the permissions that write out of its role";
    PermissionUnused = "permission-unused", Warning,
        "It has permissions that no allowed call needs",
        "What is never used is never missed, except by whoever finds the token. Judged where a table has every call of `allow`; of several permissions of which one suffices each counts as needed. An administrator has to hold what it gives and is not judged.",
        "take them out of its role";
    NoRotation = "no-rotation", Warning,
        "Nothing replaces its secret",
        "Without a schedule a secret is replaced after an incident, by hand and in a hurry.",
        "add a table `rotation` to the integration";
    UnknownScope = "unknown-scope", Warning,
        "A scope has a name that nobody knows",
        "A misspelt scope is refused or ignored by the platform. Then the integration lacks what it needs, and somebody adds a wider one to mend it.",
        "write it as the platform does; the finding names the nearest one that is known";
    TokenLifetime = "token-lifetime", Warning,
        "Its tokens live longer than they have to",
        "A token that leaks is good until it expires. The gateway fetches a new one in time, so a long life buys nothing.",
        "set the client's token lifetime to an hour, or to what `provision.token_lifetime` says";
    NoIpList = "no-ip-list", Warning,
        "Its client may be used from any address",
        "With a list of addresses a copied secret is worth nothing elsewhere. Judged where the platform has such a list for a client: Genesys Cloud has announced one and shows none yet, and CXone keeps its locations with the login.",
        "name the addresses that its calls come from in `provision.allowed_ips`";
    NoCanary = "no-canary", Note,
        "A new secret is tried with a token only",
        "A new secret may get a token and lack the role: the first to notice would be a caller.",
        "name one call for each permission in `rotation.verify`";
    AcceptanceUnused = "acceptance-unused", Note,
        "A finding is accepted that there is none of",
        "An exception that nothing needs hides the next finding of its kind.",
        "take it out of `accept`";
}

impl LintRule {
    /// The rule with this code.
    #[must_use]
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.code() == code)
    }

    /// Whether it is about what a client may do at its platform, so that it can be judged before the client is made.
    #[must_use]
    pub fn is_about_the_client(self) -> bool {
        matches!(
            self,
            Self::WildcardPermission
                | Self::OauthAdministration
                | Self::AdminRole
                | Self::UserGrant
                | Self::SharedClient
                | Self::ScopesWithoutEffect
                | Self::OpenPolicy
                | Self::WriteUnused
                | Self::PermissionUnused
                | Self::UnknownScope
                | Self::TokenLifetime
                | Self::NoIpList
        )
    }

    /// Whether a finding of it can be accepted. What speaks of acceptances cannot, and the gate's own environment is no matter of taste.
    #[must_use]
    pub fn can_be_accepted(self) -> bool {
        !matches!(self, Self::AcceptanceExpired | Self::AcceptanceUnused | Self::WrongEnvironment)
    }
}

impl fmt::Display for LintRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::LintRule;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_found_again() {
        let codes: BTreeSet<_> = LintRule::ALL.iter().map(|rule| rule.code()).collect();
        assert_eq!(codes.len(), LintRule::ALL.len());
        for rule in LintRule::ALL {
            assert_eq!(LintRule::named(rule.code()), Some(*rule));
        }
        assert_eq!(LintRule::named("nothing"), None);
    }

    #[test]
    fn texts_are_whole_sentences_and_remedies_are_hints() {
        for rule in LintRule::ALL {
            assert!(rule.reason().ends_with('.'), "{rule}");
            assert!(!rule.title().ends_with('.') && rule.title().starts_with(char::is_uppercase), "{rule}");
            assert!(rule.remedy().starts_with(char::is_lowercase) && !rule.remedy().ends_with('.'), "{rule}");
        }
    }
}
