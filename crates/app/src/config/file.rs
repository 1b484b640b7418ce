//! `hallpass.toml` as it is written.
//!
//! The doc comments are the reference text: the JSON Schema and the reference page are made from them. Every field is optional
//! here, so that what is left of a faulty file can still be read and checked; whether a key must be there is said by `required`.

use std::collections::BTreeMap;

use hallpass_platforms::{ClientAuth, platform_names, profile_names};
use schemars::JsonSchema;
use serde::Deserialize;

use super::accept::{AcceptTable, LintTable};
use super::at::{At, OneOrMore};
use super::provision::ProvisionTable;
use super::rotation::RotationTable;
use super::units::DurationText;
use super::{LogFormat, LogLevel, defaults};

/// The configuration of hallpass. Relative paths are relative to the folder of this file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "hallpass.toml")]
pub(super) struct HallpassToml {
    /// The version of this format: 1.
    #[schemars(required, example = defaults::VERSION)]
    pub(super) version: Option<At<u64>>,
    /// The environment this deployment belongs to, such as `prod`: 1 to 63 letters, digits, `-` or `_`. It is written beside every
    /// stored secret, and a secret that was stored for another environment is refused.
    #[schemars(required, example = &"prod")]
    pub(super) environment: Option<At<String>>,
    /// The loopback gateway that callers use.
    pub(super) sidecar: Option<SidecarTable>,
    /// What leaves the process.
    pub(super) outbound: Option<OutboundTable>,
    /// Where secrets rest, and how they are read.
    pub(super) stores: Option<StoresTable>,
    /// The audit log.
    pub(super) audit: Option<AuditTable>,
    /// The log for people.
    pub(super) log: Option<LogTable>,
    /// What `hallpass lint` is told about files.
    pub(super) lint: Option<LintTable>,
    /// The integrations, by name. A name is of the form `[a-z][a-z0-9-]{0,62}`; it is the first path segment at the sidecar.
    #[schemars(required)]
    pub(super) integrations: Option<BTreeMap<At<String>, At<IntegrationTable>>>,
}

