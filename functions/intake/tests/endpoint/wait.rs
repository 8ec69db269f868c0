//! Senders that wait for what becomes of their lead. Nobody sleeps: the test says what happens in each pause.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use intake::Intake;
use intake::wait::Pause;
use jiff::Timestamp;
use lambda_http::Body;
use leadyard_domain::decision::State;
use leadyard_domain::event::{EventRecord, EventStatus, Received};
use leadyard_domain::id::LeadId;
use leadyard_fakes::assigned_lead;
use leadyard_store::{Commit, Settled, Store};
use serde_json::{Value, json};

use crate::services::Services;
use crate::{events, told};

async fn services() -> Services {
    let services = Services::start().await;
    let source = |id: &str, answers: Value| json!({"id": id, "format": "json", "external_id": {"field": "id"}, "answers": answers});
    let sources = json!([
        source("web", json!({"outcome": true, "assignee": true})),
        source("brief", json!({"outcome": true})),
        source("silent", json!({})),
    ]);
    let assignees =
        json!([{"id": "anna", "name": "Anna Berg", "public_name": "Sunny Roofs"}, {"id": "bo", "name": "Bo Lund"}]);
    services.publish_with(json!({ "sources": sources, "assignees": assignees })).await;
    services
}

fn post(key: &str, query: &str, body: &Value) -> lambda_http::Request {
    lambda_http::http::Request::post(format!("https://leads.example/in/{key}{query}"))
        .header("content-type", "application/json")
        .body(Body::Text(body.to_string()))
        .unwrap()
}

/// What happens in the pauses: `settle` runs in the one of this number, from 1.
struct Pauses {
    count: Arc<AtomicUsize>,
    waited: Arc<Mutex<Duration>>,
}

impl Pauses {
    fn of<F, S>(intake: Intake, number: usize, settle: S) -> (Intake, Self)
    where
        S: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (count, waited) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Duration::ZERO)));
        let (counted, summed) = (Arc::clone(&count), Arc::clone(&waited));
        let pause: Pause = Arc::new(move |duration| {
            *summed.lock().unwrap() += duration;
            let now = counted.fetch_add(1, Ordering::SeqCst) + 1 == number;
            let settled = now.then(&settle);
            Box::pin(async move {
                if let Some(settled) = settled {
                    settled.await;
                }
            })
        });
        (intake.pausing(pause), Self { count, waited })
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

fn account() -> leadyard_domain::id::AccountId {
    "main".parse().unwrap()
}

/// Settles an event without a lead of its own.
async fn settle(store: &Store, received: Received, status: EventStatus, reason: Option<&str>, lead: Option<LeadId>) {
    let record = EventRecord {
        settled_at: received.received_at,
        received,
        status,
        reason: reason.map(str::to_owned),
        lead,
        behaviour: None,
        retries: 0,
    };
    let settled = Settled { record: Some(record), lead: None, assignments: Vec::new(), seen: None, activity: None };
    let (before, after) = (State::default(), State::default());
    let now = Timestamp::UNIX_EPOCH;
    let commit = Commit { account: account(), now, log_days: 30, had_days: 0, settled: vec![settled], before, after };
    store.commit(&commit).await.unwrap();
}

#[tokio::test]
async fn who_waits_is_told_who_got_the_lead_by_its_public_name() {
    let services = services().await;
    for (number, assignee, named) in
        [(1, "anna", json!("Sunny Roofs")), (2, "bo", Value::Null), (3, "gone", Value::Null)]
    {
        let store = services.store.clone();
        let (intake, pauses) = Pauses::of(services.intake(Timestamp::now), 3, move || {
            let store = store.clone();
            async move {
                assigned_lead(&store, &account(), number, assignee, "crm", Timestamp::UNIX_EPOCH).await;
            }
        });
        let response = intake.handle(post("web-key", "?wait=1", &json!({"id": number}))).await;
        let event = events(&services).pop().unwrap().event;
        let lead = LeadId::from_event(&event);
        let expected = json!({
            "events": [event], "outcome": "accepted", "reason": null, "lead": lead, "assignee": named,
        });
        assert_eq!((response.status().as_u16(), told(&response)), (200, expected));
        assert_eq!(pauses.count(), 3, "it is told as soon as it is known");
    }
    // Where the owner does not allow it, nobody is named.
    let response = services.intake(Timestamp::now).handle(post("brief-key", "", &json!({"id": 9}))).await;
    assert_eq!(response.status(), 202);
}

