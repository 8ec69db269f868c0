//! What each transform makes of what, and what it refuses.

use jiff::tz::TimeZone;
use leadyard_domain::config::Transform;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn applied(transforms: &Value, value: &Value) -> Result<Value, String> {
    let transforms: Vec<Transform> = serde_json::from_value(transforms.clone()).unwrap();
    let zone = TimeZone::get("America/New_York").unwrap();
    apply(&transforms, value, Setting { zone: &zone, country: Some("DE") })
}

#[test]
fn what_becomes_of_values() {
    for (transforms, value, expected) in [
        (json!(["trim"]), json!("  Anna \t Berg "), json!("Anna Berg")),
        (json!(["lower"]), json!("ÄB"), json!("äb")),
        (json!(["upper"]), json!("straße"), json!("STRASSE")),
        (json!(["title"]), json!("anna-MARIA o'neil"), json!("Anna-Maria O'neil")),
        (json!(["digits"]), json!("DE 811-569 "), json!("811569")),
        (json!(["digits"]), json!("none"), json!("")),
        (json!(["lower"]), json!(["A", 1, null, ""]), json!(["a", "1", null, null])),
        (json!([{"split": {"by": ","}}]), json!("a, b,,c "), json!(["a", "b", "", "c"])),
        (json!([{"split": {"by": ",", "take": 1}}]), json!("a, b"), json!("b")),
        (json!([{"split": {"by": ",", "take": -1}}]), json!("a, b, c"), json!("c")),
        (json!([{"split": {"by": ",", "take": 9}}]), json!("a, b"), json!(null)),
        (json!([{"split": {"by": ",", "take": -9}}]), json!("a, b"), json!(null)),
        (json!([{"split": {"by": ",", "take": 0}}]), json!(["a", "b"]), json!("a")),
        (json!([{"join": " "}]), json!(["Anna", "", null, 7]), json!("Anna 7")),
        (json!([{"join": ", "}]), json!({"city": "Ulm", "more": ["x", true]}), json!("Ulm, x, true")),
        (json!([{"join": ", "}]), json!("alone"), json!("alone")),
        (json!([{"map": {"a": "b"}}]), json!(" A "), json!("b")),
        (json!([{"map": {"a": "b", "A": "c"}}]), json!("A"), json!("c")),
        (json!([{"map": {"a": "b"}}]), json!("z"), json!("z")),
        (json!([{"date": {"format": "%d/%m/%Y"}}]), json!("31/01/2026"), json!("2026-01-31")),
        (json!([{"date": {"format": "%d.%m.%Y %H:%M"}}]), json!("31.01.2026 15:00"), json!("2026-01-31T20:00:00Z")),
        (
            json!([{"date": {"format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"}}]),
            json!("31.01.2026 15:00"),
            json!("2026-01-31T14:00:00Z"),
        ),
        (
            json!([{"date": {"format": "%Y-%m-%d %H:%M:%S %z", "zone": "Europe/Berlin"}}]),
            json!("2026-01-31 15:00:00 +0530"),
            json!("2026-01-31T09:30:00Z"),
        ),
        (json!([{"date": {"format": "%s"}}]), json!(1_769_868_000), json!("2026-01-31T14:00:00Z")),
        (json!([{"date": {"format": "unix_ms"}}]), json!("1769868000000"), json!("2026-01-31T14:00:00Z")),
        (json!(["number"]), json!("$1,250.50"), json!("1250.50")),
        (json!(["number"]), json!("1.250,50 €"), json!("1250.50")),
        (json!(["number"]), json!("1,250,000"), json!("1250000")),
        (json!(["number"]), json!("CHF 1'250"), json!("1250")),
        (json!(["number"]), json!("1 250 000"), json!("1250000")),
        (json!(["number"]), json!("- 75 %"), json!("-75")),
        (json!(["number"]), json!("(75.5)"), json!("-75.5")),
        (json!(["number"]), json!("(1,250.50 EUR)"), json!("-1250.50")),
        (json!(["number"]), json!("$ (1,250.50)"), json!("-1250.50")),
        (json!(["number"]), json!("(EUR 12 %)"), json!("-12")),
        (json!(["number"]), json!("-€ 500"), json!("-500")),
        (json!(["number"]), json!("€ -500"), json!("-500")),
        (json!(["number"]), json!("- EUR 500"), json!("-500")),
        (json!(["number"]), json!("−500"), json!("-500")),
        (json!(["number"]), json!("Balance: -500"), json!("-500")),
        (json!(["number"]), json!("-US$500"), json!("-500")),
        // No minus and no brackets around the number.
        (json!(["number"]), json!("Mid-market 500"), json!("500")),
        (json!(["number"]), json!("Mid-EUR 500"), json!("500")),
        (json!(["number"]), json!("Plan-500"), json!("500")),
        (json!(["number"]), json!("Budget - 500"), json!("500")),
        (json!(["number"]), json!("Budget -max 500"), json!("500")),
        (json!(["number"]), json!("Budget (EUR) 500 (net)"), json!("500")),
        (json!(["number"]), json!("500 (net)"), json!("500")),
        (json!(["number"]), json!("Team size (10)"), json!("10")),
        (json!(["number"]), json!("(500 net)"), json!("500")),
        (json!(["number"]), json!("(500"), json!("500")),
        (json!(["number"]), json!("500,-"), json!("500")),
        (json!([{"decimal": ","}]), json!("Mid-market 500,5"), json!("500.5")),
        (json!(["number"]), json!(0.125), json!("0.125")),
        (json!(["number"]), json!(12), json!("12")),
        (json!(["number"]), json!("12,5"), json!("12.5")),
        (json!([{"decimal": ","}]), json!("1,250"), json!("1.250")),
        (json!([{"decimal": "."}]), json!("1,250"), json!("1250")),
        (json!([{"decimal": ","}]), json!("1.250 EUR"), json!("1250")),
        (json!(["boolean"]), json!("Ja"), json!(true)),
        (json!(["boolean"]), json!("Sí"), json!(true)),
        (json!(["boolean"]), json!("✓"), json!(true)),
        (json!(["boolean"]), json!(0), json!(false)),
        (json!(["boolean"]), json!("non"), json!(false)),
        (json!(["boolean"]), json!(true), json!(true)),
        (json!(["phone"]), json!("030 1234567"), json!("+49301234567")),
        (json!(["trim", "lower", {"split": {"by": " ", "take": 0}}]), json!(" Anna Berg "), json!("anna")),
        (json!(["trim", "phone"]), json!(" "), json!(null)),
        (json!([]), json!({"a": 1}), json!({"a": 1})),
    ] {
        assert_eq!(applied(&transforms, &value), Ok(expected), "{transforms} of {value}");
    }
}

