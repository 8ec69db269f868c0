//! Leads that wait: tried again when time, a freed capacity, a switch or a new config lets somebody take them; the oldest
//! first, each once, with one schedule a moment.

use leadyard_domain::availability::{Availability, Switch};
use leadyard_domain::id::LeadId;
use leadyard_domain::message::{Drain, LeadsMessage};
use serde_json::{Value, json};

use crate::setting::{Setting, account, assignee, at};

fn config() -> Value {
    json!({
        "account": { "timezone": "Europe/Berlin" },
        "sources": [{ "id": "web", "format": "json" }],
        "schedules": [{ "id": "office", "hours": { "tuesday": ["09:00-17:00"], "wednesday": ["09:00-17:00"] } }],
        "assignees": [
            { "id": "anna", "name": "Anna", "schedule": "office", "caps": [{ "period": "day", "limit": 2 }] },
            { "id": "bo", "name": "Bo", "active": false },
        ],
        "pools": [{ "id": "all", "members": ["anna", "bo"] }],
        "profiles": [{ "id": "leads", "default": { "pool": "all" } }],
    })
}

async fn leads(setting: &Setting, count: usize) -> Vec<LeadId> {
    let mut leads = Vec::new();
    for number in 0..count {
        // Each a second after the one before: who came first is told by that.
        setting.set_now(setting.now() + jiff::SignedDuration::from_secs(1));
        leads.push(setting.lead(json!({ "email": format!("lead{number}@example.com") })).await);
    }
    leads
}

async fn whose(setting: &Setting, leads: &[LeadId]) -> Vec<String> {
    let mut all = Vec::new();
    for lead in leads {
        all.push(setting.whose(lead).await);
    }
    all
}

#[tokio::test]
async fn they_go_to_whoever_can_take_them_next_the_oldest_first() {
    let setting = Setting::start(&config()).await;
    let leads = leads(&setting, 7).await;
    assert_eq!(whose(&setting, &leads).await, ["anna", "anna", "parked", "parked", "parked", "parked", "parked"]);
    setting.prove().await;
    // The cap is over at midnight, and she is back at nine: in Berlin, which is two hours ahead.
    let waiting: Vec<String> = setting.schedules.waiting().into_iter().map(|waiting| waiting.at).collect();
    assert_eq!(waiting, ["2026-07-22T07:00:00"], "one schedule for all of them");
    setting.wait_until("2026-07-22T06:59:59Z").await;
    assert_eq!(setting.whose(&leads[2]).await, "parked");
    setting.wait_until("2026-07-22T07:00:00Z").await;
    assert_eq!(whose(&setting, &leads[2..]).await, ["anna", "anna", "parked", "parked", "parked"]);
    // She does not work again before next Tuesday.
    let waiting: Vec<String> = setting.schedules.waiting().into_iter().map(|waiting| waiting.at).collect();
    assert_eq!(waiting, ["2026-07-28T07:00:00"]);
    setting.prove().await;
    setting.wait_until("2026-08-04T07:00:00Z").await;
    assert_eq!(whose(&setting, &leads[4..]).await, ["anna", "anna", "anna"]);
    setting.prove().await;
    let decided: Vec<usize> = {
        let mut decided = Vec::new();
        for lead in &leads {
            decided.push(setting.assignments(lead).await.len());
        }
        decided
    };
    assert_eq!(decided, [1, 1, 2, 2, 2, 2, 2], "who waits on is not decided again");
}

#[tokio::test]
async fn a_clock_that_is_behind_asks_again_and_loses_nothing() {
    let setting = Setting::start(&config()).await;
    let leads = leads(&setting, 3).await;
    // The schedule runs by its own clock; the function's is five minutes behind.
    let (moment, message) = setting.schedules.run_next::<LeadsMessage>().unwrap();
    assert_eq!(moment, "2026-07-22T07:00:00");
    setting.set_now(at("2026-07-22T06:55:00Z"));
    setting.send(message).await;
    assert_eq!(setting.whose(&leads[2]).await, "parked");
    assert_eq!(setting.schedules.waiting().len(), 1, "another one for the same moment");
    setting.wait_until("2026-07-22T07:00:00Z").await;
    assert_eq!(setting.whose(&leads[2]).await, "anna");
    setting.prove().await;
}

#[tokio::test]
async fn however_often_they_are_looked_at_one_schedule_waits_for_a_moment() {
    let setting = Setting::start(&config()).await;
    leads(&setting, 3).await;
    for minute in 1..4 {
        setting.set_now(at(&format!("2026-07-21T10:0{minute}:00Z")));
        setting.send(LeadsMessage::Drain { account: account(), drain: Drain::default() }).await;
    }
    assert_eq!(setting.schedules.waiting().len(), 1, "{:?}", setting.schedules.waiting());
}

