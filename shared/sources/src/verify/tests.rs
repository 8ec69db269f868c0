//! Who is let in, who is not, and with which words.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::config::Source;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::Sha512;

use super::hmac::sha256;
use super::{Unauthentic, verify};
use crate::request::Request;

const BODY: &[u8] = br#"{"email": "anna@example.com"}"#;

fn source(verify: &Value) -> Source {
    serde_json::from_value(json!({"id": "web", "format": "json", "verify": verify})).unwrap()
}

/// Verifies a request; header values are bytes, for senders send what they like.
fn check_at(
    now: Timestamp,
    by: &Value,
    secrets: &[&[u8]],
    headers: &[(&str, &[u8])],
    body: &[u8],
) -> Result<(), Unauthentic> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value).unwrap());
    }
    let request = Request {
        id: "r1",
        method: &Method::POST,
        url: "https://example.com/in/key",
        received_at: Timestamp::UNIX_EPOCH,
        query: "",
        headers: &map,
        body,
    };
    verify(&source(by), secrets, &request, now)
}

fn check(by: &Value, secrets: &[&str], headers: &[(&str, &str)]) -> Result<(), Unauthentic> {
    let secrets: Vec<&[u8]> = secrets.iter().map(|secret| secret.as_bytes()).collect();
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    check_at(Timestamp::UNIX_EPOCH, by, &secrets, &headers, BODY)
}

fn said(result: Result<(), Unauthentic>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error.status().as_u16(), 401 | 403));
    error.to_string()
}

#[test]
fn a_source_without_verification_takes_all() {
    assert_eq!(check(&json!("none"), &[], &[]), Ok(()));
}

#[test]
fn a_missing_secret_is_a_refusal_never_a_bypass() {
    let empty_key = HEXLOWER.encode(&sha256(b"", &[BODY]).finalize().into_bytes());
    for by in [
        json!({"bearer": {"secret": "s"}}),
        json!({"basic": {"username": "u", "secret": "s"}}),
        json!({"header": {"header": "x-signature", "secret": "s"}}),
        json!({"hmac": {"secret": "s", "header": "x-signature"}}),
        json!({"standard_webhooks": {"secret": "s"}}),
    ] {
        for secrets in [&[][..], &[""], &["", ""]] {
            let headers = [("authorization", "Bearer "), ("x-signature", empty_key.as_str())];
            assert_eq!(check(&by, secrets, &headers), Err(Unauthentic::NoSecret), "{by} {secrets:?}");
        }
    }
}

#[test]
fn bearer() {
    let by = json!({"bearer": {"secret": "s"}});
    let with = |values: &[&str]| {
        let headers: Vec<_> = values.iter().map(|value| ("Authorization", *value)).collect();
        check(&by, &["new-token", "old-token"], &headers)
    };
    for right in ["Bearer new-token", "Bearer old-token", "bearer  old-token", "BEARER new-token "] {
        assert_eq!(with(&[right]), Ok(()), "{right}");
    }
    let mismatch = "the header 'authorization' does not fit the secret and the body";
    let form = "the header 'authorization' must be 'Bearer' and the token";
    for (values, expected) in [
        (&[][..], "the header 'authorization' is missing"),
        (&["Bearer new-token", "Bearer new-token"], "the header 'authorization' is there more than once"),
        (&["Bearer new-toke"], mismatch),
        (&["Bearer new-token2"], mismatch),
        (&["Bearer "], mismatch),
        (&["Bearer NEW-TOKEN"], mismatch),
        (&["Basic new-token"], form),
        (&["new-token"], form),
        (&[""], form),
    ] {
        assert_eq!(said(with(values)), expected, "{values:?}");
    }
    let no_text = check_at(Timestamp::UNIX_EPOCH, &by, &[b"x"], &[("authorization", b"Bearer \xff")], BODY);
    assert_eq!(said(no_text), "the header 'authorization' is not plain text");
}

#[test]
fn basic() {
    let by = json!({"basic": {"username": "zapier", "secret": "s"}});
    let with = |values: &[&str]| {
        let headers: Vec<_> = values.iter().map(|value| ("Authorization", *value)).collect();
        check(&by, &["new:pass", "old-pass"], &headers)
    };
    let encoded = |text: &str| BASE64.encode(text.as_bytes());
    for right in ["zapier:new:pass", "zapier:old-pass"] {
        assert_eq!(with(&[&format!("Basic {}", encoded(right))]), Ok(()), "{right}");
        assert_eq!(with(&[&format!("basic  {} ", encoded(right).trim_end_matches('='))]), Ok(()), "{right}");
    }
    for wrong in
        ["zapier:", "zapier:old-pas", "zapier:old-pass2", "Zapier:old-pass", "other:old-pass", "old-pass", ":", ""]
    {
        let refused = with(&[&format!("Basic {}", encoded(wrong))]);
        assert!(matches!(refused, Err(Unauthentic::Mismatch { .. })), "{wrong}");
    }
    for (values, expected) in [
        (&[][..], "the header 'authorization' is missing"),
        (&["Basic eA==", "Basic eA=="], "the header 'authorization' is there more than once"),
        (
            &["Bearer x"],
            "the header 'authorization' must be 'Basic' and the user's name, ':' and the password in base64",
        ),
        (
            &["Basic ???"],
            "the header 'authorization' must be 'Basic' and the user's name, ':' and the password in base64",
        ),
    ] {
        assert_eq!(said(with(values)), expected, "{values:?}");
    }
}

