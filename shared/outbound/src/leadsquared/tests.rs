//! What goes out.

mod answers;

use super::*;

fn settings(more: Value) -> Leadsquared {
    let mut settings = json!({ "access_key": "a", "secret_key": "s" });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(settings).unwrap()
}

const KEYS: Keys<'_> = Keys { access: "acc-3ss", secret: "s3cr3t" };

/// The request for a lead that nobody was given.
fn made(more: Value, fields: Value) -> Result<Prepared, PrepareError> {
    let context = json!({
        "lead": { "id": "lead_1", "source": "web", "fields": fields, "extra": {} },
        "assignee": null,
        "account": { "name": "Sunny Roofs" },
    });
    let payload = json!({ "type": "lead.received", "timestamp": "2026-07-21T12:00:00.25+02:00", "data": {} });
    request(&settings(more), KEYS, &context, &payload, "dlv_1")
}

fn sent(more: Value, fields: Value) -> (String, Value) {
    let request = made(more, fields).unwrap().request;
    (request.url, serde_json::from_slice(&request.body).unwrap())
}

fn pairs(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(name, value)| json!({ "Attribute": name, "Value": value })).collect()
}

#[test]
fn every_built_in_field_with_a_counterpart_goes_out_once_it_has_a_value() {
    let (url, body) = sent(
        json!({}),
        json!({
            "first_name": "Jane", "last_name": "Doe", "full_name": "Jane Doe", "email": "jane@example.com",
            "phone": "+919845098450", "company": "Acme", "job_title": "Buyer", "website": "https://acme.example",
            "street": "1 MG Road", "city": "Bengaluru", "state": "KA", "postal_code": "560001", "country": "IN",
            "message": "Call me", "lead_source": "Fair", "stage": "new", "utm.source": "google", "utm.medium": "cpc",
            "utm.campaign": "spring", "utm.content": "a", "referrer": "https://example.com", "score": 7,
        }),
    );
    assert_eq!(url, "https://api.leadsquared.com/v2/LeadManagement.svc/Lead.Capture");
    let expected = pairs(&[
        ("FirstName", "Jane"),
        ("LastName", "Doe"),
        ("EmailAddress", "jane@example.com"),
        ("Phone", "+919845098450"),
        ("Company", "Acme"),
        ("JobTitle", "Buyer"),
        ("Website", "https://acme.example"),
        ("mx_Street1", "1 MG Road"),
        ("mx_City", "Bengaluru"),
        ("mx_State", "KA"),
        ("mx_Zip", "560001"),
        ("mx_Country", "IN"),
        ("Notes", "Call me"),
        ("ProspectStage", "new"),
        ("Source", "Fair"),
        ("SourceMedium", "cpc"),
        ("SourceCampaign", "spring"),
        ("SourceContent", "a"),
        ("SourceReferrerURL", "https://example.com"),
    ]);
    assert_eq!(body, expected);
}

#[test]
fn bodies() {
    let jane =
        json!({ "full_name": "Jane Doe", "email": "jane@example.com", "phone": "", "city": "  ", "company": null });
    let email = ("EmailAddress", "jane@example.com");
    for (more, fields, expected) in [
        // What has no value is left out, and a name of one piece is the first name.
        (json!({}), jane.clone(), vec![("FirstName", "Jane Doe"), email]),
        (json!({}), json!({ "last_name": "Doe", "full_name": "Jane Doe" }), vec![("LastName", "Doe")]),
        (
            json!({}),
            json!({ "utm.source": "bing", "email": "a@b.c" }),
            vec![("EmailAddress", "a@b.c"), ("Source", "bing")],
        ),
        // By what is searched stands in any case, and only where there is something to search by.
        (
            json!({ "search_by": "EmailAddress" }),
            jane.clone(),
            vec![("FirstName", "Jane Doe"), email, ("SearchBy", "EmailAddress")],
        ),
        (json!({ "search_by": "Phone" }), jane.clone(), vec![("FirstName", "Jane Doe"), email]),
        (
            json!({ "search_by": "ProspectId", "fields": { "ProspectID": "{{ lead.extra.id or 'x-1' }}" } }),
            jane.clone(),
            vec![("ProspectID", "x-1"), ("SearchBy", "ProspectId")],
        ),
        // Values are texts, lists have semicolons, what yields nothing is left out.
        (
            json!({ "fields": {
                "EmailAddress": "{{ lead.fields.email }}",
                "Score": "{{ lead.fields.score }}",
                "mx_Ids": "{{ lead.fields.tags }}",
                "mx_Yes": "{{ lead.fields.yes }}",
                "mx_None": "{{ lead.fields.none }}",
                "mx_Note": " {{ lead.source }}/{{ account.name }} \"x\" ",
                "mx_Who": "{{ assignee.name }}",
                "mx_Raw": "{{ 'no json' | safe }}",
            } }),
            json!({ "email": "jane@example.com", "score": 7, "yes": true, "tags": ["a", " ", "b"] }),
            vec![
                email,
                ("Score", "7"),
                ("mx_Ids", "a;b"),
                ("mx_Note", "web/Sunny Roofs \"x\""),
                ("mx_Raw", "no json"),
                ("mx_Yes", "true"),
            ],
        ),
    ] {
        assert_eq!(sent(more.clone(), fields).1, pairs(&expected), "{more}");
    }
}

