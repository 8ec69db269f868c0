//! Leads that their platform has deleted.

use std::panic::AssertUnwindSafe;

use evaluate::point::{Point, Points};
use futures_util::FutureExt as _;
use leadyard_domain::assignment::Standing;
use leadyard_domain::decision::Needs;
use leadyard_domain::event::{EventStatus, Intent, Received};
use leadyard_domain::id::DeliveryId;
use leadyard_domain::message::LeadsMessage;
use leadyard_fakes::{Answered, Receiver};
use serde_json::{Value, json};

use crate::activities::{call, told as activities};
use crate::fetching::{config, hand, lead, logged, setting, told};
use crate::setting::{Setting, account, assignee, event, record};

fn created() -> Received {
    told("ads", "1 CREATED", &json!({"leadGenFormResponse": "urn:li:leadGenFormResponse:1"}), Intent::Fetch)
}

fn deleted() -> Received {
    let intent = Intent::Erase { external_id: "1 CREATED".to_owned() };
    told("ads", "1 DELETED", &json!({"leadGenFormResponse": "urn:li:leadGenFormResponse:1"}), intent)
}

async fn rest(answer: Value) -> Receiver {
    Receiver::start(move |_| Answered::With(200, Vec::new(), answer.to_string())).await
}

fn response() -> Value {
    serde_json::from_str(include_str!("../../../../events/fetched_linkedin_response.json")).unwrap()
}

async fn open_leads(setting: &Setting) -> u32 {
    let needs = Needs { assignees: [assignee("anna")].into(), ..Needs::default() };
    let state = setting.table.store.load_state(&account(), &needs).await.unwrap();
    state.counters_of(&assignee("anna")).open.leads
}

#[tokio::test]
async fn everything_personal_goes_and_what_counts_stays() {
    let rest = rest(response()).await;
    let setting = setting(&config("linkedin", rest.url(), 10)).await;
    assert!(hand(&setting, vec![event(&created())], 1).await.is_empty());
    let before = lead(&setting, &created()).await.unwrap();
    assert!(!before.fields.is_empty() && !before.extra.is_empty());
    assert_eq!(open_leads(&setting).await, 1);

    for _ in 0..2 {
        assert!(hand(&setting, vec![event(&deleted())], 1).await.is_empty());
    }
    let after = lead(&setting, &created()).await.unwrap();
    assert!(after.fields.is_empty() && after.extra.is_empty() && after.owner.is_none());
    assert_eq!((after.erased_at, after.version), (Some(setting.now()), before.version + 1));
    assert!(matches!(after.standing, Standing::Unassigned { attempt: 1 }));
    assert_eq!(after.holdings[0].assignee, assignee("anna"), "who had it is on record");
    assert_eq!(after.holdings[0].ended.as_ref().unwrap().how.name(), "erased");
    assert_eq!(open_leads(&setting).await, 0);
    let stored = format!("{after:?}{:?}{:?}", logged(&setting, &created()).await, logged(&setting, &deleted()).await);
    for word in ["Müller", "Jürgen", "juergen", "asked no more"] {
        assert!(!stored.contains(word), "{word}");
    }
    let (made, gone) = (logged(&setting, &created()).await.unwrap(), logged(&setting, &deleted()).await.unwrap());
    assert_eq!((made.status, made.received.payload.is_empty()), (EventStatus::Created, true));
    assert_eq!((gone.status, gone.lead.as_ref()), (EventStatus::Updated, Some(&after.id)));

    let delivery = DeliveryId::of(&after.id, 1, &"crm".parse().unwrap());
    let order = setting.table.store.order(&account(), &delivery).await.unwrap().unwrap();
    assert_eq!(order.over(&delivery).as_deref(), Some("the lead was erased: nothing of it is sent any more"));
    let stage = LeadsMessage::Changed { account: account(), lead: after.id.clone(), stage: "won".to_owned() };
    assert!(hand(&setting, vec![stage], 1).await.is_empty());
    assert_eq!(lead(&setting, &created()).await.unwrap(), after, "nothing stands in it again");

    // The same person may come again: that is another lead.
    let again = told("web", "2", &json!({"email": "juergen@example.com"}), Intent::Capture);
    assert!(hand(&setting, vec![event(&again)], 1).await.is_empty());
    assert_eq!(logged(&setting, &again).await.unwrap().status, EventStatus::Created);
    assert_eq!(lead(&setting, &created()).await.unwrap(), after);
}

