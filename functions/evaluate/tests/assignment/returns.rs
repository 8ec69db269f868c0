//! Leads that come back: rejected, returned, taken away by hand. The next candidate gets them, nobody twice; what was moved
//! is moved back.

use std::panic::AssertUnwindSafe;

use evaluate::point::{Point, Points};
use futures_util::FutureExt as _;
use jiff::tz::TimeZone;
use leadyard_domain::assignment::{Assignment, Cause, Ending};
use leadyard_domain::delivery::{DeliveryRecord, DeliveryStatus};
use leadyard_domain::id::{AssigneeId, DeliveryId, LeadId};
use leadyard_domain::message::{DeliveryMessage, LeadsMessage};
use serde_json::{Value, json};

use crate::setting::{START, Setting, account, assignee, at, hand_over, record};

fn config() -> Value {
    json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": [
            { "id": "anna", "name": "Anna", "destinations": ["crm"], "caps": [{ "period": "day", "limit": 1 }] },
            { "id": "bo", "name": "Bo", "destinations": ["crm"] },
            { "id": "cy", "name": "Cy", "destinations": ["crm"] },
            { "id": "boss", "name": "Boss" },
        ],
        "destinations": [{ "id": "crm", "channel": { "webhook": { "url": "https://crm.example" } } }],
        "pools": [
            { "id": "teams", "members": [{ "pool": "one" }, { "pool": "two" }] },
            { "id": "one", "members": ["anna"] },
            { "id": "two", "members": ["bo", "cy"] },
        ],
        "profiles": [{ "id": "leads", "default": { "pool": "teams" } }],
    })
}

fn reassign(lead: &LeadId, attempt: u32, how: Ending, to: Option<AssigneeId>) -> LeadsMessage {
    let (reason, by) = (Some("no answer".to_owned()), Some("ops".to_owned()));
    let at = at(START);
    LeadsMessage::Reassign { account: account(), lead: lead.clone(), attempt, how, reason, by, to, at }
}

#[tokio::test]
async fn a_rejected_lead_goes_to_the_next_and_nobody_is_asked_twice() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    assert_eq!(setting.whose(&lead).await, "anna");
    for (attempt, next) in [(1, "bo"), (2, "cy"), (3, "parked")] {
        setting.send(reassign(&lead, attempt, Ending::Rejected, None)).await;
        assert_eq!(setting.whose(&lead).await, next);
        setting.prove().await;
    }
    let assignments = setting.assignments(&lead).await;
    assert_eq!(assignments[3].cause, Cause::Ended { attempt: 3, how: Ending::Rejected });
    let read = setting.read(&lead).await;
    let ended = read.holdings[0].ended.clone().unwrap();
    assert_eq!(
        (ended.how, ended.reason.as_deref(), ended.by.as_deref()),
        (Ending::Rejected, Some("no answer"), Some("ops"))
    );
    assert_eq!((ended.refunds.len(), read.owner), (2, None), "both pools took back their pick");
    // Anna's cap of one is hers again.
    let other = setting.lead(json!({ "email": "b@example.com" })).await;
    assert_eq!(setting.whose(&other).await, "anna");
    let asked: Vec<String> =
        setting.webhook.sent::<DeliveryMessage>().iter().map(|its| its.delivery.to_string()).collect();
    assert_eq!(asked.len(), 4, "three offers of the one and one of the other: {asked:?}");
    setting.prove().await;
}

#[tokio::test]
async fn a_message_that_comes_again_ends_nothing_twice() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    for _ in 0..3 {
        setting.send(reassign(&lead, 1, Ending::Returned, None)).await;
    }
    assert_eq!(setting.whose(&lead).await, "bo");
    assert_eq!(setting.assignments(&lead).await.len(), 2);
    setting.send(reassign(&lead, 9, Ending::Returned, None)).await;
    assert_eq!(setting.whose(&lead).await, "bo", "an attempt that never was ends nothing");
    setting.prove().await;
}

#[tokio::test]
async fn by_hand_a_lead_goes_to_whom_a_person_names_if_that_one_can_take_it() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    setting.send(reassign(&lead, 1, Ending::Reassigned, Some(assignee("boss")))).await;
    assert_eq!(setting.whose(&lead).await, "boss");
    // Anna had it before: a person may say so again. She has one lead a day, and that came back.
    setting.send(reassign(&lead, 2, Ending::Reassigned, Some(assignee("anna")))).await;
    assert_eq!(setting.whose(&lead).await, "anna");
    let other = setting.lead(json!({ "email": "b@example.com" })).await;
    assert_eq!(setting.whose(&other).await, "bo");
    setting.send(reassign(&other, 1, Ending::Reassigned, Some(assignee("anna")))).await;
    assert_eq!(setting.whose(&other).await, "bo", "a cap is not exceeded by hand either");
    // The same message again is not another attempt.
    setting.send(reassign(&other, 1, Ending::Reassigned, Some(assignee("anna")))).await;
    assert_eq!(setting.assignments(&other).await.len(), 2);
    let last = setting.assignments(&other).await.pop().unwrap();
    assert_eq!(last.outcome.name(), "nothing");
    assert!(last.trace.actions[0].candidates[0].ineligible.is_some(), "and it is on record why");
    setting.prove().await;
}