#[test]
fn a_header_that_is_the_secret() {
    let by = json!({"header": {"header": "X-Api-Key", "secret": "s"}});
    let with = |values: &[&str]| {
        let headers: Vec<_> = values.iter().map(|value| ("x-api-key", *value)).collect();
        check(&by, &["new", "old"], &headers)
    };
    for right in ["new", "old", " old "] {
        assert_eq!(with(&[right]), Ok(()), "{right}");
    }
    for wrong in ["", "ne", "new2", "NEW", "newold"] {
        assert!(matches!(with(&[wrong]), Err(Unauthentic::Mismatch { .. })), "{wrong}");
    }
    assert_eq!(said(with(&[])), "the header 'X-Api-Key' is missing");
    assert_eq!(said(with(&["new", "new"])), "the header 'X-Api-Key' is there more than once");
}

#[test]
fn hmac_in_each_way_of_writing_it() {
    let mac256 = |key: &str| sha256(key.as_bytes(), &[BODY]).finalize().into_bytes().to_vec();
    let mac512 = |key: &str| {
        let mut mac = Hmac::<Sha512>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(BODY);
        mac.finalize().into_bytes().to_vec()
    };
    for (settings, value) in [
        (json!({}), HEXLOWER.encode(&mac256("old"))),
        (json!({}), HEXLOWER.encode(&mac256("new")).to_uppercase()),
        (json!({"prefix": "sha256="}), format!("sha256={}", HEXLOWER.encode(&mac256("old")))),
        (json!({"encoding": "base64"}), BASE64.encode(&mac256("old"))),
        (json!({"algorithm": "sha512", "encoding": "base64"}), BASE64.encode(&mac512("new"))),
    ] {
        let mut hmac = json!({"secret": "s", "header": "X-Signature"});
        hmac.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let by = json!({ "hmac": hmac });
        let ok = |secrets: &[&str], value: &str| check(&by, secrets, &[("x-signature", value)]);
        assert_eq!(ok(&["new", "old"], &value), Ok(()), "{by}");
        assert!(matches!(ok(&["other"], &value), Err(Unauthentic::Mismatch { .. })), "{by}");
        assert!(check(&by, &["new", "old"], &[("x-signature", &value), ("x-signature", &value)]).is_err());
        for wrong in ["", "sha256=", &value[1..], &format!("{value}00"), &value.replace("sha256=", "sha1="), "zz", "ü"]
        {
            if wrong != value {
                assert!(ok(&["new", "old"], wrong).is_err(), "{by} {wrong:?}");
            }
        }
        let changed = check_at(
            Timestamp::UNIX_EPOCH,
            &by,
            &[b"new", b"old"],
            &[("x-signature", value.as_bytes())],
            b"{\"email\":\"anna@example.com\"}",
        );
        assert!(matches!(changed, Err(Unauthentic::Mismatch { .. })), "the raw bytes count, not what they mean");
    }
}

#[test]
fn a_header_that_no_request_can_have_lets_nobody_in() {
    for name in ["", "x signature", "ü", "x:y"] {
        let by = json!({"hmac": {"secret": "s", "header": name}});
        assert_eq!(said(check(&by, &["s"], &[("x", "y")])), format!("the header '{name}' is missing"));
    }
}

/// The published vector, which nobody here computed.
struct Vector {
    secret: String,
    id: String,
    timestamp: i64,
    signature: String,
    payload: String,
}

fn vector() -> Vector {
    let json: Value = serde_json::from_str(include_str!("../../../../events/standard_webhooks_vector.json")).unwrap();
    let text = |key: &str| json[key].as_str().unwrap().to_owned();
    Vector {
        secret: text("secret"),
        id: text("webhook-id"),
        timestamp: json["webhook-timestamp"].as_i64().unwrap(),
        signature: text("webhook-signature"),
        payload: text("payload"),
    }
}

impl Vector {
    fn check(&self, late_s: i64, secrets: &[&str]) -> Result<(), Unauthentic> {
        let sent = Timestamp::from_second(self.timestamp).unwrap();
        let secrets: Vec<&[u8]> = secrets.iter().map(|secret| secret.as_bytes()).collect();
        let timestamp = self.timestamp.to_string();
        let headers = [
            ("webhook-id", self.id.as_bytes()),
            ("webhook-timestamp", timestamp.as_bytes()),
            ("webhook-signature", self.signature.as_bytes()),
        ];
        let by = json!({"standard_webhooks": {"secret": "s"}});
        check_at(sent + SignedDuration::from_secs(late_s), &by, &secrets, &headers, self.payload.as_bytes())
    }
}

