//! Which value lands where.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn fields(more: Value, payload: Value) -> Value {
    plain(&draft(more, payload).unwrap().fields)
}

#[test]
fn a_whole_event() {
    let event: Value = serde_json::from_str(include_str!("../../../../../events/source_json_lead.json")).unwrap();
    let mapping = json!([
        {"from": "contact.email", "to": "email"},
        {"from": "contact.phone", "to": "phone"},
        {"from": "contact.firstName", "to": "first_name"},
        {"from": "contact.lastName", "to": "last_name"},
    ]);
    let draft = draft(json!({"mapping": mapping, "lead_source": "Website"}), event).unwrap();
    let expected = json!({
        "email": "Anna.Berg@example.com", "phone": "+49301234567", "first_name": "Anna", "last_name": "Berg",
        "company": "Berg Solar GmbH", "company_size": 75, "interests": ["roof", "heat pump"],
        "utm.source": "newsletter", "utm.campaign": "ent-spring", "consent.text": "I agree to be called.",
        "consent.time": "2026-03-01T09:30:00+01:00",
    });
    assert_eq!(plain(&draft.fields), expected);
    assert_eq!(plain(&draft.defaults), json!({"lead_source": "Website"}));
    assert_eq!(json!(draft.extra), json!({"id": "crm-10457"}));
    assert_eq!(draft.keys.iter().map(|key| key.fields.as_str()).collect::<Vec<_>>(), ["email", "phone"]);
}

#[test]
fn usual_keys_in_any_spelling() {
    for (payload, expected) in [
        (json!({"E-Mail": "a@x.example"}), json!({"email": "a@x.example"})),
        (json!({"emailAddress": "a@x.example"}), json!({"email": "a@x.example"})),
        (json!({"mail": "b@x.example", "email": "a@x.example"}), json!({"email": "a@x.example"})),
        (json!({"mail": "b@x.example", "email": " "}), json!({"email": "b@x.example"})),
        (json!({"Mobile Number": "030 1234567"}), json!({"phone": "+49301234567"})),
        (json!({"given_name": "A", "Surname": "B"}), json!({"first_name": "A", "last_name": "B"})),
        (json!({"utm": {"source": "ads", "medium": "cpc"}}), json!({"utm.source": "ads", "utm.medium": "cpc"})),
        (json!({"gclid": "g", "fbclid": "f"}), json!({"click.gclid": "g", "click.fbclid": "f"})),
        (json!({"click.gclid": "g"}), json!({"click.gclid": "g"})),
        (json!({"Company": {"Name": "ACME"}}), json!({"company": "ACME"})),
        (json!({"zip": 10115}), json!({"postal_code": "10115"})),
        (json!({"budget": {"min": "10.50"}}), json!({"budget.min": 10.5})),
        (json!({"tier": "gold"}), json!({"tier": "Gold"})),
        (
            json!({"msclkid": "m", "TTCLID": "t", "li_fat_id": "l"}),
            json!({"click.msclkid": "m", "click.ttclid": "t", "click.li_fat_id": "l"}),
        ),
        (json!({"gbraid": "g", "wbraid": "w"}), json!({"click.gbraid": "g", "click.wbraid": "w"})),
    ] {
        assert_eq!(fields(json!({}), payload.clone()), expected, "{payload}");
    }
}