#[tokio::test]
async fn a_rule_gives_a_lead_once_though_another_one_matches_no_more() {
    let mut every = config();
    every["profiles"] = json!([{
        "id": "leads",
        "match": "all",
        "rules": [
            { "id": "fresh", "when": { "field": "stage", "op": "missing" }, "then": [{ "assign_to": "anna" }] },
            { "id": "any", "then": [{ "pool": "two" }] },
        ],
        "default": { "assign_to": "boss" },
    }]);
    let setting = Setting::start(&every).await;
    let stage =
        |lead: &LeadId| LeadsMessage::Changed { account: account(), lead: lead.clone(), stage: "called".into() };
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    assert_eq!(setting.whose(&lead).await, "anna bo");
    setting.send(stage(&lead)).await;
    setting.send(reassign(&lead, 1, Ending::Rejected, None)).await;
    assert_eq!(setting.whose(&lead).await, "bo", "Bo has it by the rule that still matches, so nobody else gets it");
    assert_eq!(setting.read(&lead).await.owner, Some(assignee("bo")));
    // When he gives it back, it is his rule's turn.
    setting.send(reassign(&lead, 2, Ending::Rejected, None)).await;
    assert_eq!(setting.whose(&lead).await, "cy");
    setting.prove().await;
    // Whom a person names gets it by none of the rules.
    let lead = setting.lead(json!({ "email": "b@example.com" })).await;
    assert_eq!(setting.whose(&lead).await, "anna bo");
    setting.send(stage(&lead)).await;
    setting.send(reassign(&lead, 1, Ending::Reassigned, Some(assignee("boss")))).await;
    assert_eq!(setting.whose(&lead).await, "bo boss");
    assert_eq!(setting.assignments(&lead).await[2].rule, None);
    setting.prove().await;
}

#[tokio::test]
async fn an_assignee_who_left_the_config_can_give_back_what_it_has() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    let mut without = config();
    without["assignees"].as_array_mut().unwrap().remove(0);
    without["pools"][1]["members"] = json!([]);
    setting.publish(&without).await;
    setting.send(reassign(&lead, 1, Ending::Reassigned, None)).await;
    assert_eq!(setting.whose(&lead).await, "bo");
    setting.prove().await;
}

#[tokio::test]
async fn a_pool_that_is_emptied_while_in_use_parks_with_its_reason() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    let mut emptied = config();
    for pool in 1..3 {
        emptied["pools"][pool]["members"] = json!([]);
    }
    setting.publish(&emptied).await;
    setting.send(reassign(&lead, 1, Ending::Rejected, None)).await;
    assert_eq!(setting.whose(&lead).await, "parked");
    let leadyard_domain::assignment::Standing::Parked { reason, .. } = setting.read(&lead).await.standing else {
        panic!()
    };
    assert_eq!(reason, "nobody in pool teams is eligible");
    setting.prove().await;
}

#[tokio::test]
async fn of_several_who_have_a_lead_one_gives_it_back() {
    let mut config = config();
    config["profiles"][0] = json!({
        "id": "leads",
        "match": "all",
        "rules": [
            { "id": "first", "then": [{ "assign_to": "boss" }] },
            { "id": "second", "then": [{ "pool": "two" }] },
        ],
    });
    let setting = Setting::start(&config).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    assert_eq!(setting.whose(&lead).await, "boss bo");
    setting.send(reassign(&lead, 2, Ending::Rejected, None)).await;
    assert_eq!(setting.whose(&lead).await, "boss cy", "by the rule that gave it, not by the others");
    setting.send(reassign(&lead, 3, Ending::Rejected, None)).await;
    assert_eq!(setting.whose(&lead).await, "boss", "it does not wait, for somebody has it");
    setting.send(reassign(&lead, 1, Ending::Rejected, None)).await;
    assert_eq!(setting.whose(&lead).await, "parked");
    setting.prove().await;
}

#[tokio::test]
async fn after_so_many_attempts_something_else_happens() {
    let mut config = config();
    config["queues"] = json!([{ "id": "by_hand", "members": ["boss"] }]);
    config["profiles"][0]["attempts"] = json!({ "at_most": 2, "then": [{ "queue": "by_hand" }] });
    let setting = Setting::start(&config).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    setting.send(reassign(&lead, 1, Ending::Rejected, None)).await;
    assert_eq!(setting.whose(&lead).await, "bo");
    setting.send(reassign(&lead, 2, Ending::Rejected, None)).await;
    assert_eq!(setting.whose(&lead).await, "queued", "cy was not asked");
    setting.prove().await;
}

