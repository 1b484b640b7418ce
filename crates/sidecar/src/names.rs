//! The names under which a caller may know this sidecar.

use crate::Listen;

/// The values of `Host` that mean this very listener.
///
/// A page in a browser can make its own name resolve to 127.0.0.1 and then talk to every program on the machine as if it were its own
/// origin (DNS rebinding: CVE-2025-66414, CVE-2026-34742). It cannot change the `Host` its requests carry, so that is what is checked.
#[derive(Debug)]
pub(crate) struct OwnNames(Vec<String>);

impl OwnNames {
    /// The names of a listener: for TCP the loopback literals and `localhost` with its port (and without, on port 80); for a Unix socket, which has no
    /// address of its own, `localhost` and `hallpass`, one of which every client library sends there.
    pub(crate) fn of(listen: &Listen) -> Self {
        let Listen::Tcp(address) = listen else {
            return Self(vec!["localhost".to_owned(), "hallpass".to_owned()]);
        };
        let port = address.port();
        let hosts = ["127.0.0.1", "[::1]", "localhost"];
        let mut names: Vec<_> = hosts.iter().map(|host| format!("{host}:{port}")).collect();
        names.push(address.to_string());
        if port == 80 {
            names.extend(hosts.iter().map(|host| (*host).to_owned()));
        }
        Self(names)
    }

    /// Whether `host` is one of them. Compared whole: no parser that could take `127.0.0.1:7780@evil` or a trailing dot for the same name.
    pub(crate) fn contain(&self, host: &[u8]) -> bool {
        self.0.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::OwnNames;
    use crate::Listen;

    #[test]
    fn only_whole_own_names_count() {
        let names = OwnNames::of(&Listen::Tcp(([127, 0, 0, 1], 7780).into()));
        for own in ["127.0.0.1:7780", "localhost:7780", "LocalHost:7780", "[::1]:7780"] {
            assert!(names.contain(own.as_bytes()), "{own}");
        }
        let foreign = [
            "",
            "127.0.0.1",
            "localhost",
            "localhost:",
            "localhost:7781",
            "localhost.:7780",
            "localhost.evil:7780",
            "evil:7780",
            "u@127.0.0.1:7780",
            "127.0.0.1:7780@evil",
            "2130706433:7780",
            "127.1:7780",
            "[::1%25lo]:7780",
            "127.0.0.1:07780",
            "0.0.0.0:7780",
            "127.0.0.1:0",
            "127.0.0.1:7780/",
        ];
        for host in foreign {
            assert!(!names.contain(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn a_socket_answers_to_two_plain_names() {
        let names = OwnNames::of(&Listen::Unix("/run/x".into()));
        assert!(names.contain(b"localhost") && names.contain(b"hallpass"));
        assert!(!names.contain(b"localhost:80") && !names.contain(b"evil"));
    }
}
