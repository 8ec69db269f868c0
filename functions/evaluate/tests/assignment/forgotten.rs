//! No lead that waits is forgotten: whatever happens between a decision and its commit, or right after it, somebody looks
//! again.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use evaluate::point::{Point, Points};
use futures_util::FutureExt as _;
use leadyard_domain::id::LeadId;
use leadyard_domain::message::{Drain, LeadsMessage};
use leadyard_runtime::RecordResult;
use serde_json::{Value, json};

use crate::setting::{Setting, account, at, event, hand_over, record};

/// Anna can have one lead at a time: who is hers alone waits, and no time frees her.
fn config() -> Value {
    json!({
        "sources": [{ "id": "web", "format": "json", "on_duplicate": "update" }],
        "assignees": [{ "id": "anna", "name": "Anna", "capacity": { "leads": 1 } }, { "id": "bo", "name": "Bo" }],
        "pools": [
            { "id": "hers", "members": ["anna"] },
            { "id": "his", "members": ["bo"] },
            { "id": "all", "members": ["anna", "bo"] },
        ],
        "profiles": [{
            "id": "leads",
            "redistribute": "always",
            "sla": { "steps": [{ "after": "15m", "do": "reassign" }] },
            "rules": [
                { "id": "either", "when": { "field": "message", "op": "eq", "value": "either" }, "then": [{ "pool": "all" }] },
                { "id": "his", "when": { "field": "message", "op": "eq", "value": "his" }, "then": [{ "pool": "his" }] },
            ],
            "default": { "pool": "hers" },
        }],
    })
}

fn inquiry(number: usize, message: &str) -> Value {
    json!({ "email": format!("lead{number}@example.com"), "message": message })
}

fn won(lead: &LeadId) -> LeadsMessage {
    LeadsMessage::Changed { account: account(), lead: lead.clone(), stage: "won".to_owned() }
}

/// What happens after the first decision and before its commit; after it the process ends, where it is to end.
fn around_commit(before: impl AsyncFn() + Send + Sync + 'static, ends: bool) -> Points {
    let passed = AtomicBool::new(false);
    Points::calling(move |point| match point {
        Point::BeforeCommit if !passed.swap(true, Ordering::SeqCst) => {
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(before()));
        }
        // Without the panic hook, whose output would look like a failure.
        Point::AfterCommit if ends => std::panic::resume_unwind(Box::new("the process ends here")),
        _ => {}
    })
}

