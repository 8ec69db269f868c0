mod hosts;

use proptest::prelude::*;

use super::*;

fn strict() -> AddressPolicy {
    AddressPolicy::default()
}

fn policy(allowed: &str) -> AddressPolicy {
    AddressPolicy::parse(allowed, "true").unwrap()
}

fn check(policy: &AddressPolicy, address: &str) -> Result<(), Refusal> {
    policy.check(address.parse().unwrap())
}

/// First and last address of each network, and its neighbours outside.
#[test]
fn every_address_has_its_category() {
    use Category as C;
    let table: [(Option<Category>, &[&str]); 20] = [
        (
            None,
            &[
                "1.0.0.0",
                "1.1.1.1",
                "8.8.8.8",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.0",
                "169.253.255.255",
                "169.255.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "192.0.1.0",
                "192.0.3.0",
                "192.88.98.255",
                "192.88.100.0",
                "192.167.255.255",
                "192.169.0.0",
                "198.17.255.255",
                "198.20.0.0",
                "198.51.99.255",
                "198.51.101.0",
                "203.0.112.255",
                "203.0.114.0",
                "223.255.255.255",
                "::ffff:8.8.8.8",
                "2000::1",
                "2001:200::1",
                "2001:4860:4860::8888",
                "2001:db7:ffff::1",
                "2001:db9::1",
                "2003::1",
                "2606:4700:4700::1111",
                "2a05:d018::1",
                "3ffe:ffff::1",
                "3fff:1000::1",
            ],
        ),
        (
            Some(C::Metadata),
            &[
                "169.254.169.254",
                "169.254.170.2",
                "169.254.170.23",
                "fd00:ec2::254",
                "fd00:ec2::23",
                "::ffff:169.254.169.254",
            ],
        ),
        (Some(C::Loopback), &["127.0.0.0", "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"]),
        (
            Some(C::Private),
            &[
                "10.0.0.0",
                "10.255.255.255",
                "172.16.0.0",
                "172.31.255.255",
                "192.168.0.0",
                "192.168.255.255",
                "::ffff:10.0.0.1",
                "::ffff:c0a8:1",
            ],
        ),
        (
            Some(C::LinkLocal),
            &["169.254.0.0", "169.254.169.253", "169.254.255.255", "fe80::", "fe80::1", "febf:ffff::1"],
        ),
        (Some(C::CarrierNat), &["100.64.0.0", "100.100.100.200", "100.127.255.255"]),
        (Some(C::UniqueLocal), &["fc00::", "fd00::1", "fd20:ce::254", "fdff:ffff::1"]),
        (Some(C::SiteLocal), &["fec0::1", "feff:ffff::1"]),
        (Some(C::Unspecified), &["0.0.0.0", "0.1.2.3", "0.255.255.255", "::", "::ffff:0.0.0.0"]),
        (Some(C::Multicast), &["224.0.0.0", "224.0.0.251", "239.255.255.255", "ff00::", "ff02::1", "ff0e::1"]),
        (Some(C::Broadcast), &["255.255.255.255", "::ffff:255.255.255.255"]),
        (
            Some(C::Documentation),
            &[
                "192.0.2.0",
                "192.0.2.255",
                "198.51.100.1",
                "203.0.113.255",
                "2001:db8::1",
                "2001:db8:ffff::1",
                "3fff::1",
                "3fff:fff::1",
            ],
        ),
        (Some(C::Benchmark), &["198.18.0.0", "198.19.255.255", "2001:2::1", "2001:2:0:ffff::1"]),
        (Some(C::Protocol), &["192.0.0.0", "192.0.0.170", "192.0.0.255", "2001:1::1", "2001:20::1", "2001:1ff::1"]),
        (Some(C::Discard), &["100::", "100::ffff:ffff:ffff:ffff"]),
        (Some(C::Ipv4Compatible), &["::2", "::8.8.8.8", "::127.0.0.1", "::169.254.169.254"]),
        (
            Some(C::Nat64),
            &[
                "64:ff9b::8.8.8.8",
                "64:ff9b::127.0.0.1",
                "64:ff9b::169.254.169.254",
                "64:ff9b:1::10.0.0.1",
                "64:ff9b:1:ffff::1",
            ],
        ),
        (Some(C::SixToFour), &["2002::", "2002:7f00:1::", "2002:808:808::1", "2002:a9fe:a9fe::1", "192.88.99.1"]),
        (Some(C::Teredo), &["2001::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"]),
        (
            Some(C::Reserved),
            &[
                "240.0.0.0",
                "255.255.255.254",
                "64:ff9b:2::1",
                "100:0:0:1::1",
                "::ffff:0:127.0.0.1",
                "0:0:0:1::1",
                "200::1",
                "1fff:ffff::1",
                "4000::1",
                "5f00::1",
                "e000::1",
                "fe00::1",
            ],
        ),
    ];
    for (expected, addresses) in table {
        for address in addresses {
            let expected = expected.map_or(Ok(()), |category| Err(Refusal::Address(category)));
            assert_eq!(check(&strict(), address), expected, "{address}");
        }
    }
}

