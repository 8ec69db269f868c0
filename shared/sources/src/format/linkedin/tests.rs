//! LinkedIn's notifications, its try of the endpoint, and the responses that are fetched.

use super::super::testing::{Sent, captured, fields, mac, object, prove_signature, source};
use super::*;
use crate::fetch::{Answer, Api, FetchError, Fetched};

const SAMPLE: &str = include_str!("../../../../../events/source_linkedin.json");
const FETCHED: &str = include_str!("../../../../../events/fetched_linkedin_response.json");
const URN: &str = "urn:li:leadGenFormResponse:52dcb737-26f9-4af3-b1fc-935b3e93f838-4";
const API: Api<'_> = Api { base_url: "https://api.example/rest", version: "202606", token: "secret-token" };

fn linkedin() -> Source {
    source("linkedin")
}

#[test]
fn only_who_knows_the_client_secret_is_let_in() {
    prove_signature(&linkedin(), "x-li-signature", SAMPLE, |secret, body| {
        mac(secret, &[b"hmacsha256=", body.as_bytes()])
    });
    let bare = Sent::body(SAMPLE).with("x-li-signature", mac("new", &[SAMPLE.as_bytes()]));
    assert!(bare.verify(&linkedin(), &["new"]).is_err(), "the prefix is signed, too");
}

#[test]
fn the_endpoint_answers_a_try_and_signs_nothing_else() {
    let tried = |query: &'static str| Sent { query, ..Sent::default() }.challenge(&linkedin(), &["new", "old"]);
    let reply = tried("challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0&applicationId=1").unwrap();
    let expected = json!({
        "challengeCode": "890e4665-4dfe-4ab1-b689-ed553bceeed0",
        "challengeResponse": mac("new", &[b"890e4665-4dfe-4ab1-b689-ed553bceeed0"]),
    });
    assert_eq!(serde_json::from_str::<Value>(&reply.body).unwrap(), expected);
    let refused = Err(Unauthentic::Unproven { what: "challengeCode" });
    for query in
        ["", "challengeCode=", "code=1", "challengeCode=hmacsha256%3D%7B%7D", "challengeCode=a+b", "challengeCode=%"]
    {
        assert_eq!(tried(query), refused, "{query}");
    }
    let no_secret = Sent { query: "challengeCode=1", ..Sent::default() }.challenge(&linkedin(), &[]);
    assert_eq!(no_secret, Err(Unauthentic::NoSecret));
}

#[test]
fn a_response_is_fetched_and_a_deleted_one_erased() {
    let parts = Sent::body(SAMPLE).parts(&linkedin()).unwrap();
    let [created] = parts.as_slice() else { panic!() };
    assert_eq!((created.external_id.as_deref(), &created.intent), (Some(&*format!("{URN} CREATED")), &Intent::Fetch));
    let deleted = SAMPLE.replace("CREATED", "DELETED");
    let many = format!("[{deleted}, {SAMPLE}, {{\"type\": \"OTHER\"}}, {}]", SAMPLE.replace("CREATED", "UPDATED"));
    let parts = Sent::body(many).parts(&linkedin()).unwrap();
    let [deleted, again, other, unknown] = parts.as_slice() else { panic!() };
    assert_eq!(deleted.intent, Intent::Erase { external_id: format!("{URN} CREATED") });
    assert_eq!(deleted.external_id.as_deref(), Some(&*format!("{URN} DELETED")));
    assert_eq!(again, created);
    for logged in [other, unknown] {
        assert!(matches!(logged.intent, Intent::Log { .. }));
    }
}

#[test]
fn what_is_no_notification_is_said_to_be_none() {
    for (body, expected) in [
        ("1", "the event at the top level is a number; an event is an object"),
        ("{}", "the event at the top level has no fields"),
        ("[[]]", "the event at [0] is an array; an event is an object"),
        (r#"{"type": "LEAD_ACTION"}"#, "the event at the top level is a LEAD_ACTION without leadGenFormResponse"),
        (
            r#"{"type": "LEAD_ACTION", "leadGenFormResponse": 7}"#,
            "the event at the top level is a LEAD_ACTION without leadGenFormResponse",
        ),
    ] {
        assert_eq!(Sent::body(body).wrong(&linkedin()), expected);
    }
}

fn read(status: u16, body: &str) -> Result<Fetched, FetchError> {
    (fetch::FETCH.read)(&object(serde_json::from_str(SAMPLE).unwrap()), &Answer { status, body: body.as_bytes() })
}

#[test]
fn a_response_is_asked_for_with_its_form() {
    let asks = (fetch::FETCH.lead)(&API, &object(serde_json::from_str(SAMPLE).unwrap())).unwrap();
    let [ask] = asks.as_slice() else { panic!() };
    let id = "52dcb737-26f9-4af3-b1fc-935b3e93f838-4";
    assert!(ask.url.starts_with(&format!("https://api.example/rest/leadFormResponses/{id}?fields=id,")), "{}", ask.url);
    assert!(ask.url.ends_with(",formResponse,form:(id,name,hiddenFields,content)"));
    let names: Vec<&str> = ask.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["authorization", "linkedin-version", "x-restli-protocol-version"]);
    assert!((fetch::FETCH.lead)(&API, &Map::new()).is_err());
}