/// Handles a message by a process in which that happens; when it ends, the message comes again, to another one.
async fn handle_with(setting: &Setting, points: Points, message: LeadsMessage) {
    let batch = vec![record("m".to_owned(), message)];
    let evaluate = setting.evaluate_with(setting.table.store.clone(), points);
    if AssertUnwindSafe(evaluate.handle(batch.clone())).catch_unwind().await.is_err() {
        hand_over(&setting.evaluate(), vec![batch]).await;
    }
    setting.own_messages().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_that_is_parked_while_somebody_is_freed_is_looked_at_again() {
    for ends in [false, true] {
        let setting = Arc::new(Setting::start(&config()).await);
        let first = setting.lead(inquiry(0, "")).await;
        let received = setting.accept(inquiry(1, ""));
        let frees = {
            let (setting, first) = (Arc::clone(&setting), first.clone());
            async move || setting.send(won(&first)).await
        };
        handle_with(&setting, around_commit(frees, ends), event(&received)).await;
        assert_eq!(setting.whose(&LeadId::from_event(&received.event)).await, "anna", "ends: {ends}");
        setting.prove().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_freed_by_a_service_level_is_told_of_when_the_process_ends() {
    let setting = Setting::start(&config()).await;
    let overdue = setting.lead(inquiry(0, "either")).await;
    let waits = setting.lead(inquiry(1, "")).await;
    assert_eq!([setting.whose(&overdue).await, setting.whose(&waits).await], ["anna", "parked"]);
    setting.set_now(at("2026-07-21T10:15:00Z"));
    let due = LeadsMessage::Due { account: account(), lead: overdue.clone(), attempt: 1, step: 1 };
    handle_with(&setting, around_commit(async || {}, true), due).await;
    assert_eq!([setting.whose(&overdue).await, setting.whose(&waits).await], ["bo", "anna"]);
    setting.prove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_freed_by_another_inquiry_is_told_of_when_the_process_ends() {
    let setting = Setting::start(&config()).await;
    let moves = setting.lead(inquiry(0, "")).await;
    let waits = setting.lead(inquiry(1, "")).await;
    assert_eq!([setting.whose(&moves).await, setting.whose(&waits).await], ["anna", "parked"]);
    let again = setting.accept(inquiry(0, "his"));
    handle_with(&setting, around_commit(async || {}, true), event(&again)).await;
    assert_eq!([setting.whose(&moves).await, setting.whose(&waits).await], ["bo", "anna"]);
    setting.prove().await;
}

/// Each lead goes to twenty partners that take nobody twice: what remembers a person by email and phone is too much for one
/// transaction, and so are two leads with one of them.
fn config_of_many(active: bool) -> Value {
    let partner =
        |number: usize| json!({ "id": format!("p{number}"), "name": "P", "active": active, "duplicate_days": 30 });
    let pool = |number: usize| json!({ "id": format!("pool{number}"), "members": [format!("p{number}")] });
    let rule = |number: usize| json!({ "id": format!("r{number}"), "then": [{ "pool": format!("pool{number}") }] });
    let rules: Vec<Value> = (0..20).map(rule).collect();
    json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": (0..20).map(partner).collect::<Vec<_>>(),
        "pools": (0..20).map(pool).collect::<Vec<_>>(),
        "profiles": [{ "id": "leads", "match": "all", "rules": rules }],
    })
}

#[tokio::test]
async fn a_walk_goes_on_past_what_does_not_fit_into_a_transaction() {
    let setting = Setting::start(&config_of_many(false)).await;
    let mut leads = Vec::new();
    for number in 0..5 {
        setting.set_now(setting.now() + jiff::SignedDuration::from_secs(1));
        let mut payload = json!({ "email": format!("lead{number}@example.com") });
        if number == 1 {
            payload["phone"] = json!("+4930111111");
        }
        leads.push(setting.lead(payload).await);
    }
    setting.publish(&config_of_many(true)).await;
    let drain = Drain { rules_changed: true, ..Drain::default() };
    setting.send(LeadsMessage::Drain { account: account(), drain }).await;
    for (number, lead) in leads.iter().enumerate() {
        let held = setting.read(lead).await.held().count();
        assert_eq!(held, if number == 1 { 0 } else { 20 }, "lead {number}");
    }
    setting.prove().await;
}

/// What an environment that has read the rules before sends itself about a lead, with the seconds that it waits.
fn own(setting: &Setting) -> Vec<(LeadsMessage, u64)> {
    let sent: Vec<LeadsMessage> = setting.leads.sent();
    let delays = setting.leads.entries().into_iter().map(|entry| entry["DelaySeconds"].as_u64().unwrap_or_default());
    sent.into_iter().zip(delays).collect()
}

#[tokio::test]
async fn a_walk_because_of_other_rules_is_made_by_those_in_force() {
    let setting = Setting::start(&config()).await;
    // An environment that has read the rules and looks again in two seconds only.
    let evaluate = setting.evaluate();
    let full = setting.accept(inquiry(0, ""));
    hand_over(&evaluate, vec![vec![record("m".to_owned(), event(&full))]]).await;
    let mut more = config();
    more["assignees"][0]["capacity"]["leads"] = json!(2);
    setting.publish(&more).await;
    let received = setting.accept(inquiry(1, ""));
    hand_over(&evaluate, vec![vec![record("m".to_owned(), event(&received))]]).await;
    let lead = LeadId::from_event(&received.event);
    assert_eq!(setting.whose(&lead).await, "parked");
    let own = own(&setting);
    let [(walk, delay)] = own.as_slice() else { panic!("{own:?}") };
    assert_eq!(*delay, 5, "until then all others have seen them too");
    hand_over(&evaluate, vec![vec![record("own".to_owned(), walk.clone())]]).await;
    assert_eq!(setting.whose(&lead).await, "anna");
    setting.prove().await;
}

#[tokio::test]
async fn a_lead_that_is_put_into_a_queue_of_before_is_decided_by_the_rules_in_force() {
    let mut queued = config();
    queued["queues"] = json!([{ "id": "hot", "members": ["anna"] }]);
    queued["profiles"][0]["default"] = json!({ "queue": "hot" });
    let setting = Setting::start(&queued).await;
    // An environment that has read the rules and looks again in two seconds only.
    let evaluate = setting.evaluate();
    let first = setting.accept(inquiry(0, "his"));
    hand_over(&evaluate, vec![vec![record("m".to_owned(), event(&first))]]).await;
    setting.publish(&config()).await;
    let received = setting.accept(inquiry(1, ""));
    hand_over(&evaluate, vec![vec![record("m".to_owned(), event(&received))]]).await;
    let lead = LeadId::from_event(&received.event);
    assert_eq!(setting.whose(&lead).await, "queued");
    setting.own_messages().await;
    assert_eq!(setting.whose(&lead).await, "anna");
    setting.prove().await;
}

#[tokio::test]
async fn a_walk_takes_no_time_from_the_other_messages_of_its_batch() {
    let setting = Arc::new(Setting::start(&config()).await);
    let first = setting.lead(inquiry(0, "")).await;
    let (second, third) = (setting.lead(inquiry(1, "")).await, setting.lead(inquiry(2, "")).await);
    hand_over(&setting.evaluate(), vec![vec![record("m".to_owned(), won(&first))]]).await;
    // The first commit takes all of the time.
    let clock = Arc::clone(&setting);
    let points = Points::calling(move |point| {
        if point == Point::AfterCommit {
            clock.set_now(at("2026-07-21T11:00:00Z"));
        }
    });
    let evaluate = setting.evaluate_with(setting.table.store.clone(), points);
    let walk = LeadsMessage::Drain { account: account(), drain: Drain::default() };
    let mut batch = vec![record("walk".to_owned(), walk), record("won".to_owned(), won(&third))];
    for record in &mut batch {
        record.deadline = at("2026-07-21T10:30:00Z");
    }
    let results = evaluate.handle(batch).await;
    let done =
        |id: &str| results.iter().any(|result| matches!(result, RecordResult::Done { message_id } if message_id == id));
    assert!(done("won") && !done("walk"), "{results:?}");
    assert_eq!([setting.whose(&second).await, setting.whose(&third).await], ["parked", "nobody"]);
}
