//! A partner that does not want a lead says so in its answer, and the next one is offered it.

use leadyard_tests::receiver::Script;
use serde_json::json;

use crate::{account::Account, shared::stack};

const CONFIG: &str = r#"
sources: [{ id: web, format: json }]
assignees:
  - { id: acme, name: Acme, kind: partner, price: 40, destinations: [acme] }
  - { id: best, name: Best, kind: partner, price: 30, destinations: [best] }
destinations:
  - id: acme
    channel:
      webhook:
        url: "RECEIVER/acme"
        body: { fields: { Name: "{{ lead.fields.full_name }}", Ref: "{{ delivery }}" } }
        answers: [{ json: { path: status, in: [202] }, then: rejected, reason: status }]
  - { id: best, channel: { webhook: { url: "RECEIVER/best" } } }
pools: [{ id: partners, members: [acme, best] }]
profiles: [{ id: all, default: { pool: partners } }]
"#;

#[tokio::test]
async fn who_does_not_want_a_lead_pays_nothing_and_the_next_one_gets_it() {
    let stack = stack().await;
    let account = Account::open(&stack, "cascade", CONFIG).await;
    account.receiver.on("/acme", Script::Status(202));
    let lead = account.lead("kim@example.com").await;
    let path = format!("/v1/leads/{lead}");
    let best = account
        .wait("the next partner has the lead", async || {
            let lead = account.api.get(&path).await?;
            Ok((lead["owner"] == "best" && lead["deliveries_pending"] == json!([])).then_some(lead))
        })
        .await;
    assert_eq!(best["holdings"][0]["ended"]["how"], "rejected", "{best}");
    let told = account.receiver.requests_to("/acme");
    assert_eq!(told.len(), 1, "nobody is offered it twice");
    assert!(told[0].json()["Ref"].is_string());
    let delivered = account.delivered(&lead).await;
    let statuses: Vec<&str> =
        delivered["deliveries"].as_array().unwrap().iter().map(|its| its["status"].as_str().unwrap()).collect();
    assert!(statuses.contains(&"rejected") && statuses.contains(&"delivered"), "{statuses:?}");
    let month = &best["created_at"].as_str().unwrap()[..7];
    for (partner, net) in [("acme", "0"), ("best", "30")] {
        let statement = account.api.get(&format!("/v1/partners/{partner}/statement?month={month}")).await.unwrap();
        assert_eq!(statement["totals"]["net"]["amount"].as_str(), Some(net), "{statement}");
    }
}