#[test]
fn the_answers_fill_the_leads_fields_without_a_mapping() {
    let Ok(Fetched::Lead(payload)) = read(200, FETCHED) else { panic!() };
    let draft = captured(&linkedin(), payload);
    let expected = [
        ("company", "Müller & Söhne"),
        ("email", "juergen@example.com"),
        ("first_name", "Jürgen"),
        ("last_name", "Müller"),
        ("utm.source", "linkedin"),
    ];
    assert_eq!(fields(&draft), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(draft.extra["roof"], json!(["Flachdach", "Satteldach"]), "options are their texts");
    assert_eq!(draft.extra["question_99"], "asked no more");
    assert_eq!((&draft.extra["form_name"], &draft.extra["leadType"]), (&json!("Solar roofs"), &json!("SPONSORED")));
    assert_eq!(draft.extra["consentResponses"][0]["accepted"], true);
}

#[test]
fn a_test_is_told_and_each_refusal_says_whether_it_may_pass() {
    assert!(matches!(read(200, &FETCHED.replace("\"testLead\": false", "\"testLead\": true")), Ok(Fetched::Test(_))));
    for (status, body, later) in [
        (401, "{}", false),
        (403, "{}", false),
        (404, "", false),
        (426, r#"{"code": "NONEXISTENT_VERSION"}"#, false),
        (429, "{}", true),
        (500, "", true),
        (504, "<html>", true),
        (200, "<html>", true),
        (200, "{}", false),
        (200, r#"{"formResponse": {}}"#, false),
    ] {
        assert_eq!(read(status, body).unwrap_err().is_retryable(), later, "{status} {body}");
    }
}

#[test]
fn an_owners_responses_of_some_time_are_read_page_after_page() {
    let owners = ["urn:li:sponsoredAccount:5".to_owned(), "urn:li:organization:7".to_owned()];
    let lists = (fetch::FETCH.lists)(&owners);
    let [account, company, event, product] = lists.as_slice() else { panic!("{lists:?}") };
    assert_eq!(account, "owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A5)&leadType=(leadType:SPONSORED)");
    assert_eq!(company, "owner=(organization:urn%3Ali%3Aorganization%3A7)&leadType=(leadType:COMPANY)");
    assert!(event.ends_with("EVENT)") && product.ends_with("ORGANIZATION_PRODUCT)"));
    let at = |second| Timestamp::from_second(second).unwrap();
    let ask = (fetch::FETCH.list)(&API, account, (at(1), at(2)), Some("100"));
    let expected = format!(
        "https://api.example/rest/leadFormResponses?q=owner&{account}&submittedAtTimeRange=(start:1000,end:2000)\
         &fields=id,submittedAt,versionedLeadGenFormUrn,leadType&start=100&count=100"
    );
    assert_eq!(ask.url, expected);
    let read = |page: Option<&str>, body: Value| {
        let body = body.to_string();
        (fetch::FETCH.read_list)(account, page, &Answer { status: 200, body: body.as_bytes() })
    };
    let id = URN.strip_prefix(RESPONSE).unwrap();
    let few = read(None, json!({"elements": [{"id": id, "submittedAt": 5}]})).unwrap();
    assert_eq!(few.next, None);
    assert_eq!(few.parts[0].external_id, Some(format!("{URN} CREATED")), "as its notification names it");
    assert_eq!((&few.parts[0].payload["leadGenFormResponse"], &few.parts[0].intent), (&json!(URN), &Intent::Fetch));
    let full = read(Some("100"), json!({"elements": vec![json!({"id": id}); 100]})).unwrap();
    assert_eq!(full.next.as_deref(), Some("200"));
    for wrong in [json!({}), json!({"elements": [1]}), json!({"elements": [{}]})] {
        assert!(!read(None, wrong).unwrap_err().is_retryable());
    }
}