#[tokio::test]
async fn its_activities_go_with_it() {
    let rest = rest(response()).await;
    let setting = setting(&config("linkedin", rest.url(), 10)).await;
    assert!(hand(&setting, vec![event(&created())], 1).await.is_empty());
    let id = lead(&setting, &created()).await.unwrap().id;
    let calls = (0..30).map(|number| call(&id, &number.to_string(), "busy", setting.now())).collect();
    assert!(hand(&setting, calls, 1).await.is_empty());
    assert_eq!(activities(&setting, &id).await.len(), 30);
    // The process ends when the lead is erased and its activities are still there.
    let points = Points::calling(|point| {
        if point == Point::BeforeErasing {
            std::panic::resume_unwind(Box::new("the process ends here"));
        }
    });
    let ends = setting.evaluate_with(setting.table.store.clone(), points);
    let batch = vec![record("1".to_owned(), event(&deleted()))];
    assert!(AssertUnwindSafe(ends.handle(batch)).catch_unwind().await.is_err());
    assert!(lead(&setting, &created()).await.unwrap().erased_at.is_some());
    assert_eq!(activities(&setting, &id).await.len(), 30);
    assert!(hand(&setting, vec![event(&deleted())], 2).await.is_empty());
    assert!(activities(&setting, &id).await.is_empty());
    assert_eq!(lead(&setting, &created()).await.unwrap().activities, 0);
    assert!(hand(&setting, vec![call(&id, "31", "busy", setting.now())], 1).await.is_empty());
    assert!(activities(&setting, &id).await.is_empty(), "none comes to it any more");
}

#[tokio::test]
async fn what_is_deleted_before_it_was_settled_is_not_lost() {
    let rest = rest(response()).await;
    let setting = setting(&config("linkedin", rest.url(), 10)).await;
    assert_eq!(hand(&setting, vec![event(&deleted())], 1).await, ["the event that made the lead is not settled yet"]);
    assert!(logged(&setting, &deleted()).await.is_none());
    assert!(hand(&setting, vec![event(&deleted()), event(&created())], 2).await.is_empty(), "both in one batch");
    assert!(lead(&setting, &created()).await.unwrap().erased_at.is_some());
}

#[tokio::test]
async fn one_whose_event_never_came_fails_and_can_be_retried() {
    let rest = rest(response()).await;
    let setting = setting(&config("linkedin", rest.url(), 10)).await;
    assert!(hand(&setting, vec![event(&deleted())], 4).await.is_empty());
    let failed = logged(&setting, &deleted()).await.unwrap();
    assert_eq!((failed.status, &failed.received.intent), (EventStatus::Failed, &deleted().intent));
    assert!(hand(&setting, vec![event(&created())], 1).await.is_empty());
    let retry = LeadsMessage::Received { event: Box::new(failed.received), retry: true };
    assert!(hand(&setting, vec![retry], 1).await.is_empty());
    let fixed = logged(&setting, &deleted()).await.unwrap();
    assert_eq!((fixed.status, fixed.retries), (EventStatus::Updated, 1));
    assert!(lead(&setting, &created()).await.unwrap().erased_at.is_some());
}

#[tokio::test]
async fn a_lead_that_something_else_made_is_left_for_a_person() {
    let rest = rest(response()).await;
    let setting = setting(&config("linkedin", rest.url(), 10)).await;
    let web = told("web", "1", &json!({"email": "juergen@example.com", "city": "Berlin"}), Intent::Capture);
    assert!(hand(&setting, vec![event(&web)], 1).await.is_empty());
    assert!(hand(&setting, vec![event(&created())], 1).await.is_empty());
    assert_eq!(logged(&setting, &created()).await.unwrap().status, EventStatus::Updated);
    assert!(hand(&setting, vec![event(&deleted())], 1).await.is_empty());
    let flagged = logged(&setting, &deleted()).await.unwrap();
    assert_eq!(flagged.status, EventStatus::Flagged);
    assert!(lead(&setting, &web).await.unwrap().erased_at.is_none());
    assert!(logged(&setting, &created()).await.unwrap().received.payload.is_empty(), "what it brought is gone");
}