/// What deliver-webhook books when a partner accepts the lead by an attempt.
async fn accept(setting: &Setting, assignment: &Assignment) {
    let id = DeliveryId::of(&assignment.lead, assignment.attempt, &"crm".parse().unwrap());
    let delivery = DeliveryRecord {
        id,
        account: account(),
        source: "web".parse().unwrap(),
        channel: "webhook".to_owned(),
        status: DeliveryStatus::Delivered,
        tries: 1,
        tries_before_replay: 0,
        reason: None,
        next_try_at: None,
        lease_until: None,
        created_at: setting.now(),
        updated_at: setting.now(),
    };
    setting.table.store.book_accepted(&TimeZone::UTC, assignment, &delivery).await.unwrap();
}

/// The entries of a partner in the month of [`START`].
async fn ledger(setting: &Setting, partner: &str) -> Vec<String> {
    let month = START[..7].parse().unwrap();
    let page = setting.table.store.ledger(&account(), &assignee(partner), month, 10, None).await.unwrap();
    page.rows.iter().map(|entry| format!("{} {} {}", entry.kind.name(), entry.attempt, entry.amount)).collect()
}

fn partners() -> Value {
    let mut config = config();
    for (place, price) in [(0, "42.50"), (1, "40")] {
        config["assignees"][place]["kind"] = json!("partner");
        config["assignees"][place]["price"] = json!(price);
    }
    config
}

#[tokio::test]
async fn what_a_partner_gives_back_is_credited_once_however_often_its_message_comes() {
    for how in [Ending::Rejected, Ending::Returned] {
        let setting = Setting::start(&partners()).await;
        let lead = setting.lead(json!({ "email": "a@example.com" })).await;
        accept(&setting, &setting.assignments(&lead).await[0]).await;
        // What a lead costs later changes nothing.
        let mut dearer = partners();
        dearer["assignees"][0]["price"] = json!("99");
        setting.publish(&dearer).await;
        for time in 1..=3 {
            setting.send(reassign(&lead, 1, how, None)).await;
            assert_eq!(ledger(&setting, "anna").await, ["charge 1 42.5", "credit 1 42.5"], "{how:?}, time {time}");
        }
        // The next one has it, and nobody has said yet that it arrived there.
        assert_eq!(setting.whose(&lead).await, "bo");
        assert_eq!(ledger(&setting, "bo").await, Vec::<String>::new());
        setting.send(reassign(&lead, 2, how, None)).await;
        assert_eq!(ledger(&setting, "bo").await, Vec::<String>::new(), "what was not charged is not credited");
        // The word that it had arrived comes late.
        accept(&setting, &setting.assignments(&lead).await[1]).await;
        assert_eq!(ledger(&setting, "bo").await, ["charge 2 40", "credit 2 40"]);
        setting.prove().await;
    }
}

#[tokio::test]
async fn a_lead_that_is_taken_away_by_hand_is_paid_for() {
    let setting = Setting::start(&partners()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    accept(&setting, &setting.assignments(&lead).await[0]).await;
    setting.send(reassign(&lead, 1, Ending::Reassigned, None)).await;
    assert_eq!(ledger(&setting, "anna").await, ["charge 1 42.5"]);
    // A return that comes afterwards ends nothing, and takes nothing back.
    setting.send(reassign(&lead, 1, Ending::Returned, None)).await;
    assert_eq!(ledger(&setting, "anna").await, ["charge 1 42.5"]);
    setting.prove().await;
}

#[tokio::test]
async fn a_credit_that_a_process_left_behind_is_made_when_the_message_comes_again() {
    let setting = Setting::start(&partners()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    accept(&setting, &setting.assignments(&lead).await[0]).await;
    let ends = Points::calling(|point| {
        if point == Point::AfterCommit {
            // Without the panic hook, whose output would look like a failure.
            std::panic::resume_unwind(Box::new("the process ends here"));
        }
    });
    let batch = vec![record("m".to_owned(), reassign(&lead, 1, Ending::Returned, None))];
    let evaluate = setting.evaluate_with(setting.table.store.clone(), ends);
    assert!(AssertUnwindSafe(evaluate.handle(batch.clone())).catch_unwind().await.is_err());
    assert!(setting.read(&lead).await.holdings[0].ended.is_some(), "the end is on record");
    assert_eq!(ledger(&setting, "anna").await, ["charge 1 42.5"]);
    hand_over(&setting.evaluate(), vec![batch]).await;
    assert_eq!(ledger(&setting, "anna").await, ["charge 1 42.5", "credit 1 42.5"]);
}
