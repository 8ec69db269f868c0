//! Leads into a LeadSquared account.

use leadyard_domain::message::LeadsMessage;
use leadyard_fakes::Leadsquared;
use leadyard_store::ReplayRequest;
use serde_json::{Value, json};

use crate::setting::{Setting, account};

fn channel(more: Value) -> Value {
    let mut channel = json!({ "access_key": "access", "secret_key": "secret" });
    channel.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    channel
}

/// An account, and a destination that leads to it.
async fn start(more: Value) -> (Setting, Leadsquared) {
    let crm = Leadsquared::new("acc-3ss-key", "s3cr3t-key");
    let setting = Setting::start(channel(more), json!({}), crm.script()).await;
    (setting, crm)
}

/// All that is on record of a delivery.
async fn kept(setting: &Setting, delivery: &leadyard_domain::id::DeliveryId) -> String {
    format!("{:?} {:?}", setting.last(delivery).await, setting.record(delivery).await)
}

#[tokio::test]
async fn a_new_lead_is_made_and_a_known_one_is_found() {
    let (setting, crm) = start(json!({ "search_by": "EmailAddress" })).await;
    let first = setting.lead(1).await;
    setting.try_it(&first, 1).await;
    assert_eq!(setting.status(&first).await, "delivered");
    assert_eq!(setting.record(&first).await.unwrap().channel, "leadsquared");
    let leads = crm.leads();
    assert_eq!(leads.len(), 1);
    assert_eq!((leads[0]["FirstName"].as_str(), leads[0]["EmailAddress"].as_str()), ("Jane Doe", "jane@example.com"));
    // Another lead of the same person, with more to say.
    let fields =
        json!({ "EmailAddress": "{{ lead.fields.email }}", "Company": "Acme", "mx_City": "{{ lead.fields.city }}" });
    setting.publish(channel(json!({ "search_by": "EmailAddress", "fields": fields })), json!({}), 1).await;
    setting.pass(5);
    let second = setting.lead(2).await;
    setting.try_it(&second, 1).await;
    assert_eq!(setting.status(&second).await, "delivered");
    let leads = crm.leads();
    assert_eq!(leads.len(), 1, "it is the same lead there");
    assert_eq!((leads[0]["FirstName"].as_str(), leads[0]["Company"].as_str()), ("Jane Doe", "Acme"));
    assert!(!leads[0].contains_key("mx_City"), "an empty value would take away what is known");
    let came = &setting.receiver.came()[1];
    assert_eq!(came.header("idempotency-key"), Some(second.as_str()));
    assert!(!came.what.contains('?'), "no key stands in the address: {}", came.what);
}

#[tokio::test]
async fn a_lead_is_found_by_what_the_destination_names() {
    let fields = json!({ "EmailAddress": "{{ lead.fields.email }}", "Company": "Acme" });
    let (setting, crm) = start(json!({ "search_by": "Company", "fields": fields })).await;
    crm.enter(&[("Company", "Acme"), ("Phone", "+1")]);
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!((setting.status(&delivery).await, crm.leads().len()), ("delivered", 1));
    assert_eq!(crm.leads()[0].get("EmailAddress").map(String::as_str), Some("jane@example.com"));
}

#[tokio::test]
async fn what_is_sent_twice_is_one_lead_there() {
    let (setting, crm) = start(json!({})).await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    let replay = ReplayRequest {
        account: account(),
        delivery: delivery.clone(),
        force: true,
        by: "ops".into(),
        now: setting.now(),
    };
    setting.table.store.request_replay(&replay).await.unwrap();
    setting.try_it(&delivery, 2).await;
    assert_eq!((setting.status(&delivery).await, setting.receiver.came().len()), ("delivered", 2));
    assert_eq!(crm.leads().len(), 1);
}

#[tokio::test]
async fn wrong_keys_end_it_with_what_to_check_and_are_kept_nowhere() {
    let (setting, crm) = start(json!({})).await;
    setting.set_secret("access", "an-0ld-key").await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!((setting.status(&delivery).await, crm.leads().len()), ("dead", 0));
    let attempt = setting.last(&delivery).await;
    assert!(attempt.reason.unwrap().contains("check the secrets of 'access_key' and 'secret_key'"));
    assert_eq!(attempt.exchange.response_status, Some(401));
    let kept = kept(&setting, &delivery).await;
    assert!(kept.contains("Invalid keys") && kept.contains("x-lsq-accesskey"), "the exchange is on record: {kept}");
    for key in ["an-0ld-key", "s3cr3t-key", "acc-3ss-key"] {
        assert!(!kept.contains(key), "{key}: {kept}");
    }
    // Once they are right, it goes through.
    setting.set_secret("access", "acc-3ss-key").await;
    setting.pass(600);
    let replay = ReplayRequest {
        account: account(),
        delivery: delivery.clone(),
        force: false,
        by: "ops".into(),
        now: setting.now(),
    };
    setting.table.store.request_replay(&replay).await.unwrap();
    setting.try_it(&delivery, 2).await;
    assert_eq!((setting.status(&delivery).await, crm.leads().len()), ("delivered", 1));
}

