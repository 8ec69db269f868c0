//! Leads of which a platform sent ids only, against a server that answers as the platform's documents say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use leadyard_domain::assignment::Standing;
use leadyard_domain::event::{EventRecord, EventStatus, Identity, Intent, Received};
use leadyard_domain::field::FieldName;
use leadyard_domain::id::{EventId, LeadId};
use leadyard_domain::lead::Lead;
use leadyard_domain::message::LeadsMessage;
use leadyard_fakes::{Answered, Came, Receiver};
use leadyard_runtime::RecordResult;
use leadyard_store::{Secret, SetSecret};
use serde_json::{Value, json};

use crate::setting::{Setting, account, at, event, record};

pub const META: &str = include_str!("../../../../events/fetched_meta_lead.json");

/// A config whose source fetches from there.
pub fn config(format: &str, base_url: &str, per_second: u32) -> Value {
    json!({
        "sources": [
            {"id": "ads", "format": format,
             "fetch": {"base_url": base_url, "token": "page-token", "per_second": per_second}},
            {"id": "silent", "format": "meta_lead_ads"},
            {"id": "web", "format": "json"},
        ],
        "assignees": [{"id": "anna", "name": "Anna", "destinations": ["crm"]}],
        "destinations": [{"id": "crm", "channel": {"webhook": {"url": "https://crm.example"}}}],
        "pools": [{"id": "all", "members": ["anna"]}],
        "profiles": [{"id": "leads", "default": {"pool": "all"}}],
    })
}

pub async fn setting(config: &Value) -> Setting {
    let setting = Setting::start(config).await;
    set_token(&setting, "secret-token").await;
    setting
}

async fn set_token(setting: &Setting, value: &str) {
    let (name, value, now) = ("page-token".parse().unwrap(), Secret::new(value), at(crate::setting::START));
    let set = SetSecret { account: account(), name, value, keep_previous: false, by: "test".to_owned(), now };
    setting.table.store.set_secret(&set).await.unwrap();
}

/// An event with an id of the platform's.
pub fn told(source: &str, id: &str, payload: &Value, intent: Intent) -> Received {
    let (account, source) = (account(), source.parse().unwrap());
    Received {
        event: EventId::from_external(&account, &source, id),
        source,
        identity: Identity::External(id.to_owned()),
        payload: payload.as_object().unwrap().clone(),
        intent,
        ..crate::setting::received(0, json!({"a": 1}), at(crate::setting::START))
    }
}

fn leadgen(id: &str) -> Received {
    told("ads", id, &json!({"leadgen_id": id, "form_id": "9"}), Intent::Fetch)
}

/// Hands the messages over for the so many-th time; those that are to come again.
pub async fn hand(setting: &Setting, messages: Vec<LeadsMessage>, receive_count: u32) -> Vec<String> {
    let records = messages.into_iter().enumerate().map(|(number, message)| {
        let mut record = record(number.to_string(), message);
        record.receive_count = receive_count;
        record
    });
    let results = setting.evaluate().handle(records.collect()).await;
    let again = results.into_iter().filter_map(|result| match result {
        RecordResult::Done { .. } => None,
        RecordResult::Retry { reason, .. } => Some(reason),
    });
    again.collect()
}

pub async fn logged(setting: &Setting, received: &Received) -> Option<EventRecord> {
    setting.table.store.event(&account(), &received.event).await.unwrap()
}

pub async fn lead(setting: &Setting, received: &Received) -> Option<Lead> {
    let id = LeadId::from_event(&received.event);
    setting.table.store.leads(&account(), &[id.clone()].into(), true).await.unwrap().remove(&id)
}

fn text(lead: &Lead, field: &str) -> String {
    lead.fields.get(&FieldName::new(field).unwrap()).map(ToString::to_string).unwrap_or_default()
}

fn json_of(body: &str) -> Answered {
    Answered::With(200, vec![("content-type", "application/json".to_owned())], body.to_owned())
}

fn with_status(status: u16, body: &Value) -> Answered {
    Answered::With(status, Vec::new(), body.to_string())
}

