//! Form builders: every kind of answer, and what is odd about them.

use super::*;

fn typeform(answer: Value) -> Map<String, Value> {
    let mut answer = answer;
    answer["field"] = json!({"id": "x", "ref": "q", "type": "any"});
    Sent::json(&json!({"event_id": "1", "event_type": "form_response", "form_response": {"answers": [answer]}}))
        .one("typeform")
        .payload
}

#[test]
fn typeform_answers_of_every_type() {
    for (answer, expected) in [
        (json!({"type": "text", "text": "ü"}), json!("ü")),
        (json!({"type": "email", "email": "a@x.example"}), json!("a@x.example")),
        (json!({"type": "url", "url": "https://x.example"}), json!("https://x.example")),
        (json!({"type": "file_url", "file_url": "https://x.example/f"}), json!("https://x.example/f")),
        (json!({"type": "number", "number": 0}), json!(0)),
        (json!({"type": "boolean", "boolean": false}), json!(false)),
        (json!({"type": "date", "date": "2026-03-01"}), json!("2026-03-01")),
        (json!({"type": "phone_number", "phone_number": "+49301"}), json!("+49301")),
        (json!({"type": "choice", "choice": {"id": "1", "label": "A", "ref": "r"}}), json!("A")),
        (json!({"type": "choice", "choice": {"other": "mine"}}), json!("mine")),
        (json!({"type": "choices", "choices": {"labels": ["A", "B"]}}), json!(["A", "B"])),
        (json!({"type": "choices", "choices": {"labels": ["A"], "other": "mine"}}), json!(["A", "mine"])),
        (json!({"type": "choices", "choices": {"other": "mine"}}), json!(["mine"])),
        (
            json!({"type": "payment", "payment": {"amount": "$5", "last4": "1234", "name": "A", "success": true}}),
            json!({"amount": "$5", "last4": "1234", "name": "A", "success": true}),
        ),
        (
            json!({"type": "multi_format", "multi_format": {"text": "t", "video_url": "v"}}),
            json!({"text": "t", "video_url": "v"}),
        ),
        (json!({"type": "new_kind", "whatever": [1]}), json!({"whatever": [1]})),
    ] {
        assert_eq!(typeform(answer.clone())["q"], expected, "{answer}");
    }
}

#[test]
fn typeform_names_its_answers_by_ref_or_by_question() {
    let uuid = "9a489f17-8765-494b-933e-3624c645bd0c";
    let body = json!({"event_id": "1", "form_response": {
        "definition": {"fields": [
            {"id": "a", "title": "Your *company*?", "ref": uuid},
            {"id": "g", "title": "About you", "properties": {"fields": [{"id": "b", "title": "First name", "ref": uuid}]}},
        ]},
        "answers": [
            {"type": "text", "text": "ACME", "field": {"id": "a", "ref": uuid}},
            {"type": "text", "text": "Anna", "field": {"id": "b", "ref": uuid}},
            {"type": "text", "text": "x", "field": {"id": "c", "ref": "by_hand"}},
            {"type": "text", "text": "y", "field": {"id": "d", "ref": uuid}},
        ],
        "hidden": {"by_hand": "z", "gclid": null},
    }});
    let payload = Sent::json(&body).one("typeform").payload;
    for (key, value) in
        [("Your *company*?", "ACME"), ("First name", "Anna"), ("by_hand", "x"), (uuid, "y"), ("hidden by_hand", "z")]
    {
        assert_eq!(payload[key], value);
    }
    assert_eq!(lead("typeform", &payload), json!({"company": "ACME", "first_name": "Anna"}));
    // A mapping may use any of the names.
    for from in ["Your *company*?", "a", "by_hand", "c"] {
        let mapping = json!({"mapping": [{"from": from, "to": "policy_term"}]});
        assert!(lead_with("typeform", &mapping, &payload)["policy_term"].is_string(), "{from}");
    }
}