/// The loopback gateway that callers use.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SidecarTable {
    /// Where it listens: a loopback IP address with a port, such as `127.0.0.1:7780` or `[::1]:7780`, or `unix:/absolute/path`. Other
    /// addresses are refused: whoever reaches the sidecar may try passes. Port 0 takes a free port.
    #[schemars(extend("default" = defaults::LISTEN))]
    pub(super) listen: Option<At<String>>,
    /// The file the pass is written to when the sidecar starts and that is removed when it stops. Mode 0400, or 0440 with `pass_group`.
    /// Default: `hallpass/pass` below XDG_RUNTIME_DIR.
    pub(super) pass_file: Option<At<String>>,
    /// The group whose members may read the pass file: a name from /etc/group, or a number. Default: nobody but the owner.
    pub(super) pass_group: Option<At<String>>,
    /// A second address for the probes of a platform, where only `/-/health` and `/-/ready` answer. Any IP address with a port, such as
    /// `0.0.0.0:7781`. Default: none.
    pub(super) health_listen: Option<At<String>>,
    /// The largest body of a call, in bytes. The default is 10 MiB: more than any serverless platform hands to a function in one request,
    /// so that what is longer is a mistake. Bodies are streamed; the limit is not memory.
    #[schemars(range(min = 1024, max = 1_073_741_824), extend("default" = defaults::MAX_BODY))]
    pub(super) max_body: Option<At<u64>>,
    /// How many connections are served at once; later ones are told `busy`. Each one takes two file descriptors with its upstream, and the usual limit of
    /// a sandbox is 1024, so the default is 256.
    #[schemars(range(min = 1, max = 10_000), extend("default" = defaults::MAX_CONNECTIONS))]
    pub(super) max_connections: Option<At<u64>>,
    /// How long one request to the platform may take until its answer begins. The default leaves slow reports room and ends what hangs.
    #[schemars(extend("default" = defaults::REQUEST_TIMEOUT))]
    pub(super) request_timeout: Option<At<DurationText>>,
    /// How long running calls may go on after a signal to stop. Most platforms kill 10 s after the signal, so the default is 8 s.
    #[schemars(extend("default" = defaults::DRAIN_TIMEOUT))]
    pub(super) drain_timeout: Option<At<DurationText>>,
    /// How long the secrets, which are read when the sidecar starts, may take before `/-/ready` and the log call them missing. They are
    /// waited for all the same, and callers are served meanwhile. AWS Lambda gives all extensions and the function together 10 s to start, so the
    /// default is 8 s.
    #[schemars(extend("default" = defaults::START_TIMEOUT))]
    pub(super) start_timeout: Option<At<DurationText>>,
    /// What this process is called among the `consumers` of a rotation: letters, digits, `-` or `_`. With `acks` it says which secret it uses.
    pub(super) consumer: Option<At<String>>,
    /// Where it says so when it got a token: the `acks` of the rotation. A folder; the address of a receiver (`https://`), which is shown `acks_bearer`; or a reference
    /// into a secret store (`local:`, `aws-sm:`, `azure-kv:`, `gcp-sm:`), below which each consumer has an entry of its own for each integration. No call waits for it, and none
    /// fails because of it. Default: it says nothing.
    pub(super) acks: Option<At<String>>,
    /// The folder in which each integration's calls are recorded for `hallpass learn`, in a file `NAME.json` that several processes may share: method, path
    /// without its values, how often, how they ended. The rules still rule. Where `environment` is `prod` or the like, an integration whose rules name no part
    /// of the API, such as `GET /**`, is refused together with this: what it may do is learnt elsewhere. Default: nothing is recorded.
    pub(super) learn: Option<At<String>>,
    /// A file with more paths of the API, one a line with `{name}` where a value stands, whose words may be recorded: `hallpass learn --paths FILE` makes
    /// one of a swagger file. Words that neither it nor a rule nor our own table has are recorded as `*`. Default: none.
    pub(super) learn_paths: Option<At<String>>,
    /// Where the bearer rests that the receiver is shown: a reference, whose value is one line. Needed where `acks` is an address.
    pub(super) acks_bearer: Option<At<String>>,
}

/// What leaves the process.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OutboundTable {
    /// Networks with private or loopback addresses that a platform's name may lead to, such as `10.1.0.0/16`. Without them only public addresses
    /// are called. Link-local addresses, where clouds keep their metadata, are refused always. Default: none.
    pub(super) private_networks: Option<Vec<At<String>>>,
    /// A PEM file with certificates of a private authority, trusted besides the public ones. Default: none.
    pub(super) extra_roots: Option<At<String>>,
}

/// Where secrets rest, and how they are read.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StoresTable {
    /// Where a secret rests in several places: how long one of them is waited for until the next is asked as well. A place that usually answers sooner is
    /// waited for less long, unless the platform has just refused the secret: then the first place, the primary, gets all of it. The default leaves
    /// the next place one of the two seconds within which a dead or hanging primary is bridged.
    #[schemars(extend("default" = defaults::FAILOVER_AFTER))]
    pub(super) failover_after: Option<At<DurationText>>,
    /// How long one read may take over all places, at most `8s`, which is what a cold caller waits. The default gives a clean answer to a function that gives up after 3 s.
    #[schemars(extend("default" = defaults::READ_TIMEOUT))]
    pub(super) read_timeout: Option<At<DurationText>>,
    /// How long a secret that was read is used without looking at its store again. It is looked at beside a token request only, never for a
    /// call that finds a token. The default notices a rotation before it is felt, and costs each process at most twelve reads an hour for each integration. A token that
    /// the platform rejects before its time is a reason to look at once.
    #[schemars(extend("default" = defaults::REREAD_AFTER))]
    pub(super) reread_after: Option<At<DurationText>>,
    /// For how long the last good secret is used while none of its places can be read; at least `reread_after`. The default outlasts a long outage of a
    /// region; past it, a process whose permission to read the store was withdrawn has stopped for certain.
    #[schemars(extend("default" = defaults::STALE_LIMIT))]
    pub(super) stale_limit: Option<At<DurationText>>,
    /// How often one place of a secret may be read in any minute, by all integrations together. A quarter is kept for reads after the platform refused
    /// the secret. The default is four times what one integration with a refused secret asks for.
    #[schemars(range(min = 4, max = 600), extend("default" = defaults::READS_PER_MINUTE))]
    pub(super) reads_per_minute: Option<At<u32>>,
    /// The encrypted file behind `local:` references.
    pub(super) local: Option<LocalStoreTable>,
}

