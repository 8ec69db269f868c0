//! Leads that come back, wait, are claimed and are not contacted in time, through the HTTP API, the queues and the schedules
//! of the stack.

use std::collections::BTreeSet;

use leadyard_tests::{
    client::{Answer, event_ids},
    stack::Stack,
};
use serde_json::{Value, json};

use crate::{account::Account, history, shared::stack};

const CONFIG: &str = r#"
sources: [{ id: web, format: json, external_id: { field: id } }]
assignees:
  - { id: anna, name: Anna, destinations: [anna] }
  - { id: ben, name: Ben, destinations: [ben] }
  - { id: carla, name: Carla }
destinations:
  - { id: anna, channel: { webhook: { url: "RECEIVER/anna" } } }
  - { id: ben, channel: { webhook: { url: "RECEIVER/ben" } } }
pools: [{ id: sales, members: [anna, ben] }]
queues: [{ id: hot, name: Hot leads, members: [ben] }]
profiles:
  - id: all
    rules:
      - { id: hot, when: { field: company, op: eq, value: hot }, then: [{ queue: hot }] }
      - id: timed
        when: { field: company, op: eq, value: timed }
        then: [{ assign_to: anna }]
        sla: { steps: [{ after: 1m, do: remind }] }
    default: { pool: sales }
"#;

async fn call(account: &Account<'_>, method: reqwest::Method, path: &str, body: Value) -> Answer {
    Answer::to(account.api.request(method, path).json(&body)).await.unwrap()
}

/// Sends a lead and waits until it is decided: its event and itself.
async fn lead(account: &Account<'_>, id: &str, company: &str) -> (String, String) {
    let body = json!({ "id": id, "email": format!("{id}@example.com"), "company": company });
    let answer = account.post("web", &body).await;
    let event = event_ids(&answer.body)[0].clone();
    let settled = account.settled_event(&event).await;
    (event, settled["lead"].as_str().unwrap().to_owned())
}

/// Waits until a lead stands so.
async fn stands(account: &Account<'_>, lead: &str, state: &str, owner: Option<&str>) -> Value {
    let path = format!("/v1/leads/{lead}");
    let look = async || {
        let lead = account.api.get(&path).await?;
        let stands = lead["standing"]["state"] == state && lead["owner"].as_str() == owner;
        Ok(stands.then_some(lead))
    };
    account.wait(&format!("lead {lead} is {state}, with {owner:?}"), look).await
}

async fn prove(stack: &Stack, name: &str, events: &[&String]) {
    history::prove(stack, name, &events.iter().map(|event| (*event).clone()).collect::<BTreeSet<_>>()).await;
}

#[tokio::test]
async fn a_rejected_lead_is_offered_and_delivered_to_the_next() {
    let stack = stack().await;
    let account = Account::open(&stack, "rejected", CONFIG).await;
    let (event, lead) = lead(&account, "r-1", "acme").await;
    account.delivered(&lead).await;
    let refused =
        call(&account, reqwest::Method::POST, &format!("/v1/leads/{lead}/reject"), json!({ "attempt": 7 })).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let taken =
        call(&account, reqwest::Method::POST, &format!("/v1/leads/{lead}/reject"), json!({ "reason": "no budget" }))
            .await;
    assert_eq!(taken.status, 202, "{}", taken.body);
    stands(&account, &lead, "assigned", Some("ben")).await;
    let told = account.delivered(&lead).await;
    assert_eq!(told["holdings"][0]["ended"]["how"], "rejected");
    assert_eq!((account.receiver.requests_to("/anna").len(), account.receiver.requests_to("/ben").len()), (1, 1));
    // Nobody is left.
    call(&account, reqwest::Method::POST, &format!("/v1/leads/{lead}/reject"), json!({})).await;
    let parked = stands(&account, &lead, "parked", None).await;
    assert_eq!(parked["standing"]["reason"], "nobody in pool sales is eligible");
    prove(&stack, "rejected", &[&event]).await;
}

#[tokio::test]
async fn whoever_is_switched_on_gets_what_waits_the_oldest_first() {
    let stack = stack().await;
    let account = Account::open(&stack, "switched", CONFIG).await;
    let availability = async |id: &str, switch: &str| {
        let path = format!("/v1/assignees/{id}/availability");
        let answer = call(&account, reqwest::Method::PUT, &path, json!({ "availability": switch })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    availability("anna", "off").await;
    availability("ben", "off").await;
    let (first_event, first) = lead(&account, "s-1", "acme").await;
    let (second_event, second) = lead(&account, "s-2", "acme").await;
    stands(&account, &first, "parked", None).await;
    stands(&account, &second, "parked", None).await;
    let parked = account.api.get("/v1/parked").await.unwrap();
    assert_eq!(parked["parked"].as_array().map(Vec::len), Some(2), "{parked}");
    availability("anna", "on").await;
    for lead in [&first, &second] {
        stands(&account, lead, "assigned", Some("anna")).await;
        account.delivered(lead).await;
    }
    let pool = account.api.get("/v1/pools/sales").await.unwrap();
    assert_eq!(pool["members"][0]["assigned"], 2, "{pool}");
    prove(&stack, "switched", &[&first_event, &second_event]).await;
}

#[tokio::test]
async fn a_member_claims_from_a_queue_and_gets_the_lead_delivered() {
    let stack = stack().await;
    let account = Account::open(&stack, "claimed", CONFIG).await;
    let (event, lead) = lead(&account, "c-1", "hot").await;
    stands(&account, &lead, "queued", None).await;
    let claim = async |assignee: &str| {
        call(&account, reqwest::Method::POST, "/v1/queues/hot/claim", json!({ "assignee": assignee })).await
    };
    assert_eq!(claim("carla").await.status, 403, "she is no member");
    let claimed = claim("ben").await;
    assert_eq!((claimed.status, claimed.body["lead"].as_str()), (200, Some(lead.as_str())), "{}", claimed.body);
    stands(&account, &lead, "assigned", Some("ben")).await;
    account.delivered(&lead).await;
    let nothing = claim("ben").await;
    assert_eq!((nothing.status, &nothing.body["lead"]), (200, &Value::Null));
    prove(&stack, "claimed", &[&event]).await;
}

#[tokio::test]
async fn whoever_does_not_contact_a_lead_in_time_is_reminded() {
    let stack = stack().await;
    let account = Account::open(&stack, "reminded", CONFIG).await;
    let (event, late) = lead(&account, "t-1", "timed").await;
    let (contacted_event, contacted) = lead(&account, "t-2", "timed").await;
    let answer = call(&account, reqwest::Method::POST, &format!("/v1/leads/{contacted}/contact"), json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let reminded = async || {
        let types = account.receiver.requests_to("/anna");
        let types = types.iter().filter_map(|request| serde_json::from_slice::<Value>(&request.body).ok());
        let reminders: Vec<Value> = types.filter(|body| body["type"] == "lead.reminder").collect();
        Ok((!reminders.is_empty()).then_some(reminders))
    };
    let reminders = account.wait("a reminder arrives", reminded).await;
    assert_eq!(reminders.len(), 1, "the one who contacted her lead is not reminded");
    assert_eq!(reminders[0]["data"]["lead"]["id"], late.as_str());
    assert_eq!(reminders[0]["data"]["notice"]["to"]["id"], "anna");
    account.delivered(&late).await;
    prove(&stack, "reminded", &[&event, &contacted_event]).await;
}