#[test]
fn what_is_no_submission_only_stands_in_the_log() {
    for (name, body) in [
        ("typeform", json!({"event_id": "1", "event_type": "form_response_partial", "form_response": {}})),
        ("tally", json!({"eventId": "1", "eventType": "FORM_CREATED", "data": {}})),
        ("webflow", json!({"triggerType": "site_publish", "payload": {"id": "1", "site": "x"}})),
        ("calendly", json!({"event": "invitee.canceled", "payload": {"uri": "u", "email": "a@x.example"}})),
        ("calendly", json!({"event": "invitee_no_show.created", "payload": {"uri": "u"}})),
        ("hubspot", json!([{"eventId": 1, "subscriptionType": "contact.deletion", "objectId": 7}])),
    ] {
        let part = Sent::json(&body).one(name);
        assert!(matches!(part.intent, Intent::Log { .. }), "{body}");
        assert!(part.external_id.is_some(), "{body}");
    }
}

#[test]
fn a_booking_and_its_cancellation_are_two_events() {
    let id = |event: &str| {
        Sent::json(&json!({"event": event, "payload": {"uri": "u", "email": "a@x.example"}}))
            .one("calendly")
            .external_id
    };
    assert_ne!(id("invitee.created"), id("invitee.canceled"));
}

#[test]
fn a_routing_form_of_calendly_makes_a_lead() {
    let body = json!({"event": "routing_form_submission.created", "payload": {
        "uri": "u", "routing_form": "f", "submitter": null, "submitter_type": null,
        "questions_and_answers": [{"question": "Work email", "answer": "a@x.example"}, {"question": "Team size", "answer": "10"}],
        "tracking": {"utm_source": "ads"},
    }});
    let part = Sent::json(&body).one("calendly");
    assert_eq!(part.intent, Intent::Capture);
    assert_eq!(lead("calendly", &part.payload), json!({"email": "a@x.example", "utm.source": "ads"}));
    assert_eq!(extra("calendly", &part.payload)["Team size"], "10");
}

fn tally(field: Value) -> Map<String, Value> {
    Sent::json(&json!({"eventId": "1", "eventType": "FORM_RESPONSE", "data": {"fields": [field]}})).one("tally").payload
}

#[test]
fn tally_fields_of_every_type() {
    let options =
        json!([{"id": "1", "text": "One"}, {"id": "2", "text": "Zwei"}, {"id": "3", "url": "https://x.example/3"}]);
    let field = |kind: &str, value: Value| json!({"key": "k", "label": "L", "type": kind, "value": value});
    let choice =
        |kind: &str, value: Value| json!({"key": "k", "label": "L", "type": kind, "value": value, "options": options});
    for (field, expected) in [
        (field("INPUT_TEXT", json!("ü")), json!("ü")),
        (field("TEXTAREA", json!("a\nb")), json!("a\nb")),
        (field("INPUT_NUMBER", json!(7)), json!(7)),
        (field("INPUT_LINK", json!("https://x.example")), json!("https://x.example")),
        (field("INPUT_TIME", json!("09:30")), json!("09:30")),
        (field("RATING", json!(4)), json!(4)),
        (field("LINEAR_SCALE", json!(9)), json!(9)),
        (field("CALCULATED_FIELDS", json!(3)), json!(3)),
        (field("HIDDEN_FIELDS", json!("h")), json!("h")),
        (choice("MULTIPLE_CHOICE", json!(["2"])), json!("Zwei")),
        (choice("MULTIPLE_CHOICE", json!("2")), json!("Zwei")),
        (choice("MULTIPLE_CHOICE", json!(["1", "my own"])), json!(["One", "my own"])),
        (choice("DROPDOWN", json!(["1"])), json!("One")),
        (choice("CHECKBOXES", json!(["1"])), json!(["One"])),
        (choice("MULTI_SELECT", json!(["1", "3"])), json!(["One", "https://x.example/3"])),
        (choice("RANKING", json!(["2", "1"])), json!(["Zwei", "One"])),
        (
            field("SIGNATURE", json!([{"id": "s", "url": "https://x.example/s", "name": "s.png"}])),
            json!(["https://x.example/s"]),
        ),
        (field("FILE_UPLOAD", json!([{"id": "s"}])), json!([{"id": "s"}])),
        (field("NEW_TYPE", json!({"a": 1})), json!({"a": 1})),
        // A check box that stands alone is an answer of its own.
        (field("CHECKBOXES", json!(true)), json!(true)),
    ] {
        assert_eq!(tally(field.clone())["L"], expected, "{field}");
    }
    // Hidden and untitled fields have a key only.
    let untitled = tally(json!({"key": "question_1", "label": null, "type": "INPUT_EMAIL", "value": "a@x.example"}));
    assert_eq!(untitled["question_1"], "a@x.example");
    assert_eq!(lead("tally", &untitled), json!({"email": "a@x.example"}));
}