#[tokio::test]
async fn a_switch_holds_from_the_next_lead_on() {
    let setting = Setting::start(&config()).await;
    let off = Availability { switch: Switch::Off, until: None, at: setting.now(), by: "ops".to_owned() };
    let switch = async |said: Option<&Availability>| {
        let store = &setting.table.store;
        store.set_availability(&account(), &assignee("anna"), said, "ops", setting.now()).await.unwrap();
    };
    switch(Some(&off)).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    assert_eq!(setting.whose(&lead).await, "parked");
    // On at midnight, whatever the schedule says.
    setting.set_now(at("2026-07-21T22:30:00Z"));
    let on = Availability { switch: Switch::On, at: setting.now(), ..off };
    switch(Some(&on)).await;
    setting.send(LeadsMessage::Drain { account: account(), drain: Drain::default() }).await;
    assert_eq!(setting.whose(&lead).await, "anna");
    switch(None).await;
    let second = setting.lead(json!({ "email": "b@example.com" })).await;
    assert_eq!(setting.whose(&second).await, "parked", "by her schedule again");
    setting.prove().await;
}

#[tokio::test]
async fn a_new_config_is_tried_on_all_that_wait() {
    let setting = Setting::start(&config()).await;
    let leads = leads(&setting, 30).await;
    let mut rules = config();
    rules["assignees"][1]["active"] = json!(true);
    rules["profiles"][0]["rules"] = json!([
        { "id": "odd", "when": { "field": "email", "op": "matches", "value": "lead\\d*[13579]@" }, "then": [{ "assign_to": "bo" }] },
        { "id": "even", "then": [{ "assign_to": "anna" }] },
    ]);
    setting.publish(&rules).await;
    let drain = Drain { rules_changed: true, ..Drain::default() };
    setting.send(LeadsMessage::Drain { account: account(), drain }).await;
    for (number, lead) in leads.iter().enumerate().skip(2) {
        let expected = if number % 2 == 1 { "bo" } else { "parked" };
        assert_eq!(setting.whose(lead).await, expected, "lead {number}");
        let last = setting.assignments(lead).await.pop().unwrap();
        assert_eq!(last.config_version, 2, "why it waits is told by the rules in force");
    }
    setting.prove().await;
}

#[tokio::test]
async fn two_walks_at_once_give_each_lead_once() {
    let setting = std::sync::Arc::new(Setting::start(&config()).await);
    let leads = leads(&setting, 40).await;
    let mut more = config();
    more["assignees"][0]["caps"] = json!([{ "period": "day", "limit": 25 }]);
    setting.publish(&more).await;
    let walks = (0..4).map(|_| {
        let setting = std::sync::Arc::clone(&setting);
        tokio::spawn(async move {
            let drain =
                LeadsMessage::Drain { account: account(), drain: Drain { rules_changed: true, ..Drain::default() } };
            crate::setting::hand_over(&setting.evaluate(), vec![vec![crate::setting::record("w".to_owned(), drain)]])
                .await;
        })
    });
    for walk in walks.collect::<Vec<_>>() {
        walk.await.unwrap();
    }
    let given = whose(&setting, &leads).await;
    assert_eq!(given[..25], vec!["anna"; 25], "the oldest first");
    assert_eq!(given[25..], vec!["parked"; 15]);
    setting.prove().await;
}

#[tokio::test]
async fn leads_of_a_queue_that_leaves_the_config_are_decided_anew() {
    let mut queued = config();
    queued["queues"] = json!([{ "id": "hot", "members": ["anna"] }]);
    queued["profiles"][0]["default"] = json!({ "queue": "hot" });
    let setting = Setting::start(&queued).await;
    let leads = leads(&setting, 3).await;
    assert_eq!(whose(&setting, &leads).await, ["queued", "queued", "queued"]);
    setting.prove().await;
    setting.publish(&config()).await;
    let drain = Drain { rules_changed: true, queue: Some("hot".parse().unwrap()), ..Drain::default() };
    setting.send(LeadsMessage::Drain { account: account(), drain }).await;
    assert_eq!(whose(&setting, &leads).await, ["anna", "anna", "parked"]);
    setting.prove().await;
}

#[tokio::test]
async fn a_lead_that_is_parked_by_rules_of_before_is_tried_by_those_in_force() {
    let setting = Setting::start(&config()).await;
    // An environment that has read the rules and looks again in two seconds only.
    let evaluate = setting.evaluate();
    let full: Vec<_> =
        (0..3).map(|number| setting.accept(json!({ "email": format!("{number}@example.com") }))).collect();
    let hand_over = async |received| {
        let batch = vec![crate::setting::record("m".to_owned(), crate::setting::event(received))];
        crate::setting::hand_over(&evaluate, vec![batch]).await;
    };
    hand_over(&full[0]).await;
    hand_over(&full[1]).await;
    let mut more = config();
    more["assignees"][1]["active"] = json!(true);
    setting.publish(&more).await;
    hand_over(&full[2]).await;
    let lead = LeadId::from_event(&full[2].event);
    assert_eq!(setting.whose(&lead).await, "parked");
    setting.own_messages().await;
    assert_eq!(setting.whose(&lead).await, "bo");
    setting.prove().await;
}
