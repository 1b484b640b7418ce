//! Every fault by name, with its remedy, its summary and its advice: the one table that the reference page is made from.

/// What a person or a program does about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// The same call may succeed later; [`Fault::retry_after`](crate::Fault::retry_after) says when, if known.
    RetryLater,
    /// The call itself is wrong: change it.
    FixCall,
    /// The configuration is wrong or missing something.
    FixConfiguration,
    /// The credential is missing, malformed or refused by the platform.
    FixCredential,
    /// The machine is in the way: a disk, a permission, a lock.
    FixMachine,
    /// Ours; please report it.
    ReportBug,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $remedy:ident, $summary:literal, $hint:literal;)*) => {
        /// Every fault hallpass can show, by name. The name is stable: it stands in `Hallpass-Fault`, in logs and in the reference.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum FaultCode { $($(#[$doc])* #[doc = $summary] $variant,)* }

        impl FaultCode {
            /// All of them, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name, such as `token-unavailable`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What remedies it.
            #[must_use]
            pub fn remedy(self) -> Remedy {
                match self { $(Self::$variant => Remedy::$remedy,)* }
            }

            /// One line for the reference page and for `title` of a problem document.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }

            /// What to do, when the fault itself brings no better advice.
            #[must_use]
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)* }
            }
        }
    };
}

