//! What happens to a lead, told once, twice, late and by many at once.

use jiff::{SignedDuration, Timestamp};
use leadyard_domain::activity::{ACTIVITIES_MAX, Activity, ActivityOrigin};
use leadyard_domain::id::{AccountName, ActivityId, LeadId};
use leadyard_domain::lead::Lead;
use leadyard_domain::message::{DeliveryMessage, LeadsMessage};
use leadyard_store::{Commit, Settled};
use serde_json::{Value, json};

use crate::setting::{Setting, account, hand_over, record};

fn config() -> Value {
    json!({
        "sources": [{ "id": "web", "format": "json" }],
        "assignees": [{ "id": "anna", "name": "Anna", "destinations": ["crm"] }],
        "destinations": [{ "id": "crm", "channel": { "webhook": { "url": "https://crm.example" } } }],
        "pools": [{ "id": "all", "members": ["anna"] }],
        "profiles": [{ "id": "leads", "default": { "pool": "all" } }],
    })
}

/// A call of a lead with a note, told at a moment.
pub fn call(lead: &LeadId, external_id: &str, note: &str, told_at: Timestamp) -> LeadsMessage {
    let id = ActivityId::from_external(&account(), external_id);
    let activity = Activity {
        account: account(),
        lead: lead.clone(),
        kind: "call".parse().unwrap(),
        at: told_at - SignedDuration::from_mins(1),
        fields: [("note".to_owned(), json!(note))].into(),
        origin: ActivityOrigin { account: AccountName::of(&account()), id: id.to_string() },
        version: 1,
        updated_at: told_at,
        via: Vec::new(),
        created_at: told_at,
        id,
    };
    LeadsMessage::Activity { account: account(), activity: Box::new(activity) }
}

/// The activities of a lead, the latest first.
pub async fn told(setting: &Setting, lead: &LeadId) -> Vec<Activity> {
    setting.table.store.activities(&account(), lead, 1_000, None).await.unwrap().rows
}

/// What its calls say, each with its version.
async fn notes(setting: &Setting, lead: &LeadId) -> Vec<(String, u64)> {
    let note = |activity: &Activity| (activity.fields["note"].as_str().unwrap().to_owned(), activity.version);
    told(setting, lead).await.iter().map(note).collect()
}

/// Writes a lead as it is.
pub async fn put(setting: &Setting, lead: Lead) {
    let standing = lead.standing.clone();
    let settled = vec![Settled::known(lead, standing, Vec::new(), setting.now())];
    let (before, after) = Default::default();
    let commit = Commit { account: account(), now: setting.now(), log_days: 90, had_days: 0, settled, before, after };
    setting.table.store.commit(&commit).await.unwrap();
}

#[tokio::test]
async fn an_activity_that_comes_twice_is_one() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    let (before, sent) = (setting.read(&lead).await, setting.webhook.sent::<DeliveryMessage>().len());
    let later = setting.now() + SignedDuration::from_mins(2);
    setting.set_now(later);
    for _ in 0..2 {
        setting.send(call(&lead, "1", "busy", later)).await;
    }
    assert_eq!(notes(&setting, &lead).await, [("busy".to_owned(), 1)]);
    let after = setting.read(&lead).await;
    assert_eq!((after.version, after.activities, after.updated_at), (before.version + 1, 1, later));
    assert_eq!((&after.fields, &after.standing, &after.holdings), (&before.fields, &before.standing, &before.holdings));
    assert_eq!(setting.webhook.sent::<DeliveryMessage>().len(), sent, "nothing is delivered because of it");
    assert_eq!(told(&setting, &lead).await[0].created_at, later);
    setting.prove().await;
}

#[tokio::test]
async fn what_is_told_last_counts_in_whatever_order_it_comes() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    let (first, second) = (setting.now(), setting.now() + SignedDuration::from_secs(5));
    setting.send(call(&lead, "1", "busy", first)).await;
    setting.send(call(&lead, "1", "bought", second)).await;
    setting.send(call(&lead, "1", "busy", first)).await;
    setting.send(call(&lead, "2", "asked again", first)).await;
    let expected = [("bought".to_owned(), 2), ("asked again".to_owned(), 1)];
    assert_eq!(notes(&setting, &lead).await, expected);
    assert_eq!(setting.read(&lead).await.activities, 2);
    setting.prove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_are_all_there() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    let writers = (0..4).map(|writer| {
        let evaluate = setting.evaluate();
        // Two writers tell of each.
        let mine = (0..6).map(|number| call(&lead, &format!("{}", (writer / 2) * 6 + number), "busy", setting.now()));
        let mine: Vec<_> =
            mine.enumerate().map(|(number, message)| record(format!("{writer}-{number}"), message)).collect();
        async move { hand_over(&evaluate, mine.into_iter().map(|message| vec![message]).collect()).await }
    });
    futures_util::future::join_all(writers).await;
    assert_eq!(told(&setting, &lead).await.len(), 12);
    assert_eq!(setting.read(&lead).await.activities, 12);
    setting.prove().await;
}

#[tokio::test]
async fn a_lead_has_so_many_and_no_more() {
    let setting = Setting::start(&config()).await;
    let lead = setting.lead(json!({ "email": "a@example.com" })).await;
    setting.send(call(&lead, "1", "busy", setting.now())).await;
    put(&setting, Lead { activities: ACTIVITIES_MAX - 1, ..setting.read(&lead).await }).await;
    setting.send(call(&lead, "2", "busy", setting.now())).await;
    setting.send(call(&lead, "3", "one too many", setting.now())).await;
    assert_eq!(setting.read(&lead).await.activities, ACTIVITIES_MAX);
    assert_eq!(told(&setting, &lead).await.len(), 2);
    // A known one may still change.
    setting.send(call(&lead, "1", "bought", setting.now() + SignedDuration::from_secs(1))).await;
    assert!(notes(&setting, &lead).await.contains(&("bought".to_owned(), 2)));
}

#[tokio::test]
async fn one_of_a_lead_that_is_not_there_is_done() {
    let setting = Setting::start(&config()).await;
    let lead = LeadId::from_event(&crate::setting::received(7, json!({}), setting.now()).event);
    setting.send(call(&lead, "1", "busy", setting.now())).await;
    assert!(told(&setting, &lead).await.is_empty());
}