#[tokio::test]
async fn an_event_that_failed_is_emptied_and_not_tried_again() {
    let rest = rest(json!({"elements": []})).await;
    let setting = setting(&config("linkedin", rest.url(), 10)).await;
    assert!(hand(&setting, vec![event(&created())], 1).await.is_empty());
    assert_eq!(logged(&setting, &created()).await.unwrap().status, EventStatus::Failed);
    assert!(hand(&setting, vec![event(&deleted())], 1).await.is_empty());
    let (made, gone) = (logged(&setting, &created()).await.unwrap(), logged(&setting, &deleted()).await.unwrap());
    assert_eq!((made.status, gone.status), (EventStatus::Rejected, EventStatus::Unchanged));
    assert!(made.received.payload.is_empty());
}

#[tokio::test]
async fn a_lead_that_waits_leaves_its_line() {
    let rest = rest(response()).await;
    let mut config = config("linkedin", rest.url(), 10);
    config["assignees"][0]["active"] = json!(false);
    let setting = setting(&config).await;
    assert!(hand(&setting, vec![event(&created())], 1).await.is_empty());
    assert_eq!(setting.table.store.parked_leads(&account(), 10, None).await.unwrap().rows.len(), 1);
    assert!(hand(&setting, vec![event(&deleted())], 1).await.is_empty());
    assert!(setting.table.store.parked_leads(&account(), 10, None).await.unwrap().rows.is_empty());
    assert!(lead(&setting, &created()).await.unwrap().erased_at.is_some());
}

#[tokio::test]
async fn a_lead_whose_event_has_left_the_log_is_erased_too() {
    let rest = rest(response()).await;
    let setting = setting(&config("linkedin", rest.url(), 10)).await;
    assert!(hand(&setting, vec![event(&created())], 1).await.is_empty());
    setting.table.forget_event(&account(), &created().event).await;
    assert!(hand(&setting, vec![event(&deleted())], 1).await.is_empty());
    assert!(lead(&setting, &created()).await.unwrap().erased_at.is_some());
    assert_eq!(logged(&setting, &deleted()).await.unwrap().status, EventStatus::Updated);
}

#[tokio::test]
async fn a_key_that_still_leads_to_an_erased_lead_makes_one_new_lead() {
    let rest = rest(response()).await;
    let setting = setting(&config("linkedin", rest.url(), 10)).await;
    assert!(hand(&setting, vec![event(&created())], 1).await.is_empty());
    let first = lead(&setting, &created()).await.unwrap();
    // Another source puts another address in place of the first, whose key stays.
    let mut update = config("linkedin", rest.url(), 10);
    update["sources"][2]["on_duplicate"] = json!("update");
    update["sources"][2]["search_by"] = json!(["phone", "email"]);
    setting.publish(&update).await;
    let phone = "+4930123456";
    let known = told("web", "0", &json!({"phone": phone, "email": "juergen@example.com"}), Intent::Capture);
    assert!(hand(&setting, vec![event(&known)], 1).await.is_empty());
    let moved = told("web", "1", &json!({"phone": phone, "email": "new@example.com"}), Intent::Capture);
    assert!(hand(&setting, vec![event(&moved)], 1).await.is_empty());
    assert_eq!(logged(&setting, &moved).await.unwrap().lead.as_ref(), Some(&first.id));
    assert!(hand(&setting, vec![event(&deleted())], 1).await.is_empty());

    let mut met = Vec::new();
    for number in ["2", "3", "4"] {
        let again = told("web", number, &json!({"email": "juergen@example.com"}), Intent::Capture);
        assert!(hand(&setting, vec![event(&again)], 1).await.is_empty());
        met.push(logged(&setting, &again).await.unwrap());
    }
    assert_eq!(met[0].status, EventStatus::Created);
    assert!(met.iter().all(|record| record.lead == met[0].lead && record.lead.as_ref() != Some(&first.id)), "{met:?}");
}