#[test]
fn labels_in_four_languages_and_names_in_brackets() {
    for (payload, expected) in [
        (
            json!({"your-name": "Anna Berg"}),
            json!({"full_name": "Anna Berg", "first_name": "Anna", "last_name": "Berg"}),
        ),
        (json!({"fields[email][value]": "a@x.example"}), json!({"email": "a@x.example"})),
        (json!({"fields": {"email": {"value": "a@x.example"}}}), json!({"email": "a@x.example"})),
        (json!({"q4_mail": "a@x.example"}), json!({"email": "a@x.example"})),
        (json!({"lead[first_name]": "A", "lead[last_name]": "B"}), json!({"first_name": "A", "last_name": "B"})),
        (json!({"What is your first name?": "A"}), json!({"first_name": "A"})),
        (json!({"Wie lautet Ihre E-Mail-Adresse?": "a@x.example"}), json!({"email": "a@x.example"})),
        (
            json!({"Straße": "Hauptstr. 1", "Postleitzahl": "10115"}),
            json!({"street": "Hauptstr. 1", "postal_code": "10115"}),
        ),
        (json!({"¿Cuál es tu correo electrónico?": "a@x.example"}), json!({"email": "a@x.example"})),
        (json!({"Número de teléfono": "030 1234567"}), json!({"phone": "+49301234567"})),
        (json!({"Votre prénom": "L", "Nom de famille": "M"}), json!({"first_name": "L", "last_name": "M"})),
        (
            json!({"Code postal": "75001", "Ville": "Paris", "Entreprise": "X"}),
            json!({"postal_code": "75001", "city": "Paris", "company": "X"}),
        ),
        // A field of one's own, as a label says it.
        (json!({"Company size": "75", "Budget (min)": "10"}), json!({"company_size": 75, "budget.min": 10})),
        // What does not fit is kept as it came: nobody mapped it.
        (json!({"May we e-mail you?": "yes", "city": "Ulm"}), json!({"city": "Ulm"})),
        (json!({"Your best phone": "after five", "city": "Ulm"}), json!({"city": "Ulm"})),
        // The name itself comes before what a label asks for.
        (json!({"Your email": "b@x.example", "email": "a@x.example"}), json!({"email": "a@x.example"})),
        // Another's address is not the lead's.
        (json!({"manager": {"email": "m@x.example"}, "city": "Ulm"}), json!({"city": "Ulm"})),
    ] {
        assert_eq!(fields(json!({}), payload.clone()), expected, "{payload}");
    }
}

#[test]
fn what_somebody_agreed_to_is_kept_letter_by_letter() {
    let payload = json!({
        "consent_text": " I agree.  ", "consentTimestamp": "2026-03-01T09:30:00+01:00",
        "xxTrustedFormCertUrl": "https://cert.trustedform.com/a", "universal_leadid": "L-1", "email": "a@x.example",
    });
    let expected = json!({
        "consent.text": " I agree.  ", "consent.time": "2026-03-01T09:30:00+01:00",
        "consent.trustedform_cert_url": "https://cert.trustedform.com/a", "consent.jornaya_leadid": "L-1",
        "email": "a@x.example",
    });
    assert_eq!(fields(json!({}), payload), expected);
}

#[test]
fn transforms_come_before_the_fields_type() {
    let mapping = json!({"mapping": [
        {"from": "size", "to": "company_size", "transform": ["number"]},
        {"from": "day", "to": "birthday", "transform": [{"date": {"format": "%d/%m/%Y"}}]},
        {"from": "name", "to": "last_name", "transform": ["trim", {"split": {"by": " ", "take": -1}}, "title"]},
        {"from": "level", "to": "tier", "transform": ["lower", {"map": {"vip": "Gold"}}], "default": "Silver"},
        {"from": "news", "to": "newsletter", "transform": ["boolean"]},
        {"from": "parts", "to": "city", "transform": [{"join": " "}]},
    ]});
    let payload = json!({
        "size": "1,250.00 people", "day": "31/01/1990", "name": " anna  BERG ", "level": "VIP", "news": "Ja",
        "parts": ["New", "York"],
    });
    let expected = json!({
        "company_size": 1250, "birthday": "1990-01-31", "last_name": "Berg", "tier": "Gold", "newsletter": true,
        "city": "New York",
    });
    let whole = draft(mapping.clone(), payload).unwrap();
    assert_eq!((plain(&whole.fields), json!(whole.extra)), (expected, json!({})));
    // What is nothing after its transforms is as good as absent.
    let digits = json!({"mapping": [{"from": "tier", "to": "tier", "transform": ["digits"], "default": "Silver"}]});
    let without = draft(digits, json!({"tier": "none", "city": "Ulm"})).unwrap();
    assert_eq!(plain(&without.defaults), json!({"tier": "Silver"}));
    let error = draft(mapping, json!({"day": "1990-01-31"})).unwrap_err().to_string();
    let expected = "field 'birthday' expects a date or a time in the format '%d/%m/%Y', but the event has a text of 10 characters at 'day'";
    assert_eq!(error, expected);
}