/// The encrypted file behind `local:` references.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LocalStoreTable {
    /// The store's file. Default: `hallpass/store` below XDG_STATE_HOME, or below `~/.local/state`.
    pub(super) path: Option<At<String>>,
    /// The file with the random key of the store; only its owner may read it. Default: beside the store, with `.key` at the end.
    pub(super) key_file: Option<At<String>>,
    /// A file with a passphrase, in place of a key file; only its owner may read it. Opening is slower then, on purpose.
    pub(super) passphrase_file: Option<At<String>>,
}

/// The audit log: what was done, by whom, and when, in lines that vouch for each other (`docs/guides/audit.md`).
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditTable {
    /// The file that events are appended to, one line of JSON each, or `-` for standard error. Default: standard error for `serve`,
    /// whose platform keeps that; nothing for `exec` and single commands.
    pub(super) file: Option<At<String>>,
    /// In place of a file, where the disk vanishes with the sandbox: `stdout` or `stderr`. `exec` and single commands take standard error for both, since
    /// their standard output is somebody else's. What `serve` announces comes on the same stream.
    #[schemars(extend("enum" = defaults::AUDIT_STREAMS))]
    pub(super) stream: Option<At<String>>,
    /// The reference of the secret that the chain of lines is sealed with, such as `aws-sm:prod/audit-key`: at least 32 bytes of text, or a JSON object
    /// whose text `key` is that. Default: none; the chain then finds accidents, and nobody who forges it.
    pub(super) key: Option<At<String>>,
    /// The file that anchors are appended to: every 1,000 lines, and at the end, how many lines there are. It proves that nothing was cut off, so it should
    /// lie where whoever can write the log cannot write. Default: none.
    pub(super) anchors: Option<At<String>>,
    /// From how many bytes on the file gives way to a new one: it is renamed to `FILE.000001` and so on. The default is 64 MiB, some 200,000 events.
    #[schemars(range(min = 65_536), extend("default" = defaults::AUDIT_ROTATE_AT))]
    pub(super) rotate_at: Option<At<u64>>,
    /// How many files that gave way are kept, beside the one that is written to. Default: all of them, since nobody knows what an auditor will ask for.
    #[schemars(range(min = 1, max = 100_000))]
    pub(super) keep: Option<At<u64>>,
}

/// The log for people, on standard error.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LogTable {
    /// What is logged.
    #[schemars(extend("default" = defaults::LOG_LEVEL, "enum" = LogLevel::NAMES))]
    pub(super) level: Option<At<String>>,
    /// How a line looks.
    #[schemars(extend("default" = defaults::LOG_FORMAT, "enum" = LogFormat::NAMES))]
    pub(super) format: Option<At<String>>,
}

