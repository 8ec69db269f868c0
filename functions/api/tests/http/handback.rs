//! Rejecting, returning and reassigning: everything is checked before anything is asked for.

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::assignment::{End, Ending, Standing};
use leadyard_domain::lead::{HOLDINGS_MAX, Lead};
use serde_json::{Value, json};

use crate::seeds::{self, bare, held, lead_id};
use crate::services::{Answer, Services};

const CONFIG: &str = r"
fields: [{ name: score, type: number }]
sources: [{ id: web, format: json }]
assignees:
  - { id: anna, name: Anna }
  - { id: bo, name: Bo, return_days: 3, caps: [{ period: day, limit: 0 }] }
  - { id: cy, name: Cy, return_days: 0, filter: { field: score, op: gt, value: 80 } }
  - { id: di, name: Di, return_days: 1 }
pools: [{ id: sales, members: [anna, bo, cy, di] }]
profiles: [{ id: inbound, default: { pool: sales } }]
";

const HOUR: SignedDuration = SignedDuration::from_hours(1);

async fn start() -> Services {
    let services = Services::start().await;
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    services
}

/// A lead whom these have by the attempts 1, 2, ... since some moments.
async fn seed(services: &Services, number: u32, holders: &[(&str, Timestamp)]) -> Lead {
    let holdings: Vec<_> = (1..).zip(holders).map(|(attempt, (who, since))| held(attempt, who, *since)).collect();
    let at = holders[0].1;
    let standing = Standing::Assigned { attempt: u32::try_from(holders.len()).unwrap(), deliveries: Vec::new(), at };
    let lead = Lead { holdings, owner: Some(holders[0].0.parse().unwrap()), ..bare(number, standing, at - HOUR) };
    seeds::put(&services.store, lead.clone()).await;
    lead
}

async fn ask(services: &Services, what: &str, number: u32, body: Value) -> Answer {
    services.json(Method::POST, "main-operator", &format!("/v1/leads/{}/{what}", lead_id(number)), &body).await
}

#[tokio::test]
async fn what_was_checked_is_asked_for() {
    let services = start().await;
    let now = leadyard_runtime::now();
    seed(&services, 1, &[("anna", now - HOUR)]).await;
    for (what, how) in [("reject", "rejected"), ("return", "returned"), ("reassign", "reassigned")] {
        let answer = ask(&services, what, 1, json!({ "reason": " wrong number " })).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        let asked = json!({
            "lead": lead_id(1), "attempt": 1, "assignee": "anna", "how": how, "to": null, "reason": "wrong number",
        });
        assert_eq!(answer.body, asked);
        let mut sent = services.sent().pop().unwrap();
        let at: Timestamp = sent.body["at"].take().as_str().unwrap().parse().unwrap();
        assert!(at >= now, "it says when it was asked for");
        let message = json!({
            "type": "reassign", "account": "main", "lead": lead_id(1), "attempt": 1, "how": how,
            "reason": "wrong number", "by": "main operator", "at": null,
        });
        assert_eq!((&*sent.queue, &*sent.group, &sent.body), ("leads", "main", &message));
        let audited = services.audited().await;
        let entry = ("main operator".to_owned(), format!("lead.{what}"), lead_id(1).to_string());
        assert_eq!(audited[0], entry);
    }
    // Without a body.
    let bare = services.post("main-operator", &format!("/v1/leads/{}/reject", lead_id(1))).await;
    assert_eq!((bare.status, &bare.body["reason"]), (202, &Value::Null), "{bare:?}");
    // To somebody.
    let to = ask(&services, "reassign", 1, json!({ "to": "di" })).await;
    assert_eq!((to.status, &to.body["to"]), (202, &json!("di")), "{to:?}");
    assert_eq!(services.sent_to("leads")[4]["to"], "di");
}

#[tokio::test]
async fn of_several_one_has_to_be_named() {
    let services = start().await;
    let now = leadyard_runtime::now();
    seed(&services, 1, &[("anna", now - HOUR), ("di", now - HOUR)]).await;
    let several = ask(&services, "reject", 1, json!({})).await;
    assert_eq!(several.status, 409);
    assert!(several.detail().contains("anna by attempt 1, di by attempt 2. Say under 'attempt'"), "{several:?}");
    let second = ask(&services, "reject", 1, json!({ "attempt": 2 })).await;
    assert_eq!((second.status, &second.body["assignee"]), (202, &json!("di")), "{second:?}");
    let third = ask(&services, "reject", 1, json!({ "attempt": 3 })).await;
    assert_eq!(third.status, 409);
    assert!(third.detail().contains("Attempt 3 gave the lead"), "{third:?}");
    assert_eq!(services.sent().len(), 1);
}