/// A platform that answers by a script, and counts.
async fn platform(script: impl Fn(usize, &Came) -> Answered + Send + 'static) -> (Receiver, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let receiver = Receiver::start(move |came| script(counted.fetch_add(1, Ordering::SeqCst), came)).await;
    (receiver, count)
}

#[tokio::test]
async fn a_lead_is_fetched_once_captured_and_given() {
    let (graph, count) = platform(|_, _| json_of(META)).await;
    let setting = setting(&config("meta_lead_ads", graph.url(), 10)).await;
    let one = leadgen("6276465415920");
    assert!(hand(&setting, vec![event(&one), event(&one)], 1).await.is_empty());
    assert!(hand(&setting, vec![event(&one)], 2).await.is_empty(), "a message that comes again");
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let came = graph.came().remove(0);
    assert!(came.what.starts_with("GET /v24.0/6276465415920?fields=id,created_time,"), "{}", came.what);
    assert_eq!(came.header("authorization"), Some("Bearer secret-token"));
    let lead = lead(&setting, &one).await.unwrap();
    assert_eq!((text(&lead, "full_name"), text(&lead, "city")), ("Jürgen Müller".to_owned(), "Berlin".to_owned()));
    assert!(matches!(lead.standing, Standing::Assigned { .. }));
    let record = logged(&setting, &one).await.unwrap();
    assert_eq!((record.status, record.received.intent), (EventStatus::Created, Intent::Capture));
    assert_eq!(record.received.payload["email"], "juergen@example.com", "a person sees what was fetched");
}

