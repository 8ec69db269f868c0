//! Rules on the whole stack: lists that decide, versions that are rolled back, leads that several rules give, and
//! simulations that write nothing.

use leadyard_tests::client::Answer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{account::Account, shared::stack};

const TERRITORIES: &str = r#"
sources: [{ id: web, format: json, verify: { hmac: { secret: hmac, header: x-signature, prefix: "sha256=" } } }]
assignees:
  - { id: anna, name: Anna, destinations: [crm] }
  - { id: bo, name: Bo, destinations: [crm] }
destinations: [{ id: crm, channel: { webhook: { url: "RECEIVER/crm" } } }]
profiles:
  - id: all
    rules: [{ id: berlin, when: { field: postal_code, op: in_list, value: zips }, then: [{ assign_to: anna }] }]
    default: { assign_to: bo }
"#;

async fn put_list(account: &Account<'_>, name: &str, entries: &str) -> Answer {
    let path = format!("/v1/lists/{name}");
    let request = account.api.request(Method::PUT, &path).header("content-type", "text/plain");
    Answer::to(request.body(entries.to_owned())).await.unwrap()
}

/// Sends leads with a ZIP code until one is decided by this version: a process looks every two seconds which is in force.
async fn decided_by(account: &Account<'_>, version: u64, zip: &str) -> Value {
    let mut number = 0;
    let decided = async || {
        number += 1;
        let email = format!("v{version}-{zip}-{number}@example.com");
        let event = account.event(&json!({ "email": email, "postal_code": zip })).await;
        let lead = account.api.get(&format!("/v1/leads/{}", event["lead"].as_str().unwrap())).await?;
        let decision = lead["assignments"][0].clone();
        Ok((decision["config_version"] == version).then_some(decision))
    };
    account.wait(&format!("version {version} decides"), decided).await
}

#[tokio::test]
async fn a_list_decides_its_upload_makes_a_version_and_a_rollback_brings_both_back() {
    let stack = stack().await;
    let account = Account::open(&stack, "rules-lists", "{ account: { name: empty } }").await;
    let refused = account.api.put_config(&TERRITORIES.replace("RECEIVER", "https://x"), None).await.unwrap();
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body["problems"].to_string().contains("zips"), "{}", refused.body);

    let uploaded = put_list(&account, "zips", "10115\n10117\n").await;
    assert_eq!((uploaded.status, &uploaded.body["version"]), (200, &Value::Null), "{}", uploaded.body);
    let published = account.api.publish(&TERRITORIES.replace("RECEIVER", &account.receiver.base())).await.unwrap();
    let account = Account { published, ..account };
    let first = account.published.version;
    assert_eq!(decided_by(&account, first, "10115").await["rule"], "berlin");
    assert_eq!(decided_by(&account, first, "20095").await["rule"], Value::Null);

    let wider = put_list(&account, "zips", "10115\n20095\n").await;
    assert_eq!(wider.body["version"], first + 1, "{}", wider.body);
    assert_eq!(decided_by(&account, first + 1, "20095").await["rule"], "berlin");
    assert_eq!(decided_by(&account, first + 1, "10117").await["rule"], Value::Null);

    let path = format!("/v1/config/versions/{first}/rollback");
    let back = account.api.post(&path).await.unwrap().accepted(&path).unwrap();
    assert_eq!(back["version"], first + 2, "{back}");
    assert_eq!(decided_by(&account, first + 2, "10117").await["rule"], "berlin");
    assert_eq!(decided_by(&account, first + 2, "20095").await["rule"], Value::Null);
    let versions = account.api.get("/v1/config/versions").await.unwrap();
    assert!(versions.to_string().contains("roll_back"), "{versions}");
}

#[tokio::test]
async fn every_matching_rule_delivers_once() {
    let stack = stack().await;
    let config = r#"
sources: [{ id: web, format: json, verify: { hmac: { secret: hmac, header: x-signature, prefix: "sha256=" } } }]
assignees:
  - { id: anna, name: Anna, destinations: [one] }
  - { id: bo, name: Bo, destinations: [two] }
  - { id: cy, name: Cy, active: false, destinations: [two] }
destinations:
  - { id: one, channel: { webhook: { url: "RECEIVER/one" } } }
  - { id: two, channel: { webhook: { url: "RECEIVER/two" } } }
profiles:
  - id: buyers
    match: all
    rules:
      - { id: solar, when: { field: message, op: contains, value: solar }, then: [{ assign_to: anna }] }
      - { id: heat, when: { field: message, op: contains, value: heat }, then: [{ assign_to: bo }] }
      - { id: roof, when: { field: message, op: contains, value: solar }, then: [{ assign_to: anna }] }
      - { id: gone, when: { field: message, op: contains, value: solar }, then: [{ assign_to: cy }], else: do_nothing }
"#;
    let account = Account::open(&stack, "rules-all", config).await;
    let event = account.event(&json!({ "email": "kim@example.com", "message": "Solar and heat" })).await;
    let lead = account.delivered(event["lead"].as_str().unwrap()).await;
    let outcomes: Vec<(&str, &str)> = lead["assignments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|assignment| (assignment["rule"].as_str().unwrap(), assignment["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(outcomes, [("solar", "assigned"), ("heat", "assigned"), ("roof", "nothing"), ("gone", "nothing")]);
    assert_eq!(lead["owner"], "anna");
    let mut paths: Vec<String> = account.receiver.requests().iter().map(|request| request.path.clone()).collect();
    paths.sort();
    assert_eq!(paths, ["/one", "/two"]);
}

#[tokio::test]
async fn a_simulation_of_the_past_says_what_happened_and_writes_nothing() {
    let stack = stack().await;
    let config = r#"
fields: [{ name: score, type: number }]
sources: [{ id: web, format: json, verify: { hmac: { secret: hmac, header: x-signature, prefix: "sha256=" } } }]
assignees: [{ id: anna, name: Anna, weight: 2 }, { id: bo, name: Bo, caps: [{ period: lifetime, limit: 2 }] }]
pools: [{ id: both, members: [anna, bo] }]
profiles: [{ id: all, rules: [{ id: high, when: { field: score, op: gte, value: 50 }, then: [{ pool: both }] }], default: do_nothing }]
"#;
    let account = Account::open(&stack, "rules-simulate", config).await;
    for number in 0..12 {
        account.event(&json!({ "email": format!("lead{number}@example.com"), "score": number * 10 })).await;
    }
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let past = json!({ "from": today.yesterday().unwrap(), "to": today });
    let simulate = async |body: Value| {
        let request = account.api.request(Method::POST, "/v1/simulate").json(&body);
        Answer::to(request).await.unwrap().accepted("POST /v1/simulate").unwrap()
    };
    // The index by time is a moment behind.
    let same = account
        .wait("all leads are in the index", async || {
            let same = simulate(json!({ "past": past, "state": "reset" })).await;
            Ok((same["simulated"] == 12).then_some(same))
        })
        .await;
    // The same rules from the same start give the same picks.
    assert_eq!((&same["differ"], &same["leads"]), (&json!(0), &json!([])), "{same}");
    assert_eq!(same["assignees"]["bo"], json!({ "would": 2, "did": 2 }));
    let draft = config.replace("value: 50", "value: 80");
    let other = simulate(json!({ "past": past, "state": "reset", "config": draft })).await;
    assert_eq!(other["rules"]["all/high"], json!({ "would": 4, "did": 7 }), "{other}");
    let again = simulate(json!({ "past": past, "state": "reset" })).await;
    assert_eq!(again, same);
}
