//! What a supplier is told of a source, and that its example is right.

use std::process::Command;

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};

use crate::services::{Services, request};

fn sources() -> Value {
    let hmac = |encoding: &str, algorithm: &str| json!({ "hmac": { "secret": "sign", "header": "X-Signature", "prefix": "sha=", "encoding": encoding, "algorithm": algorithm } });
    json!([
        { "id": "open", "format": "json", "name": "Roofs & <b>Co</b>", "search_by": ["email"], "answers": { "outcome": true } },
        { "id": "bearer", "format": "json", "verify": { "bearer": { "secret": "sign" } } },
        { "id": "hex", "format": "json", "verify": hmac("hex", "sha256"), "external_id": { "field": "id" } },
        { "id": "base64", "format": "form", "verify": hmac("base64", "sha512") },
        { "id": "standard", "format": "json", "verify": { "standard_webhooks": { "secret": "sign" } } },
        {
            "id": "mapped", "format": "json", "search_by": ["email+company", "phone"],
            "mapping": [
                { "from": "contact.mail", "to": "email" }, { "from": "firm", "to": "company" }, { "from": "contact.tel", "to": "phone" },
                { "from": "answers.0", "to": "message" }, { "from": "plan", "to": "plan" }, { "from": "where", "to": "place" },
                { "from": "city", "to": "city", "enabled": false },
            ],
        },
    ])
}

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn services() -> Services {
    let services = Services::start().await;
    let set = json!({ "value": SECRET });
    assert_eq!(services.json(Method::PUT, "main-admin", "/v1/secrets/sign", &set).await.status, 204);
    let config = json!({
        "fields": [
            { "name": "plan", "type": "choice", "options": ["Gold's", "a<b"], "label": "The plan" },
            { "name": "place", "type": "geo" }, { "name": "since", "type": "date" }, { "name": "news", "type": "boolean" },
        ],
        "sources": sources(),
    });
    let answer = services.json(Method::PUT, "main-admin", "/v1/config", &config).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    services
}

async fn spec(services: &Services, source: &str) -> Value {
    let answer = services.get("main-viewer", &format!("/v1/sources/{source}/spec")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(!answer.text.contains(SECRET) && !answer.text.contains("sign\""), "{answer:?}");
    answer.body
}

/// The request that an example sends, by a shell whose `curl` writes its arguments down.
fn sent(example: &str) -> Value {
    let script =
        format!("curl() {{ printf '%s\\0' \"$@\"; }}\n{}", example.replace("the secret that you were given", SECRET));
    let output =
        Command::new("sh").arg("-c").arg(script.replace("the token that you were given", SECRET)).output().unwrap();
    assert!(output.status.success(), "{example}\n{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let words: Vec<&str> = text.split('\0').collect();
    let after = |name: &str| words.windows(2).filter(|pair| pair[0] == name).map(|pair| pair[1]).collect::<Vec<_>>();
    let headers: serde_json::Map<String, Value> = after("-H")
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    assert!(words.contains(&"https://leads.example/in/{key}"), "{words:?}");
    json!({ "headers": headers, "body": after("--data-binary")[0] })
}

#[tokio::test]
async fn every_example_proves_itself_and_fills_what_it_should() {
    let services = services().await;
    for source in sources().as_array().unwrap() {
        let id = source["id"].as_str().unwrap();
        let spec = spec(&services, id).await;
        let request = sent(spec["example"].as_str().unwrap());
        let path = format!("/v1/sources/{id}/verify");
        let verified = services.json(Method::POST, "main-viewer", &path, &request).await.body;
        if source.get("verify").is_some() {
            assert_eq!(verified["verification"], json!({"verified": true, "reason": null}), "{id}: {request}");
        }
        let event = &verified["events"][0];
        assert_eq!(event["outcome"]["status"], "created", "{id}: {verified}");
        let filled = event["fields"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap());
        let filled: Vec<&str> = filled.collect();
        for expected in ["email", "phone", "message", "plan", "place"] {
            assert!(filled.contains(&expected), "{id} has no {expected}: {request}");
        }
        assert_eq!(event["identity"] == "external", ["hex", "standard"].contains(&id), "{id}");
        let extra = event["extra"].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
        assert!(extra.is_empty() || extra == ["id"], "{id}: {extra:?}");
    }
}

#[tokio::test]
async fn the_document_says_what_a_supplier_needs() {
    let services = services().await;
    let mapped = spec(&services, "mapped").await;
    assert_eq!(mapped["one_group_of"], json!([["contact.mail", "firm"], ["contact.tel"]]));
    assert_eq!((&mapped["url"], &mapped["method"]), (&json!("https://leads.example/in/{key}"), &json!("POST")));
    let field =
        |spec: &Value, key: &str| spec["fields"].as_array().unwrap().iter().find(|field| field["key"] == key).cloned();
    let plan = field(&mapped, "plan").unwrap();
    assert_eq!(
        (&plan["type"], &plan["label"], &plan["choices"]),
        (&json!("choice"), &json!("The plan"), &json!(["Gold's", "a<b"]))
    );
    assert_eq!(field(&mapped, "contact.mail").unwrap()["required"], json!(false), "the phone alone is enough");
    assert_eq!(field(&mapped, "city"), None, "it is switched off");
    assert_eq!(field(&mapped, "email.domain"), None, "it is computed");
    let open = spec(&services, "open").await;
    assert_eq!(field(&open, "email").unwrap()["required"], json!(true));
    assert!(open["waiting"].as_str().unwrap().contains("?wait=1"));
    assert_eq!(mapped["waiting"], Value::Null);
    assert!(open["proof"].as_str().unwrap().contains("keep it secret"));
    let hex = spec(&services, "hex").await;
    for piece in ["X-Signature", "sha=", "HMAC-SHA-256", "hexadecimal"] {
        assert!(hex["proof"].as_str().unwrap().contains(piece), "{hex}");
    }
    assert!(hex["external_id"].as_str().unwrap().contains("the field id"));
    assert_eq!(services.get("main-viewer", "/v1/sources/nobody/spec").await.status, 404);
    assert_eq!(services.get("other-viewer", "/v1/sources/open/spec").await.status, 404);
}

#[tokio::test]
async fn the_page_is_one_file_in_which_nothing_is_markup_that_should_be_text() {
    let services = services().await;
    for id in ["open", "mapped"] {
        let request = request(Method::GET, "main-viewer", &format!("/v1/sources/{id}/spec"));
        let page = services.send(request.header(header::ACCEPT, "text/html,*/*").body(Body::empty()).unwrap()).await;
        assert_eq!(page.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
        assert!(page.header(header::CONTENT_SECURITY_POLICY).contains("default-src 'none'"));
        assert_eq!(page.header(header::VARY), "Accept");
        let text = &page.text;
        assert!(text.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"), "{text}");
        for nothing in ["<b>", "a<b", "<script", "src=", "href=", SECRET] {
            assert!(!text.contains(nothing), "{nothing} in {text}");
        }
        assert!(text.contains("a&lt;b") && text.contains("Gold&#39;s"), "{text}");
        let balance = |tag: &str| text.matches(&format!("<{tag}>")).count() + text.matches(&format!("<{tag} ")).count();
        for tag in ["table", "tr", "th", "td", "h2", "p", "pre", "code", "main"] {
            assert_eq!(balance(tag), text.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }
}