#[tokio::test]
async fn many_are_fetched_together_and_each_ones_failure_is_its_own() {
    let (graph, _) = platform(|_, came| match came.what.split(['/', '?']).nth(2).unwrap() {
        "1" => with_status(400, &json!({"error": {"code": 100, "error_subcode": 33}})),
        "2" => with_status(503, &json!({})),
        id => json_of(
            &json!({"id": id, "field_data": [{"name": "email", "values": [format!("p{id}@example.com")]}]}).to_string(),
        ),
    })
    .await;
    let setting = setting(&config("meta_lead_ads", graph.url(), 10)).await;
    let web = told("web", "w", &json!({"email": "web@example.com"}), Intent::Capture);
    let mut messages: Vec<LeadsMessage> = (1..=9).map(|id| event(&leadgen(&id.to_string()))).collect();
    messages.push(event(&web));
    let again = hand(&setting, messages, 1).await;
    assert_eq!(again, ["Meta answered 503"]);
    for id in 3..=9 {
        assert!(lead(&setting, &leadgen(&id.to_string())).await.is_some(), "{id}");
    }
    assert!(lead(&setting, &web).await.is_some());
    let unknown = logged(&setting, &leadgen("1")).await.unwrap();
    assert_eq!((unknown.status, &unknown.received.intent), (EventStatus::Failed, &Intent::Fetch));
    assert!(unknown.reason.unwrap().starts_with("Meta knows no such lead"));
    assert!(logged(&setting, &leadgen("2")).await.is_none(), "it comes again");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_until_one_receive_is_left() {
    for (status, body) in [(500, json!({})), (429, json!({})), (400, json!({"error": {"code": 4}}))] {
        let (graph, count) = platform(move |_, _| with_status(status, &body)).await;
        let setting = setting(&config("meta_lead_ads", graph.url(), 10)).await;
        let one = leadgen("1");
        for receive in 1..=3 {
            assert_eq!(hand(&setting, vec![event(&one)], receive).await.len(), 1, "receive {receive}");
            assert!(logged(&setting, &one).await.is_none());
        }
        assert!(hand(&setting, vec![event(&one)], 4).await.is_empty());
        let record = logged(&setting, &one).await.unwrap();
        assert_eq!((record.status, record.received.intent), (EventStatus::Failed, Intent::Fetch));
        assert!(record.reason.as_deref().unwrap().ends_with("tried 4 times"), "{:?}", record.reason);
        assert_eq!(count.load(Ordering::SeqCst), 4);
    }
}

#[tokio::test]
async fn a_failed_one_is_fetched_when_a_person_retries_it() {
    let expired = json!({"error": {"code": 190, "error_subcode": 463, "message": "token secret-token"}});
    let (graph, _) = platform(move |asked, _| match asked {
        0 => with_status(400, &expired),
        1 => with_status(500, &json!({})),
        _ => json_of(META),
    })
    .await;
    let setting = setting(&config("meta_lead_ads", graph.url(), 10)).await;
    let one = leadgen("6276465415920");
    assert!(hand(&setting, vec![event(&one)], 1).await.is_empty(), "nothing but a person helps");
    let failed = logged(&setting, &one).await.unwrap();
    let reason = failed.reason.unwrap();
    assert!(reason.contains("set the secret anew and retry") && !reason.contains("secret-token"), "{reason}");
    let retry = || LeadsMessage::Received { event: Box::new(failed.received.clone()), retry: true };
    assert_eq!(hand(&setting, vec![retry()], 1).await.len(), 1);
    assert!(hand(&setting, vec![retry()], 2).await.is_empty());
    assert_eq!(logged(&setting, &one).await.unwrap().status, EventStatus::Created);
    assert_eq!(text(&lead(&setting, &one).await.unwrap(), "email"), "juergen@example.com");
}

#[tokio::test]
async fn where_the_names_of_ads_may_not_be_seen_the_lead_is_fetched_without_them() {
    let (graph, count) = platform(|asked, _| match asked {
        0 => with_status(403, &json!({"error": {"code": 200}})),
        _ => json_of(META),
    })
    .await;
    let setting = setting(&config("meta_lead_ads", graph.url(), 10)).await;
    let one = leadgen("6276465415920");
    assert!(hand(&setting, vec![event(&one)], 1).await.is_empty());
    assert!(lead(&setting, &one).await.is_some());
    assert_eq!(count.load(Ordering::SeqCst), 2);
    let (denied, _) = platform(|_, _| with_status(403, &json!({"error": {"code": 200}}))).await;
    setting.publish(&config("meta_lead_ads", denied.url(), 10)).await;
    let other = leadgen("2");
    assert!(hand(&setting, vec![event(&other)], 1).await.is_empty());
    assert!(logged(&setting, &other).await.unwrap().reason.unwrap().contains("leads_retrieval"));
}

#[tokio::test]
async fn settings_that_are_missing_are_named() {
    let setting = Setting::start(&config("meta_lead_ads", "http://127.0.0.1:1", 10)).await;
    let one = leadgen("1");
    assert!(hand(&setting, vec![event(&one)], 1).await.is_empty());
    let reason = logged(&setting, &one).await.unwrap().reason.unwrap();
    assert_eq!(reason, "the secret 'page-token' has no value: set it and retry");
    for (source, expected) in [
        ("silent", "its source says nothing of where answers are fetched: set 'fetch' and retry"),
        ("web", "the format 'json' of its source fetches nothing"),
        ("gone", "the source 'gone' is not in the config any more: put it back and retry"),
    ] {
        let lost = told(source, "1", &json!({"leadgen_id": "1"}), Intent::Fetch);
        assert!(hand(&setting, vec![event(&lost)], 1).await.is_empty());
        assert_eq!(logged(&setting, &lost).await.unwrap().reason.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn a_platform_that_nobody_may_reach_is_a_failure_and_one_that_is_away_comes_later() {
    let setting = setting(&config("meta_lead_ads", "http://10.0.0.1", 10)).await;
    let inside = leadgen("1");
    assert!(hand(&setting, vec![event(&inside)], 1).await.is_empty());
    assert!(logged(&setting, &inside).await.unwrap().reason.unwrap().starts_with("E_ADDRESS_REFUSED"));
    setting.publish(&config("meta_lead_ads", "http://127.0.0.1:1", 10)).await;
    let away = leadgen("2");
    let again = hand(&setting, vec![event(&away)], 1).await;
    assert!(again[0].starts_with("E_CONNECT"), "{again:?}");
}

#[tokio::test]
async fn a_slow_platform_holds_nobody_up_beyond_the_invocations_time() {
    let (graph, _) = platform(|_, _| Answered::Never).await;
    let setting = setting(&config("meta_lead_ads", graph.url(), 10)).await;
    let one = leadgen("1");
    // Eleven seconds and one tenth are left: eight to end in, three to decide in.
    let mut slow = record("slow".to_owned(), event(&one));
    slow.deadline = setting.now() + jiff::SignedDuration::from_millis(11_100);
    let results = setting.evaluate().handle(vec![slow]).await;
    assert!(
        matches!(&results[..], [RecordResult::Retry { reason, .. }] if reason.starts_with("E_TIMEOUT")),
        "{results:?}"
    );
    // None is left: the platform is not asked at all.
    let mut late = record("late".to_owned(), event(&one));
    late.deadline = setting.now() + jiff::SignedDuration::from_secs(11);
    let results = setting.evaluate().handle(vec![late]).await;
    assert!(matches!(&results[..], [RecordResult::Retry { .. }]));
    assert_eq!(graph.came().len(), 1);
}

#[tokio::test]
async fn who_has_to_wait_for_a_turn_goes_back_to_the_queue_without_spending_a_receive() {
    let (graph, count) = platform(|_, _| json_of(META)).await;
    let setting = setting(&config("meta_lead_ads", graph.url(), 1)).await;
    // One a second: the first goes at once, five wait within their five seconds, and time stands still in this test.
    setting.publish(&config("meta_lead_ads", graph.url(), 1)).await;
    let evaluate = setting.evaluate();
    let first = evaluate.handle(vec![record("a".to_owned(), event(&leadgen("6276465415920")))]).await;
    assert_eq!(first, [RecordResult::done("a")]);
    let records = (1..=9).map(|id| record(id.to_string(), event(&leadgen(&id.to_string()))));
    let handled = tokio::time::timeout(std::time::Duration::from_secs(30), evaluate.handle(records.collect())).await;
    assert!(handled.unwrap().iter().all(|result| matches!(result, RecordResult::Done { .. })));
    let put_off: Vec<LeadsMessage> = setting.leads.sent();
    let put_off: Vec<&Received> = put_off
        .iter()
        .filter_map(|message| match message {
            LeadsMessage::Received { event, retry: false } => Some(&**event),
            _ => None,
        })
        .collect();
    assert_eq!((put_off.len(), count.load(Ordering::SeqCst)), (4, 6));
    assert!(put_off.iter().all(|event| event.intent == Intent::Fetch));
    assert!(setting.leads.entries().iter().any(|entry| entry["DelaySeconds"].as_u64().is_some_and(|delay| delay > 5)));
}

#[tokio::test]
async fn a_test_of_the_platform_makes_no_lead() {
    let dummy = json!({"field_data": [{"name": "email", "values": ["<test lead: dummy data for email>"]}]});
    let (graph, _) = platform(move |_, _| json_of(&dummy.to_string())).await;
    let setting = setting(&config("meta_lead_ads", graph.url(), 10)).await;
    let one = leadgen("1");
    assert!(hand(&setting, vec![event(&one)], 1).await.is_empty());
    let record = logged(&setting, &one).await.unwrap();
    assert_eq!(
        (record.status, record.reason.as_deref()),
        (EventStatus::Unchanged, Some("a test lead of the platform"))
    );
    assert!(lead(&setting, &one).await.is_none());
}

#[tokio::test]
async fn linkedin_is_asked_as_it_wants_to_be() {
    let response = include_str!("../../../../events/fetched_linkedin_response.json");
    let (rest, _) = platform(move |_, _| json_of(response)).await;
    let setting = setting(&config("linkedin", rest.url(), 10)).await;
    let urn = "urn:li:leadGenFormResponse:52dcb737-26f9-4af3-b1fc-935b3e93f838-4";
    let one = told("ads", &format!("{urn} CREATED"), &json!({"leadGenFormResponse": urn}), Intent::Fetch);
    assert!(hand(&setting, vec![event(&one)], 1).await.is_empty());
    let lead = lead(&setting, &one).await.unwrap();
    assert_eq!((text(&lead, "email"), text(&lead, "utm.source")), ("juergen@example.com".into(), "linkedin".into()));
    let came = rest.came().remove(0);
    assert!(came.what.starts_with("GET /leadFormResponses/52dcb737-26f9-4af3-b1fc-935b3e93f838-4?fields="));
    assert_eq!(came.header("linkedin-version"), Some("202606"));
}