#[test]
fn a_unique_mark_is_a_key_before_the_others() {
    let keys = |more: Value| -> Vec<String> {
        let payload = json!({"no": "17", "email": "a@x.example", "tel": "+49 30 1234567"});
        draft(more, payload).unwrap().keys.into_iter().map(|key| key.fields).collect()
    };
    let mapping =
        |unique: bool, enabled: bool| json!([{"from": "no", "to": "company", "unique": unique, "enabled": enabled}]);
    assert_eq!(keys(json!({"mapping": mapping(false, true)})), ["email", "phone"]);
    assert_eq!(keys(json!({"mapping": mapping(true, true)})), ["company", "email"]);
    assert_eq!(keys(json!({"mapping": mapping(true, false)})), ["email", "phone"]);
    assert_eq!(keys(json!({"mapping": mapping(true, true), "search_by": ["company"]})), ["company"]);
    assert_eq!(keys(json!({"mapping": mapping(true, true), "search_by": []})), ["company"]);
}

#[test]
fn a_place_in_its_usual_forms() {
    let berlin = json!({"lat": 52.52, "lon": 13.405});
    for (payload, expected) in [
        (json!({"geo": "52.52,13.405"}), json!({"geo": berlin})),
        (json!({"coordinates": "52.52, 13.405"}), json!({"geo": berlin})),
        (json!({"geo": {"lat": 52.52, "lon": 13.405}}), json!({"geo": berlin})),
        (json!({"geo_lat": "52.52", "geo_lng": "13.405"}), json!({"geo": berlin})),
        (json!({"Latitude": "52.52", "Longitude": "13.405"}), json!({"geo": berlin})),
        (json!({"location": {"latitude": 52.52, "longitude": 13.405}}), json!({"geo": berlin})),
        (json!({"branch": {"lat": 52.52, "lng": 13.405}}), json!({"branch": berlin})),
        (json!({"branch": "52.52,13.405"}), json!({"branch": berlin})),
        // What is no place is kept as it came: nobody mapped it.
        (json!({"geo": "de", "city": "Bonn"}), json!({"city": "Bonn"})),
        (json!({"lat": "n/a", "lng": "n/a", "city": "Bonn"}), json!({"city": "Bonn"})),
        (json!({"lat": 52.52, "city": "Bonn"}), json!({"city": "Bonn"})),
    ] {
        let draft = draft(json!({}), payload.clone()).unwrap();
        assert_eq!(plain(&draft.fields), expected, "{payload}");
        assert_eq!(draft.extra.is_empty(), expected.get("city").is_none(), "{payload}");
    }
}

#[test]
fn a_place_that_is_mapped_must_be_one() {
    let source = json!({"mapping": [{"from": "pin", "to": "geo"}]});
    let pin = json!({"pin": {"lat": 52.52, "lng": 13.405}, "lat": 1, "lng": 1});
    let drafted = draft(source.clone(), pin).unwrap();
    assert_eq!(plain(&drafted.fields), json!({"geo": {"lat": 52.52, "lon": 13.405}}));
    assert_eq!(json!(drafted.extra), json!({"lat": 1, "lng": 1}));
    let error = draft(source.clone(), json!({"pin": "here"})).unwrap_err().to_string();
    assert!(error.starts_with("field 'geo' expects a place such as"), "{error}");
    // Only the mapping says where its place is.
    assert!(plain(&draft(source, json!({"lat": 1, "lng": 1})).unwrap().fields).get("geo").is_none());
}

#[test]
fn a_full_name_is_split_only_when_it_stands_alone() {
    for (payload, first, last) in [
        (json!({"name": "Ludwig van Beethoven"}), json!("Ludwig"), json!("van Beethoven")),
        (json!({"name": "Berg, Anna Maria"}), json!("Anna Maria"), json!("Berg")),
        (json!({"name": "Madonna"}), json!("Madonna"), Value::Null),
        (json!({"name": "Ludwig van Beethoven", "first_name": "L."}), json!("L."), Value::Null),
        (json!({"name": "Ludwig van Beethoven", "last_name": "B."}), Value::Null, json!("B.")),
    ] {
        let fields = fields(json!({}), payload.clone());
        assert_eq!((&fields["first_name"], &fields["last_name"]), (&first, &last), "{payload}");
        assert_eq!(fields["full_name"], payload["name"]);
    }
}