#[test]
fn what_does_not_fit_is_told_in_words_without_the_value() {
    for (transforms, value, expected) in [
        (json!([{"date": {"format": "%d/%m/%Y"}}]), json!("2026-13-31"), "in the format '%d/%m/%Y'"),
        (json!([{"date": {"format": "unix_ms"}}]), json!("99999999999999999999"), "unix_ms"),
        (json!(["number"]), json!("1,250"), "one way only"),
        (json!(["number"]), json!("12 or 13"), "a number"),
        (json!(["number"]), json!("500-1000"), "a number"),
        (json!(["number"]), json!("500 – 1000 €"), "a number"),
        (json!([{"decimal": "."}]), json!("500-1000"), "a number"),
        (json!(["number"]), json!("none"), "a number"),
        (json!(["number"]), json!("1.25.0"), "a number"),
        (json!([{"decimal": ","}]), json!("1,2,3"), "decimal mark is ','"),
        (json!(["boolean"]), json!("maybe"), "yes or no"),
        (json!(["phone"]), json!("12"), "telephone number"),
        (json!(["lower"]), json!({"a": 1}), "a text"),
        (json!([{"split": {"by": ","}}]), json!({"a": 1}), "a text that can be split"),
    ] {
        let told = applied(&transforms, &value).expect_err(&format!("{transforms} of {value}"));
        assert!(told.contains(expected), "{told}");
    }
}

/// Any value that an event may have.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}|[-+0-9.,'() €%]{0,16}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}( [0-9:]{1,5})?".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c]", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_transform() -> impl Strategy<Value = Value> {
    let plain = prop::sample::select(vec!["trim", "lower", "upper", "title", "digits", "number", "boolean", "phone"]);
    prop_oneof![
        plain.prop_map(Value::from),
        (".{1,2}", proptest::option::of(any::<i16>()))
            .prop_map(|(by, take)| json!({"split": {"by": by, "take": take}})),
        "\\PC{0,3}".prop_map(|between| json!({ "join": between })),
        ("[a-c]", "[a-c]").prop_map(|(from, to)| json!({"map": {from: to}})),
        "[.,]".prop_map(|mark| json!({ "decimal": mark })),
        "%[a-zA-Z%]|(%[dmYyHMSsz][./: ]){1,4}|unix_ms|\\PC{0,6}".prop_map(|format| json!({"date": {"format": format}})),
    ]
}

proptest! {
    #[test]
    fn no_transform_panics(
        transforms in prop::collection::vec(any_transform(), 0..4),
        value in any_value(),
    ) {
        if let Err(told) = applied(&transforms.into(), &value) {
            prop_assert!(!told.is_empty());
        }
    }

    /// What one number is, is the same number again.
    #[test]
    fn a_number_stays_the_number(text in "-?[0-9]{1,9}(\\.[0-9]{1,2})?") {
        prop_assert_eq!(applied(&json!(["number"]), &json!(text)), Ok(json!(text)));
    }
}
