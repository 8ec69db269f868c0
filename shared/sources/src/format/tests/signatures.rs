//! The platforms' signatures: the right one, and everything else.

use data_encoding::{BASE64, HEXLOWER};
use leadyard_domain::config::HubspotSignature;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::verify::hmac::sha256;

const NOW_S: i64 = 1_772_353_800;
const BODY: &str = r#"{"a": "ü"}"#;

fn now() -> Timestamp {
    Timestamp::from_second(NOW_S).unwrap()
}

fn mac(secret: &str, parts: &[&[u8]]) -> Vec<u8> {
    sha256(secret.as_bytes(), parts).finalize_bytes()
}

/// The bytes of a finished HMAC.
trait FinalizeBytes {
    fn finalize_bytes(self) -> Vec<u8>;
}

impl FinalizeBytes for hmac::Hmac<Sha256> {
    fn finalize_bytes(self) -> Vec<u8> {
        use hmac::Mac as _;
        self.finalize().into_bytes().to_vec()
    }
}

/// A request that a platform signed with a secret, so many seconds ago.
fn signed(platform: &str, secret: &str, ago_s: i64) -> Sent {
    let sent = Sent::new(JSON, BODY);
    let body = BODY.as_bytes();
    let at_s = (NOW_S - ago_s).to_string();
    let at_ms = ((NOW_S - ago_s) * 1000).to_string();
    match platform {
        "typeform" => sent.with("Typeform-Signature", &format!("sha256={}", BASE64.encode(&mac(secret, &[body])))),
        "tally" => sent.with("Tally-Signature", &BASE64.encode(&mac(secret, &[body]))),
        "webflow" => {
            let signature = HEXLOWER.encode(&mac(secret, &[at_ms.as_bytes(), b":", body]));
            sent.with("x-webflow-timestamp", &at_ms).with("x-webflow-signature", &signature)
        }
        "calendly" => {
            let signature = HEXLOWER.encode(&mac(secret, &[at_s.as_bytes(), b".", body]));
            sent.with("Calendly-Webhook-Signature", &format!("t={at_s},v1={signature}"))
        }
        "hubspot" => {
            let signature = BASE64.encode(&mac(secret, &[b"POST", URL.as_bytes(), body, at_ms.as_bytes()]));
            sent.with("X-HubSpot-Request-Timestamp", &at_ms).with("X-HubSpot-Signature-v3", &signature)
        }
        other => panic!("{other} does not sign"),
    }
}

/// Each platform that signs, and how old a request may be, where it has a time.
const PLATFORMS: &[(&str, Option<i64>)] =
    &[("typeform", None), ("tally", None), ("webflow", Some(300)), ("calendly", Some(180)), ("hubspot", Some(300))];

fn by_platform() -> Value {
    json!({"verify": {"platform": {"secret": "s"}}})
}

#[test]
fn the_right_signature_lets_in_also_while_the_secret_changes() {
    for (platform, _) in PLATFORMS {
        let check = |secrets: &[&str]| signed(platform, "right", 0).verify(platform, &by_platform(), secrets, now());
        for secrets in [&["right"][..], &["new", "right"], &["right", "old"]] {
            assert_eq!(check(secrets), Ok(()), "{platform} {secrets:?}");
        }
        for secrets in [&["wrong"][..], &["righ"], &["right "], &["RIGHT"]] {
            assert!(check(secrets).is_err(), "{platform} {secrets:?}");
        }
    }
}

#[test]
fn a_missing_secret_is_a_refusal_never_a_bypass() {
    for (platform, _) in PLATFORMS {
        for secrets in [&[][..], &[""]] {
            let refused = signed(platform, "", 0).verify(platform, &by_platform(), secrets, now());
            assert_eq!(refused, Err(Unauthentic::NoSecret), "{platform}");
        }
        for verify in [json!({}), json!({"verify": "none"})] {
            let refused = signed(platform, "right", 0).verify(platform, &verify, &["right"], now());
            assert_eq!(refused, Err(Unauthentic::NoPlatformSecret), "{platform}");
        }
        let unsigned = Sent::new(JSON, BODY);
        assert_eq!(unsigned.verify(platform, &json!({"verify": "url"}), &[], now()), Ok(()), "{platform}");
        let header = json!({"verify": {"header": {"header": "X-Api-Key", "secret": "s"}}});
        let with_header = unsigned.clone().with("x-api-key", "right");
        assert_eq!(with_header.verify(platform, &header, &["right"], now()), Ok(()), "{platform}");
        assert!(unsigned.verify(platform, &header, &["right"], now()).is_err(), "{platform}");
    }
}