#[test]
fn an_allowed_network_overrides_its_category_and_nothing_else() {
    let local = policy("127.0.0.0/8, fd12:3456::/32\n10.1.2.3");
    for address in ["127.0.0.1", "::ffff:127.9.9.9", "fd12:3456::1", "10.1.2.3", "8.8.8.8"] {
        assert_eq!(check(&local, address), Ok(()), "{address}");
    }
    for address in ["::1", "10.1.2.4", "fd12:3457::1", "169.254.169.254", "64:ff9b::7f00:1"] {
        assert!(check(&local, address).is_err(), "{address}");
    }
}

#[test]
fn settings_that_cannot_be_read_are_named() {
    assert_eq!(AddressPolicy::parse("", ""), Ok(AddressPolicy::default()));
    assert_eq!(AddressPolicy::parse(" , ", "false"), Ok(AddressPolicy::default()));
    for bad in ["10.0.0.0/33", "localhost", "10.0.0.0-10.0.0.9", "300.1.1.1"] {
        let settings = format!("127.0.0.0/8, {bad}");
        assert_eq!(AddressPolicy::parse(&settings, ""), Err(PolicyError::Network(bad.to_owned())));
    }
    assert_eq!(AddressPolicy::parse("", "yes"), Err(PolicyError::Switch("yes".to_owned())));
}

fn ports(allowed: &str) -> Result<AddressPolicy, PolicyError> {
    AddressPolicy::from_settings(|name| match name {
        "ALLOWED_PORTS" => Some(allowed),
        "ALLOWED_NETWORKS" => Some("127.0.0.0/8"),
        "ALLOW_HTTP" => Some("true"),
        _ => None,
    })
}

#[test]
fn a_port_that_is_not_allowed_is_refused_whoever_has_it() {
    let some = ports(" 443,8443 ").unwrap();
    for url in ["https://example.com/", "https://example.com:443/", "http://example.com:8443/", "https://127.0.0.1/"] {
        assert!(some.check_url(url).is_ok(), "{url}");
    }
    for (url, port) in [
        ("http://example.com/", 80),
        ("https://example.com:444/", 444),
        ("https://127.0.0.1:22/", 22),
        ("https://8.8.8.8:6379/", 6379),
        ("https://[2606:4700::1]:65535/", 65535),
    ] {
        assert_eq!(some.check_url(url), Err(Refusal::PortRefused(port)), "{url}");
    }
    assert!(ports("").unwrap().check_url("http://127.0.0.1:6379/").is_ok(), "none named are all");
    for bad in ["0", "65536", "https", "1-9", "-1"] {
        let error = ports(&format!("443, {bad}")).unwrap_err();
        assert_eq!((&error, error.setting()), (&PolicyError::Port(bad.to_owned()), "ALLOWED_PORTS"));
    }
}

