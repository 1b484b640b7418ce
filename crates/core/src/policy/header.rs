//! What a header of a caller's request means for whoever forwards it. One list for the sidecar and for single calls.

/// The part a header plays, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderRole {
    /// It is for the platform: forwarded as it is.
    EndToEnd,
    /// It belongs to one connection (RFC 9110 7.6.1) and ends here.
    HopByHop,
    /// It is ours to set: credentials, framing, names, the pass.
    Ours,
    /// It tells of another request than the one that is sent. Whoever believes it decides on other bytes than it forwards (CVE-2026-40575), and a
    /// request that has it has been somewhere else first.
    Forwarding,
    /// It changes the method, or would change the protocol: the request allowed would not be the request acted on.
    Override,
    /// Its name has a `_` and reads as one that somebody acts on: servers that turn headers into variables take `_` for `-` (CVE-2025-64484 in oauth2-proxy).
    Twin,
}

impl HeaderRole {
    /// The role of the header `name`, in lower case.
    #[must_use]
    pub fn of(name: &str) -> Self {
        if name.contains('_') && is_acted_on(&name.replace('_', "-")) { Self::Twin } else { role(name) }
    }
}

fn role(name: &str) -> HeaderRole {
    match name {
        "connection" | "keep-alive" | "te" | "trailer" | "transfer-encoding" => HeaderRole::HopByHop,
        "authorization" | "host" | "content-length" | "expect" => HeaderRole::Ours,
        "forwarded" | "via" | "x-real-ip" | "x-original-url" | "x-original-uri" | "x-original-host"
        | "x-rewrite-url" => HeaderRole::Forwarding,
        "x-http-method-override" | "x-http-method" | "x-method-override" | "upgrade" | "http2-settings" => {
            HeaderRole::Override
        }
        // Some clients send more `Proxy-*` headers than the RFC has.
        _ if name.starts_with("proxy-") => HeaderRole::HopByHop,
        _ if name.starts_with("hallpass") => HeaderRole::Ours,
        _ if name.starts_with("x-forwarded") => HeaderRole::Forwarding,
        _ => HeaderRole::EndToEnd,
    }
}

fn is_acted_on(name: &str) -> bool {
    role(name) != HeaderRole::EndToEnd || matches!(name, "origin" | "sec-fetch-site")
}

#[cfg(test)]
mod tests {
    use super::HeaderRole;

    #[test]
    fn roles_are_told_by_name() {
        use HeaderRole as R;
        let cases = [
            ("accept", R::EndToEnd),
            ("x-my_id", R::EndToEnd),
            ("idempotency-key", R::EndToEnd),
            ("te", R::HopByHop),
            ("proxy-connection", R::HopByHop),
            ("host", R::Ours),
            ("hallpass", R::Ours),
            ("hallpass-fault", R::Ours),
            ("x-forwarded-prefix", R::Forwarding),
            ("via", R::Forwarding),
            ("x-http-method", R::Override),
            ("upgrade", R::Override),
            ("x_forwarded_for", R::Twin),
            ("content_length", R::Twin),
            ("hallpass_x", R::Twin),
            ("sec_fetch_site", R::Twin),
        ];
        for (name, expected) in cases {
            assert_eq!(R::of(name), expected, "{name}");
        }
    }
}