#[test]
fn the_mapping_goes_before_any_guess() {
    let mapping = json!([
        {"from": "answers.0.text", "to": "email"},
        {"from": "other", "to": "email"},
        {"from": "phone", "to": "phone", "enabled": false},
        {"from": "size", "to": "company_size", "default": "10"},
        {"from": "tier", "to": "tier", "default": "silver"},
    ]);
    let payload = json!({
        "answers": [{"text": "a@x.example", "id": 1}], "other": "b@x.example", "email": "c@x.example",
        "phone": "not even a number", "size": 7, "unknown": {"deep": [1]}, "empty": "", "null": null,
    });
    let draft = draft(json!({ "mapping": mapping }), payload).unwrap();
    assert_eq!(plain(&draft.fields), json!({"email": "a@x.example", "company_size": 7}));
    assert_eq!(plain(&draft.defaults), json!({"tier": "Silver"}));
    let extra = json!({
        "answers": [{"id": 1}], "other": "b@x.example", "email": "c@x.example", "phone": "not even a number",
        "unknown": {"deep": [1]},
    });
    assert_eq!(json!(draft.extra), extra);
}

#[test]
fn computed_fields_are_not_filled_from_outside() {
    let draft = draft(json!({}), json!({"email": "a@x.example", "lead": {"is_new": true}, "source.id": "x"})).unwrap();
    assert_eq!(plain(&draft.fields), json!({"email": "a@x.example"}));
    assert_eq!(json!(draft.extra), json!({"lead": {"is_new": true}, "source.id": "x"}));
}

#[test]
fn the_lead_source_is_the_sources_own_else_utm_source() {
    let payload = || json!({"utm_source": "ads", "lead_source": "me"});
    let of = |more: Value| {
        let draft = draft(more, payload()).unwrap();
        (plain(&draft.fields)["lead_source"].clone(), plain(&draft.defaults)["lead_source"].clone())
    };
    assert_eq!(of(json!({"lead_source": "Website"})), (Value::Null, json!("Website")));
    assert_eq!(of(json!({})), (json!("me"), Value::Null));
    let mapping = json!([{"from": "lead_source", "to": "lead_source"}]);
    assert_eq!(of(json!({"lead_source": "Website", "mapping": mapping})), (json!("me"), Value::Null));
    let draft = draft(json!({}), json!({"utm_source": "ads"})).unwrap();
    assert_eq!(plain(&draft.defaults), json!({"lead_source": "ads"}));
}

#[test]
fn the_page_that_posted_is_the_page_unless_the_event_says_another() {
    let page = |payload: Value| {
        let mut received = received(payload);
        received.origin.referrer = Some("https://example.com/contact".to_owned());
        received.origin.ip = Some("192.0.2.1".to_owned());
        let draft = capture(&source(json!({})), &table(), &TimeZone::UTC, &received).unwrap();
        (plain(&draft.fields), plain(&draft.defaults))
    };
    let here = json!({"page_url": "https://example.com/contact"});
    assert_eq!(page(json!({"city": "Ulm"})), (json!({"city": "Ulm"}), here));
    assert_eq!(page(json!({"page_url": "x"})), (json!({"page_url": "x"}), json!({})));
}

#[test]
fn times_are_read_in_the_sources_zone_else_the_accounts() {
    let at = |more: Value| fields(more, json!({"appointment": "2026-01-31 15:00"}))["appointment"].clone();
    assert_eq!(at(json!({})), json!("2026-01-31T20:00:00Z"));
    assert_eq!(at(json!({"timezone": "Europe/Berlin"})), json!("2026-01-31T14:00:00Z"));
}

