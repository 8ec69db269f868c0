use form_urlencoded::byte_serialize;
use leadyard_domain::delivery::Exchange;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::outcome::refused;

fn scrub(secrets: &[&str]) -> Scrub {
    let mut scrub = Scrub::default();
    secrets.iter().for_each(|secret| scrub.secret(secret));
    scrub
}

fn answered(scrub: &Scrub, text: &str) -> String {
    scrub.answer(text.to_owned())
}

#[test]
fn a_secret_is_found_in_every_form() {
    const SECRET: &str = "t/p \"s&cr\\t%ü😀<x>'y'";
    for shown in [
        SECRET.to_owned(),
        format!("Bearer {SECRET}"),
        json!({ "auth": SECRET }).to_string(),
        json!({ "inner": json!({ "auth": SECRET }).to_string() }).to_string(),
        // As PHP writes JSON.
        r#"t\/p \"s&cr\\t%\u00fc\ud83d\ude00<x>'y'"#.to_owned(),
        r#"t\u002fp\u0020\u0022s\u0026cr\\t%\u00FC\uD83D\uDE00\u003Cx>'y'"#.to_owned(),
        byte_serialize(SECRET.as_bytes()).collect(),
        "t%2fp%20%22s%26cr%5ct%25%c3%bc%f0%9f%98%80%3cx%3e%27y%27".to_owned(),
        "t%252Fp%2520%2522s%2526cr%255Ct%2525%25C3%25BC%25F0%259F%2598%2580%253Cx%253E%2527y%2527".to_owned(),
        "t/p &quot;s&amp;cr\\t%&#252;&#x1F600;&lt;x&gt;&#39;y&apos;".to_owned(),
        // Mixed: a query in a JSON text.
        r#"https:\/\/a.example\/?k=t%2Fp+%22s%26cr%5Ct%25%C3%BC%F0%9F%98%80%3Cx%3E%27y%27"#.to_owned(),
        BASE64.encode(SECRET.as_bytes()),
        BASE64URL.encode(SECRET.as_bytes()),
        BASE64.encode(SECRET.as_bytes()).trim_end_matches('=').to_owned(),
        byte_serialize(BASE64.encode(SECRET.as_bytes()).as_bytes()).collect(),
    ] {
        let clean = answered(&scrub(&[SECRET]), &format!("before {shown} after"));
        assert!(clean.starts_with("before ") && clean.ends_with(" after"), "{shown}: {clean}");
        assert!(clean.contains(REDACTED) && clean.len() <= 80, "{shown}: {clean}");
        assert!(!clean.contains("cr") && !clean.contains("%3Cx"), "{shown}: {clean}");
    }
}

#[test]
fn parts_of_what_is_sent_are_found_alone() {
    let mut basic = Scrub::default();
    basic.basic("us", "top-secret");
    let whole = BASE64.encode(b"us:top-secret");
    for shown in ["top-secret", &whole, &format!("Basic {whole}"), &BASE64.encode(b"top-secret"), "us:top-secret"] {
        let clean = answered(&basic, shown);
        assert!(clean.contains(REDACTED) && !clean.contains("secret") && !clean.contains(&whole), "{shown}: {clean}");
    }
    assert_eq!(answered(&basic, "the user us"), "the user us", "a name is no secret");

    for (secret, part) in
        [("Bearer abcdef123", "abcdef123"), ("basic YWJjOmRlZg==", "YWJjOmRlZg=="), ("whsec_MfKQ9r8GK", "MfKQ9r8GK")]
    {
        let clean = answered(&scrub(&[secret]), &format!("[{part}] [{secret}]"));
        assert_eq!(clean, format!("[{REDACTED}] [{REDACTED}]"), "{secret}");
    }

    let mut slack = Scrub::default();
    slack.url("https://hooks.slack.example/services/T0/B0/xyz");
    for shown in ["https://hooks.slack.example/services/T0/B0/xyz", "/services/T0/B0/xyz", "services%2FT0%2FB0%2Fxyz"] {
        assert_eq!(answered(&slack, shown), REDACTED, "{shown}");
    }
    let mut root = Scrub::default();
    root.url("https://hooks.slack.example/");
    assert_eq!(answered(&root, "a/b and /"), "a/b and /", "a path that is nothing is no secret");
}

