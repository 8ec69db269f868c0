//! Hosts as an attacker would write them, and hosts as a buyer would.

use super::*;

/// Hosts of URLs by what they are; `None` for those that deliveries go to.
const HOSTS: [(Option<Category>, &str); 20] = [
    (
        None,
        "1.0.0.1 1.1.1.1 8.8.8.8 9.9.9.9 12.34.56.78 17.253.144.10 52.94.236.248 100.63.255.255 100.128.0.1 126.0.0.1 \
         128.0.0.1 151.101.1.69 169.253.1.1 172.15.0.1 172.32.0.1 192.0.1.1 192.167.0.1 192.169.0.1 198.17.0.1 198.20.0.1 \
         203.0.112.1 223.255.255.1 134744072 0x8080808 010.010.010.010 8.8.2056 8.526344 0x08.8.010.8 8.8.8.8. %38.8.8.8 \
         [2001:4860:4860::8888] [2606:4700:4700::1111] [2a00:1450:4001:82a::200e] [2620:fe::fe] [2400:cb00::1] \
         [::ffff:8.8.8.8] [::ffff:808:808] [0:0:0:0:0:ffff:0808:0808] [2A00:1450::1] example.com example.com. EXAMPLE.COM \
         hooks.example.co.uk xn--bcher-kva.example b\u{fc}cher.example a.b.c.d.example 127.example 10-0-0-1.example.com \
         localhost.example.com 1e100.net",
    ),
    (
        Some(Category::Loopback),
        "127.0.0.1 127.0.0.2 127.1 127.0.1 127.255.255.254 2130706433 0x7f000001 0x7F000001 0x7f.1 0x7f.0.0.1 0177.1 \
         0177.0.0.1 00000177.0.0.1 017700000001 127.0.0.1. 127.1. 127.0.0.0x1 %31%32%37.0.0.1 127%2e0%2e0%2e1 \
         127\u{3002}0\u{3002}0\u{3002}1 \u{2460}\u{2461}\u{2466}.0.0.1 \u{ff11}\u{ff12}\u{ff17}.0.0.1 [::1] \
         [0:0:0:0:0:0:0:1] [0000::0001] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:FFFF:7F00:0001]",
    ),
    (
        Some(Category::Private),
        "10.0.0.1 10.255.255.255 167772161 0xa000001 012.0.0.1 10.1 172.16.0.1 172.31.255.255 2886729729 0xac.0x10.1 \
         192.168.0.1 192.168.255.255 3232235521 0xc0a80001 0300.0250.0.1 192.168.257 [::ffff:10.0.0.1] [::ffff:ac10:1] \
         [::ffff:192.168.1.1]",
    ),
    (
        Some(Category::LinkLocal),
        "169.254.0.1 169.254.1.1 169.254.255.255 0xa9fe0001 [fe80::1] [febf::1] [::ffff:a9fe:1]",
    ),
    (
        Some(Category::Metadata),
        "169.254.169.254 169.254.170.2 169.254.170.23 2852039166 0xa9fea9fe 0xa9.0xfe.0xa9.0xfe 0251.0376.0251.0376 \
         169.254.43518 169.16689662 169.254.169.254. [fd00:ec2::254] [fd00:ec2::23] [::ffff:169.254.169.254] \
         [::ffff:a9fe:a9fe] [fd00:0ec2:0:0:0:0:0:0254]",
    ),
    (Some(Category::CarrierNat), "100.64.0.1 100.100.100.200 100.127.255.255 1681915905 [::ffff:100.64.0.1]"),
    (Some(Category::UniqueLocal), "[fc00::1] [fd00::1] [fdff:ffff::1] [fd20:ce::254]"),
    (Some(Category::SiteLocal), "[fec0::1] [feff::1]"),
    (Some(Category::Unspecified), "0 0.0.0.0 0.1.2.3 00 0x0 [::] [0:0:0:0:0:0:0:0] [::ffff:0.0.0.0]"),
    (Some(Category::Multicast), "224.0.0.1 224.0.0.251 239.255.255.250 3758096385 [ff02::1] [ff05::1:3] [ff0e::1]"),
    (Some(Category::Broadcast), "255.255.255.255 4294967295 0xffffffff [::ffff:255.255.255.255]"),
    (
        Some(Category::Documentation),
        "192.0.2.1 198.51.100.1 203.0.113.1 [2001:db8::1] [2001:db8:ffff::1] [3fff::1] [3fff:fff::1] [::ffff:192.0.2.1]",
    ),
    (Some(Category::Benchmark), "198.18.0.1 198.19.255.255 [2001:2::1]"),
    (Some(Category::Protocol), "192.0.0.1 192.0.0.8 192.0.0.170 192.0.0.192 [2001:1::1] [2001:20::1] [2001:1ff::1]"),
    (Some(Category::Discard), "[100::] [100::1]"),
    (Some(Category::Ipv4Compatible), "[::2] [::127.0.0.1] [::7f00:1] [::169.254.169.254] [::8.8.8.8]"),
    (
        Some(Category::Nat64),
        "[64:ff9b::7f00:1] [64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe] [64:ff9b::10.0.0.1] [64:ff9b:1::1] [64:ff9b::8.8.8.8]",
    ),
    (
        Some(Category::SixToFour),
        "[2002:7f00:1::] [2002:7f00:1::1] [2002:a00:1::] [2002:a9fe:a9fe::] [2002:c0a8:1::1] [2002:808:808::1] 192.88.99.1",
    ),
    (Some(Category::Teredo), "[2001::1] [2001:0:7f00:1::] [2001:0:4136:e378:8000:63bf:3fff:fdd2] [2001:0:53aa:64c::1]"),
    (
        Some(Category::Reserved),
        "240.0.0.1 254.255.255.255 4026531841 [64:ff9b:2::1] [100:0:0:1::1] [::ffff:0:127.0.0.1] [200::1] [4000::1] \
         [5f00::1] [8000::1] [e000::1] [fe00::1]",
    ),
];

