//! Which addresses we may talk to: a name in configuration must not lead into the private network by accident or by a poisoned resolver.
//!
//! The guard is always there; no option switches it off. `private_networks` opens single networks. Link-local addresses, where clouds
//! keep their metadata services, are never opened.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Judges addresses after resolution and before connecting.
#[derive(Clone, Debug, Default)]
pub struct AddressGuard {
    opened: Vec<IpNet>,
}

/// Why an address is refused. Names the address: it is not a secret, and it is what one needs to see.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {what}")]
pub struct AddressRefusal {
    address: IpAddr,
    what: &'static str,
}

impl AddressGuard {
    /// A guard that lets public addresses pass, and those in `private_networks`.
    #[must_use]
    pub fn new(private_networks: Vec<IpNet>) -> Self {
        Self { opened: private_networks }
    }

    /// Whether `address` may be connected to.
    ///
    /// # Errors
    /// What kind of address it is that may not.
    pub fn judge(&self, address: IpAddr) -> Result<(), AddressRefusal> {
        let effective = embedded(address);
        let refusal = |what| Err(AddressRefusal { address, what });
        if is_metadata(effective) {
            return refusal("a link-local or metadata address, which is never allowed");
        }
        if self.opened.iter().any(|network| network.contains(&effective) || network.contains(&address)) {
            return Ok(());
        }
        match special(effective) {
            Some(what) => refusal(what),
            None => Ok(()),
        }
    }
}

/// The IPv4 address inside an IPv6 one, where a translator would use it: mapped, NAT64 (RFC 6052) and 6to4 (RFC 3056).
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return v4.into();
    }
    let [a, b, c, .., y, z] = v6.segments();
    let v4 = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match (a, b) {
        (0x64, 0xff9b) => v4(y, z),
        (0x2002, _) => v4(b, c),
        _ => address,
    }
}

fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4 == Ipv4Addr::new(100, 100, 100, 200),
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local() || v6 == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
        }
    }
}

fn special(address: IpAddr) -> Option<&'static str> {
    let (loopback, private, odd) = match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            (
                v4.is_loopback(),
                v4.is_private() || shared,
                a == 0 || v4.is_broadcast() || v4.is_multicast() || a >= 240,
            )
        }
        IpAddr::V6(v6) => (v6.is_loopback(), v6.is_unique_local(), v6.is_unspecified() || v6.is_multicast()),
    };
    match (loopback, private, odd) {
        (true, ..) => Some("a loopback address"),
        (_, true, _) => Some("a private address"),
        (.., true) => Some("not an address of a single host"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::AddressGuard;

    fn refused(guard: &AddressGuard, address: &str) -> bool {
        guard.judge(address.parse().unwrap()).is_err()
    }

    #[test]
    fn public_addresses_pass_and_special_ones_do_not() {
        let guard = AddressGuard::default();
        for good in ["203.0.113.7", "52.1.2.3", "2600:1f18::1"] {
            assert!(!refused(&guard, good), "{good}");
        }
        let bad = [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "fd12::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "169.254.169.254",
            "fe80::1",
            "fd00:ec2::254",
        ];
        for address in bad {
            assert!(refused(&guard, address), "{address}");
        }
    }

    #[test]
    fn an_opened_network_passes_but_metadata_never_does() {
        let open = |text: &str| AddressGuard::new(vec![text.parse().unwrap()]);
        assert!(!refused(&open("127.0.0.0/8"), "127.0.0.1"));
        assert!(!refused(&open("10.0.0.0/8"), "::ffff:10.1.1.1"));
        assert!(refused(&open("10.0.0.0/8"), "127.0.0.1"));
        assert!(refused(&open("0.0.0.0/0"), "169.254.169.254"));
        assert!(refused(&open("::/0"), "fd00:ec2::254"));
    }
}
