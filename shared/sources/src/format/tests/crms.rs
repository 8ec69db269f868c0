//! CRMs: contacts, events, activities.

use http::StatusCode;

use super::*;

#[test]
fn hubspots_events_are_each_an_event() {
    let event = |id: u64, more: Value| {
        let mut event = json!({
            "eventId": id, "subscriptionId": 12345, "portalId": 62515, "occurredAt": 1_564_113_600_000_i64,
            "objectId": 9_007_199_254_740_993_u64, "attemptNumber": 0,
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let body = json!([
        event(1, json!({"subscriptionType": "contact.creation"})),
        event(
            2,
            json!({"subscriptionType": "contact.propertyChange", "propertyName": "email", "propertyValue": "a@x.example"})
        ),
        event(3, json!({"subscriptionType": "contact.deletion"})),
    ]);
    let parts = Sent::json(&body).split("hubspot", &json!({})).unwrap();
    assert_eq!(parts.len(), 3);
    assert!(parts[0].intent.is_capture() && parts[1].intent.is_capture() && !parts[2].intent.is_capture());
    assert_eq!(lead("hubspot", &parts[1].payload), json!({"email": "a@x.example"}));
    let mapping = json!({"mapping": [{"from": "objectId", "to": "hubspot_id", "unique": true}]});
    for part in &parts[..2] {
        let draft = draft("hubspot", &mapping, &part.payload);
        assert_eq!(draft.keys[0].fields, "hubspot_id");
        assert_eq!(lead_with("hubspot", &mapping, &part.payload)["hubspot_id"], "9007199254740993");
    }
    // Another attempt at the same event.
    let again = json!([event(1, json!({"subscriptionType": "contact.creation", "attemptNumber": 1}))]);
    assert_eq!(Sent::json(&again).one("hubspot").external_id, parts[0].external_id);
    let refused = Sent::json(&json!([event(1, json!({})), 7])).split("hubspot", &json!({})).unwrap_err();
    assert!(refused.to_string().starts_with("the event at [1]"), "{refused}");
    assert_eq!(Sent::json(&json!([])).split("hubspot", &json!({})).unwrap(), []);
}

#[test]
fn a_hubspot_contact_in_its_other_shapes() {
    let expected = json!({"email": "a@x.example", "first_name": "Anna"});
    for (body, id) in [
        (json!({"vid": 7, "properties": {"email": {"value": "a@x.example"}, "firstname": {"value": "Anna"}}}), None),
        (
            json!({"id": "7", "properties": {"email": "a@x.example", "firstname": "Anna", "lastmodifieddate": "12"}}),
            Some("7/12"),
        ),
        (
            json!({"vid": 7, "properties": {"firstname": {"value": "Anna"}}, "identity-profiles": [
                {"identities": [{"type": "LEAD_GUID", "value": "x"}, {"type": "EMAIL", "value": "a@x.example"}]},
            ]}),
            None,
        ),
        (
            json!({"formId": "f", "conversionId": "c", "values": [
                {"name": "email", "value": "a@x.example", "objectTypeId": "0-1"}, {"name": "firstname", "value": "Anna"},
            ]}),
            Some("c"),
        ),
        (json!({"email": "a@x.example", "firstname": "Anna"}), None),
    ] {
        let part = Sent::json(&body).one("hubspot");
        assert_eq!(lead("hubspot", &part.payload), expected, "{body}");
        assert_eq!(part.external_id.as_deref(), id, "{body}");
    }
    // Whatever names no one submission or change: the same again is a repeat, another body another event.
    let id = |body: &Value| Sent::json(body).one("hubspot").external_id;
    let contact = |name: &str, submission: &str, changed: Option<&str>| {
        let properties = json!({"firstname": {"value": name}, "lastmodifieddate": {"value": changed}});
        id(&json!({"vid": 7, "properties": properties, "form-submissions": [
            {"conversion-id": "old", "timestamp": 1}, {"conversion-id": submission, "timestamp": 2},
        ]}))
    };
    assert_eq!(contact("Anna", "c", Some("12")).as_deref(), Some("7/c/12"));
    let of_event = |name: &str| id(&json!({"eventId": 9, "firstname": name}));
    assert!(of_event("Anna").unwrap().starts_with("9/"));
    for (one, again, other) in [
        (contact("A", "c", Some("12")), contact("A", "c", Some("12")), contact("B", "c", Some("13"))),
        (contact("A", "c", Some("12")), contact("A", "c", Some("12")), contact("A", "d", Some("12"))),
        (contact("A", "c", None), contact("A", "c", None), contact("B", "c", None)),
        (of_event("A"), of_event("A"), of_event("B")),
    ] {
        assert!(one.is_some() && one == again && one != other, "{one:?} {again:?} {other:?}");
    }
    let payload = sample("hubspot").unwrap().one("hubspot").payload;
    let mapping = json!({"mapping": [{"from": "properties.numberofemployees.value", "to": "policy_term"}]});
    assert_eq!(lead_with("hubspot", &mapping, &payload)["policy_term"], "120");
}

#[test]
fn leadsquared_in_each_of_its_ways() {
    let flat = json!({"ProspectID": "p", "EmailAddress": "a@x.example", "FirstName": "Anna", "ModifiedOn": "t", "Mobile": null});
    let expected = json!({"email": "a@x.example", "first_name": "Anna"});
    let automation = json!({
        "Before": {"EmailAddress": "old@x.example"}, "Current": flat,
        "Data": {"ProspectActivityId": "act", "ActivityEvent": "201", "mx_Custom_1": "Roof"},
    });
    let after = json!({"Before": {}, "After": flat});
    let as_form = [("ProspectID", "p"), ("EmailAddress", "a@x.example"), ("FirstName", "Anna"), ("ModifiedOn", "t")];
    let current = flat.to_string();
    for (sent, id) in [
        (Sent::json(&flat), "p/t"),
        (Sent::new("text/plain", flat.to_string()), "p/t"),
        (Sent::new("text/plain; charset=utf-8", format!(" \n{flat}")), "p/t"),
        (Sent::new(URLENCODED, flat.to_string()), "p/t"),
        (Sent::form(&as_form), "p/t"),
        (Sent::json(&automation), "act"),
        (Sent::json(&after), "p/t"),
        (Sent::form(&[("Current", &current), ("Data", "{\"ProspectActivityId\": \"act\"}")]), "act"),
    ] {
        let part = sent.one("leadsquared");
        assert_eq!(part.external_id.as_deref(), Some(id), "{}", String::from_utf8_lossy(&sent.body));
        assert_eq!(lead("leadsquared", &part.payload), expected, "{}", String::from_utf8_lossy(&sent.body));
    }
    let payload = Sent::json(&automation).one("leadsquared").payload;
    assert_eq!(payload["mx_Custom_1"], "Roof");
    assert_eq!(payload["submission"]["Before"], json!({"EmailAddress": "old@x.example"}));
    let mapping = json!({"mapping": [{"from": "Data.mx_Custom_1", "to": "policy_term"}]});
    assert_eq!(lead_with("leadsquared", &mapping, &payload)["policy_term"], "Roof");
    // When it was made is the same at each of its changes.
    let made = |name: &str| {
        let lead = json!({"ProspectID": "p", "CreatedOn": "t", "FirstName": name});
        Sent::json(&lead).one("leadsquared").external_id.unwrap()
    };
    assert!(made("Anna").starts_with("p/t/") && made("Anna") == made("Anna") && made("Anna") != made("Bo"));
    // A lead that has no time of its change is told by its body.
    assert_eq!(Sent::json(&json!({"ProspectID": "p"})).one("leadsquared").external_id, None);
}

#[test]
fn leadsquared_is_always_told_of_success() {
    let found = format("leadsquared").unwrap();
    assert!(found.forgiving && found.answers_head);
    let reply = (found.reply)(&source("leadsquared", &json!({})), &[]);
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.body.parse::<Value>().unwrap(), json!({"Status": "Success", "StatusReason": ""}));
}

#[test]
fn empty_values_of_a_wide_lead_take_no_room() {
    let mut wide: Map<String, Value> = (0..400).map(|n| (format!("mx_{n}"), Value::Null)).collect();
    wide.insert("EmailAddress".to_owned(), json!("a@x.example"));
    let part = Sent::json(&wide.into()).one("leadsquared");
    assert_eq!(lead("leadsquared", &part.payload), json!({"email": "a@x.example"}));
}