/// What is no host at all, or hides another one.
const MALFORMED: [&str; 24] = [
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[::1%25lo]",
    "[::1",
    "::1",
    "[::1]x",
    "[1::2::3]",
    "[12345::1]",
    "[::ffff:127.0.0.1.]",
    "[127.0.0.1]",
    "256.1.1.1",
    "1.2.3.4.5",
    "999.1",
    "0xfffffffff",
    "127.0.0.08",
    "1.1.1.1 @127.0.0.1",
    "user@127.0.0.1",
    "example.com@127.0.0.1",
    "8.8.8.8:80@127.0.0.1",
    ":pass@example.com",
    "exa mple.com",
    "example.com..",
    ".",
    "xn--\u{0}.example",
];

#[test]
fn every_host_is_what_it_is() {
    let mut seen = 0;
    for (expected, hosts) in HOSTS {
        for host in hosts.split_whitespace() {
            seen += 1;
            let expected = expected.map_or(Ok(()), |category| Err(Refusal::Address(category)));
            let url = format!("https://{host}/leads");
            assert_eq!(strict().check_url(&url).map(drop), expected, "{host}");
            // With a port, in another case, and behind a trailing path it is the same host.
            let other = format!("HTTPS://{host}:8443/@example.com/?https://example.com");
            assert_eq!(strict().check_url(&other).map(drop), expected, "{host}");
        }
    }
    assert!(seen >= 200, "{seen} hosts");
    for host in MALFORMED {
        assert!(strict().check_url(&format!("https://{host}/")).is_err(), "{host}");
        assert!(policy("0.0.0.0/0, ::/0").check_url(&format!("https://{host}/")).is_err(), "{host}");
    }
}

/// The client connects to the host of the URL that was judged, not to a second reading of the text.
#[test]
fn what_is_judged_is_what_is_connected_to() {
    for (_, hosts) in HOSTS {
        for host in hosts.split_whitespace() {
            let Ok(target) = policy("0.0.0.0/0, ::/0").check_url(&format!("https://{host}/")) else {
                panic!("{host}");
            };
            let literal = target.host().trim_matches(['[', ']']).parse::<IpAddr>();
            let expected = HOSTS.iter().find(|(_, all)| all.split_whitespace().any(|one| one == host)).unwrap().0;
            match literal {
                Ok(address) => assert_eq!(strict().check(address).err(), expected.map(Refusal::Address), "{host}"),
                // A name is judged when it is resolved.
                Err(_) => assert_eq!(expected, None, "{host}"),
            }
        }
    }
}