#[test]
fn a_changed_body_and_headers_that_are_missing_doubled_or_malformed() {
    for (platform, _) in PLATFORMS {
        let good = signed(platform, "right", 0);
        let check = |sent: &Sent| sent.verify(platform, &by_platform(), &["right"], now());
        let changed = Sent { body: r#"{"a":"ü"}"#.as_bytes().to_vec(), ..good.clone() };
        assert!(matches!(check(&changed), Err(Unauthentic::Mismatch { .. })), "{platform}");
        for at in 1..good.headers.len() {
            let (name, value) = good.headers[at].clone();
            let mut missing = good.clone();
            missing.headers.remove(at);
            let told = check(&missing).unwrap_err().to_string();
            assert!(told.contains("is missing"), "{platform} {told}");
            let told = check(&good.clone().with(&name, &value)).unwrap_err().to_string();
            assert!(told.contains("more than once"), "{platform} {told}");
            for wrong in ["", "x", "sha256=", "t=,v1=", "t=1", "v1=00", "=", "zz", &value[1..], &format!("{value}00")] {
                let mut malformed = good.clone();
                malformed.headers[at].1 = wrong.to_owned();
                assert!(check(&malformed).is_err(), "{platform} {name} {wrong:?}");
            }
        }
    }
}

#[test]
fn an_old_signature_and_one_from_the_future_are_stale() {
    for (platform, tolerance_s) in PLATFORMS {
        let Some(tolerance_s) = *tolerance_s else { continue };
        let check = |ago_s| signed(platform, "right", ago_s).verify(platform, &by_platform(), &["right"], now());
        for ago_s in [0, tolerance_s, -tolerance_s] {
            assert_eq!(check(ago_s), Ok(()), "{platform} {ago_s}");
        }
        for ago_s in [tolerance_s + 1, -tolerance_s - 1, NOW_S] {
            assert!(matches!(check(ago_s), Err(Unauthentic::Stale { .. })), "{platform} {ago_s}");
        }
    }
}

#[test]
fn calendly_may_send_several_signatures() {
    let mut sent = signed("calendly", "right", 0);
    let (t, v1) = sent.headers[1].1.split_once(',').unwrap();
    let check = |value: &str, sent: &mut Sent| {
        value.clone_into(&mut sent.headers[1].1);
        sent.verify("calendly", &by_platform(), &["right"], now())
    };
    let (t, v1) = (t.to_owned(), v1.to_owned());
    assert_eq!(check(&format!("{t},v1=00,{v1}"), &mut sent), Ok(()));
    assert_eq!(check(&format!("{v1}, {t}"), &mut sent), Ok(()));
    assert!(check(&format!("{t},v0={}", &v1[3..]), &mut sent).is_err());
}

/// HubSpot's own examples of v1 and v2 (developers.hubspot.com/docs/faq/v1-request-validation).
#[test]
fn hubspots_published_vectors() {
    let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
    let body = concat!(
        r#"[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"#,
        r#""subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","#,
        r#""changeFlag":"NEW","appId":54321}]"#
    );
    let v1 = json!({"verify": {"platform": {"secret": "s"}}, "hubspot": {"signature": "v1"}});
    let hash = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de";
    let sent = Sent::new(JSON, body).with("X-HubSpot-Signature", hash);
    assert_eq!(sent.verify("hubspot", &v1, &["other", secret], now()), Ok(()));
    // What is not asked for does not count.
    assert!(sent.verify("hubspot", &by_platform(), &[secret], now()).is_err());
    let v2 = json!({"verify": {"platform": {"secret": "s"}}, "hubspot": {"signature": "v2"}});
    assert!(sent.verify("hubspot", &v2, &[secret], now()).is_err());
    let hash = HEXLOWER.encode(&Sha256::digest(format!("{secret}POST{URL}{body}")));
    let sent = Sent::new(JSON, body).with("X-HubSpot-Signature", &hash);
    assert_eq!(sent.verify("hubspot", &v2, &[secret], now()), Ok(()));
    assert!(sent.verify("hubspot", &v2, &["other"], now()).is_err());
    assert_eq!(HubspotSignature::default(), HubspotSignature::V3);
}

#[test]
fn hubspot_signs_the_url_that_it_called() {
    let at_ms = (NOW_S * 1000).to_string();
    let signed = |signed_url: &str, called: &str| {
        let signature =
            BASE64.encode(&mac("right", &[b"POST", signed_url.as_bytes(), BODY.as_bytes(), at_ms.as_bytes()]));
        let sent = Sent::new(JSON, BODY)
            .with("X-HubSpot-Request-Timestamp", &at_ms)
            .with("X-HubSpot-Signature-v3", &signature);
        Sent { url: called.to_owned(), ..sent }
    };
    let check = |sent: &Sent, url: Option<&str>| {
        let hubspot = url.map_or(json!({}), |url| json!({"hubspot": {"url": url}}));
        let mut more = by_platform();
        more.as_object_mut().unwrap().extend(hubspot.as_object().unwrap().clone());
        sent.verify("hubspot", &more, &["right"], now()).is_ok()
    };
    let inner = "https://abc.execute-api.example/prod/in/the-key";
    let query = |url: &str, query: &str| format!("{url}?{query}");
    for (signed_url, called, setting, fits) in [
        (URL.to_owned(), URL.to_owned(), None, true),
        (URL.to_owned(), inner.to_owned(), None, false),
        (URL.to_owned(), inner.to_owned(), Some("https://leads.example.com/in/{key}"), true),
        (URL.to_owned(), inner.to_owned(), Some("https://leads.example.com/in/the-key"), true),
        (URL.to_owned(), inner.to_owned(), Some("https://leads.example.com/in/other"), false),
        (query(URL, "a=1"), query(inner, "a=1"), Some("https://leads.example.com/in/{key}"), true),
        (URL.to_owned(), query(inner, "a=1"), Some("https://leads.example.com/in/{key}"), false),
        // Decoded as HubSpot says it, or as it was called.
        (query(URL, "a=x@y:z"), query(URL, "a=x%40y%3Az"), None, true),
        (query(URL, "a=x%40y"), query(URL, "a=x%40y"), None, true),
        (query(URL, "a=x y"), query(URL, "a=x%20y"), None, false),
    ] {
        assert_eq!(check(&signed(&signed_url, &called), setting), fits, "{signed_url} {called} {setting:?}");
    }
}
