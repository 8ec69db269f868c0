//! Publishing, reading and checking configs.

use axum::body::Body;
use axum::http::{Method, header};
use leadyard_outbound::address::AddressPolicy;
use leadyard_store::{ENDPOINTS_MAX, PublishConfig, endpoint_key_hash};
use serde_json::{Value, json};

use crate::seeds::{account, at};
use crate::services::{Answer, PUBLIC_URL, Services, request};

const CONFIG: &str = "
account: { name: Sunny Roofs, timezone: Europe/Berlin }
sources:
  - { id: web, format: json }
  - { id: page, format: form }
assignees: [{ id: anna, name: Anna, destinations: [crm] }]
pools: [{ id: sales, members: [anna] }]
destinations: [{ id: crm, channel: { webhook: { url: \"https://crm.example/leads\" } } }]
profiles: [{ id: inbound, default: [{ pool: sales }] }]
";

async fn in_force(services: &Services) -> (String, Value) {
    let answer = services.get("main-viewer", "/v1/config").await;
    assert_eq!(answer.status, 200);
    (answer.header(header::ETAG).to_owned(), answer.body)
}

fn endpoints(answer: &Answer) -> Vec<(&str, &str)> {
    let list = answer.body["endpoints"].as_array().unwrap();
    list.iter().map(|one| (one["source"].as_str().unwrap(), one["url"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_published_config_is_in_force_and_its_sources_have_urls() {
    let services = Services::start().await;
    let answer = services.publish(CONFIG, None).await;
    assert_eq!((answer.status, &answer.body["version"]), (200, &json!(1)), "{answer:?}");
    assert_eq!(answer.header(header::ETAG), "\"1\"");
    let urls = endpoints(&answer);
    assert_eq!(urls.iter().map(|(source, _)| *source).collect::<Vec<_>>(), ["web", "page"]);
    for (source, url) in urls {
        let key = url.strip_prefix(PUBLIC_URL).unwrap().strip_prefix("/in/").unwrap();
        assert!(key.len() == 40 && key.bytes().all(|b| b.is_ascii_alphanumeric()), "160 bits in hex: {key}");
        let found = services.store.find_source(&endpoint_key_hash(key)).await.unwrap().unwrap();
        assert_eq!((found.0.as_str(), found.1.as_str()), ("main", source));
    }

    let (tag, document) = in_force(&services).await;
    assert_eq!(tag, "\"1\"");
    assert_eq!(document["account"]["timezone"], "Europe/Berlin");

    // What was read is published again, as JSON, with one source more: only that one gets a URL.
    let mut document = document;
    document["sources"].as_array_mut().unwrap().push(json!({"id": "shop", "format": "json"}));
    let answer = services.json(Method::PUT, "main-admin", "/v1/config", &document).await;
    assert_eq!(answer.body["version"], 2, "{answer:?}");
    assert_eq!(endpoints(&answer).iter().map(|(source, _)| *source).collect::<Vec<_>>(), ["shop"]);

    let audit = services.store.list_audit(&"main".parse().unwrap(), 10, None).await.unwrap();
    assert!(audit.rows.iter().all(|entry| entry.by == "main admin" && entry.action == "config.publish"));
    assert_eq!(audit.rows.len(), 2);
    assert_eq!(services.get("other-admin", "/v1/config").await.status, 404);
}

#[tokio::test]
async fn an_invalid_config_is_refused_whole_and_the_old_one_stays() {
    let services = Services::start().await;
    services.publish(CONFIG, None).await;
    let before = in_force(&services).await;
    let wrong = CONFIG.replace("members: [anna]", "members: [bob]").replace("format: form", "format: fax");
    let answer = services.publish(&wrong, None).await;
    assert_eq!(answer.status, 422);
    assert!(answer.detail().contains("2 problem(s)"));
    let paths: Vec<&str> =
        answer.body["problems"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["sources[1].format", "pools[0].members[0]"], "{answer:?}");

    let unfit = services.publish("pools: 7", None).await;
    assert_eq!((unfit.status, &unfit.body["problems"][0]["path"]), (422, &json!("pools")), "{unfit:?}");

    let secret = CONFIG.replace("leads\"", "leads\", secret: crm-key");
    let answer = services.publish(&secret, None).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body["problems"][0]["message"].as_str().unwrap().contains("crm-key"), "{answer:?}");
    assert_eq!(in_force(&services).await, before);

    services.json(Method::PUT, "main-admin", "/v1/secrets/crm-key", &json!({"value": "s3cret"})).await;
    assert_eq!(services.publish(&secret, None).await.status, 200);
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let services = Services::start().await;
    let publish = async |media_type: &str, body: Vec<u8>| {
        let request = request(Method::PUT, "main-admin", "/v1/config").header(header::CONTENT_TYPE, media_type);
        services.send(request.body(Body::from(body)).unwrap()).await
    };
    let large = "#".repeat(4 * 1024 * 1024 + 1);
    for (media_type, body, status, says) in [
        ("application/json", "{\n  \"account\": }", 400, "line 2 column 14"),
        ("application/yaml", "account: { name: x\npools: [", 400, "line 2"),
        ("application/json", "", 400, "no valid JSON"),
        ("text/plain", "{}", 415, "application/yaml"),
        ("application/yaml", &large, 413, "4096 KiB"),
    ] {
        let answer = publish(media_type, body.as_bytes().to_vec()).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.detail().contains(says), "{answer:?}");
    }
    let latin1 = publish("application/yaml", b"account: { name: M\xfcller }".to_vec()).await;
    assert!(latin1.status == 400 && latin1.detail().contains("byte 18"), "{latin1:?}");
    let untyped = request(Method::PUT, "main-admin", "/v1/config").body(Body::from("{}")).unwrap();
    assert_eq!(services.send(untyped).await.status, 415);
    assert_eq!(services.get("main-viewer", "/v1/config").await.status, 404);
}

#[tokio::test]
async fn nobody_s_change_is_lost() {
    let services = Services::start().await;
    let first = services.publish(CONFIG, Some("*")).await;
    assert_eq!(first.status, 412, "there is none yet: {first:?}");
    assert_eq!(services.publish(CONFIG, None).await.status, 200);
    assert_eq!(services.publish(CONFIG, Some("\"1\"")).await.body["version"], 2);
    let stale = services.publish(CONFIG, Some("\"1\"")).await;
    assert_eq!(stale.status, 412);
    assert!(stale.detail().contains("\"2\""), "{stale:?}");
    assert_eq!(services.publish(CONFIG, Some("nonsense")).await.status, 400);

    // Of several who start from one version, one wins.
    let at_once = async || services.publish(CONFIG, Some("\"2\"")).await.status;
    let statuses: [u16; 3] = tokio::join!(at_once(), at_once(), at_once()).into();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 2, "{statuses:?}");
    assert_eq!(in_force(&services).await.0, "\"3\"");

    // Without If-Match nobody who answered 200 is overwritten unseen: each success is a version of its own.
    let at_once = async || services.publish(CONFIG, None).await.status;
    let statuses: [u16; 4] = tokio::join!(at_once(), at_once(), at_once(), at_once()).into();
    let won = statuses.iter().filter(|status| **status == 200).count();
    assert!(won >= 1 && statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&409), "{statuses:?}");
    assert_eq!(in_force(&services).await.0, format!("\"{}\"", 3 + won));
}

#[tokio::test]
async fn checking_publishes_nothing() {
    let services = Services::start().await;
    let validate = async |media_type: &str, body: &str| {
        let request =
            request(Method::POST, "main-viewer", "/v1/config/validate").header(header::CONTENT_TYPE, media_type);
        services.send(request.body(body.to_owned().into()).unwrap()).await
    };
    let good = validate("text/yaml", CONFIG).await;
    assert_eq!((good.status, &good.body["valid"], &good.body["problems"]), (200, &json!(true), &json!([])));
    let wrong = validate("text/yaml", &CONFIG.replace("members: [anna]", "members: [bob]")).await;
    assert_eq!((wrong.status, &wrong.body["valid"]), (200, &json!(false)));
    assert_eq!(wrong.body["problems"][0]["path"], "pools[0].members[0]");
    let malformed = validate("application/json", "{").await;
    assert_eq!((malformed.status, &malformed.body["problems"][0]["path"]), (200, &json!("document")));
    assert_eq!(validate("text/plain", "").await.status, 415);
    assert_eq!(services.get("main-viewer", "/v1/config").await.status, 404);
}

#[tokio::test]
async fn a_source_whose_format_could_not_work_is_refused_wherever_it_would_come_in_force() {
    let services = Services::start().await;
    services.json(Method::PUT, "main-admin", "/v1/secrets/s", &json!({"value": "x"})).await;
    let config = |source: Value| json!({ "sources": [source] });
    let bad = config(json!({"id": "ads", "format": "typeform"}));
    let put = services.json(Method::PUT, "main-admin", "/v1/config", &bad).await;
    assert_eq!((put.status, &put.body["problems"][0]["path"]), (422, &json!("sources[0].verify")), "{put:?}");
    let validated = services.json(Method::POST, "main-viewer", "/v1/config/validate", &bad).await;
    assert_eq!((&validated.body["valid"], &validated.body["problems"]), (&json!(false), &put.body["problems"]));
    let good = config(json!({"id": "ads", "format": "typeform", "verify": {"platform": {"secret": "s"}}}));
    assert_eq!(services.json(Method::PUT, "main-admin", "/v1/config", &good).await.status, 200);

    // A version of a time when nobody looked.
    let publish =
        PublishConfig::new(account(), bad.to_string(), 1, "main admin".to_owned(), at("2026-07-21T10:00:00Z"));
    services.store.publish_config(&publish).await.unwrap();
    assert_eq!(services.json(Method::PUT, "main-admin", "/v1/config", &good).await.status, 200);
    let back = services.post("main-admin", "/v1/config/versions/2/rollback").await;
    assert_eq!((back.status, &back.body["problems"]), (422, &put.body["problems"]), "{back:?}");
}

#[tokio::test]
async fn a_destination_that_could_never_be_reached_is_refused() {
    let services = Services::start().await;
    let webhook = |url: &str, more: &Value| {
        let mut webhook = json!({ "url": url });
        webhook.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "id": "crm", "channel": { "webhook": webhook } })
    };
    let leadsquared = |more: Value| {
        let mut settings = json!({ "access_key": "s", "secret_key": "s" });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "id": "crm", "channel": { "leadsquared": settings } })
    };
    let good = "https://crm.example/leads";
    let oauth2 = json!({ "oauth2": { "token_url": "https://10.0.0.1/token", "client_id": "c", "secret": "s" } });
    services.json(Method::PUT, "main-admin", "/v1/secrets/s", &json!({"value": "x"})).await;
    for (destination, path, says) in [
        (webhook("http://crm.example/leads", &json!({})), "channel.webhook.url", "use https"),
        (webhook("https://crm:s3cret@crm.example/", &json!({})), "channel.webhook.url", "user name or password"),
        (webhook("https://", &json!({})), "channel.webhook.url", "no host"),
        (webhook("https://crm.example:99999/", &json!({})), "channel.webhook.url", "not a URL"),
        (webhook("https://169.254.169.254/latest", &json!({})), "channel.webhook.url", "public addresses"),
        (webhook("https://0x7f.1/", &json!({})), "channel.webhook.url", "public addresses"),
        (webhook(good, &json!({ "auth": oauth2 })), "channel.webhook.auth.oauth2.token_url", "public addresses"),
        (
            webhook(good, &json!({ "body": { "json": "{\n {{ lead. }}" } })),
            "channel.webhook.body.json",
            "line 2, column",
        ),
        (
            webhook(good, &json!({ "body": { "text": { "content_type": "text/plain", "template": "{% if %}" } } })),
            "channel.webhook.body.text.template",
            "line 1, column",
        ),
        (
            webhook(good, &json!({ "body": { "fields": { "a": "{{ lead.id }}", "b": "{{ lead" } } })),
            "channel.webhook.body.fields.b",
            "line 1",
        ),
        (leadsquared(json!({ "host": "http://api.leadsquared.com" })), "channel.leadsquared.host", "use https"),
        (leadsquared(json!({ "host": "https://10.0.0.1" })), "channel.leadsquared.host", "public addresses"),
        (
            leadsquared(json!({ "fields": { "Phone": "{{ lead.", "mx_City": "x" } })),
            "channel.leadsquared.fields.Phone",
            "line 1",
        ),
        (
            leadsquared(json!({ "activity": { "event": 201, "note": "\n{{ }}" } })),
            "channel.leadsquared.activity.note",
            "line 2, column",
        ),
        (
            leadsquared(json!({ "activity": { "event": 201, "fields": { "mx_Custom_1": "{% if %}" } } })),
            "channel.leadsquared.activity.fields.mx_Custom_1",
            "line 1, column",
        ),
        (
            json!({ "id": "crm", "channel": { "slack": { "secret": "s", "text": "{{ }}" } } }),
            "channel.slack.text",
            "line 1, column",
        ),
        (
            json!({ "id": "crm", "channel": { "email": { "to": ["a@example.com"], "html": "<b>\n\n{% for %}" } } }),
            "channel.email.html",
            "line 3, column",
        ),
    ] {
        let config = json!({ "destinations": [destination] });
        let answer = services.json(Method::PUT, "main-admin", "/v1/config", &config).await;
        assert_eq!(answer.status, 422, "{config}: {answer:?}");
        let problems = answer.body["problems"].as_array().unwrap();
        assert_eq!(
            (problems.len(), &problems[0]["path"]),
            (1, &json!(format!("destinations[0].{path}"))),
            "{answer:?}"
        );
        assert!(problems[0]["message"].as_str().unwrap().contains(says), "{answer:?}");
        assert!(!answer.text.contains("s3cret"), "{answer:?}");
        // Whoever asks whether it could be published is told the same.
        let checked = services.json(Method::POST, "main-viewer", "/v1/config/validate", &config).await;
        assert_eq!((&checked.body["valid"], &checked.body["problems"]), (&json!(false), &answer.body["problems"]));
    }
    assert_eq!(services.get("main-viewer", "/v1/config").await.status, 404);

    // What a deployment allows is allowed.
    let inside = Services::start_with(AddressPolicy::parse("10.0.0.0/8", "true").unwrap()).await;
    let config = json!({ "destinations": [webhook("http://10.0.0.1/leads", &json!({}))] });
    assert_eq!(inside.json(Method::PUT, "main-admin", "/v1/config", &config).await.status, 200);

    // And nothing but the ports that it names, of webhooks and of the servers that they have their tokens from.
    let https = AddressPolicy { ports: [443].into(), ..AddressPolicy::default() };
    let https = Services::start_with(https).await;
    let value = json!({ "value": "s3cret" });
    assert_eq!(https.json(Method::PUT, "main-admin", "/v1/secrets/s", &value).await.status, 204);
    let auth =
        json!({ "auth": { "oauth2": { "token_url": "https://a.example:8443/t", "client_id": "a", "secret": "s" } } });
    for (webhook, path) in [
        (webhook("https://a.example:8443/", &json!({})), "url"),
        (webhook("https://a.example/", &auth), "auth.oauth2.token_url"),
    ] {
        let config = json!({ "destinations": [webhook] });
        let answer = https.json(Method::PUT, "main-admin", "/v1/config", &config).await;
        let at = format!("destinations[0].channel.webhook.{path}");
        let problems = answer.body["problems"].as_array().unwrap();
        let found = problems.iter().find(|problem| problem["path"] == at.as_str());
        assert!(
            found.is_some_and(|problem| problem["message"].as_str().unwrap().contains("ALLOWED_PORTS")),
            "{answer:?}"
        );
    }
    let config = json!({ "destinations": [webhook("https://a.example/", &json!({}))] });
    assert_eq!(https.json(Method::PUT, "main-admin", "/v1/config", &config).await.status, 200);
}