#[test]
fn tally_check_boxes_are_kept_once_and_two_questions_with_one_label_twice() {
    let payload = sample("tally").unwrap().one("tally").payload;
    assert_eq!(payload["Covers"], json!(["Life", "Home"]));
    assert!(payload.keys().all(|key| !key.starts_with("Covers (")));
    assert_eq!(payload["Documents"], json!(["https://storage.example.com/private/id-card.pdf"]));
    let mapping = json!({"mapping": [{"from": "question_ZoB2OA", "to": "policy_term"}]});
    assert_eq!(lead_with("tally", &mapping, &payload)["policy_term"], "50000");
    let field = |key: &str, value: &str| json!({"key": key, "label": "Name", "type": "INPUT_TEXT", "value": value});
    let body = json!({"eventId": "1", "data": {"fields": [field("q1", "Anna"), field("q2", "Ben")]}});
    let payload = Sent::json(&body).one("tally").payload;
    assert_eq!((&payload["Name"], &payload["q2"]), (&json!("Anna"), &json!("Ben")));
}

#[test]
fn jotform_as_multipart_as_urlencoded_and_as_json() {
    let raw = json!({"q3_name": {"first": "Ä", "last": "B"}, "q4_email": "a@x.example"}).to_string();
    let pairs = [("submissionID", "57472366312356210871"), ("formID", "1"), ("rawRequest", raw.as_str())];
    let json: Map<String, Value> = pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    for sent in [Sent::multipart(&pairs), Sent::form(&pairs), Sent::json(&json.into())] {
        let part = sent.one("jotform");
        assert_eq!(part.external_id.as_deref(), Some("57472366312356210871"));
        let expected = json!({"first_name": "Ä", "last_name": "B", "email": "a@x.example"});
        assert_eq!(lead("jotform", &part.payload), expected);
    }
}

#[test]
fn jotform_parts() {
    let answer = |value: Value| {
        let raw = json!({ "q5_x": value }).to_string();
        Sent::form(&[("submissionID", "1"), ("rawRequest", &raw)]).one("jotform").payload
    };
    for (value, expected) in [
        (json!({"month": "3", "day": "1", "year": "2026"}), json!("2026-03-01")),
        (
            json!({"month": "03", "day": "01", "year": "2026", "hour": "3", "min": "05", "ampm": "PM"}),
            json!("2026-03-01T15:05:00"),
        ),
        (
            json!({"month": "03", "day": "01", "year": "2026", "hour": "12", "min": "05", "ampm": "AM"}),
            json!("2026-03-01T00:05:00"),
        ),
        (json!({"month": "13", "day": "1", "year": "2026"}), json!({"month": "13", "day": "1", "year": "2026"})),
        (json!({"area": "030", "phone": "1234567"}), json!({"area": "030", "phone": "1234567", "full": "030 1234567"})),
        (
            json!({"country": "49", "area": "30", "phone": "1234567"}),
            json!({"country": "49", "area": "30", "phone": "1234567", "full": "+49 30 1234567"}),
        ),
        (json!(["a", "b"]), json!(["a", "b"])),
    ] {
        assert_eq!(answer(value.clone())["q5_x"], expected, "{value}");
    }
    assert!(!answer(json!({"month": "", "day": "", "year": ""})).contains_key("q5_x"));
    let phone = answer(json!({"country": "49", "area": "30", "phone": "1234567"}));
    assert_eq!(lead("jotform", &phone), json!({"phone": "+49301234567"}));
}

