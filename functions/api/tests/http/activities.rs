//! What happened to a lead, told and listed.

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};
use leadyard_domain::activity::{ACTIVITIES_MAX, Activity, ActivityOrigin};
use leadyard_domain::assignment::Standing;
use leadyard_domain::id::{AccountName, ActivityId, LeadId};
use leadyard_domain::lead::Lead;
use serde_json::{Value, json};

use crate::seeds::{self, account, at, bare, lead_id};
use crate::services::{Answer, Services};

const CAME: &str = "2026-07-21T10:00:00Z";

fn lead(number: u32) -> Lead {
    bare(number, Standing::Unassigned { attempt: 1 }, at(CAME))
}

fn path(lead: &LeadId) -> String {
    format!("/v1/leads/{lead}/activities")
}

async fn tell(services: &Services, number: u32, body: Value) -> Answer {
    services.json(Method::POST, "main-operator", &path(&lead_id(number)), &body).await
}

fn call(external_id: &str, happened_at: Timestamp) -> Activity {
    let id = ActivityId::from_external(&account(), external_id);
    Activity {
        account: account(),
        lead: lead_id(1),
        kind: "call".parse().unwrap(),
        at: happened_at,
        fields: [("note".to_owned(), json!(external_id))].into(),
        origin: ActivityOrigin { account: AccountName::of(&account()), id: id.to_string() },
        version: 1,
        updated_at: happened_at,
        via: vec!["crm".parse().unwrap()],
        created_at: happened_at,
        id,
    }
}

#[tokio::test]
async fn an_activity_is_asked_for() {
    let services = Services::start().await;
    seeds::put(&services.store, lead(1)).await;
    let body = json!({ "type": "call", "at": "2026-07-21T10:05:00Z", "external_id": " 42 ", "fields": { "note": "busy", "n": [1] } });
    let told = tell(&services, 1, body.clone()).await;
    let id = ActivityId::from_external(&account(), "42");
    let expected = json!({ "lead": lead_id(1), "activity": id, "at": "2026-07-21T10:05:00Z" });
    assert_eq!((told.status, &told.body), (202, &expected), "{told:?}");
    let sent = services.sent();
    assert_eq!((sent.len(), sent[0].queue.as_str(), sent[0].group.as_str()), (1, "leads", "main"));
    let (message, activity) = (&sent[0].body, &sent[0].body["activity"]);
    assert_eq!((&message["type"], &message["account"]), (&json!("activity"), &json!("main")));
    assert_eq!((&activity["type"], &activity["fields"]), (&json!("call"), &body["fields"]));
    assert_eq!((&activity["id"], &activity["lead"]), (&json!(id), &json!(lead_id(1))));
    assert_eq!(activity["origin"], json!({ "account": "main", "id": id }));
    let entry = ("main operator".to_owned(), "lead.activity".to_owned(), format!("{}/{id}", lead_id(1)));
    assert_eq!(services.audited().await, [entry]);

    // Without a name: by what it is. Without a moment: now.
    let bare = json!({ "type": "call", "at": "2026-07-21T10:05:00Z" });
    let what = ActivityId::from_what(&account(), &lead_id(1), &"call".parse().unwrap(), at("2026-07-21T10:05:00Z"));
    for _ in 0..2 {
        assert_eq!(tell(&services, 1, bare.clone()).await.body["activity"], json!(what));
    }
    let before = leadyard_runtime::now();
    let now = tell(&services, 1, json!({ "type": "visit" })).await;
    let said: Timestamp = now.body["at"].as_str().unwrap().parse().unwrap();
    assert!(before <= said && said <= leadyard_runtime::now(), "{now:?}");
}