#[test]
fn what_does_not_fit_fails_the_event_and_shows_no_value() {
    for (payload, expected) in [
        (
            json!({"size": "large"}),
            "field 'company_size' expects a number such as 75.5, but the event has a text of 5 characters at 'size'",
        ),
        (
            json!({"size": true}),
            "field 'company_size' expects a number such as 75.5, but the event has a boolean at 'size'",
        ),
        (
            json!({"email": "anna"}),
            "field 'email' expects an email address such as anna@example.com, but the event has a text of 4 characters at 'email'",
        ),
        (
            json!({"tel": "12"}),
            "field 'phone' expects a phone number of DE, or one with '+' and a country code, but the event has a text of 2 characters at 'tel'",
        ),
        (
            json!({"tier": ["Gold", "Silver"]}),
            "field 'tier' expects one of: Gold, Silver, but the event has a list of 2 items at 'tier'",
        ),
        (
            json!({"birthday": {"day": 1}, "birthday.day": 1, "x": {"birthday": 1}, "newsletter": "maybe"}),
            "field 'newsletter' expects a boolean (true or false, yes or no, on or off, 1 or 0), but the event has a text of 5 characters at 'newsletter'",
        ),
        (json!({"a": "", "b": null, "c": [], "d": {}}), "the event has no value: there is nothing to make a lead of"),
        (json!({"message": "x".repeat(9000)}), "field 'message' has 9000 bytes; at most 8192 are kept"),
    ] {
        let mapping = json!([{"from": "size", "to": "company_size"}]);
        let error = draft(json!({ "mapping": mapping }), payload.clone()).expect_err(&payload.to_string());
        assert_eq!(error.to_string(), expected);
    }
    let default = json!([{"from": "size", "to": "company_size", "default": [1, 2]}]);
    let error = draft(json!({ "mapping": default }), json!({"city": "Ulm"})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "field 'company_size' expects a number such as 75.5, but the source's default is a list of 2 items"
    );
    let many: Value = (0..201).map(|n| (format!("key{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(draft(json!({}), many), Err(CaptureError::TooManyFields { fields: 201 }));
}

#[test]
fn an_empty_key_finds_nobody() {
    let keys = |payload: Value| -> Vec<String> {
        let search = json!({"search_by": ["email+company", "phone"]});
        draft(search, payload).unwrap().keys.into_iter().map(|key| key.fields).collect()
    };
    assert_eq!(
        keys(json!({"email": "a@x.example", "company": "ACME", "tel": "+49 30 1234567"})),
        ["email+company", "phone"]
    );
    assert_eq!(keys(json!({"email": "a@x.example", "tel": "+49 30 1234567"})), ["phone"]);
    assert_eq!(keys(json!({"email": "a@x.example"})), [""; 0]);
}

proptest! {
    #[test]
    fn every_value_lands_in_one_place(
        payload in prop::collection::btree_map("[a-z_.]{1,12}|email|utm|phone|name", ".{0,12}", 1..12),
    ) {
        let event: Value = payload.iter().map(|(key, value)| (key.clone(), json!(value))).collect::<serde_json::Map<_, _>>().into();
        let empty = payload.values().all(|value| value.trim().is_empty());
        match draft(json!({}), event) {
            Ok(draft) => {
                let split = usize::from(draft.fields.contains_key("full_name"))
                    * (usize::from(draft.fields.contains_key("first_name")) + usize::from(draft.fields.contains_key("last_name")));
                let present = payload.values().filter(|value| !value.trim().is_empty()).count();
                let placed = draft.fields.len() + draft.extra.len();
                prop_assert!(placed >= present && placed <= present + split, "{} of {}", placed, present);
            }
            Err(CaptureError::Empty) => prop_assert!(empty),
            Err(error) => {
                let shown = error.to_string();
                prop_assert!(matches!(error, CaptureError::Misfit { .. }), "{}", shown);
            }
        }
    }
}

#[test]
fn a_guess_by_a_label_says_where_it_read() {
    let draft = draft(
        json!({}),
        json!({"What is your first name?": "Anna", "contact": {"Your e-mail address": "a@x.example"}}),
    );
    let draft = draft.unwrap();
    let from: Vec<(&str, &str)> = draft.from.iter().map(|(name, at)| (name.as_str(), at.as_str())).collect();
    assert_eq!(from, [("email", "contact.Your e-mail address"), ("first_name", "What is your first name?")]);
}
