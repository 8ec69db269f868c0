//! A field that does not fit: logged as failed with the field and the type, and retried when the mapping is mended.

use serde_json::json;

use crate::{
    account::{Account, one_webhook},
    shared::stack,
};

/// The config with another mapping of the source.
fn mapped(mapping: &str) -> String {
    let source = format!("{{ id: web, format: json, mapping: [{mapping}] }}");
    one_webhook("{ url: \"RECEIVER/crm\" }").replace("{ id: web, format: json }", &source)
}

#[tokio::test]
async fn a_failed_event_names_field_and_type_and_becomes_a_lead_after_the_mapping_is_mended() {
    let stack = stack().await;
    let account = Account::open(&stack, "mended", &mapped("{ from: staff, to: company_size }")).await;
    let event = account.event(&json!({ "email": "kim@example.com", "staff": true, "staff_count": 12 })).await;
    assert_eq!((&event["status"], &event["lead"]), (&json!("failed"), &json!(null)));
    let reason = event["reason"].as_str().unwrap();
    for words in ["company_size", "number", "boolean"] {
        assert!(reason.contains(words), "{words:?} is missing in: {reason}");
    }
    let id = event["id"].as_str().unwrap();
    let failed = account.api.list("events", "status=failed").await.unwrap();
    assert_eq!(failed.iter().map(|row| row["id"].as_str()).collect::<Vec<_>>(), [Some(id)]);
    assert_eq!(account.receiver.count(), 0);

    let mended = mapped("{ from: staff_count, to: company_size }").replace("RECEIVER", &account.receiver.base());
    account.api.publish(&mended).await.unwrap();
    // The functions read the config anew within two seconds; a retry before that fails once more, and is asked for again.
    let retry = format!("/v1/events/{id}/retry");
    let made = async || {
        let event = account.settled_event(id).await;
        if event["status"] == "failed" {
            let answer = account.api.post(&retry).await?;
            assert!(matches!(answer.status, 202 | 409), "{}", answer.body);
            return Ok(None);
        }
        Ok(Some(event))
    };
    let event = account.wait("the retried event is a lead", made).await;
    assert_eq!(event["status"], "created", "{event}");
    let lead = account.delivered(event["lead"].as_str().unwrap()).await;
    assert_eq!(lead["fields"]["company_size"], 12);
    assert_eq!(lead["deliveries"][0]["status"], "delivered");

    // What has not failed cannot be retried.
    assert_eq!(account.api.post(&retry).await.unwrap().status, 409);
}