codes! {
    PassMissing = "pass-missing", FixCall, "the request shows no pass",
        "send `Authorization: Bearer $HALLPASS_PASS` or `Hallpass: $HALLPASS_PASS`";
    PassWrong = "pass-wrong", FixCall, "the pass is not the one of this sidecar",
        "read the pass again: it changes whenever the sidecar starts";
    HostForeign = "host-foreign", FixCall, "the Host header does not name this sidecar",
        "call the address in HALLPASS_URL itself, not through another name";
    OriginPresent = "origin-present", FixCall, "the request comes from a web page",
        "the sidecar serves programs; a browser page may not use it";
    ForwardedRequest = "forwarded-request", FixCall, "the request was forwarded by another proxy",
        "call the sidecar directly, from the same machine";
    HeaderRefused = "header-refused", FixCall, "a header of the request is not accepted",
        "remove the header named in the detail";
    RequestMalformed = "request-malformed", FixCall, "the request is not well formed",
        "send an origin-form HTTP/1.1 request with one Host header";
    PathAmbiguous = "path-ambiguous", FixCall, "the path can be read in two ways",
        "send the path without dot segments, empty segments, backslashes or encoded separators";
    IntegrationUnknown = "integration-unknown", FixCall, "no integration has this name",
        "the first path segment names the integration; `hallpass check` lists them";
    PathNotAllowed = "path-not-allowed", FixCall, "no allow rule of the integration covers this call",
        "add a rule to `allow` of the integration if it needs this call";
    BodyTooLarge = "body-too-large", FixCall, "the body is over the limit",
        "send less at once, or raise `sidecar.max_body`";
    LoginRefused = "login-refused", FixCall, "the local login was refused",
        "log in with the integration's name as client id and the pass as client secret";
    Busy = "busy", RetryLater, "the sidecar has no room for another call",
        "call again after the time in Retry-After, or raise `sidecar.max_connections`";
    Draining = "draining", RetryLater, "the sidecar is stopping",
        "call again once it has restarted";
    TokenUnavailable = "token-unavailable", RetryLater, "no usable token can be had right now",
        "call again after the time in Retry-After; the cause follows";
    TokenThrottled = "token-throttled", RetryLater, "the platform throttles token requests",
        "wait; if it persists, another program asks for tokens with the same client";
    TokenAnswerBad = "token-answer-bad", RetryLater, "the token endpoint gave an unusable answer",
        "check that the region and profile name the right platform";
    TokenRequestRefused = "token-request-refused", FixConfiguration, "the platform refuses the token request",
        "check the platform, profile and the client's grant type";
    CredentialRefused = "credential-refused", FixCredential, "the platform refuses the client id or secret",
        "store the present secret with `hallpass secret put`; regions are islands, so check the region too";
    CredentialMalformed = "credential-malformed", FixCredential, "the stored secret is not of the expected form",
        "store a JSON object with the members named, for example with `hallpass secret put`";
    EnvironmentMismatch = "environment-mismatch", FixCredential, "the stored secret belongs to another environment",
        "store this environment's own secret, or correct `environment`";
    EntryNotFound = "entry-not-found", FixCredential, "the store holds no such entry",
        "store it with `hallpass secret put`";
    UpstreamUnreachable = "upstream-unreachable", RetryLater, "the platform cannot be reached",
        "check network and region; nothing needs a restart once it is back";
    UpstreamTimeout = "upstream-timeout", RetryLater, "the platform did not answer in time",
        "the call may have had its effect: look before repeating it";
    UpstreamAnswerBad = "upstream-answer-bad", RetryLater, "the platform's answer broke off or was not HTTP",
        "the call may have had its effect: look before repeating it";
    UpstreamThrottled = "upstream-throttled", RetryLater, "the platform throttles administrative calls",
        "wait for the time named; if it persists, another program administers with the same identity";
    UpstreamRefused = "upstream-refused", FixConfiguration, "the platform refuses an administrative call for what it asks",
        "compare what the detail names with the platform's console";
    AddressRefused = "address-refused", FixConfiguration, "the platform's name leads to an address that is not allowed",
        "name the network in `outbound.private_networks` if the address is meant";
    StoreUnreadable = "store-unreadable", FixMachine, "the store cannot be read",
        "check that the path exists and that this user may read it";
    StoreUnwritable = "store-unwritable", FixMachine, "the store cannot be written; its old content is intact",
        "check free space and permissions, then repeat the command";
    StoreReadOnly = "store-read-only", FixConfiguration, "the store cannot be written by hallpass",
        "use a `local:` reference, or change the secret where it is kept";
    StoreCorrupted = "store-corrupted", FixMachine, "the store's file is damaged",
        "restore it from a backup, or remove it and put the secrets in again";
    StoreKeyWrong = "store-key-wrong", FixConfiguration, "the store does not open with this key",
        "check the key file or passphrase named in `stores.local`";
    StoreLocked = "store-locked", RetryLater, "another process is writing the store",
        "let the other hallpass finish, then repeat the command";
    StoreUnreachable = "store-unreachable", RetryLater, "the store did not answer",
        "check network and region; name a second place in `secret` that takes over meanwhile";
    StoreThrottled = "store-throttled", RetryLater, "the store throttles reads",
        "wait; if it persists, another program reads the same store too often";
    StoreAnswerBad = "store-answer-bad", RetryLater, "the store gave an unusable answer",
        "check that the reference names the right region, vault or project";
    StoreDenied = "store-denied", FixConfiguration, "the store refuses this identity",
        "grant the permission named; `hallpass doctor --policy` prints what is needed";
    StoreVersionUnusable = "store-version-unusable", FixCredential, "the stored version cannot be read in its present state",
        "enable the version, its key or its entry again, or store a new one";
    StoreBudgetSpent = "store-budget-spent", RetryLater, "the store was read too often in a short time",
        "wait a minute; if it persists, look at the cause in `last_fault`";
    CloudIdentityMissing = "cloud-identity-missing", FixMachine, "the cloud's identity of this process cannot be had",
        "give the function a role or identity, or renew the one it has";
    CredentialStale = "credential-stale", RetryLater, "no store answers, and the credential in memory is too old to be used",
        "bring a store back; `stale_limit` says for how long the last credential may be used";
    VersionConflict = "version-conflict", RetryLater, "somebody else changed the entry meanwhile",
        "look at the entry with `hallpass secret list`, then repeat the command";
    AdminDenied = "admin-denied", FixConfiguration, "the platform does not let this identity administer secrets",
        "grant the permission named to the administering identity";
    SlotsFull = "slots-full", FixCredential, "the platform has no room for another secret of this integration",
        "remove a secret that nobody uses; the detail names them";
    SlotUnknown = "slot-unknown", FixCredential, "the platform does not know this client or key",
        "compare what the store holds with the platform's console";
    RotationRefused = "rotation-refused", FixConfiguration, "the rotation does not begin",
        "see to what the detail names, or plan it first with `hallpass rotate plan`";
    PublishRefused = "publish-refused", FixConfiguration, "a function cannot be given the new secret",
        "see to what the detail names; the rotation goes on with its next run";
    PublishUnsettled = "publish-unsettled", RetryLater, "a function that is to get the new secret is being changed",
        "let that end; the rotation goes on with its next run";
    RotationStuck = "rotation-stuck", FixMachine, "the rotation cannot go on by itself",
        "type the command that `hallpass rotate status` names";
    RotationHeld = "rotation-held", FixConfiguration, "the rotation is on hold",
        "release it with `hallpass rotate hold NAME --off`";
    LeaseHeld = "lease-held", RetryLater, "another machine is at work on this secret",
        "wait until it is done; a machine that died gives its lease up by itself";
    ProvisionRefused = "provision-refused", FixConfiguration, "nothing is provisioned like this",
        "see to what the detail names, and look at it first with `hallpass provision plan`";
    JournalUnreadable = "journal-unreadable", FixMachine, "the journal of a rotation cannot be read",
        "move the file away: what matters stands beside the secret as well";
    RecordUnreadable = "record-unreadable", FixMachine, "a record of calls cannot be read or written",
        "check the folder `sidecar.learn`; a damaged record is moved away, and recording begins anew";
    PermissionsUnreadable = "permissions-unreadable", FixConfiguration, "a file with permissions is none",
        "name a swagger file of the platform (`--permissions`), or a role in JSON or one permission a line (`--role`)";
    PermissionsTooOpen = "permissions-too-open", FixMachine, "other users can read a file that holds a secret",
        "chmod it to 0600";
    ReferenceMalformed = "reference-malformed", FixConfiguration, "a secret reference is not well formed",
        "write SCHEME:REST, for example `local:queue-sync`";
    ConfigurationInvalid = "configuration-invalid", FixConfiguration, "the configuration has faults",
        "correct the lines named; `hallpass check` shows them all";
    ConfigurationMissing = "configuration-missing", FixConfiguration, "there is no configuration file",
        "write a hallpass.toml, name one with --config or HALLPASS_CONFIG, or try `hallpass quickstart`";
    ListenFailed = "listen-failed", FixMachine, "the address to listen on cannot be had",
        "choose another port, or stop the program that has it";
    AuditUnwritable = "audit-unwritable", FixMachine, "the audit log cannot be written",
        "check free space and permissions of `audit.file`";
    AuditUnreadable = "audit-unreadable", FixMachine, "the audit log cannot be read",
        "check that the file exists and that this user may read it";
    ChildFailed = "child-failed", FixCall, "the command cannot be started",
        "check that the program exists and may be executed";
    Internal = "internal", ReportBug, "hallpass itself is at fault",
        "please report it, with the output of `hallpass --version`";
}
