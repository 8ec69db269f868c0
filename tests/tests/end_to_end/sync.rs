//! Two accounts of one stack tell each other of their leads: signed HTTPS requests as to anybody else.

use leadyard_tests::{
    client::{Answer, Api, Published},
    stack::Stack,
};
use serde_json::{Value, json};

use crate::{
    account::{HMAC_SECRET, PATIENCE, SIGNING_SECRET, post},
    shared::stack,
};

/// One of two accounts.
struct Side<'a> {
    api: Api<'a>,
    endpoints: Published,
}

/// What an account says of itself and the other; `url` is where the other one listens.
fn config(own: &str, peer: &str, url: &str) -> String {
    format!(
        r#"
account: {{ sync_name: {own} }}
sources:
  - {{ id: web, format: json, on_duplicate: update }}
  - {{ id: sync, format: account_sync, verify: {{ standard_webhooks: {{ secret: signing }} }}, sync: {{ deletes: true, activities: {{}} }} }}
destinations: [{{ id: other, channel: {{ webhook: {{ url: "{url}", secret: signing }} }}, retry: [1s, 1s, 2s, 4s] }}]
automations:
  - {{ id: tell, state: published, on: [lead_created, lead_updated, lead_deleted, activity_created], push: other, peer: {peer} }}
"#
    )
}

impl<'a> Side<'a> {
    async fn open(stack: &'a Stack, account: &str) -> Self {
        let api = Api::of(stack, account).await.unwrap();
        api.set_secret("hmac", HMAC_SECRET).await.unwrap();
        api.set_secret("signing", SIGNING_SECRET).await.unwrap();
        let endpoints = api.publish(&config("unset", "nobody", "http://127.0.0.1:9/")).await.unwrap();
        Self { api, endpoints }
    }

    /// From now on it tells `other` what changes.
    async fn connect(&self, own: &str, peer: &str, other: &Side<'_>) {
        let url = other.endpoints.endpoint("sync").unwrap();
        self.api.publish(&config(own, peer, url)).await.unwrap();
    }

    /// Somebody calls the lead.
    async fn call(&self, lead: &str) {
        let path = format!("/v1/leads/{lead}/activities");
        let body = json!({ "type": "call", "fields": { "outcome": "reached" } });
        let answer = Answer::to(self.api.request(reqwest::Method::POST, &path).json(&body)).await.unwrap();
        assert_eq!(answer.status, 202, "{}", answer.body);
    }

    async fn form(&self, body: &Value) {
        let answer = post(self.api.stack(), self.endpoints.endpoint("web").unwrap(), body).await.unwrap();
        assert_eq!(answer.status, 202, "{}", answer.body);
    }

    /// The events of a source that are settled, the newest first.
    async fn events(&self, source: &str) -> Vec<Value> {
        let events = self.api.list("events", "range=today").await.unwrap();
        events.into_iter().filter(|event| event["source"] == source).collect()
    }

    /// The leads that its events made or met, by their fields.
    async fn leads(&self) -> Vec<Value> {
        let mut ids: Vec<String> = Vec::new();
        for event in self.api.list("events", "range=today").await.unwrap() {
            if let Some(id) = event["lead"].as_str()
                && !ids.iter().any(|known| known == id)
            {
                ids.push(id.to_owned());
            }
        }
        let mut leads = Vec::new();
        for id in ids {
            leads.push(self.api.get(&format!("/v1/leads/{id}")).await.unwrap());
        }
        leads
    }

    async fn one_lead(&self) -> Option<Value> {
        let mut leads = self.leads().await;
        assert!(leads.len() < 2, "one person is one lead: {leads:?}");
        leads.pop()
    }
}

/// Waits until both accounts' lead has these fields.
async fn both_have(sides: [&Side<'_>; 2], expected: &Value) {
    for side in sides {
        let same = async || Ok(side.one_lead().await.filter(|lead| lead["fields"] == *expected));
        leadyard_tests::stack::wait_until(&format!("a lead with {expected}"), PATIENCE, same).await.unwrap();
    }
}

#[tokio::test]
async fn what_changes_in_one_account_changes_in_the_other_and_nothing_comes_back() {
    let stack = stack().await;
    let (north, south) = (Side::open(&stack, "sync-north").await, Side::open(&stack, "sync-south").await);
    north.connect("north", "south", &south).await;
    south.connect("south", "north", &north).await;

    north.form(&json!({ "email": "ann@example.com", "company": "One" })).await;
    both_have([&north, &south], &json!({ "email": "ann@example.com", "company": "One" })).await;
    south.form(&json!({ "email": "ann@example.com", "company": "Two" })).await;
    both_have([&north, &south], &json!({ "email": "ann@example.com", "company": "Two" })).await;
    north.form(&json!({ "email": "ann@example.com", "job_title": "Boss" })).await;
    both_have([&north, &south], &json!({ "email": "ann@example.com", "company": "Two", "job_title": "Boss" })).await;

    // What happens to it on each side at the same moment is known on both.
    let ids = [north.one_lead().await.unwrap(), south.one_lead().await.unwrap()];
    for (side, lead) in [&north, &south].into_iter().zip(&ids) {
        side.call(lead["id"].as_str().unwrap()).await;
    }
    for (side, lead) in [&north, &south].into_iter().zip(&ids) {
        let path = format!("/v1/leads/{}/activities", lead["id"].as_str().unwrap());
        let both = async || {
            let found = side.api.get(&path).await?;
            Ok((found["activities"].as_array().map(Vec::len) == Some(2)).then_some(()))
        };
        leadyard_tests::stack::wait_until("two calls are known", PATIENCE, both).await.unwrap();
    }

    // It is deleted on one side, and then on both.
    let path = format!("/v1/leads/{}", ids[0]["id"].as_str().unwrap());
    let answer = Answer::to(north.api.request(reqwest::Method::DELETE, &path)).await.unwrap();
    assert_eq!(answer.status, 202, "{}", answer.body);
    both_have([&north, &south], &json!({})).await;

    // Whatever would have come back had the time in which the last change went there: it is asked for with the same commit.
    let told =
        |events: Vec<Value>| events.iter().map(|event| event["status"].as_str().unwrap_or("").to_owned()).collect();
    let (to_north, to_south): (Vec<String>, Vec<String>) =
        (told(north.events("sync").await), told(south.events("sync").await));
    assert_eq!(to_north, ["updated"; 2], "one change and one call were made in the south");
    assert_eq!(
        to_south,
        ["updated", "updated", "updated", "created"],
        "two changes, a call and the deletion in the north"
    );
}

#[tokio::test]
async fn a_push_to_a_connector_that_was_removed_is_a_failed_delivery_that_says_why() {
    let stack = stack().await;
    let (north, south) = (Side::open(&stack, "sync-left").await, Side::open(&stack, "sync-gone").await);
    north.connect("left", "gone", &south).await;
    south.api.publish("sources: [{ id: web, format: json }]").await.unwrap();
    north.form(&json!({ "email": "ann@example.com" })).await;
    let dead = async || {
        let Some(lead) = north.one_lead().await else { return Ok(None) };
        let delivery = lead["deliveries"][0].clone();
        Ok((delivery["status"] == "dead").then_some(delivery))
    };
    let delivery = leadyard_tests::stack::wait_until("the delivery is given up", PATIENCE, dead).await.unwrap();
    let reason = delivery["reason"].as_str().unwrap();
    assert!(reason.contains("404") && reason.contains("removed"), "{reason}");
    assert_eq!(south.events("sync").await, Vec::<Value>::new());
}