#[test]
fn jotform_without_its_raw_request() {
    let pretty = "Full Name:Anna Berg, E-mail:anna@example.com, Wishes:roof, please: soon, and solar";
    let part = Sent::form(&[("submissionID", "1"), ("pretty", pretty), ("q7_city", "Ulm")]).one("jotform");
    let expected = json!({
        "full_name": "Anna Berg", "first_name": "Anna", "last_name": "Berg", "email": "anna@example.com", "city": "Ulm",
    });
    assert_eq!(lead("jotform", &part.payload), expected);
}

#[test]
fn webflow_of_both_versions() {
    let data = json!({"name": "Some One", "email": "some.one@example.com"});
    let v1 =
        json!({"name": "Sample Form", "site": "s", "data": data, "d": "2022-09-14T12:35:16.117Z", "_id": "6321ca84"});
    let v2 = json!({"triggerType": "form_submission", "payload": {"name": "Sample Form", "siteId": "s", "data": data, "id": "6321ca84"}});
    for body in [v1, v2] {
        let part = Sent::json(&body).one("webflow");
        assert_eq!(part.external_id.as_deref(), Some("6321ca84"), "{body}");
        assert_eq!(lead("webflow", &part.payload)["full_name"], "Some One", "{body}");
        let mapping = json!({"mapping": [{"from": "data.name", "to": "policy_term"}]});
        assert_eq!(lead_with("webflow", &mapping, &part.payload)["policy_term"], "Some One", "{body}");
    }
}

#[test]
fn elementor_with_labels_alone_and_as_json() {
    let expected = json!({
        "full_name": "Anna Berg", "first_name": "Anna", "last_name": "Berg", "email": "anna@example.com",
        "phone": "+49301234567", "page_url": "https://example.com/kontakt",
    });
    let labels = [
        ("Name", "Anna Berg"),
        ("E-Mail-Adresse", "anna@example.com"),
        ("Telefon", "030 1234567"),
        ("Date", "1. März 2026"),
        ("Page URL", "https://example.com/kontakt"),
        ("form_id", "c1"),
        ("form_name", "Kontakt"),
    ];
    let flat = json!({
        "form[id]": "c1", "form[name]": "Kontakt", "fields[name][value]": "Anna Berg",
        "fields[email][value]": "anna@example.com", "fields[tel][value]": "030 1234567",
        "meta[page_url][value]": "https://example.com/kontakt",
    });
    let nested = json!({
        "form": {"id": "c1", "name": "Kontakt"},
        "fields": {
            "name": {"value": "Anna Berg"}, "email": {"value": "anna@example.com"}, "tel": {"value": "030 1234567"},
        },
        "meta": {"page_url": {"value": "https://example.com/kontakt"}},
    });
    for sent in [Sent::form(&labels), Sent::multipart(&labels), Sent::json(&flat), Sent::json(&nested)] {
        let part = sent.one("elementor");
        assert_eq!(lead("elementor", &part.payload), expected);
        assert_eq!(part.payload["submission"]["form_id"], "c1");
    }
}

