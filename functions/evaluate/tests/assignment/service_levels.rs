//! By when a lead is to be contacted: reminders, reassignment, escalation; and timers that come too late do nothing.

use leadyard_domain::assignment::Ending;
use leadyard_domain::handover;
use leadyard_domain::id::LeadId;
use leadyard_domain::message::{DeliveryMessage, LeadsMessage};
use leadyard_store::{Commit, LeadWrite, Settled};
use serde_json::{Value, json};

use crate::setting::{Setting, account, at, hand_over, record};

fn config(clock: &str) -> Value {
    json!({
        "sources": [{ "id": "web", "format": "json" }],
        "schedules": [{ "id": "office", "hours": { "tuesday": ["09:00-10:20"], "wednesday": ["09:00-17:00"] } }],
        "assignees": [
            { "id": "anna", "name": "Anna", "schedule": "office", "destinations": ["crm"] },
            { "id": "bo", "name": "Bo", "schedule": "office", "destinations": ["crm"] },
            { "id": "boss", "name": "Boss", "destinations": ["phone"] },
        ],
        "destinations": [
            { "id": "crm", "channel": { "webhook": { "url": "https://crm.example" } } },
            { "id": "phone", "channel": { "webhook": { "url": "https://phone.example" } } },
        ],
        "pools": [{ "id": "all", "members": ["anna", "bo"] }],
        "profiles": [{
            "id": "leads",
            "rules": [{
                "id": "hot",
                "then": [{ "pool": "all" }],
                "sla": { "clock": clock, "steps": [
                    { "after": "15m", "do": "remind" },
                    { "after": "30m", "do": "reassign" },
                    { "after": "1h", "do": { "escalate": "boss" } },
                ] },
            }],
        }],
    })
}

/// The deliveries that were asked for since the last look, by attempt, step and destination.
fn asked(setting: &Setting, seen: &mut usize) -> Vec<String> {
    let sent: Vec<DeliveryMessage> = setting.webhook.sent();
    let new = sent.iter().skip(std::mem::replace(seen, sent.len()));
    let mut told: Vec<String> = new
        .map(|its| {
            let step = its.delivery.notice().map(|step| format!(".{step}")).unwrap_or_default();
            format!("{}{step} {}", its.delivery.attempt().unwrap_or_default(), its.delivery.destination())
        })
        .collect();
    told.sort();
    told.dedup();
    told
}

#[tokio::test]
async fn remind_then_reassign_then_escalate() {
    let setting = Setting::start(&config("wall")).await;
    let mut seen = 0;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    assert_eq!(asked(&setting, &mut seen), ["1 crm"]);
    setting.wait_until("2026-07-21T10:14:59Z").await;
    assert_eq!(asked(&setting, &mut seen), [""; 0]);
    setting.wait_until("2026-07-21T10:15:00Z").await;
    assert!(asked(&setting, &mut seen).contains(&"1.1 crm".to_owned()), "Anna is reminded");
    assert_eq!(setting.whose(&lead).await, "anna");
    setting.prove().await;
    // At half past ten nobody works: whoever has it keeps it.
    setting.wait_until("2026-07-21T10:30:00Z").await;
    assert_eq!(setting.whose(&lead).await, "anna");
    setting.wait_until("2026-07-21T11:00:00Z").await;
    assert!(asked(&setting, &mut seen).contains(&"1.3 phone".to_owned()), "the boss is told");
    assert_eq!(setting.assignments(&lead).await.len(), 1);
    assert!(setting.schedules.waiting().is_empty());
    setting.prove().await;
}