#[tokio::test]
async fn what_has_ended_or_nobody_has_says_where_it_stands() {
    let services = start().await;
    let now = leadyard_runtime::now();
    let mut ended = held(1, "anna", now - HOUR);
    ended.ended = Some(End { how: Ending::Overdue, at: now, reason: None, by: None, refunds: Vec::new() });
    let lead = Lead { holdings: vec![ended], ..bare(1, Standing::Unassigned { attempt: 2 }, now - HOUR) };
    seeds::put(&services.store, lead).await;
    seeds::parked(&services.store, 2, "pool:sales", now).await;
    seeds::queued(&services.store, 3, "desk", now).await;
    let lead = services.get("main-viewer", &format!("/v1/leads/{}", lead_id(1))).await.body;
    let end = json!({ "how": "overdue", "at": now, "reason": null, "by": null });
    assert_eq!((&lead["holdings"][0]["ended"], &lead["standing"]["state"]), (&end, &json!("unassigned")));
    let parked = "it waits in the line 'pool:sales' since";
    for (number, body, says) in [
        (1, json!({ "attempt": 1 }), format!("that was overdue at {now}")),
        (1, json!({}), "whoever had it ceased to have it".to_owned()),
        (2, json!({}), format!("{parked} {now}, for nobody in pool sales is eligible")),
        (3, json!({}), "it waits in the queue 'desk' since".to_owned()),
    ] {
        for what in ["reject", "return", "reassign"] {
            let answer = ask(&services, what, number, body.clone()).await;
            assert_eq!(answer.status, 409, "{number} {answer:?}");
            assert!(answer.detail().contains(&says), "{number} {answer:?}");
        }
    }
    assert_eq!((services.sent(), services.audited().await), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_return_has_its_time() {
    let services = start().await;
    let now = leadyard_runtime::now();
    let days = |days: i64| now - SignedDuration::from_hours(24 * days);
    // Bo may return for three days, Di for one, Cy never, and Eve has left.
    seed(&services, 1, &[("bo", days(3) + HOUR)]).await;
    seed(&services, 2, &[("bo", days(3) - HOUR)]).await;
    seed(&services, 3, &[("di", days(1) - HOUR)]).await;
    seed(&services, 4, &[("cy", now)]).await;
    seed(&services, 5, &[("eve", now)]).await;
    assert_eq!(ask(&services, "return", 1, json!({})).await.status, 202);
    let end = now - HOUR;
    for (number, says) in [
        (2, format!("bo could return the lead within 3 days, until {end}")),
        (3, format!("di could return the lead within 1 day, until {end}")),
        (4, "its 'return_days' is 0".to_owned()),
        (5, "eve is not in the config in force".to_owned()),
    ] {
        let answer = ask(&services, "return", number, json!({})).await;
        assert_eq!(answer.status, 409, "{number} {answer:?}");
        assert!(answer.detail().contains(&says), "{number} {answer:?}");
        // To take it away is another thing.
        assert_eq!(ask(&services, "reassign", number, json!({})).await.status, 202, "{number}");
    }
}

#[tokio::test]
async fn whoever_is_named_has_to_be_able_to_take_it() {
    let services = start().await;
    let now = leadyard_runtime::now();
    let mut lead = seed(&services, 1, &[("anna", now - HOUR)]).await;
    for (to, status, says) in [
        ("eve", 404, "no assignee 'eve', named under 'to'"),
        ("anna", 409, "for anna has or had this lead already"),
        ("bo", 409, "for bo has a cap of 0 leads"),
        ("cy", 409, "for cy takes no such leads (by its filter on score)"),
    ] {
        let answer = ask(&services, "reassign", 1, json!({ "to": to })).await;
        assert_eq!(answer.status, status, "{to} {answer:?}");
        assert!(answer.detail().contains(says), "{to} {answer:?}");
    }
    for (body, says) in [
        (json!({ "reason": "x".repeat(201) }), "'reason' has 201 characters"),
        (json!({ "to": "No Name" }), "does not fit at 'to'"),
        (json!({ "attempt": -1 }), "does not fit at 'attempt'"),
    ] {
        let answer = ask(&services, "reassign", 1, body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    assert_eq!(ask(&services, "reassign", 2, json!({})).await.status, 404);
    assert_eq!(services.sent(), []);

    // One who had it before may be named again, and one who has it as often as can be stays with whoever has it.
    let mut before = held(2, "di", now - HOUR);
    before.ended = Some(End { how: Ending::Rejected, at: now, reason: None, by: None, refunds: Vec::new() });
    lead.id = lead_id(3);
    lead.holdings.push(before.clone());
    seeds::put(&services.store, lead.clone()).await;
    assert_eq!(ask(&services, "reassign", 3, json!({ "to": "di" })).await.status, 202);
    lead.id = lead_id(4);
    lead.holdings.resize(HOLDINGS_MAX, before);
    seeds::put(&services.store, lead).await;
    let often = ask(&services, "reassign", 4, json!({ "attempt": 1 })).await;
    assert_eq!(often.status, 409, "{often:?}");
    assert!(often.detail().contains("100 times is the most: it stays with anna"), "{often:?}");
}

#[tokio::test]
async fn a_queue_that_is_down_is_asked_again() {
    let services = start().await;
    seed(&services, 1, &[("anna", leadyard_runtime::now())]).await;
    services.set_queues_down(true);
    assert_eq!(ask(&services, "reject", 1, json!({})).await.status, 503);
    services.set_queues_down(false);
    assert_eq!(ask(&services, "reject", 1, json!({})).await.status, 202);
}
