//! The history of the config.

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};

use crate::lists::{self, NAMING};
use crate::seeds::account;
use crate::services::{Answer, Services, request};

async fn roll_back(services: &Services, version: u64, if_match: Option<&str>, query: &str) -> Answer {
    let path = format!("/v1/config/versions/{version}/rollback{query}");
    let mut request = request(Method::POST, "main-admin", &path);
    if let Some(tag) = if_match {
        request = request.header(header::IF_MATCH, tag);
    }
    services.send(request.body(Body::empty()).unwrap()).await
}

async fn publish_with_note(services: &Services, yaml: &str, note: &str) -> Answer {
    let request = request(Method::PUT, "main-admin", &format!("/v1/config?note={note}"));
    services.send(request.header(header::CONTENT_TYPE, "text/yaml").body(yaml.to_owned().into()).unwrap()).await
}

#[tokio::test]
async fn every_publish_is_a_version() {
    let services = Services::start().await;
    assert_eq!(
        services.get("main-viewer", "/v1/config/versions").await.body,
        json!({"versions": [], "next_cursor": null})
    );
    services.publish("account: { name: One }", None).await;
    assert_eq!(publish_with_note(&services, "account: { name: Two }", "new%20name").await.status, 200);
    services.publish("account: { name: Three }", None).await;

    let first = services.get("main-viewer", "/v1/config/versions?limit=2").await.body;
    let of = |page: &Value| -> Vec<u64> {
        page["versions"].as_array().unwrap().iter().map(|version| version["version"].as_u64().unwrap()).collect()
    };
    assert_eq!((of(&first), &first["next_cursor"]), (vec![3, 2], &json!("2")));
    assert_eq!(first["versions"][0]["in_force"], true);
    let two = &first["versions"][1];
    assert_eq!(
        (&two["note"], &two["published_by"], &two["cause"]),
        (&json!("new name"), &json!("main admin"), &json!("document"))
    );
    let second = services.get("main-viewer", "/v1/config/versions?limit=2&cursor=2").await.body;
    assert_eq!((of(&second), &second["next_cursor"]), (vec![1], &Value::Null));

    let one = services.get("main-viewer", "/v1/config/versions/1").await;
    assert_eq!((one.status, one.header(header::ETAG)), (200, "\"1\""));
    assert_eq!((&one.body["document"]["account"]["name"], &one.body["in_force"]), (&json!("One"), &json!(false)));
    for path in
        ["/v1/config/versions/4", "/v1/config/versions/0", "/v1/config/versions/x", "/v1/config/versions/1/diff/4"]
    {
        assert_eq!(services.get("main-viewer", path).await.status, 404, "{path}");
    }
    for query in ["limit=0", "limit=101", "cursor=x", "before=2"] {
        assert_eq!(services.get("main-viewer", &format!("/v1/config/versions?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(publish_with_note(&services, "account: {}", &"x".repeat(201)).await.status, 400);
    assert_eq!(services.get("other-viewer", "/v1/config/versions/1").await.status, 404);
}

#[tokio::test]
async fn two_versions_are_compared_by_the_names_of_things() {
    let services = Services::start().await;
    let first = lists::set(&services, "zips", "1").await.body;
    services.publish(NAMING, None).await;
    let second = lists::set(&services, "zips", "1\n2").await.body;
    let changed = NAMING.replace("id: near,", "id: near, name: Near,").replace("Europe/Berlin", "Asia/Kolkata");
    services.publish(&changed, None).await;

    let differences = services.get("main-viewer", "/v1/config/versions/1/diff/3").await;
    assert_eq!(differences.status, 200, "{differences:?}");
    let expected = json!({
        "from": 1, "to": 3, "omitted": 0,
        "changes": [
            { "path": "account.timezone", "change": "changed", "old": "Europe/Berlin", "new": "Asia/Kolkata" },
            { "path": "profiles[inbound].rules[near].name", "change": "added", "new": "Near" },
        ],
        "lists": [{
            "name": "zips",
            "old": { "revision": first["revision"], "entries": 1 },
            "new": { "revision": second["revision"], "entries": 2 },
        }],
    });
    assert_eq!(differences.body, expected);
    let same = services.get("main-viewer", "/v1/config/versions/3/diff/3").await.body;
    assert_eq!((&same["changes"], &same["lists"]), (&json!([]), &json!([])));
    let back = services.get("main-viewer", "/v1/config/versions/3/diff/1").await.body;
    assert_eq!(
        back["changes"][1],
        json!({ "path": "profiles[inbound].rules[near].name", "change": "removed", "old": "Near" })
    );
}

#[tokio::test]
async fn going_back_publishes_the_old_document_with_its_lists() {
    let services = Services::start().await;
    let first = lists::set(&services, "zips", "1").await.body;
    services.publish(NAMING, None).await;
    lists::set(&services, "zips", "2").await;
    services.publish("account: { name: Bare }", None).await;
    // The list is gone altogether.
    services.send(request(Method::DELETE, "main-admin", "/v1/lists/zips").body(Body::empty()).unwrap()).await;

    let stale = roll_back(&services, 1, Some("\"2\""), "").await;
    assert_eq!(stale.status, 412, "{stale:?}");
    let same = roll_back(&services, 3, None, "").await;
    assert_eq!(same.status, 409, "{same:?}");
    assert!(same.detail().contains("in force already"), "{same:?}");
    assert_eq!(roll_back(&services, 9, None, "").await.status, 404);

    let back = roll_back(&services, 1, Some("\"3\""), "?note=as%20it%20was").await;
    assert_eq!((back.status, &back.body["version"], back.header(header::ETAG)), (200, &json!(4), "\"4\""), "{back:?}");
    assert_eq!(back.body["endpoints"], json!([]), "its source has its URL");
    let version = services.get("main-viewer", "/v1/config/versions/4").await.body;
    assert_eq!((&version["cause"], &version["rolled_back_to"]), (&json!("roll_back"), &json!(1)));
    assert_eq!((&version["note"], &version["in_force"]), (&json!("as it was"), &json!(true)));
    assert_eq!(version["lists"][0]["revision"], first["revision"]);
    let old = services.get("main-viewer", "/v1/config/versions/1").await.body;
    assert_eq!(version["document"], old["document"]);
    // The list is there again, with what it held.
    assert_eq!(services.get("main-viewer", "/v1/lists/zips/entries").await.text, "1\n");
    let audit = services.store.list_audit(&account(), 1, None).await.unwrap().rows;
    assert_eq!((audit[0].action.as_str(), audit[0].target.as_str()), ("config.roll_back", "4"));
}

#[tokio::test]
async fn routing_tests_guard_every_way_into_force() {
    let services = Services::start().await;
    lists::set(&services, "zips", "10115").await;
    let test = |zip: &str| {
        format!(
            "{NAMING}tests: [{{ name: near, lead: {{ fields: {{ postal_code: '{zip}' }} }}, expect: {{ rule: near }} }}]\n"
        )
    };
    let failing = services.publish(&test("80331"), None).await;
    assert_eq!(failing.status, 422, "{failing:?}");
    let said = failing.body["problems"][0]["message"].as_str().unwrap();
    assert!(said.contains("the test 'near' expects rule near"), "{failing:?}");
    assert_eq!(failing.body["problems"][0]["path"], "tests[0].expect");
    let validate = async |yaml: String| {
        let request = request(Method::POST, "main-viewer", "/v1/config/validate");
        services.send(request.header(header::CONTENT_TYPE, "text/yaml").body(yaml.into()).unwrap()).await.body
    };
    let checked = validate(test("80331")).await;
    assert_eq!((&checked["valid"], &checked["problems"][0]["path"]), (&json!(false), &json!("tests[0].expect")));
    assert_eq!(validate(test("10115")).await["valid"], true);
    assert_eq!(services.get("main-viewer", "/v1/config").await.status, 404, "nothing was published");

    assert_eq!(services.publish(&test("10115"), None).await.status, 200);
    // A list that makes it fail.
    let upload = lists::set(&services, "zips", "80331").await;
    assert_eq!((upload.status, &upload.body["problems"][0]["path"]), (422, &json!("tests[0].expect")), "{upload:?}");
    assert_eq!(services.get("main-viewer", "/v1/lists/zips/entries").await.text, "10115\n");
    assert_eq!(lists::set(&services, "zips", "80331\n10115").await.body["version"], 2);
}

#[tokio::test]
async fn what_would_be_refused_today_is_not_gone_back_to() {
    let services = Services::start().await;
    let soon = "destinations: [{ id: crm, channel: { webhook: { url: \"https://crm.example/leads\", secret: crm } } }]";
    // As an older program may have published it: its secret was never set.
    let document = serde_json::to_string(&json!({"destinations": [
        {"id": "crm", "channel": {"webhook": {"url": "https://crm.example/leads", "secret": "crm"}}}
    ]}));
    let old = leadyard_store::PublishConfig::new(account(), document.unwrap(), 0, "ci", jiff::Timestamp::UNIX_EPOCH);
    services.store.publish_config(&old).await.unwrap();
    assert_eq!(services.publish("account: {}", None).await.status, 200);
    let refused = roll_back(&services, 1, None, "").await;
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.detail().contains("Version 1 would be refused today"), "{refused:?}");
    assert_eq!(refused.body["problems"][0]["path"], "destinations[0].channel.webhook.secret");
    services.json(Method::PUT, "main-admin", "/v1/secrets/crm", &json!({"value": "s3cret"})).await;
    assert_eq!(roll_back(&services, 1, None, "").await.body["version"], 3);
    assert_eq!(services.publish(soon, None).await.body["version"], 4);
}

#[tokio::test]
async fn warnings_are_told_on_every_way_into_force() {
    let services = Services::start().await;
    lists::set(&services, "zips", "1").await;
    lists::set(&services, "idle", "1").await;
    let codes = |answer: &Answer| -> Vec<String> {
        let warnings = answer.body["warnings"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
        warnings.iter().map(|warning| warning["code"].as_str().unwrap().to_owned()).collect()
    };
    let published = services.publish(NAMING, None).await;
    let told = codes(&published);
    assert!(told.contains(&"unused_list".to_owned()), "{published:?}");
    let unused =
        published.body["warnings"].as_array().unwrap().iter().find(|one| one["code"] == "unused_list").unwrap();
    assert_eq!(unused["path"], "lists.idle");
    assert_eq!(codes(&lists::set(&services, "zips", "2").await), told);
    assert_eq!(codes(&roll_back(&services, 1, None, "").await), told);
    let request = request(Method::POST, "main-viewer", "/v1/config/validate");
    let checked = services.send(request.header(header::CONTENT_TYPE, "text/yaml").body(NAMING.into()).unwrap()).await;
    assert_eq!(codes(&checked), told);
    // A list that no rule names brings none.
    assert_eq!(codes(&lists::set(&services, "idle", "2").await), [] as [String; 0]);
}