#[test]
fn an_activity_goes_with_its_lead_in_one_call() {
    let more = json!({
        "host": "https://api-in21.leadsquared.com/v2/",
        "activity": {
            "event": 201,
            "note": "{{ lead.fields.message }}",
            "fields": { "mx_Custom_1": "{{ lead.source }}", "mx_Custom_2": "{{ lead.fields.none }}" },
        },
    });
    let (url, body) = sent(more, json!({ "email": "jane@example.com", "message": "Call me" }));
    assert_eq!(url, "https://api-in21.leadsquared.com/v2/ProspectActivity.svc/CreateCustom");
    let lead = pairs(&[("EmailAddress", "jane@example.com"), ("Notes", "Call me"), ("SearchBy", "EmailAddress")]);
    let activity = json!({
        "ActivityEvent": 201,
        "ActivityNote": "Call me",
        "ActivityDateTime": "2026-07-21 10:00:00",
        "Fields": [{ "SchemaName": "mx_Custom_1", "Value": "web" }],
    });
    assert_eq!(body, json!({ "LeadDetails": lead, "Activity": activity }));
    // What it is searched by follows the lead; without a note and fields there are none.
    let more = json!({ "search_by": "EmailAddress", "activity": { "event": 7, "note": " {{ lead.fields.message }}" } });
    let (_, body) = sent(more, json!({ "phone": "+1" }));
    assert_eq!(body["LeadDetails"], pairs(&[("Phone", "+1"), ("SearchBy", "Phone")]));
    assert_eq!(body["Activity"], json!({ "ActivityEvent": 7, "ActivityDateTime": "2026-07-21 10:00:00" }));
}

#[test]
fn what_becomes_of_a_known_lead_is_asked_for_in_the_url() {
    for (update, query) in [
        ("all", ""),
        ("none", "?LeadUpdateBehavior=DoNotUpdate"),
        ("only_empty_fields", "?LeadUpdateBehavior=UpdateOnlyEmptyFields"),
        ("not_unique_fields", "?LeadUpdateBehavior=DoNotUpdateUniqueFields"),
    ] {
        let (url, _) = sent(json!({ "update": update }), json!({ "email": "a@b.c" }));
        assert_eq!(url, format!("https://api.leadsquared.com/v2/LeadManagement.svc/Lead.Capture{query}"));
    }
}

#[test]
fn keys_stand_in_headers_that_are_not_kept() {
    let Prepared { request, secret_headers } = made(json!({ "timeout_s": 7 }), json!({ "email": "a@b.c" })).unwrap();
    let header = |name: &str| request.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    assert_eq!((header("x-lsq-accesskey"), header("x-lsq-secretkey")), (Some("acc-3ss"), Some("s3cr3t")));
    assert_eq!((header("content-type"), header("idempotency-key")), (Some("application/json"), Some("dlv_1")));
    assert_eq!(secret_headers, ["x-lsq-accesskey", "x-lsq-secretkey"]);
    assert_eq!((request.method, request.timeout.as_secs()), (Method::POST, 7));
    assert!(!request.url.contains("acc-3ss") && !request.url.contains("s3cr3t"));
}

#[test]
fn what_can_not_be_made_says_where() {
    let failed = |more: Value, fields: Value| made(more, fields).unwrap_err();
    assert_eq!(failed(json!({}), json!({ "score": 7, "city": " " })), PrepareError::Empty);
    assert_eq!(failed(json!({ "fields": { "Phone": "{{ lead.fields.none }}" } }), json!({})).code(), "E_EMPTY");
    let lead = json!({ "email": "a@b.c" });
    for (more, part) in [
        (json!({ "fields": { "Phone": "x {{ lead.id | nonsense }}" } }), "'fields.Phone'"),
        (json!({ "fields": { "Phone": "{{ lead.id | nonsense }}" } }), "'fields.Phone'"),
        (json!({ "activity": { "event": 1, "note": "{{ lead.id | nonsense }}" } }), "'activity.note'"),
        (
            json!({ "activity": { "event": 1, "fields": { "mx_Custom_1": "{{ 1 | nonsense }}" } } }),
            "'activity.fields.mx_Custom_1'",
        ),
    ] {
        let error = failed(more, lead.clone());
        assert!(error.to_string().contains(part) && error.to_string().contains("line 1, column"), "{error}");
    }
    let broken = Keys { access: "a", secret: "a\nb" };
    let error = request(&settings(json!({})), broken, &json!({ "lead": { "fields": lead } }), &json!({}), "dlv_1");
    assert_eq!(error, Err(PrepareError::Secret("secret_key")));
}
