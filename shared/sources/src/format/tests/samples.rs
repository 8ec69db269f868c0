//! Every format has a sample in `events/`, and its lead is whole without any mapping.

use super::*;
use crate::format::{FORMATS, format_names};

#[test]
fn formats_are_found_by_name_and_no_name_is_taken_twice() {
    let mut names = format_names();
    assert!(names.iter().all(|name| format(name).is_some_and(|format| format.name == *name)));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(FORMATS.iter().all(|format| !format.title.is_empty() && !format.proof.is_empty()));
    assert!(format("JSON").is_none() && format("").is_none());
}

#[test]
fn every_sample_becomes_a_lead_without_a_mapping() {
    for format in FORMATS {
        let name = format.name;
        let sent = sample(name).unwrap_or_else(|| panic!("there is no events/source_{name}.json"));
        let part = sent.one(name);
        if part.intent == Intent::Fetch {
            continue;
        }
        assert!(matches!(part.intent, Intent::Capture | Intent::Sync(_)), "{name}");
        let lead = lead(name, &part.payload);
        for field in ["email", "phone"] {
            assert!(lead[field].is_string(), "{name} has no {field}: {lead}");
        }
        let named = lead["full_name"].is_string() || (lead["first_name"].is_string() && lead["last_name"].is_string());
        assert!(named, "{name} has no name: {lead}");
    }
}

/// The lead of each sample, the id of its event, and one thing that fills no field and is kept.
#[test]
fn what_the_samples_become() {
    for (name, id, fields, kept) in [
        (
            "typeform",
            Some("01JY9Q2M7T4V3C8RZ6XK5D0NFB"),
            json!({
                "first_name": "Jürgen", "last_name": "Weiß", "email": "juergen.weiss@example.com",
                "phone": "+49301234567", "interests": ["Roof", "Wärmepumpe"], "utm.source": "newsletter",
                "click.gclid": "Cj0KCQtest",
            }),
            ("/owner", json!(true)),
        ),
        (
            "account_sync",
            Some("north/lead_01jy9q2m7t4v3c8rz6xk5d0nfb/2"),
            json!({
                "first_name": "Jürgen", "last_name": "Weiß", "email": "juergen.weiss@example.com",
                "phone": "+49301234567", "company": "Weiß GmbH", "utm.source": "newsletter",
            }),
            ("/solar_size_kw", json!("9.5")),
        ),
        (
            "tally",
            Some("f20b08cc-a86b-4d8d-901d-e728449c7b05"),
            json!({
                "full_name": "Zoë García López", "first_name": "Zoë", "last_name": "García López",
                "email": "zoe@example.com", "phone": "+34912345678", "utm.source": "ads", "policy_term": "15 Years",
            }),
            ("/Satisfaction", json!({"Price": "Bad", "Service": "Good"})),
        ),
        (
            "jotform",
            Some("5747236631235621087"),
            json!({
                "first_name": "Johnny", "last_name": "Müller-Kennedy", "email": "johnny@example.com",
                "phone": "+49301234567", "street": "Main St 1", "city": "Berlin", "postal_code": "10115",
                "country": "Germany", "message": "Call me: after 5, please", "utm.source": "ads",
            }),
            ("/q7_preferredDate", json!("2026-03-15")),
        ),
        (
            "webflow",
            Some("6321ca84df3949bfc6752327"),
            json!({
                "first_name": "Zaphod", "last_name": "Beeblebrox", "email": "zaphod@example.com",
                "phone": "+4915555550100", "utm.campaign": "ent-spring",
            }),
            ("/submission/name", json!("Contact Us")),
        ),
        (
            "hubspot",
            Some("9007199254740993/9f1e0e2b-4d5e-4b57-8f7d-0d8e2b6a4c11/1772353800123"),
            json!({
                "first_name": "Anaïs", "last_name": "Lefèvre", "email": "anais@example.com", "phone": "+33123456789",
                "company": "Société Générique", "job_title": "Directrice", "postal_code": "75001",
                "click.gclid": "Cj0KCQtest",
            }),
            ("/submission/vid", json!(9_007_199_254_740_993_i64)),
        ),
        (
            "elementor",
            None,
            json!({
                "full_name": "Jörg Öztürk", "first_name": "Jörg", "last_name": "Öztürk", "email": "joerg@example.com",
                "phone": "+49301234567", "message": "Bitte um Rückruf", "page_url": "https://example.com/kontakt",
            }),
            ("/submission/form_id", json!("c1d6fde")),
        ),
        (
            "unbounce",
            None,
            json!({
                "first_name": "Mia", "last_name": "O'Hara", "email": "mia@example.com", "phone": "+16502530000",
                "interests": ["roof", "solar"], "page_url": "http://get.example.com/roof", "utm.source": "ads",
            }),
            ("/submission/variant", json!("b")),
        ),
        (
            "calendly",
            Some("https://api.calendly.com/scheduled_events/GBGBDCAADAEDCRZ2/invitees/6F4A1C2B invitee.created"),
            json!({
                "full_name": "Léa Martin", "first_name": "Léa", "last_name": "Martin", "email": "lea@example.com",
                "phone": "+33123456789", "company": "Martin & Fils", "message": "Un devis, s'il vous plaît",
                "utm.campaign": "ent-spring", "utm.source": "newsletter",
            }),
            ("/submission/scheduled_event/start_time", json!("2026-03-04T09:00:00.000000Z")),
        ),
        (
            "gravity_forms",
            Some("1024"),
            json!({
                "first_name": "Søren", "last_name": "Åkesson", "email": "soren@example.com",
                "page_url": "https://example.com/contact",
            }),
            ("/4", json!("I'd like an offer")),
        ),
        (
            "wpforms",
            Some("2048"),
            json!({
                "full_name": "Inès Núñez", "first_name": "Inès", "last_name": "Núñez", "email": "ines@example.com",
                "phone": "+34912345678", "message": "Hola",
            }),
            ("/submission/form_id", json!("17")),
        ),
        (
            "google_forms",
            Some("2_ABaOnudG4nJ7Xw"),
            json!({
                "full_name": "Ute Schäfer", "first_name": "Ute", "last_name": "Schäfer", "email": "ute@example.com",
                "phone": "+49301234567", "postal_code": "10115",
            }),
            ("/Interessen", json!(["Dach", "Speicher"])),
        ),
        (
            "zapier",
            Some("18446744073709551617"),
            json!({
                "first_name": "Noa", "last_name": "Ben-David", "email": "noa@example.com", "phone": "+97231234567",
                "company": "Noa Ltd", "utm.source": "partner",
            }),
            ("/Deal Size", json!("1200")),
        ),
        (
            "leadsquared",
            Some("a311900c-0e56-4601-b580-f931645e7b32/2026-03-01 08:30:05"),
            json!({
                "first_name": "Sachin", "last_name": "One", "email": "sachin.one@example.com",
                "phone": "+919876543210", "city": "Pune", "lead_source": "Direct Traffic", "stage": "Initial",
                "utm.campaign": "Diwali",
            }),
            ("/mx_Budget", json!("500000")),
        ),
    ] {
        // The telephone numbers without a country code are German here, but for the American one.
        let more = if name == "gravity_forms" { json!({"default_country": "US"}) } else { json!({}) };
        let part = sample(name).unwrap().one(name);
        // Where the content is a part of the id, it stands behind it.
        let content = format!("/{}", part.content_hash());
        let named = part.external_id.as_deref().map(|named| named.strip_suffix(content.as_str()).unwrap_or(named));
        assert_eq!(named, id, "{name}");
        let mut lead = lead_with(name, &more, &part.payload);
        if name == "gravity_forms" {
            assert_eq!(lead.as_object_mut().unwrap().remove("phone"), Some(json!("+16502530000")));
        }
        assert_eq!(lead, fields, "{name}");
        assert_eq!(extra(name, &part.payload).pointer(kept.0), Some(&kept.1), "{name}");
        assert!(!extra(name, &part.payload).to_string().contains("never-to-be-kept"), "{name}");
        assert!(!draft(name, &json!({}), &part.payload).extra.contains_key("other_names"), "{name}");
    }
}

