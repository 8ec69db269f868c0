//! The networks that are not public, by category.
//!
//! Source: the IANA registries of special-purpose IPv4 and IPv6 addresses (RFC 6890 and its successors), the IANA
//! multicast registries, and the documentation of AWS for its instance metadata addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// What an address is, if it is not a public one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// The cloud's metadata service, which hands out credentials.
    Metadata,
    /// This machine: `127.0.0.0/8`, `::1`.
    Loopback,
    /// A private network (RFC 1918).
    Private,
    /// Valid on one link only: `169.254.0.0/16`, `fe80::/10`.
    LinkLocal,
    /// Behind a carrier's NAT: `100.64.0.0/10`.
    CarrierNat,
    /// A private v6 network: `fc00::/7`.
    UniqueLocal,
    /// The former private v6 network: `fec0::/10`.
    SiteLocal,
    /// No host at all: `0.0.0.0/8`, `::`.
    Unspecified,
    /// To many: `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// To all on the link: `255.255.255.255`.
    Broadcast,
    /// For examples in texts only.
    Documentation,
    /// For measuring network devices.
    Benchmark,
    /// For the protocols of the IETF, not for hosts.
    Protocol,
    /// Thrown away by routers: `100::/64`.
    Discard,
    /// A v4 address in the outdated form `::a.b.c.d`.
    Ipv4Compatible,
    /// A v4 address behind a v6-to-v4 translator.
    Nat64,
    /// A v4 address behind a 6to4 relay.
    SixToFour,
    /// A v4 address behind a Teredo relay.
    Teredo,
    /// Not given out, or outside the global unicast range of v6.
    Reserved,
}

impl Category {
    /// The category of an address that is not public, `None` for a public one. The forms that carry a v4 address inside
    /// a v6 one are refused whatever they carry: no receiver needs them, and every relay reads them in its own way.
    pub(super) fn of(address: IpAddr) -> Option<Self> {
        let listed = NETWORKS.iter().find(|(network, _)| network.contains(&address)).map(|(_, category)| *category);
        match address {
            // All that the registry has given out as global unicast. A list of what is forbidden alone would let pass
            // whatever is invented next.
            IpAddr::V6(_) if listed.is_none() && !GLOBAL_UNICAST.contains(&address) => Some(Self::Reserved),
            _ => listed,
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata => "the address of a cloud's metadata service",
            Self::Loopback => "a loopback address",
            Self::Private => "an address of a private network",
            Self::LinkLocal => "a link-local address",
            Self::CarrierNat => "an address of a carrier's NAT",
            Self::UniqueLocal => "a unique local address",
            Self::SiteLocal => "a site-local address",
            Self::Unspecified => "an unspecified address",
            Self::Multicast => "a multicast address",
            Self::Broadcast => "the broadcast address",
            Self::Documentation => "a documentation address",
            Self::Benchmark => "a benchmarking address",
            Self::Protocol => "an address for protocols of the IETF",
            Self::Discard => "a discard-only address",
            Self::Ipv4Compatible => "an IPv4-compatible address",
            Self::Nat64 => "a NAT64 address",
            Self::SixToFour => "a 6to4 address",
            Self::Teredo => "a Teredo address",
            Self::Reserved => "a reserved address",
        })
    }
}

const GLOBAL_UNICAST: IpNet = v6(0x2000, 0, 0, 0, 3);

/// The first network that holds an address decides: narrow ones stand before the wide ones around them.
const NETWORKS: [(IpNet, Category); 37] = [
    // v4
    (v4(169, 254, 169, 254, 32), Category::Metadata),
    (v4(169, 254, 170, 2, 32), Category::Metadata),
    (v4(169, 254, 170, 23, 32), Category::Metadata),
    (v4(127, 0, 0, 0, 8), Category::Loopback),
    (v4(10, 0, 0, 0, 8), Category::Private),
    (v4(172, 16, 0, 0, 12), Category::Private),
    (v4(192, 168, 0, 0, 16), Category::Private),
    (v4(169, 254, 0, 0, 16), Category::LinkLocal),
    (v4(100, 64, 0, 0, 10), Category::CarrierNat),
    (v4(0, 0, 0, 0, 8), Category::Unspecified),
    (v4(224, 0, 0, 0, 4), Category::Multicast),
    (v4(255, 255, 255, 255, 32), Category::Broadcast),
    (v4(240, 0, 0, 0, 4), Category::Reserved),
    (v4(192, 0, 2, 0, 24), Category::Documentation),
    (v4(198, 51, 100, 0, 24), Category::Documentation),
    (v4(203, 0, 113, 0, 24), Category::Documentation),
    (v4(198, 18, 0, 0, 15), Category::Benchmark),
    (v4(192, 0, 0, 0, 24), Category::Protocol),
    (v4(192, 88, 99, 0, 24), Category::SixToFour),
    // v6
    (IpNet::new_assert(IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)), 128), Category::Metadata),
    (IpNet::new_assert(IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)), 128), Category::Metadata),
    (IpNet::new_assert(IpAddr::V6(Ipv6Addr::LOCALHOST), 128), Category::Loopback),
    (IpNet::new_assert(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 128), Category::Unspecified),
    (v6(0, 0, 0, 0, 96), Category::Ipv4Compatible),
    (v6(0x64, 0xff9b, 0, 0, 96), Category::Nat64),
    (v6(0x64, 0xff9b, 1, 0, 48), Category::Nat64),
    (v6(0x100, 0, 0, 0, 64), Category::Discard),
    (v6(0x2001, 0, 0, 0, 32), Category::Teredo),
    (v6(0x2001, 2, 0, 0, 48), Category::Benchmark),
    (v6(0x2001, 0, 0, 0, 23), Category::Protocol),
    (v6(0x2001, 0xdb8, 0, 0, 32), Category::Documentation),
    (v6(0x3fff, 0, 0, 0, 20), Category::Documentation),
    (v6(0x2002, 0, 0, 0, 16), Category::SixToFour),
    (v6(0xfc00, 0, 0, 0, 7), Category::UniqueLocal),
    (v6(0xfe80, 0, 0, 0, 10), Category::LinkLocal),
    (v6(0xfec0, 0, 0, 0, 10), Category::SiteLocal),
    (v6(0xff00, 0, 0, 0, 8), Category::Multicast),
];

/// A v4 network of the table.
const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> IpNet {
    IpNet::new_assert(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix)
}

/// A v6 network of the table by its first four groups; the rest is zero.
const fn v6(a: u16, b: u16, c: u16, d: u16, prefix: u8) -> IpNet {
    IpNet::new_assert(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)), prefix)
}
