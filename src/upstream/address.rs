//! Which addresses the public internet has: nothing else is reached unless the operator allows it.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of IPv4 that are private, local, shared, reserved or many-to-one (RFC 6890 and the IANA registry).
const CLOSED_V4: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([168, 63, 129, 16], 32), // Azure's host, as seen from its guests
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Holes in the one public network of IPv6, `2000::/3`: protocol use with Teredo, documentation, 6to4.
const CLOSED_V6: &[([u16; 2], u8)] = &[([0x2001, 0], 23), ([0x2001, 0xdb8], 32), ([0x2002, 0], 16), ([0x3fff, 0], 20)];

/// Whether an outgoing call may reach `ip`: it is public, or in a network that the operator allows.
#[must_use]
pub fn reachable(ip: IpAddr, allow: &[IpNet]) -> bool {
    allowed(ip, allow) || is_public(ip)
}

/// Whether `ip` lies in a network that the operator allows. An IPv4 address in IPv6 clothes is not its plain self.
#[must_use]
pub fn allowed(ip: IpAddr, allow: &[IpNet]) -> bool {
    allow.iter().any(|net| net.contains(&ip))
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let bits = ip.to_bits();
            !CLOSED_V4.iter().any(|(net, length)| {
                let mask = u32::MAX << (32 - u32::from(*length));
                bits & mask == Ipv4Addr::from(*net).to_bits()
            })
        }
        IpAddr::V6(ip) => {
            let bits = ip.to_bits();
            let inside = |net: Ipv6Addr, length: u8| {
                let mask = u128::MAX << (128 - u32::from(length));
                bits & mask == net.to_bits()
            };
            let hole = |net: [u16; 2]| Ipv6Addr::new(net[0], net[1], 0, 0, 0, 0, 0, 0);
            inside(hole([0x2000, 0]), 3) && !CLOSED_V6.iter().any(|(net, length)| inside(hole(*net), *length))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_public_internet_is_reached() {
        let closed = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.9.9.9",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
        ];
        for text in closed {
            assert!(!reachable(text.parse().unwrap(), &[]), "{text}");
        }
        for text in ["1.1.1.1", "100.63.0.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"] {
            assert!(reachable(text.parse().unwrap(), &[]), "{text}");
        }
    }

    #[test]
    fn the_operator_opens_single_networks() {
        let allow: Vec<IpNet> = vec!["127.0.0.1/32".parse().unwrap(), "::1/128".parse().unwrap()];
        assert!(reachable("127.0.0.1".parse().unwrap(), &allow) && reachable("::1".parse().unwrap(), &allow));
        for text in ["127.0.0.2", "::ffff:127.0.0.1", "10.0.0.1"] {
            assert!(!reachable(text.parse().unwrap(), &allow), "{text}");
        }
    }
}
