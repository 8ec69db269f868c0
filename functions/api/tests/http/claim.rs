//! Claiming from a queue: each lead once, whoever asks at once.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use jiff::SignedDuration;
use leadyard_domain::assignment::{Cause, Outcome, Standing};
use leadyard_domain::decision::Needs;
use leadyard_domain::field::{FieldName, FieldValue};
use leadyard_domain::id::{AssigneeId, LeadId};
use serde_json::{Value, json};

use crate::seeds::{account, at, bare, lead_id, put, queued};
use crate::services::{Answer, Services};

const CONFIG: &str = r#"
fields: [{ name: score, type: number }]
sources: [{ id: web, format: json }]
assignees:
  - { id: anna, name: Anna, destinations: [crm, mail] }
  - { id: bo, name: Bo, destinations: [crm], caps: [{ period: lifetime, limit: 20 }] }
  - { id: cy, name: Cy, destinations: [crm] }
  - { id: di, name: Di, destinations: [crm] }
  - { id: eve, name: Eve, filter: { field: score, op: gt, value: 80 } }
  - { id: fred, name: Fred }
destinations:
  - { id: crm, channel: { webhook: { url: "https://crm.example/leads" } } }
  - { id: mail, channel: { email: { to: ["anna@example.com"] } } }
pools:
  - { id: inner, members: [cy] }
  - { id: outer, members: [di, { pool: inner }] }
queues:
  - { id: desk, name: Desk, members: [anna, bo, eve], pools: [outer] }
  - { id: other, members: [fred] }
profiles: [{ id: inbound, default: [{ queue: desk }] }]
"#;

async fn start() -> Services {
    let services = Services::start().await;
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    services
}

async fn claim(services: &Services, queue: &str, assignee: &str) -> Answer {
    let body = json!({ "assignee": assignee });
    services.json(Method::POST, "main-operator", &format!("/v1/queues/{queue}/claim"), &body).await
}

async fn seed(services: &Services, numbers: std::ops::RangeInclusive<u32>) {
    for number in numbers {
        let since = at("2026-07-21T10:00:00Z") + SignedDuration::from_secs(number.into());
        queued(&services.store, number, "desk", since).await;
    }
}

#[tokio::test]
async fn the_oldest_is_given_with_all_that_follows() {
    let services = start().await;
    seed(&services, 1..=3).await;
    let queue = services.get("main-viewer", "/v1/queues/desk").await;
    assert_eq!(
        (queue.status, &queue.body["waiting"], &queue.body["more"]),
        (200, &json!(3), &json!(false)),
        "{queue:?}"
    );
    assert_eq!(queue.body["oldest"], json!({ "lead": lead_id(1), "since": "2026-07-21T10:00:01Z" }));
    assert_eq!((&queue.body["members"], &queue.body["pools"]), (&json!(["anna", "bo", "eve"]), &json!(["outer"])));

    let waiting = services.get("main-viewer", &format!("/v1/leads/{}", lead_id(1))).await.body;
    let standing = json!({
        "state": "queued", "attempt": 1, "since": "2026-07-21T10:00:01Z", "queue": "desk",
        "reason": null, "line": null, "until": null,
    });
    assert_eq!((&waiting["standing"], &waiting["holdings"]), (&standing, &json!([])));

    let claimed = claim(&services, "desk", "anna").await;
    let expected = json!({ "lead": lead_id(1), "assignee": "anna", "attempt": 2, "looked_at": 1, "passed_over": [] });
    assert_eq!((claimed.status, &claimed.body), (200, &expected), "{claimed:?}");
    let lead = services.get("main-viewer", &format!("/v1/leads/{}", lead_id(1))).await.body;
    assert_eq!(
        (&lead["owner"], &lead["standing"]["state"], &lead["version"]),
        (&json!("anna"), &json!("assigned"), &json!(2))
    );
    assert_eq!((&lead["assignments"][0]["cause"], &lead["assignments"][0]["event"]), (&json!("claimed"), &Value::Null));
    assert_eq!(lead["seconds_to_contact"], Value::Null);
    let file = services.store.lead_file(&account(), &lead_id(1)).await.unwrap().unwrap();
    assert_eq!(file.assignments[0].cause, Cause::Claimed { by: "main operator".to_owned() });
    assert!(matches!(file.assignments[0].outcome, Outcome::Assigned { .. }));

    // What follows was asked for before, for later; and the deliveries at once.
    let sent = services.sent();
    let follow_up = json!({ "type": "follow_up", "account": "main", "lead": lead_id(1) });
    assert_eq!((&*sent[0].queue, &sent[0].body, sent[0].delay_s), ("leads", &follow_up, Some(30)));
    assert_eq!((&*sent[1].queue, &*sent[1].group, sent[1].delay_s), ("webhook", "main/crm", None));
    assert_eq!((&*sent[2].queue, &*sent[2].group), ("email", "main/mail"));
    assert_eq!(
        sent.iter().map(|sent| sent.body["number"].clone()).collect::<Vec<_>>(),
        [json!(null), json!(1), json!(1)]
    );
    assert_eq!(sent[1].body["delivery"], lead["deliveries_pending"][0]);
    // The next one is next, also for a member of a pool in a pool of the queue.
    for (who, number) in [("di", 2), ("cy", 3)] {
        assert_eq!(claim(&services, "desk", who).await.body["lead"], json!(lead_id(number)));
    }
    assert_eq!(services.get("main-viewer", "/v1/queues/desk").await.body["oldest"], Value::Null);
}