#[tokio::test]
async fn a_lead_that_was_known_or_refused_says_why_and_gives_nothing_away() {
    let services = services().await;
    // Somebody else's lead, that somebody has.
    let delivery = assigned_lead(&services.store, &account(), 50, "anna", "crm", Timestamp::UNIX_EPOCH).await;
    let someone = delivery.lead();
    for (number, (status, reason, lead, outcome)) in [
        (EventStatus::Updated, None, Some(&someone), "duplicate"),
        (EventStatus::Unchanged, Some("the lead already has it"), Some(&someone), "duplicate"),
        (EventStatus::Unchanged, Some("the source only logs"), None, "ignored"),
        (EventStatus::Duplicate, Some("it came before"), Some(&someone), "duplicate"),
        (EventStatus::Flagged, Some("a review"), Some(&someone), "duplicate"),
        (EventStatus::Rejected, Some("the source rejects duplicates"), Some(&someone), "rejected"),
        (EventStatus::Failed, Some("field 'size' expects a number"), None, "failed"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = json!({"id": format!("known{number}")});
        // First taken without waiting, so that the test can settle it.
        services.intake(Timestamp::now).handle(post("web-key", "", &id)).await;
        let received = events(&services).pop().unwrap();
        settle(&services.store, received, status, reason, lead.cloned()).await;
        let (intake, _) = Pauses::of(services.intake(Timestamp::now), 0, async || {});
        let response = intake.handle(post("web-key", "?a=b&wait=1", &id)).await;
        let told = told(&response);
        assert_eq!((response.status().as_u16(), &told["outcome"]), (200, &json!(outcome)), "{status:?}");
        let expected = reason.unwrap_or("the lead is known, and was updated");
        assert_eq!((&told["reason"], told.get("lead"), told.get("assignee")), (&json!(expected), None, None));
    }
}

#[tokio::test]
async fn who_waits_in_vain_is_answered_like_everybody_and_the_event_is_in_the_queue() {
    let services = services().await;
    let (intake, pauses) = Pauses::of(services.intake(|| Timestamp::UNIX_EPOCH), 0, async || {});
    let response = intake.handle(post("web-key", "?wait=1", &json!({"id": 1}))).await;
    let event = events(&services).pop().unwrap().event;
    assert_eq!((response.status().as_u16(), told(&response)), (202, json!({ "events": [event] })));
    assert_eq!(*pauses.waited.lock().unwrap(), Duration::from_secs(3));

    // The clock ends it as well, when the table is slow.
    static NOW_S: AtomicI64 = AtomicI64::new(0);
    let intake = services.intake(|| Timestamp::from_second(NOW_S.load(Ordering::SeqCst)).unwrap());
    let pause = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&pause);
    let intake = intake.pausing(Arc::new(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        NOW_S.fetch_add(2, Ordering::SeqCst);
        Box::pin(async {})
    }));
    assert_eq!(intake.handle(post("web-key", "?wait=1", &json!({"id": 2}))).await.status(), 202);
    assert_eq!(pause.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn nobody_waits_who_may_not_or_sends_several() {
    let services = services().await;
    for (key, query, body) in [
        ("silent-key", "?wait=1", json!({"id": 1})),
        ("web-key", "?wait=0", json!({"id": 2})),
        ("web-key", "?await=1", json!({"id": 3})),
        ("web-key", "", json!({"id": 4})),
        ("web-key", "?wait=1", json!([{"id": 5}, {"id": 6}])),
    ] {
        let (intake, pauses) = Pauses::of(services.intake(Timestamp::now), 0, async || {});
        let response = intake.handle(post(key, query, &body)).await;
        assert_eq!((response.status().as_u16(), pauses.count()), (202, 0), "{key}{query}");
    }
    assert_eq!(events(&services).len(), 6);
}

#[tokio::test]
async fn a_table_that_goes_away_while_somebody_waits_loses_nothing() {
    let services = services().await;
    let table = Arc::clone(&services.table);
    let (intake, pauses) = Pauses::of(services.intake(Timestamp::now), 1, move || {
        table.lock().unwrap().stop();
        async {}
    });
    let response = intake.handle(post("web-key", "?wait=1", &json!({"id": 1}))).await;
    assert_eq!((response.status().as_u16(), events(&services).len(), pauses.count()), (202, 1, 1));
    // And without the queue nobody waits at all.
    services.set_queue_down(true);
    let response = intake.handle(post("web-key", "?wait=1", &json!({"id": 2}))).await;
    assert_eq!((response.status().as_u16(), pauses.count()), (503, 1));
}
