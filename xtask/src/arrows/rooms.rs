//! The allowed arrows, as data. Whatever is not listed here is forbidden.

/// A crate of ours and what it may lean on.
pub(super) struct Room {
    /// The package name without its prefix.
    pub(super) name: &'static str,
    /// The crates of ours it may depend on.
    pub(super) may_use: &'static [&'static str],
}

/// Every crate there is or will be, from the binaries down.
pub(super) const ROOMS: &[Room] = &[
    Room { name: "cli", may_use: &["app", "emulator"] },
    Room { name: "runtimes", may_use: &["app"] },
    Room {
        name: "app",
        may_use: &[
            "bulk",
            "clouds",
            "core",
            "hallpass",
            "lifecycle",
            "outbound",
            "platforms",
            "sidecar",
            "stores",
        ],
    },
    Room { name: "hallpass", may_use: &["bulk", "clouds", "core", "outbound", "platforms", "stores"] },
    Room { name: "sidecar", may_use: &["core", "outbound"] },
    Room { name: "bulk", may_use: &["core", "outbound"] },
    Room { name: "lifecycle", may_use: &["core"] },
    Room { name: "clouds", may_use: &["core", "outbound"] },
    Room { name: "platforms", may_use: &["core", "outbound"] },
    Room { name: "stores", may_use: &["core"] },
    Room { name: "outbound", may_use: &["core"] },
    Room { name: "core", may_use: &[] },
    Room { name: "emulator", may_use: &[] },
    Room { name: "cloud-emulator", may_use: &[] },
    Room { name: "testkit", may_use: &[] },
    Room { name: "xtask", may_use: &[] },
];

/// What the tests of any crate may use besides its own arrows.
pub(super) const FOR_TESTS: &[&str] = &["cloud-emulator", "emulator", "testkit"];

/// The feature behind which a crate keeps its fakes and contract suites.
pub(super) const TEST_SUPPORT: &str = "test-support";

/// Somebody else's crates that only some rooms may depend on directly.
pub(super) struct ForeignRule {
    /// Package names; one that ends in `*` is the start of a name.
    crates: &'static [&'static str],
    /// The rooms that may.
    pub(super) rooms: &'static [&'static str],
    /// Why the others may not.
    pub(super) reason: &'static str,
}

impl ForeignRule {
    /// Whether the rule speaks about this package.
    pub(super) fn covers(&self, package: &str) -> bool {
        self.crates.iter().any(|name| match name.strip_suffix('*') {
            Some(start) => package.starts_with(start),
            None => package == *name,
        })
    }
}

/// The rules for crates of others; the first that covers a package decides.
pub(super) const FOREIGN: &[ForeignRule] = &[
    ForeignRule {
        crates: &["hyper", "hyper-util"],
        rooms: &["outbound", "sidecar", "runtimes", "emulator", "cloud-emulator"],
        reason: "HTTP leaves through outbound, and arrives at the sidecar's server and at the door where clouds wake the rotator",
    },
    ForeignRule {
        crates: &["rustls"],
        rooms: &["outbound", "app", "cloud-emulator"],
        reason: "TLS is outbound's; app only installs the provider at start",
    },
    ForeignRule {
        crates: &["hyper-rustls", "tokio-rustls", "rustls-*", "webpki-roots", "aws-lc-*"],
        rooms: &["outbound", "cloud-emulator"],
        reason: "one place decides whom we trust",
    },
    ForeignRule {
        crates: &["ring"],
        rooms: &["outbound", "emulator"],
        reason: "cryptography belongs to the TLS stack; the emulator signs its play tokens as a platform does",
    },
    ForeignRule {
        crates: &["reqwest", "reqwest-middleware"],
        rooms: &["clouds", "hallpass"],
        reason: "a second HTTP client is for cloud SDKs that demand it and for the layer we offer",
    },
    ForeignRule {
        crates: &["ureq", "isahc", "curl", "attohttpc", "native-tls", "openssl", "tokio-native-tls"],
        rooms: &[],
        reason: "one HTTP client and one TLS stack",
    },
    ForeignRule {
        crates: &["aws-*", "azure_*", "google-cloud-*", "gcp_auth", "fe2o3-amqp*"],
        rooms: &["clouds"],
        reason: "a cloud SDK must be replaceable without touching a rule",
    },
    ForeignRule {
        crates: &["lambda_runtime", "lambda-extension", "lambda_http"],
        rooms: &["runtimes"],
        reason: "a runtime's protocol belongs to the binary that speaks it",
    },
    ForeignRule {
        crates: &["tokio", "tokio-util", "mio", "socket2", "rustix", "libc"],
        rooms: &[
            "app",
            "bulk",
            "cli",
            "cloud-emulator",
            "clouds",
            "emulator",
            "hallpass",
            "lifecycle",
            "outbound",
            "platforms",
            "runtimes",
            "sidecar",
            "stores",
        ],
        reason: "the core has no runtime, and repository chores need none",
    },
];

/// What the core must not even reach through others.
pub(super) const NEVER_BELOW_CORE: &[&str] = &[
    "async-std",
    "h2",
    "hyper",
    "hyper-util",
    "libsqlite3-sys",
    "mio",
    "openssl",
    "reqwest",
    "ring",
    "rustix",
    "rustls",
    "smol",
    "socket2",
    "tokio",
];