#[test]
fn standard_webhooks() {
    let vector = vector();
    let secret = vector.secret.as_str();
    for late_s in [0, 300, -300] {
        assert_eq!(vector.check(late_s, &[secret]), Ok(()), "{late_s} s late");
    }
    for late_s in [301, -301, 1_000_000] {
        assert_eq!(
            vector.check(late_s, &[secret]),
            Err(Unauthentic::Stale { name: "webhook-timestamp", tolerance_s: 300 }),
            "{late_s} s late"
        );
    }
    assert_eq!(vector.check(0, &["whsec_b3RoZXI=", secret]), Ok(()), "a secret that is being changed");
    assert_eq!(vector.check(0, &[&format!("{secret}===")]), Ok(()), "padding may be there or not");
    assert!(matches!(vector.check(0, &["whsec_b3RoZXI="]), Err(Unauthentic::Mismatch { .. })));
    for unfit in ["whsec_", "whsec_???"] {
        assert_eq!(vector.check(0, &[unfit]), Err(Unauthentic::UnfitSecret), "{unfit}");
    }
    let right = vector.signature.clone();
    for (signature, fits) in [
        (format!("v1,b3RoZXI= {right}"), true),
        (format!("v1a,b3RoZXI= {right} v2,x"), true),
        (format!("{right},"), false),
        (right.replace("v1,", "v2,"), false),
        (right.replace("v1,", ""), false),
        (right.replace("v1,g", "v1,h"), false),
        ("v1,".to_owned(), false),
        (String::new(), false),
    ] {
        let changed = Vector { signature, ..self::vector() };
        assert_eq!(changed.check(0, &[secret]).is_ok(), fits, "{}", changed.signature);
    }
    for changed in [
        Vector { id: "msg_other".to_owned(), ..self::vector() },
        Vector { id: String::new(), ..self::vector() },
        Vector { timestamp: vector.timestamp + 1, ..self::vector() },
        Vector { payload: "{\"test\":2432232314}".to_owned(), ..self::vector() },
    ] {
        assert!(changed.check(0, &[secret]).is_err(), "{} {}", changed.id, changed.timestamp);
    }
}

#[test]
fn standard_webhooks_headers_that_are_none() {
    let by = json!({"standard_webhooks": {"secret": "s"}});
    let all = [("webhook-id", "m"), ("webhook-timestamp", "0"), ("webhook-signature", "v1,b3RoZXI=")];
    assert!(matches!(check(&by, &["s"], &all), Err(Unauthentic::Mismatch { .. })));
    for left_out in 0..all.len() {
        let some: Vec<_> = all.iter().copied().enumerate().filter(|(at, _)| *at != left_out).map(|(_, h)| h).collect();
        let expected = format!("the header '{}' is missing", all[left_out].0);
        assert_eq!(said(check(&by, &["s"], &some)), expected);
    }
    for timestamp in ["", "now", "1e3", "0.5", "99999999999999999999", "-9223372036854775808"] {
        let headers = [all[0], ("webhook-timestamp", timestamp), all[2]];
        assert!(check(&by, &["s"], &headers).is_err(), "{timestamp}");
    }
}

proptest! {
    #[test]
    fn arbitrary_headers_and_bodies_are_refused_without_a_panic(
        value in prop::collection::vec(prop_oneof![Just(b'\t'), 32_u8..127, 128_u8..=255], 0..80),
        body in prop::collection::vec(any::<u8>(), 0..80),
        prefix in prop_oneof![Just(""), Just("sha256="), Just("Bearer "), Just("v1,")],
        secret in prop::collection::vec(any::<u8>(), 8..40),
    ) {
        let value = [prefix.as_bytes(), &value].concat();
        for by in [
            json!({"bearer": {"secret": "s"}}),
            json!({"basic": {"username": "u", "secret": "s"}}),
            json!({"header": {"header": "x-signature", "secret": "s"}}),
            json!({"hmac": {"secret": "s", "header": "x-signature", "prefix": "sha256="}}),
            json!({"hmac": {"secret": "s", "header": "x-signature", "encoding": "base64", "algorithm": "sha512"}}),
            json!({"standard_webhooks": {"secret": "s"}}),
        ] {
            let headers = [
                ("authorization", value.as_slice()),
                ("x-signature", &value),
                ("webhook-id", b"m"),
                ("webhook-timestamp", b"0"),
                ("webhook-signature", &value),
            ];
            prop_assert!(check_at(Timestamp::UNIX_EPOCH, &by, &[&secret], &headers, &body).is_err(), "{}", by);
        }
    }
}
