//! A process that ends before or after each of its effects: the message comes again, to another process, and the history is
//! the one that it would have been.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use evaluate::point::{Point, Points};
use futures_util::FutureExt as _;
use leadyard_domain::activity::Activity;
use leadyard_domain::assignment::Ending;
use leadyard_domain::id::LeadId;
use leadyard_domain::message::{DeliveryMessage, Drain, LeadsMessage};
use leadyard_history::History;
use serde_json::{Value, json};

use crate::activities::{call, told};
use crate::edits::edit;
use crate::setting::{Setting, account, at, event, hand_over, record};

fn config() -> Value {
    json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": [
            { "id": "anna", "name": "Anna", "destinations": ["crm", "mail"], "caps": [{ "period": "day", "limit": 3 }] },
            { "id": "bo", "name": "Bo", "destinations": ["crm"], "caps": [{ "period": "day", "limit": 3 }] },
        ],
        "destinations": [
            { "id": "crm", "channel": { "webhook": { "url": "https://crm.example" } } },
            { "id": "mail", "channel": { "email": { "to": ["sales@example.com"] } } },
        ],
        "pools": [{ "id": "all", "members": ["anna", "bo"] }],
        "profiles": [{
            "id": "leads",
            "sla": { "steps": [{ "after": "15m", "do": "remind" }, { "after": "30m", "do": "reassign" }] },
            "default": { "pool": "all" },
        }],
    })
}

/// What happens, message after message: leads come, one is rejected, one is overdue, something happens to two of them, one is
/// corrected, one erased; the next day those that wait are tried.
async fn story(setting: &Setting) -> Vec<(&'static str, Vec<LeadsMessage>)> {
    let leads: Vec<_> =
        (0..8).map(|number| setting.accept(json!({ "email": format!("lead{number}@example.com") }))).collect();
    let id = |number: usize| LeadId::from_event(&leads[number].event);
    let account = account();
    let rejected = LeadsMessage::Reassign {
        account: account.clone(),
        lead: id(0),
        attempt: 1,
        how: Ending::Rejected,
        reason: Some("wrong number".to_owned()),
        by: None,
        to: None,
        at: at("2026-07-21T10:05:00Z"),
    };
    let due = |step| LeadsMessage::Due { account: account.clone(), lead: id(1), attempt: 1, step };
    let told = |number: usize| call(&id(number), "1", "busy", at("2026-07-21T10:34:00Z"));
    let moved = edit(&id(3), json!({ "city": "Berlin", "email": "moved@example.com" }), at("2026-07-21T10:36:00Z"));
    let erase = LeadsMessage::Erase {
        account: account.clone(),
        lead: id(4),
        by: "anna".to_owned(),
        at: at("2026-07-21T10:40:00Z"),
    };
    let won = LeadsMessage::Changed { account: account.clone(), lead: id(2), stage: "won".to_owned() };
    vec![
        ("2026-07-21T10:00:00Z", leads.iter().map(event).collect()),
        ("2026-07-21T10:05:00Z", vec![rejected]),
        ("2026-07-21T10:15:00Z", vec![due(1)]),
        ("2026-07-21T10:30:00Z", vec![due(2), won]),
        ("2026-07-21T10:35:00Z", vec![told(3), told(4)]),
        ("2026-07-21T10:36:00Z", vec![moved]),
        ("2026-07-21T10:40:00Z", vec![erase]),
        ("2026-07-22T00:00:00Z", vec![LeadsMessage::Drain { account, drain: Drain::default() }]),
    ]
}

/// What was asked for, each once: asking more often is harmless.
fn asked(setting: &Setting) -> (BTreeMap<String, u32>, Vec<String>) {
    let mut deliveries = BTreeMap::new();
    for message in setting.webhook.sent::<DeliveryMessage>().into_iter().chain(setting.email.sent::<DeliveryMessage>())
    {
        deliveries.insert(message.delivery.to_string(), message.number);
    }
    let schedules = setting.schedules.waiting().into_iter().map(|waiting| waiting.name).collect();
    (deliveries, schedules)
}

/// The activities of all leads.
async fn happened(setting: &Setting, history: &History) -> Vec<Activity> {
    let mut happened = Vec::new();
    for file in &history.leads {
        happened.extend(told(setting, &file.lead.id).await);
    }
    happened
}

/// Plays the story. The process ends when the points have been reached so often; a new one goes on with the same message.
async fn play(ends_at: Option<(Point, usize)>) -> (Setting, usize) {
    let setting = Setting::start(&config()).await;
    let reached = Arc::new(AtomicUsize::new(0));
    for (time, messages) in story(&setting).await {
        setting.set_now(at(time));
        let counter = Arc::clone(&reached);
        let points = Points::calling(move |point| {
            if let Some((ends_at, nth)) = ends_at
                && point == ends_at
                && counter.fetch_add(1, Ordering::SeqCst) == nth
            {
                // Without the panic hook, whose output would look like a failure.
                std::panic::resume_unwind(Box::new("the process ends here"));
            }
        });
        let evaluate = setting.evaluate_with(setting.table.store.clone(), points);
        let numbered = messages.into_iter().enumerate();
        let batch: Vec<_> = numbered.map(|(number, message)| record(format!("m{number}"), message)).collect();
        if AssertUnwindSafe(evaluate.handle(batch.clone())).catch_unwind().await.is_err() {
            hand_over(&setting.evaluate(), vec![batch]).await;
        }
        setting.own_messages().await;
    }
    (setting, reached.load(Ordering::SeqCst))
}

#[tokio::test]
async fn wherever_the_process_ends_the_history_is_the_same() {
    let (setting, _) = play(None).await;
    setting.prove().await;
    let (expected, expected_asked): (History, _) = (setting.history().await, asked(&setting));
    let expected_happened = happened(&setting, &expected).await;
    assert_eq!(expected_happened.len(), 1, "those of the erased lead are gone");
    assert!(expected_asked.0.len() > 8, "{expected_asked:?}");
    let mut ended = BTreeMap::new();
    for point in Point::ALL {
        for nth in 0.. {
            let (setting, reached) = play(Some((point, nth))).await;
            if reached <= nth {
                break;
            }
            setting.prove().await;
            assert_eq!(setting.history().await, expected, "ended at {point:?}, the {nth}th time");
            assert_eq!(asked(&setting), expected_asked, "ended at {point:?}, the {nth}th time");
            let happened = happened(&setting, &expected).await;
            assert_eq!(happened, expected_happened, "ended at {point:?}, the {nth}th time");
            *ended.entry(point).or_insert(0) += 1;
        }
    }
    assert_eq!(ended.len(), Point::ALL.len(), "{ended:?}");
}