#[test]
fn unbounce_by_each_of_its_names() {
    let data = json!({"email": ["a@x.example"], "name": ["Anna"], "list": ["a", "b"], "empty": []}).to_string();
    for key in ["data.json", "data_json"] {
        let payload = Sent::form(&[(key, &data), ("page_name", "P"), ("own", "1")]).one("unbounce").payload;
        let expected = json!({
            "email": "a@x.example", "name": "Anna", "list": ["a", "b"], "own": "1", "submission": {"page_name": "P"},
        });
        assert_eq!(Value::from(payload), expected, "{key}");
    }
    let refused = Sent::form(&[("data.json", "{")]).split("unbounce", &json!({})).unwrap_err();
    assert!(refused.to_string().contains("no valid JSON"), "{refused}");
}

/// Whether an event is named by an id and by what it holds.
fn is_content_of(id: &str, part: &Part) -> bool {
    part.external_id == Some(format!("{id}/{}", part.content_hash()))
}

#[test]
fn an_id_that_may_come_again_does_not_swallow_another_event() {
    let sent = |name: &str, id: &str, email: &str| Sent::json(&json!({id: "7", "email": email})).one(name).external_id;
    for (name, sure, unsure) in [
        ("google_forms", &["response_id", "responseId"][..], &["row", "rowId", "row_id", "id"][..]),
        ("gravity_forms", &["entry_id"], &["id"]),
        ("wpforms", &["entry_id", "entryId"], &["id"]),
        ("zapier", &["event_id", "entry_id"], &["id", "ID", "row_id", "Row ID"]),
    ] {
        for id in unsure {
            let first = sent(name, id, "a@x.example");
            assert!(first.as_ref().is_some_and(|first| first.starts_with("7/")), "{name} {id}: {first:?}");
            assert_eq!(first, sent(name, id, "a@x.example"), "{name} {id}: the same again is a repeat");
            assert_ne!(first, sent(name, id, "b@x.example"), "{name} {id}: another body is another event");
        }
        for id in sure {
            assert_eq!(sent(name, id, "a@x.example").as_deref(), Some("7"), "{name} {id}");
        }
        let both = Sent::json(&json!({sure[0]: "s", unsure[0]: "7", "email": "a@x.example"})).one(name);
        assert_eq!(both.external_id.as_deref(), Some("s"), "{name}");
    }
}

#[test]
fn presets_read_json_forms_and_lists() {
    for name in ["gravity_forms", "wpforms", "google_forms", "zapier"] {
        let body = json!([{"id": 1, "Email": "a@x.example"}, {"id": 2, "Email": "b@x.example"}]);
        let parts = Sent::json(&body).split(name, &json!({})).unwrap();
        assert!(is_content_of("1", &parts[0]) && is_content_of("2", &parts[1]), "{name}");
        for sent in [
            Sent::form(&[("id", "7"), ("contact[email]", "a@x.example")]),
            Sent::multipart(&[("id", "7"), ("your-email", "a@x.example")]),
        ] {
            let part = sent.one(name);
            assert!(is_content_of("7", &part), "{name}");
            assert_eq!(lead(name, &part.payload), json!({"email": "a@x.example"}), "{name}");
        }
        let own = Sent::json(&json!({"id": 1, "own": "x", "email": "a@x.example"}));
        let parts = own.split(name, &json!({"external_id": {"field": "own"}})).unwrap();
        assert_eq!(parts[0].external_id.as_deref(), Some("x"), "{name}");
    }
}

#[test]
fn a_sheets_trigger_is_read_as_it_is() {
    let body = json!({
        "namedValues": {"Email Address": ["a@x.example"], "Nom": ["Dupont"], "Prénom": ["Léa"], "Choix": ["a", "b"]},
        "row": 18, "values": ["x"],
    });
    let part = Sent::json(&body).one("google_forms");
    assert!(is_content_of("18", &part));
    let expected = json!({"email": "a@x.example", "last_name": "Dupont", "first_name": "Léa"});
    assert_eq!(lead("google_forms", &part.payload), expected);
    assert_eq!(part.payload["Choix"], json!(["a", "b"]));
}