#[tokio::test]
async fn a_source_gets_a_further_url() {
    let services = Services::start().await;
    assert_eq!(services.post("main-admin", "/v1/sources/web/endpoint").await.status, 404, "nothing is in force");
    let published = services.publish(CONFIG, None).await;
    let added = services.post("main-admin", "/v1/sources/web/endpoint").await;
    assert_eq!((added.status, &added.body["source"]), (201, &json!("web")));
    let first = endpoints(&published)[0].1;
    let second = added.body["url"].as_str().unwrap();
    assert_ne!(first, second);
    for url in [first, second] {
        let key = url.rsplit('/').next().unwrap();
        let found = services.store.find_source(&endpoint_key_hash(key)).await.unwrap();
        assert_eq!(found.unwrap().1.as_str(), "web");
    }
    for path in ["/v1/sources/shop/endpoint", "/v1/sources/NO%20SLUG/endpoint"] {
        assert_eq!(services.post("main-admin", path).await.status, 404, "{path}");
    }
    assert_eq!(services.post("other-admin", "/v1/sources/web/endpoint").await.status, 404);
}

#[tokio::test]
async fn one_publish_makes_so_many_urls_and_says_so() {
    let services = Services::start().await;
    let sources: Vec<Value> = (0..=ENDPOINTS_MAX).map(|n| json!({"id": format!("s{n}"), "format": "json"})).collect();
    let publish = async |sources: &[Value]| {
        services.json(Method::PUT, "main-admin", "/v1/config", &json!({ "sources": sources })).await
    };
    let many = publish(&sources).await;
    assert_eq!((many.status, &many.body["problems"][0]["path"]), (422, &json!("sources")), "{many:?}");
    assert_eq!(endpoints(&publish(&sources[..ENDPOINTS_MAX]).await).len(), ENDPOINTS_MAX);
    assert_eq!(endpoints(&publish(&sources).await).len(), 1);
}