#[test]
fn an_accepted_url_comes_back_in_its_canonical_form() {
    for (text, expected, host) in [
        ("https://example.com", "https://example.com/", "example.com"),
        ("https://EXAMPLE.com./a?b=c#d", "https://example.com/a?b=c", "example.com"),
        ("https://example.com.:8443/", "https://example.com:8443/", "example.com"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("https:\\\\example.com\\a", "https://example.com/a", "example.com"),
        ("https://0x08.8.010.8/", "https://8.8.8.8/", "8.8.8.8"),
        ("https://8.8.8.8./", "https://8.8.8.8/", "8.8.8.8"),
        ("https://[2606:4700:0:0::1]/", "https://[2606:4700::1]/", "[2606:4700::1]"),
        ("https://@example.com/", "https://example.com/", "example.com"),
    ] {
        let target = strict().check_url(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
        assert_eq!((target.url().as_str(), target.host()), (expected, host), "{text}");
    }
}

#[test]
fn an_address_is_judged_in_every_notation() {
    for (text, expected) in [
        ("https://127.0.0.1/", Category::Loopback),
        ("https://127.1/", Category::Loopback),
        ("https://127.0.0.1./", Category::Loopback),
        ("https://2130706433/", Category::Loopback),
        ("https://0x7f000001/", Category::Loopback),
        ("https://0x7f.1/", Category::Loopback),
        ("https://0177.0.0.1/", Category::Loopback),
        ("https://%31%32%37.0.0.1/", Category::Loopback),
        ("https://127。0。0。1/", Category::Loopback),
        ("https://①②⑦.0.0.1/", Category::Loopback),
        ("https://127.0.\t0.1/", Category::Loopback),
        ("https://0/", Category::Unspecified),
        ("https://0xa9fea9fe/", Category::Metadata),
        ("https://169.254.43518/", Category::Metadata),
        ("https://[::1]/", Category::Loopback),
        ("https://[::ffff:127.0.0.1]/", Category::Loopback),
        ("https://[0:0:0:0:0:ffff:7f00:1]/", Category::Loopback),
        ("https://[::127.0.0.1]/", Category::Ipv4Compatible),
        ("https://[64:ff9b::a00:1]/", Category::Nat64),
        ("https://[fd00:ec2::254]/latest/meta-data", Category::Metadata),
    ] {
        assert_eq!(strict().check_url(text), Err(Refusal::Address(expected)), "{text}");
    }
    assert!(policy("127.0.0.0/8").check_url("http://0x7f.1:8080/").is_ok());
}

#[test]
fn a_url_that_is_none_or_unfit_is_refused_with_its_reason() {
    let scheme = |scheme: &str| Refusal::Scheme(scheme.to_owned());
    for (text, expected) in [
        ("http://example.com/", scheme("http")),
        ("ftp://example.com/", scheme("ftp")),
        ("file:///etc/passwd", scheme("file")),
        ("gopher://example.com/", scheme("gopher")),
        ("data:text/plain,a", scheme("data")),
        ("https://user@example.com/", Refusal::UserInfo),
        ("https://user:pass@example.com/", Refusal::UserInfo),
        ("https://:pass@example.com/", Refusal::UserInfo),
        ("https://example.com:0/", Refusal::Port),
        ("https://", Refusal::Host),
        ("https://./", Refusal::Host),
        ("https://example.com../", Refusal::Host),
        ("", Refusal::Malformed(url::ParseError::RelativeUrlWithoutBase)),
        ("example.com", Refusal::Malformed(url::ParseError::RelativeUrlWithoutBase)),
        ("https://example.com:65536/", Refusal::Malformed(url::ParseError::InvalidPort)),
        ("https://[fe80::1%25eth0]/", Refusal::Malformed(url::ParseError::InvalidIpv6Address)),
        ("https://[::1/", Refusal::Malformed(url::ParseError::InvalidIpv6Address)),
        ("https://1.2.3.4.5/", Refusal::Malformed(url::ParseError::InvalidIpv4Address)),
        ("https://999.1/", Refusal::Malformed(url::ParseError::InvalidIpv4Address)),
        ("https://exa mple.com/", Refusal::Malformed(url::ParseError::IdnaError)),
    ] {
        assert_eq!(strict().check_url(text), Err(expected), "{text}");
    }
    let long = format!("https://example.com/{}", "a".repeat(URL_BYTES_MAX));
    assert_eq!(strict().check_url(&long), Err(Refusal::TooLong(long.len())));
}

proptest! {
    /// Whatever v4 address is refused is refused mapped into v6 as well, and the other way round.
    #[test]
    fn a_mapped_address_is_judged_as_its_v4(bits: u32) {
        let v4 = std::net::Ipv4Addr::from_bits(bits);
        prop_assert_eq!(strict().check(v4.into()), strict().check(v4.to_ipv6_mapped().into()));
    }

    /// What `check_url` accepts with a literal host, `check` accepts: there is no notation that one of them reads
    /// differently.
    #[test]
    fn a_url_is_judged_as_its_address(bits: u32) {
        let v4 = std::net::Ipv4Addr::from_bits(bits);
        let expected = strict().check(v4.into());
        for text in [format!("https://{v4}/"), format!("https://{bits}/"), format!("https://{bits:#x}/")] {
            prop_assert_eq!(strict().check_url(&text).map(drop), expected.clone());
        }
    }

    /// No text makes it panic, and nothing accepted needs a second judgement.
    #[test]
    fn judging_is_total_and_stable(text in "(https?://)?\\PC{0,40}") {
        if let Ok(target) = strict().check_url(&text) {
            prop_assert_eq!(strict().check_url(target.url().as_str()), Ok(target.clone()));
        }
    }
}
