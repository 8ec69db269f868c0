//! What goes out.

use leadyard_fakes::Answered;
use serde_json::{Value, json};

use crate::setting::Setting;

#[tokio::test]
async fn a_mapped_body_with_a_token_and_a_signature() {
    let webhook = json!({
        "secret": "hook",
        "auth": { "bearer": { "secret": "token" } },
        "body": { "fields": { "Name": "{{ lead.fields.full_name }}", "Ref": "{{ delivery }}", "Who": "{{ assignee.id }}" } },
    });
    let setting = Setting::start(webhook, json!({}), |_| Answered::status(200)).await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!(setting.status(&delivery).await, "delivered");
    let came = &setting.receiver.came()[0];
    let body: Value = serde_json::from_str(&came.body).unwrap();
    assert_eq!(body, json!({ "Name": "Jane Doe", "Ref": delivery, "Who": "anna" }));
    assert_eq!(came.header("authorization"), Some("Bearer top-secret"));
    assert_eq!(came.header("idempotency-key"), Some(delivery.as_str()));
    assert!(came.header("webhook-signature").unwrap().starts_with("v1,"));
    let kept = format!("{:?}", setting.last(&delivery).await);
    assert!(kept.contains("Jane Doe") && !kept.contains("top-secret"), "{kept}");
}

#[tokio::test]
async fn a_template_that_fails_is_dead_with_its_place_and_goes_through_when_it_is_mended() {
    let broken = json!({ "body": { "json": "{\n  \"n\": {{ lead.fields.full_name | nonsense }} }" } });
    let setting = Setting::start(broken, json!({}), |_| Answered::status(200)).await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!((setting.status(&delivery).await, setting.receiver.came().len()), ("dead", 0));
    let attempt = setting.last(&delivery).await;
    assert_eq!(attempt.code.as_deref(), Some("E_TEMPLATE"));
    assert!(attempt.reason.unwrap().contains("in line 2, column"));
    setting.publish(json!({ "body": { "json": "{ \"n\": {{ lead.fields.full_name }} }" } }), json!({}), 1).await;
    setting.pass(5);
    let request = leadyard_store::ReplayRequest {
        account: crate::setting::account(),
        delivery: delivery.clone(),
        force: false,
        by: "ops".to_owned(),
        now: setting.now(),
    };
    setting.table.store.request_replay(&request).await.unwrap();
    setting.try_it(&delivery, 2).await;
    assert_eq!(setting.status(&delivery).await, "delivered");
    assert_eq!(setting.receiver.came()[0].body, "{ \"n\": \"Jane Doe\" }");
}

#[tokio::test]
async fn a_missing_secret_is_never_sent_without() {
    for webhook in [json!({ "secret": "none" }), json!({ "auth": { "header": { "name": "x-key", "secret": "none" } } })]
    {
        let setting = Setting::start(webhook, json!({}), |_| Answered::status(200)).await;
        let delivery = setting.lead(1).await;
        setting.try_it(&delivery, 1).await;
        assert_eq!((setting.status(&delivery).await, setting.receiver.came().len()), ("dead", 0));
        assert_eq!(setting.last(&delivery).await.code.as_deref(), Some("E_SECRET"));
    }
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_anew_when_it_is_refused() {
    let webhook =
        json!({ "auth": { "oauth2": { "token_url": "x", "client_id": "us", "secret": "token", "scope": "a b" } } });
    let mut tokens = 0;
    let setting = Setting::start(webhook, json!({}), move |came| match came.what.as_str() {
        "POST /token" => {
            assert_eq!(came.body, "grant_type=client_credentials&scope=a+b");
            assert_eq!(came.header("authorization"), Some("Basic dXM6dG9wLXNlY3JldA=="));
            tokens += 1;
            Answered::With(200, Vec::new(), format!(r#"{{"access_token":"t{tokens}","expires_in":3600}}"#))
        }
        // The first token is taken back after two requests.
        _ if came.header("authorization") == Some("Bearer t1") && came.body.contains("third") => Answered::status(401),
        _ => Answered::status(200),
    })
    .await;
    let (first, second) = (setting.lead(1).await, setting.lead(2).await);
    setting.try_it(&first, 1).await;
    setting.try_it(&second, 1).await;
    let count = |what: &str| setting.receiver.came().iter().filter(|came| came.what == what).count();
    assert_eq!((count("POST /token"), count("POST /hook")), (1, 2));
    setting.pass(3_600);
    let third = setting.lead(3).await;
    setting.try_it(&third, 1).await;
    assert_eq!((setting.status(&third).await, count("POST /token")), ("delivered", 2), "it had ended");
}

#[tokio::test]
async fn a_token_that_is_refused_is_asked_for_anew_and_one_that_is_not_given_is_told() {
    let webhook = json!({ "auth": { "oauth2": { "token_url": "x", "client_id": "us", "secret": "token" } } });
    let mut asked = 0;
    let setting = Setting::start(webhook, json!({}), move |came| match came.what.as_str() {
        "POST /token" => {
            asked += 1;
            match asked {
                1 | 2 => Answered::With(200, Vec::new(), format!(r#"{{"access_token":"t{asked}"}}"#)),
                3 => Answered::With(
                    400,
                    Vec::new(),
                    r#"{"error":"invalid_client","error_description":"top-secret"}"#.into(),
                ),
                _ => Answered::status(503),
            }
        }
        _ if came.header("authorization") == Some("Bearer t1") => Answered::status(401),
        _ => Answered::status(200),
    })
    .await;
    let first = setting.lead(1).await;
    setting.try_it(&first, 1).await;
    assert_eq!(setting.status(&first).await, "retry");
    setting.pass(10);
    setting.try_it(&first, 2).await;
    assert_eq!(setting.status(&first).await, "delivered");
    setting.pass(3_600);
    let (second, third) = (setting.lead(2).await, setting.lead(3).await);
    setting.try_it(&second, 1).await;
    let attempt = setting.last(&second).await;
    assert_eq!((setting.status(&second).await, attempt.code.as_deref()), ("dead", Some("E_TOKEN")));
    let reason = attempt.reason.unwrap();
    assert!(reason.contains("invalid_client") && !reason.contains("top-secret"), "{reason}");
    setting.try_it(&third, 1).await;
    assert_eq!(setting.status(&third).await, "retry");
}

#[tokio::test]
async fn a_slack_message_hides_its_address() {
    let setting =
        Setting::start(json!({ "secret": "slack" }), json!({}), |_| Answered::With(200, Vec::new(), "ok".to_owned()))
            .await;
    let delivery = setting.lead(1).await;
    setting.try_it(&delivery, 1).await;
    assert_eq!(setting.status(&delivery).await, "delivered");
    let came = &setting.receiver.came()[0];
    assert_eq!(came.what, "POST /services/T0/B0/x");
    let body: Value = serde_json::from_str(&came.body).unwrap();
    assert_eq!(body["text"], "*Anna*, a new lead is yours.");
    let kept = format!("{:?}", setting.last(&delivery).await);
    assert!(!kept.contains("/services/"), "{kept}");
    assert_eq!(setting.record(&delivery).await.unwrap().channel, "slack");
}