#[tokio::test]
async fn the_next_one_gets_a_lead_that_is_overdue_and_timers_of_its_own() {
    let mut always = config("wall");
    for place in 0..2 {
        always["assignees"][place].as_object_mut().unwrap().remove("schedule");
    }
    let setting = Setting::start(&always).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    setting.wait_until("2026-07-21T10:30:00Z").await;
    assert_eq!(setting.whose(&lead).await, "bo");
    let read = setting.read(&lead).await;
    assert_eq!(read.holdings[0].ended.as_ref().unwrap().how, Ending::Overdue);
    // The timer of the first attempt comes late: nobody is told.
    let mut seen = setting.webhook.sent::<DeliveryMessage>().len();
    setting.send(LeadsMessage::Due { account: account(), lead: lead.clone(), attempt: 1, step: 3 }).await;
    assert!(asked(&setting, &mut seen).iter().all(|told| told == "2 crm"), "asking for what stands is harmless");
    setting.prove().await;
    // Nobody is left who had not had it: Bo keeps it.
    setting.wait_until("2026-07-21T11:05:00Z").await;
    assert_eq!(setting.whose(&lead).await, "bo");
    setting.wait_until("2026-07-21T12:00:00Z").await;
    assert!(asked(&setting, &mut seen).contains(&"2.3 phone".to_owned()));
    setting.prove().await;
}

#[tokio::test]
async fn working_time_stands_still_overnight() {
    let setting = Setting::start(&config("working")).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    let due: Vec<String> = setting.schedules.waiting().into_iter().map(|waiting| waiting.at).collect();
    assert_eq!(due, ["2026-07-21T10:15:00"]);
    setting.wait_until("2026-07-21T23:00:00Z").await;
    // Twenty minutes on Tuesday, ten on Wednesday.
    let due: Vec<String> = setting.schedules.waiting().into_iter().map(|waiting| waiting.at).collect();
    assert_eq!(due, ["2026-07-22T09:10:00"]);
    setting.wait_until("2026-07-22T09:10:00Z").await;
    assert_eq!(setting.whose(&lead).await, "bo");
    setting.prove().await;
}

/// Records a contact as the API does.
async fn contact(setting: &Setting, lead: &LeadId) {
    let mut lead = setting.read(lead).await;
    let previous = Some(lead.standing.clone());
    handover::contact(&mut lead, setting.now());
    lead.version += 1;
    let lead = Some(LeadWrite { lead, previous, keys: Vec::new() });
    let settled = vec![Settled { record: None, lead, assignments: Vec::new(), seen: None, activity: None }];
    let commit = Commit {
        account: account(),
        now: setting.now(),
        log_days: 90,
        had_days: 0,
        settled,
        before: Default::default(),
        after: Default::default(),
    };
    setting.table.store.commit(&commit).await.unwrap();
}

#[tokio::test]
async fn a_contact_ends_it() {
    let setting = Setting::start(&config("wall")).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    setting.wait_until("2026-07-21T10:16:00Z").await;
    contact(&setting, &lead).await;
    let mut seen = setting.webhook.sent::<DeliveryMessage>().len();
    setting.wait_until("2026-07-21T12:00:00Z").await;
    assert!(asked(&setting, &mut seen).iter().all(|told| !told.contains("phone")));
    assert_eq!(setting.whose(&lead).await, "anna");
    assert!(setting.schedules.waiting().is_empty());
    setting.prove().await;
}

#[tokio::test]
async fn a_timer_that_comes_early_comes_again() {
    let setting = Setting::start(&config("wall")).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    let mut seen = setting.webhook.sent::<DeliveryMessage>().len();
    // It has run, and is not deleted yet: another schedule of its name would not be made.
    let timer: LeadsMessage = serde_json::from_str(&setting.schedules.waiting()[0].body).unwrap();
    for (now, again_in) in [("2026-07-21T09:45:00Z", 900), ("2026-07-21T10:14:49.5Z", 11)] {
        setting.set_now(at(now));
        hand_over(&setting.evaluate(), vec![vec![record("timer".to_owned(), timer.clone())]]).await;
        let entry = setting.leads.entries().pop().unwrap();
        assert_eq!(entry["DelaySeconds"], again_in);
    }
    assert!(asked(&setting, &mut seen).iter().all(|told| told == "1 crm"));
    setting.set_now(at("2026-07-21T10:15:00Z"));
    setting.own_messages().await;
    assert!(asked(&setting, &mut seen).contains(&"1.1 crm".to_owned()));
    assert_eq!(setting.whose(&lead).await, "anna");
}