#[test]
fn a_short_one_is_found_where_it_is_a_word() {
    for (text, expected) in [
        ("{\"pin\":\"1234\"}", "{\"pin\":\"[redacted]\"}"),
        ("pin=1234&a=12345", "pin=[redacted]&a=12345"),
        ("1234", "[redacted]"),
        ("x1234 1234x _1234 ü1234", "x1234 1234x _1234 ü1234"),
        ("%31%32%33%34", "[redacted]"),
    ] {
        assert_eq!(answered(&scrub(&["1234"]), text), expected);
    }
    assert_eq!(answered(&scrub(&[""]), "as it was"), "as it was");
}

#[test]
fn a_text_that_is_cut_does_not_keep_the_beginning() {
    let scrub = scrub(&["top-\"secret\"-value"]);
    for (text, expected) in [
        ("got top-\"secret", "got [redacted]"),
        ("got top-%22sec", "got [redacted]"),
        // Cut within an escape.
        ("got top-\\u0022se\\u00", "got [redacted]"),
        ("got top-%22secret%2", "got [redacted]"),
        ("got top-", "got top-"),
        ("got top-\"secret none", "got top-\"secret none"),
    ] {
        assert_eq!(answered(&scrub, text), expected);
    }
}

#[test]
fn of_several_the_longest_is_taken_out_and_marks_are_left_alone() {
    let scrub = scrub(&["secret", "secret-and-more", "redacted"]);
    assert_eq!(answered(&scrub, "secret-and-more, secret-and, redacted"), "[redacted], [redacted]-and, [redacted]");
}

#[test]
fn all_that_is_kept_of_a_try_is_clean() {
    let mut scrub = scrub(&["top-secret"]);
    scrub.header("roofs-2026");
    let all = || "top-secret roofs-2026".to_owned();
    let pair = || vec![("x".to_owned(), all())];
    let exchange = Exchange {
        to: all(),
        request_headers: pair(),
        request_body: all(),
        response_status: Some(400),
        response_headers: pair(),
        response_body: all(),
    };
    let sent = scrub.sent(Sent { exchange, ..refused("E_STATUS", &all()) });
    assert!(!format!("{sent:?}").contains("top-secret"));
    let (ours, theirs) = ("[redacted] roofs-2026", "[redacted] [redacted]");
    let exchange = &sent.exchange;
    assert_eq!((exchange.to.as_str(), exchange.request_body.as_str()), (ours, ours), "a lead may hold such a word");
    assert_eq!((exchange.request_headers[0].1.as_str(), exchange.response_headers[0].1.as_str()), (ours, theirs));
    assert_eq!(exchange.response_body, theirs);
    assert_eq!(sent.result, TryResult::Final { reason: theirs.to_owned() });
}

proptest! {
    /// However a receiver writes a secret, nothing of it is left; and what is no secret stays as it is.
    #[test]
    fn nothing_is_left(secret in "[ -~äß€😀]{6,40}", before in "[b-d ]{0,20}", after in "[b-d ]{0,20}", form in 0..6_usize) {
        prop_assume!(secret.trim() == secret);
        let shown = match form {
            0 => secret.clone(),
            1 => serde_json::to_string(&secret).unwrap().trim_matches('"').to_owned(),
            2 => byte_serialize(secret.as_bytes()).collect(),
            3 => secret.bytes().map(|byte| format!("%{byte:02X}")).collect(),
            4 => secret.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
            _ => BASE64.encode(secret.as_bytes()),
        };
        prop_assume!(form != 1 || !secret.starts_with('"') && !secret.ends_with('"'));
        let clean = answered(&scrub(&[&secret]), &format!("{before}.{shown}.{after}"));
        prop_assert!(clean.contains(REDACTED), "{} in {}", shown, clean);
        prop_assert!(!clean.contains(&shown), "{} in {}", shown, clean);
    }

    #[test]
    fn no_text_makes_it_panic(secret in "\\PC{0,12}", text in "\\PC{0,60}") {
        let _clean = answered(&scrub(&[&secret]), &text);
    }
}