#[test]
fn the_same_event_twice_is_one_event() {
    for format in FORMATS {
        let sent = sample(format.name).unwrap();
        let identify = |part: &Part| crate::identify(&"main".parse().unwrap(), &"web".parse().unwrap(), "r1", 0, part);
        assert_eq!(identify(&sent.one(format.name)), identify(&sent.one(format.name)), "{}", format.name);
    }
}

#[test]
fn what_nobody_foresaw_is_refused_or_kept_and_never_panics() {
    let bodies = [
        "",
        "{}",
        "[]",
        "[{}]",
        "[1]",
        "null",
        "\"a\"",
        "{",
        "a=1",
        "{\"a\":1}",
        "{\"data\":{}}",
        "{\"data\":[]}",
        "{\"payload\":{}}",
        "{\"payload\":1}",
        "{\"payload\":{\"data\":1}}",
        "{\"form_response\":{}}",
        "{\"form_response\":{\"answers\":[1,{},{\"type\":\"choice\",\"choice\":{}},{\"type\":\"x\"},{\"field\":1}]}}",
        "{\"form_response\":{\"answers\":{},\"hidden\":[],\"definition\":[]}}",
        "{\"data\":{\"fields\":[1,{},{\"type\":\"MATRIX\",\"value\":3},{\"value\":{},\"options\":[1,{}]},{\"key\":1,\"label\":2}]}}",
        "{\"properties\":{}}",
        "{\"properties\":{\"email\":{\"value\":null}},\"vid\":{}}",
        "{\"subscriptionType\":1}",
        "{\"rawRequest\":\"{\"}",
        "{\"rawRequest\":\"[]\"}",
        "{\"data.json\":\"[]\"}",
        "{\"data.json\":{\"a\":[]}}",
        "{\"Current\":1,\"Data\":2}",
        "{\"Current\":{},\"Data\":{},\"Before\":{}}",
        "{\"fields\":1}",
        "{\"fields\":[1]}",
        "{\"fields\":{\"a\":1}}",
        "{\"questions_and_answers\":1,\"tracking\":1,\"payload\":{\"tracking\":1,\"questions_and_answers\":{}}}",
        "{\"answers\":1,\"namedValues\":[1]}",
        "rawRequest=%7B&pretty=a",
        "pretty=:,%20:,%20a",
        "data.json=%5B%5D",
        "fields%5B%5D=1&fields%5Ba%5D=2&meta=1&form=1",
        "{\"other_names\":{\"a\":\"b\"},\"b\":1}",
        "{\"other_names\":1,\"submission\":2}",
    ];
    for format in FORMATS {
        for body in bodies {
            for kind in [JSON, URLENCODED, MULTIPART, "text/plain", "application/xml"] {
                let source = source(format.name, &json!({}));
                match Sent::new(kind, body).ask(|request| (format.split)(&source, request)) {
                    Ok(Split::Events(parts)) => {
                        for part in parts {
                            assert!(!part.payload.is_empty(), "{} {body}", format.name);
                        }
                    }
                    Ok(Split::Ignored { .. }) => {}
                    Err(error) => assert!(!error.to_string().is_empty()),
                }
            }
        }
    }
}