#[tokio::test]
async fn a_key_without_a_value_sends_nothing() {
    let (setting, _) = start(json!({ "secret_key": "none" })).await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!((setting.status(&delivery).await, setting.receiver.came().len()), ("dead", 0));
    let attempt = setting.last(&delivery).await;
    assert_eq!(attempt.code.as_deref(), Some("E_SECRET"));
    assert!(attempt.reason.unwrap().contains("'none'"));
}

#[tokio::test]
async fn an_attribute_that_the_account_has_not_is_named_and_nothing_of_the_lead() {
    let fields = json!({ "EmailAddress": "{{ lead.fields.email }}", "mx_Colour": "{{ lead.fields.full_name }}" });
    let (setting, crm) = start(json!({ "fields": fields })).await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!((setting.status(&delivery).await, crm.leads().len()), ("dead", 0));
    let reason = setting.last(&delivery).await.reason.unwrap();
    assert!(reason.contains("MXUnknownAttributeException") && reason.ends_with("it names mx_Colour"), "{reason}");
    assert!(!reason.contains("Jane") && !reason.contains("jane@"), "{reason}");
    assert!(setting.put_off().is_empty(), "no repeat mends it");
}

#[tokio::test]
async fn what_is_too_much_for_the_plan_waits_and_then_goes_through() {
    let (setting, crm) = start(json!({})).await;
    crm.refuse(1);
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!((setting.status(&delivery).await, crm.leads().len()), ("retry", 0));
    let (message, wait_s) = setting.put_off().pop().unwrap();
    assert!((5..=6).contains(&wait_s), "{wait_s}");
    setting.pass(10);
    setting.handle(message).await.unwrap();
    assert_eq!((setting.status(&delivery).await, crm.leads().len()), ("delivered", 1));
}

#[tokio::test]
async fn a_value_that_another_lead_has_is_a_duplicate() {
    let fields = json!({ "EmailAddress": "{{ lead.fields.email }}", "Phone": "+1" });
    let (setting, crm) = start(json!({ "search_by": "Phone", "fields": fields })).await;
    crm.enter(&[("EmailAddress", "jane@example.com")]);
    crm.enter(&[("Phone", "+1")]);
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!(setting.status(&delivery).await, "rejected");
    let told = setting.told_evaluate();
    let [LeadsMessage::Reassign { reason: Some(reason), .. }] = &told[..] else { panic!("{told:?}") };
    assert!(reason.contains("unique") && !reason.contains("jane@"), "{reason}");
    // Who keeps to what is there has no such trouble.
    let more =
        json!({ "search_by": "Phone", "fields": { "Phone": "+1", "Company": "Acme" }, "update": "only_empty_fields" });
    setting.publish(channel(more), json!({}), 1).await;
    setting.pass(5);
    let next = setting.lead(2).await;
    setting.try_it(&next, 1).await;
    assert_eq!(setting.status(&next).await, "delivered");
    assert_eq!(crm.leads()[1].get("Company").map(String::as_str), Some("Acme"));
}

#[tokio::test]
async fn an_activity_is_made_on_the_lead_that_is_found() {
    let activity =
        json!({ "event": 201, "note": "By {{ assignee.name }}", "fields": { "mx_Custom_1": "{{ lead.source }}" } });
    let (setting, crm) = start(json!({ "activity": activity })).await;
    crm.enter(&[("Phone", "+1")]);
    crm.enter(&[("EmailAddress", "jane@example.com")]);
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!((setting.status(&delivery).await, crm.leads().len()), ("delivered", 2));
    assert_eq!(crm.leads()[1].get("FirstName").map(String::as_str), Some("Jane Doe"));
    let activities = crm.activities();
    assert_eq!(activities.len(), 1);
    assert_eq!(activities[0].0, 1, "it hangs at the one with the email");
    let expected = json!({
        "ActivityEvent": 201,
        "ActivityNote": "By Anna",
        "ActivityDateTime": "2026-07-21 10:00:00",
        "Fields": [{ "SchemaName": "mx_Custom_1", "Value": "web" }],
    });
    assert_eq!(activities[0].1, expected);
    // A type that the account has not.
    setting.publish(channel(json!({ "activity": { "event": 999 } })), json!({}), 1).await;
    setting.pass(5);
    let next = setting.lead(2).await;
    setting.try_it(&next, 1).await;
    assert_eq!((setting.status(&next).await, crm.activities().len()), ("dead", 1));
    assert!(setting.last(&next).await.reason.unwrap().contains("'activity.event'"));
}

#[tokio::test]
async fn an_answer_of_somebody_else_s_server_is_not_taken_for_success() {
    let page = |_: &leadyard_fakes::Came| leadyard_fakes::Answered::With(200, Vec::new(), "<html>Welcome".to_owned());
    let setting = Setting::start(channel(json!({})), json!({}), page).await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!(setting.status(&delivery).await, "unknown");
    assert!(setting.last(&delivery).await.reason.unwrap().contains("'host'"));
}