#[tokio::test]
async fn activities_that_cannot_be() {
    let services = Services::start().await;
    seeds::put(&services.store, lead(1)).await;
    let ahead = (leadyard_runtime::now() + SignedDuration::from_mins(6)).to_string();
    let many: serde_json::Map<String, Value> = (0..201).map(|number| (number.to_string(), json!(1))).collect();
    for (body, says) in [
        (json!({}), "missing field `type`"),
        (json!({ "type": "Phone call" }), "does not fit at 'type'"),
        (json!({ "type": "call", "when": 1 }), "unknown field `when`"),
        (json!({ "type": "call", "at": ahead }), "give a moment between 1970 and now"),
        (json!({ "type": "call", "at": "1969-12-31T23:59:59Z" }), "give a moment between 1970 and now"),
        (json!({ "type": "call", "external_id": " " }), "the activity's own id has 0 bytes; give it one of 1 to 200"),
        (json!({ "type": "call", "external_id": "x".repeat(201) }), "has 201 bytes"),
        (json!({ "type": "call", "fields": many }), "has 201 fields; at most 200"),
        (
            json!({ "type": "call", "fields": { "note": "x".repeat(8193) } }),
            "field 'note' of the activity has 8193 bytes",
        ),
    ] {
        let answer = tell(&services, 1, body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    let good = json!({ "type": "call" });
    assert_eq!(tell(&services, 2, good.clone()).await.status, 404, "no such lead");
    let by = async |key: &str| services.json(Method::POST, key, &path(&lead_id(1)), &good).await.status;
    assert_eq!([by("other-operator").await, by("main-viewer").await], [404, 403]);

    seeds::put(&services.store, Lead { erased_at: Some(at(CAME)), ..lead(3) }).await;
    let erased = tell(&services, 3, good.clone()).await;
    assert_eq!(erased.status, 409);
    assert!(erased.detail().contains("was erased at"), "{erased:?}");
    assert_eq!((services.sent(), services.audited().await), (vec![], vec![]));
}

#[tokio::test]
async fn a_lead_that_has_as_many_as_it_may_takes_only_what_it_knows() {
    let services = Services::start().await;
    seeds::put(&services.store, lead(1)).await;
    let known = call("known", at(CAME));
    seeds::happened(&services.store, Lead { activities: ACTIVITIES_MAX, ..lead(1) }, known).await;
    let full = tell(&services, 1, json!({ "type": "call", "external_id": "new" })).await;
    assert_eq!(full.status, 409);
    assert!(full.detail().contains("has 1000 activities, and 1000 is the most"), "{full:?}");
    assert_eq!(tell(&services, 1, json!({ "type": "call", "external_id": "known" })).await.status, 202);
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_said() {
    let services = Services::start().await;
    seeds::put(&services.store, lead(1)).await;
    services.set_queues_down(true);
    assert_eq!(tell(&services, 1, json!({ "type": "call" })).await.status, 503);
}

#[tokio::test]
async fn a_list_is_the_latest_first_a_page_at_a_time() {
    let services = Services::start().await;
    seeds::put(&services.store, lead(1)).await;
    for (number, minute) in [(0_u32, 30), (1, 10), (2, 20)] {
        let known = Lead { version: u64::from(number) + 1, activities: number + 1, ..lead(1) };
        let happened_at = at(CAME) + SignedDuration::from_mins(minute);
        seeds::happened(&services.store, known, call(&minute.to_string(), happened_at)).await;
    }
    let list = async |query: &str| services.get("main-viewer", &format!("{}{query}", path(&lead_id(1)))).await;
    let notes = |answer: &Answer| -> Vec<String> {
        let rows = answer.body["activities"].as_array().unwrap().iter();
        rows.map(|row| row["fields"]["note"].as_str().unwrap().to_owned()).collect()
    };
    let all = list("").await;
    assert_eq!(
        (all.status, notes(&all), &all.body["next_cursor"]),
        (200, vec!["30".into(), "20".into(), "10".into()], &Value::Null)
    );
    let first = &all.body["activities"][0];
    let id = ActivityId::from_external(&account(), "30");
    let expected = json!({
        "id": id, "type": "call", "at": "2026-07-21T10:30:00Z", "fields": { "note": "30" },
        "origin": { "account": "main", "id": id }, "via": ["crm"], "version": 1,
        "created_at": "2026-07-21T10:30:00Z", "updated_at": "2026-07-21T10:30:00Z",
    });
    assert_eq!(*first, expected);
    let page = list("?limit=2").await;
    let rest = list(&format!("?limit=2&cursor={}", page.body["next_cursor"].as_str().unwrap())).await;
    assert_eq!((notes(&page), notes(&rest)), (vec!["30".into(), "20".into()], vec!["10".into()]));
    assert_eq!(rest.body["next_cursor"], Value::Null);
    assert_eq!([list("?limit=0").await.status, list("?cursor=x").await.status], [400, 400]);
    assert_eq!(services.get("other-viewer", &path(&lead_id(1))).await.status, 404);
    // They are in nothing else.
    let shown = services.get("main-viewer", &format!("/v1/leads/{}", lead_id(1))).await;
    assert!(shown.status == 200 && !shown.text.contains("\"note\""), "{shown:?}");

    let known = Lead { version: 4, erased_at: Some(at(CAME)), ..lead(1) };
    seeds::happened(&services.store, known, call("late", at(CAME))).await;
    assert_eq!(
        list("").await.body,
        json!({ "activities": [], "next_cursor": null }),
        "of an erased lead none is shown"
    );
}
