//! Which addresses may be reached.
//!
//! Invariants: what is not known to be public is not (RFC 6890 and the registries of special addresses); an IPv6 address
//! that stands for an IPv4 one is looked at as that; addresses of the link, where machines in clouds are told their
//! secrets, are reached by nobody, whatever a setting allows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// On the public internet.
    Public,
    /// On this machine or a network of one's own: only where a setting says so.
    Private,
    /// Never reached.
    Never,
}

/// Where an address lies.
pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => reach_v6(v6),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let [a, b, c, d] = address.octets();
    match (a, b, c) {
        (127, ..) | (10, ..) | (192, 168, _) => Reach::Private,
        (172, b, _) if (16..32).contains(&b) => Reach::Private,
        // Clouds' metadata outside the link: in the range of carriers, and at a public address.
        (100, 100, 100) if d == 200 => Reach::Never,
        (168, 63, 129) if d == 16 => Reach::Never,
        // Shared between a carrier and its customers.
        (100, b, _) if (64..128).contains(&b) => Reach::Private,
        // The link, where a cloud's metadata is.
        (169, 254, _) => Reach::Never,
        (0, ..) | (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113) => Reach::Never,
        (198, 18 | 19, _) => Reach::Never,
        // Multicast, reserved, broadcast.
        (224.., ..) => Reach::Never,
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    let s = address.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        reach_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Private,
        // IPv4 within IPv6: mapped, compatible, translated (RFC 6052), 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            v4(high, low)
        }
        [0x2002, high, low, ..] => v4(high, low),
        // Clouds' metadata.
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => Reach::Never,
        [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe] => Reach::Never,
        [first, ..] if first & 0xfe00 == 0xfc00 => Reach::Private,
        // Teredo, documentation.
        [0x2001, 0 | 0xdb8, ..] => Reach::Never,
        // What is allocated to be public.
        [first, ..] if first & 0xe000 == 0x2000 => Reach::Public,
        _ => Reach::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_lies_where_it_lies() {
        let lies = |text: &str| reach(text.parse().expect("an address"));
        for public in ["8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "192.169.0.1", "2606:4700::1111"] {
            assert_eq!(lies(public), Reach::Public, "{public}");
        }
        let private =
            ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1", "::ffff:10.0.0.1"];
        for private in private {
            assert_eq!(lies(private), Reach::Private, "{private}");
        }
        let never = [
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
            "::ffff:100.100.100.200",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "fec0::1",
        ];
        for never in never {
            assert_eq!(lies(never), Reach::Never, "{never}");
        }
    }
}