/// One integration: one client of one platform, one secret, and what it may call.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IntegrationTable {
    /// The platform.
    #[schemars(required, example = &"genesys", extend("enum" = platform_names()))]
    pub(super) platform: Option<At<String>>,
    /// How the platform is spoken to. `standard` is what its vendor documents, `guide` the literal form of older integration guides.
    #[schemars(extend("default" = defaults::PROFILE, "enum" = profile_names()))]
    pub(super) profile: Option<At<String>>,
    /// The platform's region, such as `us-east-1` or `na1`. A client of one region is unknown in every other.
    pub(super) region: Option<At<String>>,
    /// The organisation's short name, which is part of its host: `acme` for `https://acme.mygenesys.com`.
    pub(super) organization: Option<At<String>>,
    /// The tenant's id. A token of another tenant is refused. Default: whichever tenant the token names.
    pub(super) tenant: Option<At<String>>,
    /// The authorization server that publishes where its endpoints are, such as `https://login.example.com`. Default for `cxone`:
    /// `https://cxone.niceincontact.com`, the host of all its commercial regions.
    pub(super) issuer: Option<At<String>>,
    /// Where tokens are asked for, such as `https://login.mypurecloud.com/oauth/token`. Plain http is for loopback addresses only.
    pub(super) token_url: Option<At<String>>,
    /// Where calls go, such as `https://api.mypurecloud.com`: scheme, host and port, no path.
    pub(super) api_url: Option<At<String>>,
    /// Several places where calls go, by name, in the place of `api_url`: `upstreams = { api = "https://api.example.com", hub = "https://hub.example.com" }`.
    /// A name is of the form `[a-z][a-z0-9-]*`; it is the path segment behind the integration's and is not sent on, but rules of `allow` begin with it:
    /// `GET /api/v2/**` is `/v2/**` at the upstream `api`. The word `discovered` stands for the address that the platform tells: of `api` and
    /// `userhub` with profile `standard` of `cxone`, of `userhub` with its profile `userhub`.
    pub(super) upstreams: Option<BTreeMap<At<String>, At<String>>>,
    /// How client id and secret are shown: `basic` form-encodes both before they become a Basic header, as RFC 6749 has it; `basic-raw` does not, as many
    /// servers want it; `post` puts them into the form.
    #[schemars(extend("default" = defaults::CLIENT_AUTH, "enum" = ClientAuth::NAMES))]
    pub(super) client_auth: Option<At<String>>,
    /// The scopes asked for, separated by spaces. When the platform grants more, a warning says so once. Default: none is asked for.
    pub(super) scope: Option<At<String>>,
    /// For whom the token shall be: the form parameter `audience`, which several vendors want. Default: none.
    pub(super) audience: Option<At<String>>,
    /// For which resource the token shall be: the form parameter `resource` of RFC 8707, an absolute URI. Default: none.
    pub(super) resource: Option<At<String>>,
    /// Form parameters that the server wants besides, such as `{ realm = "a" }`. None that hallpass sets itself, and never a secret.
    pub(super) parameters: Option<BTreeMap<At<String>, At<String>>>,
    /// Where the secret rests: a reference `SCHEME:REST` such as `local:queue-sync`, or a list of them in the order in which they are
    /// tried. Never the secret itself.
    #[schemars(required, example = &"local:queue-sync")]
    pub(super) secret: Option<At<OneOrMore>>,
    /// The versions of the stored secret to try, in order, when the platform refuses the present one: `previous`, `pending`. A new secret that is not
    /// active yet is bridged that way. Each refused try may count towards a lock-out at the platform; an empty list tries none.
    #[schemars(extend("default" = defaults::FALLBACK, "items" = serde_json::json!({ "type": "string", "enum": defaults::STAGES })))]
    pub(super) fallback: Option<At<Vec<At<String>>>>,
    /// What it may call: rules `METHOD PATH`. `*` is one whole segment, a final `/**` zero or more. What no rule covers is refused.
    #[schemars(required, length(min = 1), example = defaults::ALLOW_EXAMPLE)]
    pub(super) allow: Option<At<Vec<At<String>>>>,
    /// Whether it is here for hallpass' own use, in the rotation of others: callers of the sidecar cannot reach it. Its rules are those of the
    /// calls that administer clients and keys.
    #[schemars(extend("default" = false))]
    pub(super) administers: Option<At<bool>>,
    /// The client that it shall have at its platform.
    pub(super) provision: Option<At<ProvisionTable>>,
    /// How its secret is replaced.
    pub(super) rotation: Option<At<RotationTable>>,
    /// Findings of `hallpass lint` that somebody answers for, until a day.
    pub(super) accept: Option<Vec<AcceptTable>>,
}
