use aws_sdk_dynamodb::primitives::Blob;
use serde_json::{Value, json};

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sample {
    part: Deflated<Value>,
}

#[test]
fn a_part_reads_back() {
    let part = json!({"text": "ä\u{0}\n", "numbers": [1, -2.5, 18_446_744_073_709_551_615u64], "empty": {}});
    let sample = Sample { part: Deflated(part) };
    let item = to_item("sample", &sample).unwrap();
    assert!(matches!(item["part"], AttributeValue::B(_)));
    assert_eq!(from_item::<Sample>("sample", item).unwrap(), sample);
}

#[test]
fn what_packs_well_is_inflated_only_so_far() {
    let packed = deflate(&vec![b'x'; 1_000_000]);
    assert!(packed.len() < 2_000);
    assert_eq!(inflate(&packed, 1_000_000).unwrap().len(), 1_000_000);
    assert_eq!(inflate(&packed, 999_999).unwrap_err(), "it inflates to more than 999999 bytes");
    assert_eq!(inflate(b"\xffnot packed", 100).unwrap_err(), "it is not deflated data");
    assert_eq!(inflate(&packed[..100], 1_000_000).unwrap_err(), "it is not deflated data");
}

#[test]
fn an_error_does_not_repeat_what_a_lead_says() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is never read, for it can't be")]
    struct Number {
        part: Deflated<u32>,
    }
    let item = to_item("event evt_1", &Sample { part: Deflated(json!("anna@example.com")) }).unwrap();
    let error = from_item::<Number>("event evt_1", item).unwrap_err().to_string();
    assert!(error.contains("event evt_1") && error.contains("does not fit its type"), "{error}");
    assert!(!error.contains("anna"), "{error}");
    let error = from_item::<Number>("event evt_1", Item::new()).unwrap_err().to_string();
    assert!(error.contains("part"), "{error}");
    let item = Item::from([("part".to_owned(), AttributeValue::B(Blob::new("no")))]);
    assert!(from_item::<Number>("event evt_1", item).is_err());
}

#[test]
fn moments_sort_as_texts() {
    let moments =
        ["2026-07-21T09:59:59.9999Z", "2026-07-21T10:00:00Z", "2026-07-21T10:00:00.001Z", "2026-07-21T10:00:01Z"];
    let texts: Vec<String> = moments.iter().map(|text| moment(text.parse().unwrap())).collect();
    assert!(texts.is_sorted() && texts.iter().all(|text| text.len() == 24), "{texts:?}");
    assert_eq!(texts[0], "2026-07-21T09:59:59.999Z");
    assert_eq!(expires_at("2026-07-21T10:00:00Z".parse().unwrap(), 30), 1_787_220_000);
}

/// The rules of the developer guide, "Item sizes and formats".
#[test]
fn bytes_are_counted_as_dynamodb_counts_them() {
    let map = AttributeValue::M([("name".to_owned(), text("ä"))].into());
    for (value, bytes) in [
        (text("abc"), 3),
        (number(12_345), 4),
        (AttributeValue::B(Blob::new([0; 10])), 10),
        (AttributeValue::Bool(true), 1),
        (AttributeValue::L(vec![text("a"), text("bc")]), 3 + 2 + 3),
        (map, 3 + 1 + 4 + 2),
        (AttributeValue::Ss(vec!["a".to_owned(), "bc".to_owned()]), 3),
    ] {
        assert_eq!(item_bytes(&[("pk".to_owned(), value.clone())].into()), 2 + bytes, "{value:?}");
    }
}