#[tokio::test]
async fn who_may_not_claim_and_what_is_not_there() {
    let services = start().await;
    seed(&services, 1..=1).await;
    let stranger = claim(&services, "desk", "fred").await;
    assert_eq!((stranger.status, &stranger.body["type"]), (403, &json!("urn:leadyard:problem:not-a-member")));
    assert!(stranger.detail().contains("fred is no member of the queue 'desk'"), "{stranger:?}");
    for (queue, assignee, says) in [("desk", "gina", "no assignee 'gina'"), ("till", "anna", "no queue 'till'")] {
        let answer = claim(&services, queue, assignee).await;
        assert_eq!(answer.status, 404, "{answer:?}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    assert_eq!(services.get("main-viewer", "/v1/queues/till").await.status, 404);
    // What waits in a queue that was taken out is not out of sight.
    queued(&services.store, 7, "till", at("2026-07-21T10:00:00Z")).await;
    let till = services.get("main-viewer", "/v1/queues/till").await;
    assert_eq!((&till.body["in_config"], &till.body["waiting"]), (&json!(false), &json!(1)), "{till:?}");
    let other = json!({ "assignee": "anna" });
    let other = services.json(Method::POST, "other-operator", "/v1/queues/desk/claim", &other).await;
    assert_eq!(other.status, 404, "of another account");
    assert_eq!(services.sent(), []);
}

#[tokio::test]
async fn nobody_waits_or_none_that_fits() {
    let services = start().await;
    let nobody = claim(&services, "other", "fred").await;
    let expected = json!({ "lead": null, "assignee": "fred", "attempt": null, "looked_at": 0, "passed_over": [] });
    assert_eq!((nobody.status, &nobody.body), (200, &expected));
    seed(&services, 1..=13).await;
    let none = claim(&services, "desk", "eve").await;
    assert_eq!((none.status, &none.body["lead"], &none.body["looked_at"]), (200, &Value::Null, &json!(13)), "{none:?}");
    let why = "takes no such leads (by its filter on score)";
    assert_eq!(none.body["passed_over"], json!([{ "reason": "filter_mismatch", "why": why, "leads": 13 }]));
    // A reason that holds for every lead is told of the first.
    let off = json!({ "availability": "off" });
    assert_eq!(services.json(Method::PUT, "main-operator", "/v1/assignees/anna/availability", &off).await.status, 200);
    let off = claim(&services, "desk", "anna").await;
    assert_eq!((&off.body["lead"], &off.body["looked_at"]), (&Value::Null, &json!(1)), "{off:?}");
    assert_eq!(off.body["passed_over"][0]["why"], "is switched off");
    assert_eq!(services.sent(), []);
}

#[tokio::test]
async fn a_lead_that_fits_is_found_behind_many_that_do_not() {
    let services = start().await;
    seed(&services, 1..=230).await;
    let since = at("2026-07-21T11:00:00Z");
    let standing = Standing::Queued { attempt: 1, queue: "desk".parse().unwrap(), since };
    let mut fits = bare(231, standing, since);
    fits.fields.insert(FieldName::new("score").unwrap(), FieldValue::Number { number: "99".parse().unwrap() });
    put(&services.store, fits).await;
    let claimed = claim(&services, "desk", "eve").await;
    assert_eq!((&claimed.body["lead"], &claimed.body["looked_at"]), (&json!(lead_id(231)), &json!(231)), "{claimed:?}");
    let why = "takes no such leads (by its filter on score)";
    assert_eq!(claimed.body["passed_over"], json!([{ "reason": "filter_mismatch", "why": why, "leads": 230 }]));
    // She has seen all of them.
    let none = claim(&services, "desk", "eve").await;
    assert_eq!((&none.body["lead"], &none.body["looked_at"]), (&Value::Null, &json!(230)), "{none:?}");
}

#[tokio::test]
async fn a_claim_loses_nothing_when_a_queue_is_away() {
    let services = start().await;
    seed(&services, 1..=2).await;
    services.set_queue_down("leads", true);
    assert_eq!(claim(&services, "desk", "anna").await.status, 503);
    assert_eq!(services.get("main-viewer", "/v1/queues/desk").await.body["waiting"], 2, "nothing was given");
    services.set_queue_down("leads", false);
    // The deliveries are asked for again by what was sent before.
    services.set_queue_down("webhook", true);
    let claimed = claim(&services, "desk", "di").await;
    assert_eq!((claimed.status, &claimed.body["lead"]), (200, &json!(lead_id(1))), "{claimed:?}");
    assert_eq!(services.sent_to("leads").len(), 1);
    assert_eq!(services.sent_to("webhook"), [] as [Value; 0]);
}

#[tokio::test]
async fn many_claim_at_once_and_each_lead_is_given_once() {
    const LEADS: u32 = 200;
    const CALLERS: [&str; 8] = ["anna", "bo", "cy", "di", "anna", "bo", "cy", "di"];
    let services = start().await;
    seed(&services, 1..=LEADS).await;
    let caller = async |assignee: &str| {
        let mut mine: Vec<LeadId> = Vec::new();
        loop {
            let answer = claim(&services, "desk", assignee).await;
            match (answer.status, answer.body["lead"].as_str()) {
                (200, Some(lead)) => mine.push(lead.parse().unwrap()),
                (200, None) => return mine,
                // Others were faster too often.
                (409, _) => {}
                _ => panic!("{answer:?}"),
            }
        }
    };
    let given = futures_util::future::join_all(CALLERS.map(caller)).await;
    let mut of: BTreeMap<&str, u32> = BTreeMap::new();
    for (assignee, leads) in CALLERS.iter().zip(&given) {
        *of.entry(assignee).or_default() += u32::try_from(leads.len()).unwrap();
    }
    let leads: BTreeSet<&LeadId> = given.iter().flatten().collect();
    assert_eq!((given.iter().flatten().count(), leads.len()), (200, 200), "each lead was given once: {of:?}");
    assert_eq!(of["bo"], 20, "Bo's cap was reached and not exceeded: {of:?}");

    let assignees: BTreeSet<AssigneeId> = of.keys().map(|id| id.parse().unwrap()).collect();
    let needs = Needs { assignees, ..Needs::default() };
    let state = services.store.load_state(&account(), &needs).await.unwrap();
    for (assignee, count) in &of {
        let counters = &state.counters[&assignee.parse().unwrap()];
        assert_eq!((counters.counts["lifetime"].leads, counters.open.leads), (*count, *count), "{assignee}");
    }
    let all: BTreeSet<LeadId> = (1..=LEADS).map(lead_id).collect();
    for lead in services.store.leads(&account(), &all, true).await.unwrap().values() {
        assert_eq!((lead.held().count(), lead.standing.attempt()), (1, 2), "{}", lead.id);
    }
    assert_eq!(services.sent_to("webhook").len(), 200);
    let announced: BTreeSet<String> =
        services.sent_to("leads").iter().map(|body| body["lead"].as_str().unwrap().to_owned()).collect();
    assert_eq!(announced, all.iter().map(ToString::to_string).collect());
    assert_eq!(services.get("main-viewer", "/v1/queues/desk").await.body["waiting"], 0);
}
