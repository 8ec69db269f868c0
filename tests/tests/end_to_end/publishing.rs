//! Configs: an invalid one is refused whole, and of two publishers at once one is told so.

use leadyard_tests::client::PROBLEM;
use serde_json::json;

use crate::{
    account::{Account, one_webhook},
    shared::stack,
};

#[tokio::test]
async fn an_invalid_config_is_refused_whole_and_the_old_version_stays_in_force() {
    let stack = stack().await;
    let good = one_webhook("{ url: \"RECEIVER/crm\" }");
    let account = Account::open(&stack, "publish-invalid", &good).await;
    let before = account.api.get("/v1/config").await.unwrap();

    // Three faults: an unknown field, an unknown assignee, a secret without a value. The rest is sound, and a new source
    // must not get an endpoint either.
    let bad = r#"
sources: [{ id: web, format: json }, { id: other, format: json, verify: { bearer: { secret: missing } } }]
assignees: [{ id: anna, name: Anna }]
profiles:
  - id: all
    rules: [{ id: r, when: { field: company_sise, op: gt, value: 5 }, then: [{ assign_to: nobody }] }]
"#;
    let answer = account.api.put_config(bad, None).await.unwrap();
    assert_eq!((answer.status, answer.media_type.as_str()), (422, PROBLEM));
    let paths: Vec<&str> =
        answer.body["problems"].as_array().unwrap().iter().map(|problem| problem["path"].as_str().unwrap()).collect();
    for node in ["sources[1].verify", "profiles[0].rules[0].when", "profiles[0].rules[0].then[0]"] {
        assert!(paths.iter().any(|path| path.starts_with(node)), "{node} is missing in {paths:?}");
    }
    assert_eq!(account.api.put_config("sources: [", None).await.unwrap().status, 400);
    assert_eq!(account.api.get("/v1/config").await.unwrap(), before);
    let delivery = account.delivery("kim@example.com").await;
    assert_eq!(delivery["status"], "delivered", "{delivery}");

    let next = account.api.publish(&good.replace("RECEIVER", &account.receiver.base())).await.unwrap();
    assert_eq!((next.version, next.endpoints.len()), (account.published.version + 1, 0));
}

#[tokio::test]
async fn of_two_publishers_at_once_one_is_told() {
    let stack = stack().await;
    let account = Account::open(&stack, "publish-twice", "{ account: { name: zero } }").await;
    let version = account.published.version;
    for round in 0..3 {
        let from = Some(version + round);
        let (one, two) = tokio::join!(
            account.api.put_config("{ account: { name: one } }", from),
            account.api.put_config("{ account: { name: two } }", from),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert!(matches!(statuses, [200, 409 | 412]), "{} {}", one.body, two.body);
        let winner = if one.status == 200 { "one" } else { "two" };
        let in_force = account.api.get("/v1/config").await.unwrap();
        assert_eq!(in_force["account"]["name"], winner);
    }
    // Who started from an old version is told which one is in force.
    let late = account.api.put_config("{ account: { name: late } }", Some(version)).await.unwrap();
    assert_eq!(late.status, 412);
    assert!(late.detail().contains(&(version + 3).to_string()), "{}", late.detail());
    assert_eq!(account.api.get("/v1/config").await.unwrap()["account"]["first_weekday"], json!("monday"));
}
