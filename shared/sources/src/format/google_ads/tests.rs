//! Google's lead forms.

use serde_json::json;

use super::super::testing::{Sent, captured, fields, source};
use super::*;

const SAMPLE: &str = include_str!("../../../../../events/source_google_ads.json");
const GOOGLE_KEY: &str = "the-key-set-in-google-ads";

fn google() -> Source {
    source("google_ads")
}

fn one(body: Value) -> Part {
    let mut parts = Sent::body(body.to_string()).parts(&google()).unwrap();
    assert_eq!(parts.len(), 1);
    parts.remove(0)
}

#[test]
fn only_who_knows_the_forms_key_is_let_in() {
    let with = |key: Value| Sent::body(json!({"lead_id": "1", "google_key": key}).to_string());
    let sample = Sent::body(SAMPLE);
    assert_eq!(sample.verify(&google(), &["new", GOOGLE_KEY]), Ok(()));
    assert_eq!(sample.verify(&google(), &[GOOGLE_KEY, "old"]), Ok(()), "a key that is being changed");
    let refused = Err(Unauthentic::Unproven { what: "google_key in the body" });
    for wrong in [json!("new2"), json!("ne"), json!(""), json!("NEW"), json!(null), json!(1), json!(["new"])] {
        assert_eq!(with(wrong.clone()).verify(&google(), &["new", "old"]), refused, "{wrong}");
    }
    for body in ["{}", "[]", "", "not JSON", r#"{"google_key": "new", "google_key": "x"}"#] {
        assert_eq!(Sent::body(body).verify(&google(), &["new"]), refused, "{body}");
    }
    for none in [&[][..], &[""]] {
        assert_eq!(with(json!("")).verify(&google(), none), Err(Unauthentic::NoSecret));
    }
    let open = Source { verify: Default::default(), ..google() };
    assert_eq!(sample.verify(&open, &[GOOGLE_KEY]), Err(Unauthentic::NoPlatformSecret));
}

#[test]
fn the_answers_fill_the_leads_fields_without_a_mapping() {
    let part = one(serde_json::from_str(SAMPLE).unwrap());
    assert_eq!(part.external_id.as_deref(), Some("TeSter-123-ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    assert_eq!(part.intent, Intent::Capture);
    assert!(!Value::Object(part.payload.clone()).to_string().contains(GOOGLE_KEY), "the key goes no further");
    let draft = captured(&google(), part.payload);
    let expected = [
        ("click.gclid", "Cj0KCQtest"),
        ("company", "Müller & Söhne"),
        ("email", "juergen@example.com"),
        ("first_name", "Jürgen"),
        ("full_name", "Jürgen Müller"),
        ("job_title", "Owner"),
        ("last_name", "Müller"),
        ("phone", "+49301234567"),
        ("postal_code", "10115"),
    ];
    assert_eq!(fields(&draft), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(draft.extra["PREFERRED_DEALERSHIP"], "Mitte");
    assert_eq!(draft.extra["When shall we call?"], "mornings");
    assert_eq!(draft.extra["column_names"]["PREFERRED_DEALERSHIP"], "Which shop is near you?");
    assert_eq!(
        (&draft.extra["form_id"], &draft.extra["creative_id"]),
        (&json!("123456789012"), &json!("9007199254740993"))
    );
    assert_eq!(
        (&draft.extra["google_lead_stage"], &draft.extra["google_lead_source"]),
        (&json!("NEW"), &json!("LEAD_FORM"))
    );
}

#[test]
fn a_test_is_logged_and_makes_no_lead() {
    let test = one(json!({"lead_id": "1", "is_test": true, "user_column_data": []}));
    assert!(matches!(test.intent, Intent::Log { .. }));
    assert_eq!(test.external_id.as_deref(), Some("1"));
    for real in [json!(false), json!(null), json!("true")] {
        assert_eq!(one(json!({"lead_id": "1", "is_test": real})).intent, Intent::Capture);
    }
}

#[test]
fn columns_that_are_new_or_stand_twice_are_kept() {
    let part = one(json!({"lead_id": 18_446_744_073_709_551_615_u64, "form_id": 1, "user_column_data": [
        {"column_id": "HOBBY", "string_value": "chess"},
        {"column_id": "HOBBY", "string_value": "Go"},
        {"column_id": "SIZE", "number_value": 3},
        {"column_id": "NOTHING"},
        {"column_id": "form_id", "string_value": "mine"},
        {"column_id": " ", "column_name": "Größe", "string_value": "größer"},
    ]}));
    assert_eq!(part.external_id.as_deref(), Some("18446744073709551615"));
    let expected = json!({
        "HOBBY": ["chess", "Go"], "SIZE": {"number_value": 3}, "NOTHING": null, "form_id": "mine",
        "google_form_id": "1", "Größe": "größer", "lead_id": "18446744073709551615",
    });
    assert_eq!(Value::Object(part.payload), expected);
    let empty = one(json!({"lead_id": "1"}));
    assert_eq!(Value::Object(empty.payload), json!({"lead_id": "1"}));
}

#[test]
fn what_is_no_lead_is_said_to_be_none() {
    for (body, expected) in [
        ("[]", "the event at the top level is an array; an event is an object"),
        ("{}", "the event at the top level has no fields"),
        (r#"{"user_column_data": 1}"#, "the event at the top level has a 'user_column_data' that is no list"),
        (
            r#"{"user_column_data": [{"string_value": "x"}]}"#,
            "the event at the top level has a 'user_column_data[0]' without column_id and column_name",
        ),
        (r#"{"user_column_data": [1]}"#, "the event at the top level has a 'user_column_data[0]' that is no object"),
    ] {
        assert_eq!(Sent::body(body).wrong(&google()), expected);
    }
}
