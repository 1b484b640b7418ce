//! Where the sidecar listens: on loopback, or nowhere.

use std::net::SocketAddr;

use hallpass_sidecar::Listen;

/// A loopback IP address with a port, or `unix:` and an absolute path.
pub(super) fn parse(text: &str) -> Result<Listen, &'static str> {
    if let Some(path) = text.strip_prefix("unix:") {
        let fits = path.starts_with('/') && path.len() <= LONGEST_SOCKET_PATH && !path.contains('\0');
        return if fits { Ok(Listen::Unix(path.into())) } else { Err(EXPECTED_PATH) };
    }
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(Listen::Tcp(address)),
        Ok(_) => Err("expected a loopback address: the sidecar serves this machine only"),
        Err(_) => {
            Err("expected a loopback IP address with a port, such as \"127.0.0.1:7780\", or \"unix:/path\"")
        }
    }
}

const EXPECTED_PATH: &str = "expected an absolute path of at most 107 bytes after \"unix:\"";
/// What a socket address of Linux holds, less the zero at its end.
const LONGEST_SOCKET_PATH: usize = 107;

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_loopback_and_sockets_are_listened_on() {
        for good in ["127.0.0.1:7780", "127.9.9.9:0", "[::1]:7780", "unix:/run/hallpass/socket"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        let bad = [
            "",
            "7780",
            ":7780",
            "localhost:7780",
            "0.0.0.0:7780",
            "[::]:7780",
            "10.0.0.1:7780",
            "[::ffff:127.0.0.1]:7780",
            "unix:",
            "unix:relative",
            "127.0.0.1",
            "127.0.0.1:70000",
        ];
        for text in bad {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&format!("unix:/{}", "x".repeat(200))).is_err());
    }
}
