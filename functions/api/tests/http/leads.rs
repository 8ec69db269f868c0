//! A lead and everything about it.

use leadyard_domain::delivery::Verdict;
use serde_json::json;

use crate::seeds::{self, at, delivery_id, lead_id};
use crate::services::Services;

#[tokio::test]
async fn a_lead_says_where_it_went_and_why() {
    let services = Services::start().await;
    let now = at("2026-07-21T10:00:00Z");
    seeds::lead(&services.store, 1, &["crm", "mail"], now).await;
    let crm = delivery_id(1, "crm");
    let again = Verdict::Retry { at: at("2026-07-21T10:00:05Z"), reason: "the receiver answered 500".to_owned() };
    seeds::attempt(&services.store, &crm, 1, again, now).await;
    seeds::attempt(&services.store, &crm, 2, Verdict::Delivered, at("2026-07-21T10:00:06Z")).await;

    let path = format!("/v1/leads/{}", lead_id(1));
    let lead = services.get("main-viewer", &path).await;
    assert_eq!(lead.status, 200, "{lead:?}");
    assert_eq!(lead.body["fields"], json!({"email": "anna@example.com", "score": 75.5}));
    assert_eq!(lead.body["extra"], json!({"colour": "red"}));
    assert_eq!((&lead.body["owner"], &lead.body["version"]), (&json!("anna"), &json!(1)));
    assert_eq!((&lead.body["standing"]["state"], &lead.body["standing"]["attempt"]), (&json!("assigned"), &json!(1)));
    let assignment = &lead.body["assignments"][0];
    assert_eq!((&assignment["outcome"], &assignment["assignee"]), (&json!("assigned"), &json!("anna")));
    assert_eq!((&assignment["rule"], &assignment["pool"]), (&json!("large"), &json!("sales")));
    let explanation = [
        "Version 3 of the config decided.",
        "Rule \"large\" matched.",
        "So anna got the lead, to be delivered to \"crm\" and \"mail\".",
    ];
    assert_eq!(assignment["explanation"], json!(explanation));
    assert_eq!(assignment["trace"]["rules"][0]["rule"], "large");
    let delivery = &lead.body["deliveries"][0];
    assert_eq!((&delivery["id"], &delivery["status"]), (&json!(crm), &json!("delivered")));
    let statuses: Vec<_> = delivery["attempts"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["retry", "delivered"]);
    assert_eq!(delivery["attempts"][0]["response"]["status"], 500);
    assert_eq!(delivery["attempts"][0]["request"]["headers"], json!([{"name": "webhook-id", "value": crm}]));
    assert_eq!(lead.body["deliveries_pending"], json!([delivery_id(1, "mail")]));

    let alone = services.get("main-viewer", &format!("/v1/deliveries/{crm}")).await;
    assert_eq!(&alone.body, delivery);
    assert_eq!(services.get("other-admin", &path).await.status, 404, "of another account");
}

#[tokio::test]
async fn ids_that_nobody_has() {
    let services = Services::start().await;
    for path in [
        format!("/v1/leads/{}", lead_id(1)),
        "/v1/leads/42".to_owned(),
        format!("/v1/events/{}", seeds::event_id(1)),
        "/v1/events/42".to_owned(),
        format!("/v1/deliveries/{}", delivery_id(1, "crm")),
        "/v1/deliveries/42".to_owned(),
    ] {
        let answer = services.get("main-viewer", &path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.detail().contains(path.rsplit('/').next().unwrap()), "{answer:?}");
    }
}
