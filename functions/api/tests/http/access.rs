//! Who may ask for what, and routes that are not there. The document says it; the router has to agree.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::services::{Services, request};

const ROLES: [&str; 3] = ["viewer", "operator", "admin"];

/// A path with an `x` for each of its parameters.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Every operation of the document: its method, a path that it takes, and the least role.
fn operations() -> Vec<(Method, String, Option<String>)> {
    let document = api::openapi::document();
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let path = filled(path);
        let of_method = |(method, operation): (&String, &Value)| {
            let role = operation["security"][0]["api_key"][0].as_str().map(str::to_owned);
            (method.to_uppercase().parse().unwrap(), path.clone(), role)
        };
        item.as_object().unwrap().iter().map(of_method).collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[tokio::test]
async fn the_document_says_who_may_ask() {
    let services = Services::start().await;
    for (method, path, role) in operations() {
        let bare = Request::builder().method(method.clone()).uri(&path).body(Body::empty()).unwrap();
        let answer = services.send(bare).await;
        let Some(role) = role else {
            assert_eq!(answer.status, 200, "{method} {path} is public");
            continue;
        };
        assert_eq!(answer.status, 401, "{method} {path}");
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
        let unknown = services.send(request(method.clone(), "no-such-key", &path).body(Body::empty()).unwrap()).await;
        assert_eq!(unknown.status, 401, "{method} {path}");
        assert!(!unknown.detail().contains("no-such-key"));
        let least = ROLES.iter().position(|name| *name == role).unwrap();
        for (rank, name) in ROLES.iter().enumerate() {
            let key = format!("main-{name}");
            let answer = services.send(request(method.clone(), &key, &path).body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status == 403, rank < least, "{method} {path} as {name}: {answer:?}");
            assert_ne!(answer.status, 401, "{method} {path} as {name}");
            if answer.status == 403 {
                assert!(answer.detail().contains(name) && answer.detail().contains(&role), "{answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn the_router_has_the_document_s_routes_and_no_other_method() {
    let services = Services::start().await;
    let documented: BTreeSet<(String, String)> =
        operations().into_iter().map(|(method, path, _)| (path, method.to_string())).collect();
    let paths: BTreeSet<&String> = documented.iter().map(|(path, _)| path).collect();
    for path in paths {
        for method in [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH] {
            let answer = services.send(request(method.clone(), "main-admin", path).body(Body::empty()).unwrap()).await;
            let known = documented.contains(&(path.clone(), method.to_string()));
            assert_eq!(answer.status != 405, known, "{method} {path}");
            if !known {
                assert!(answer.detail().contains(method.as_str()));
                assert!(!answer.header(header::ALLOW).is_empty(), "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn unknown_routes_are_problems_too() {
    let services = Services::start().await;
    for path in ["/", "/v1", "/v1/lead", "/v2/config", "/v1/leads/a/b"] {
        let answer = services.get("main-viewer", path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.detail().contains("openapi.json"));
    }
}

#[tokio::test]
async fn the_document_and_the_schema_are_served() {
    let services = Services::start().await;
    assert_eq!(services.get("", "/v1/openapi.json").await.body, api::openapi::document());
    let schema = services.get("", "/v1/config/schema").await;
    assert_eq!(schema.header(header::CONTENT_TYPE), "application/schema+json");
    assert_eq!(schema.body, leadyard_domain::config::json_schema());
}

/// A request as the gateway hands it over: the body in base64, the path with its stage.
#[tokio::test]
async fn a_request_of_the_gateway() {
    let services = Services::start().await;
    let event = serde_json::json!({
        "version": "2.0",
        "routeKey": "ANY /v1/{proxy+}",
        "rawPath": "/v1/config/validate",
        "rawQueryString": "",
        "headers": {
            "authorization": "Bearer main-viewer",
            "content-type": "application/yaml",
            "host": "leads.example",
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "domainName": "leads.example",
            "http": {
                "method": "POST",
                "path": "/v1/config/validate",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "test",
            },
            "requestId": "r",
            "stage": "$default",
            "time": "21/Jul/2026:10:00:00 +0000",
            "timeEpoch": 1_784_628_000_000_u64,
        },
        "body": "YWNjb3VudDogeyBuYW1lOiBNw7xsbGVyIH0=",
        "isBase64Encoded": true,
    });
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    let response = services.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(
        serde_json::from_slice::<Value>(&body).unwrap(),
        serde_json::json!({"valid": true, "problems": [], "warnings": []})
    );
}

#[tokio::test]
async fn a_table_that_is_away_is_said_without_its_place() {
    let services = Services::without_table().await;
    let answer = services.get("main-viewer", "/v1/config").await;
    assert_eq!((answer.status, answer.header(header::RETRY_AFTER)), (503, "5"));
    assert!(!answer.detail().contains("127.0.0.1") && !answer.detail().contains("DynamoDB"), "{answer:?}");
}

#[tokio::test]
async fn no_answer_is_kept_on_its_way() {
    let services = Services::start().await;
    for path in ["/v1/formats", "/v1/config", "/nowhere"] {
        let answer = services.get("main-viewer", path).await;
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{path}");
    }
}
