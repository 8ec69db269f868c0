//! What the API needs around it, and a short way to ask it.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use api::{App, Queues, router};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use leadyard_runtime::{Aws, QueueSender, Settings};
use leadyard_store::{ApiKey, Role, Store, table};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

const TABLE: &str = "leadyard-test";
pub const PUBLIC_URL: &str = "https://leads.example";

/// The services and the API over them. They end with the test's runtime.
pub struct Services {
    pub store: Store,
    pub router: Router,
    sent: Arc<Mutex<Vec<Sent>>>,
    down: Arc<AtomicBool>,
}

/// A message that a queue took.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// `leads`, `webhook` or `email`.
    pub queue: String,
    pub group: String,
    pub body: Value,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body as JSON; `null` for none.
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The detail of a problem document, which it has to be.
    pub fn detail(&self) -> &str {
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], self.status);
        assert!(self.body["type"].as_str().unwrap().starts_with("urn:leadyard:problem:"));
        self.body["detail"].as_str().unwrap()
    }
}

impl Services {
    /// An empty table, empty queues, and keys `{account}-{role}` of the accounts `main` and `other`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = aws(&listener).dynamodb();
        tokio::spawn(dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()));
        table::create(&client, TABLE).await.unwrap();
        let store = Store::new(client, TABLE.to_owned());

        for account in ["main", "other"] {
            for (name, role) in [("viewer", Role::Viewer), ("operator", Role::Operator), ("admin", Role::Admin)] {
                let key = ApiKey {
                    account: account.parse().unwrap(),
                    role,
                    name: format!("{account} {name}"),
                    created_at: Timestamp::UNIX_EPOCH,
                };
                let hash = Sha256::digest(format!("{account}-{name}"));
                store.put_api_key(&data_encoding::HEXLOWER.encode(&hash), &key).await.unwrap();
            }
        }
        Self::over(store).await
    }

    /// The same without a table: nothing listens where it should be.
    pub async fn without_table() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = aws(&listener).dynamodb();
        drop(listener);
        Self::over(Store::new(client, TABLE.to_owned())).await
    }

    async fn over(store: Store) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sqs = aws(&listener).sqs();
        let queue = |name: &str| QueueSender::new(sqs.clone(), format!("http://sqs/{name}"));
        let queues = Queues { leads: queue("leads"), webhook: queue("webhook"), email: queue("email") };
        let (sent, down) = (Arc::default(), Arc::default());
        tokio::spawn(serve_queues(listener, Arc::clone(&sent), Arc::clone(&down)));

        let router = router(App::new(store.clone(), queues, PUBLIC_URL));
        Self { store, router, sent, down }
    }

    /// What the queues have taken so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// From now on the queues take nothing, or take again.
    pub fn set_queues_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub async fn get(&self, key: &str, path: &str) -> Answer {
        self.send(request(Method::GET, key, path).body(Body::empty()).unwrap()).await
    }

    /// A POST without a body.
    pub async fn post(&self, key: &str, path: &str) -> Answer {
        self.send(request(Method::POST, key, path).body(Body::empty()).unwrap()).await
    }

    pub async fn json(&self, method: Method, key: &str, path: &str, body: &Value) -> Answer {
        let request = request(method, key, path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    /// Publishes a config in YAML.
    pub async fn publish(&self, yaml: &str, if_match: Option<&str>) -> Answer {
        let mut request = request(Method::PUT, "main-admin", "/v1/config").header(header::CONTENT_TYPE, "text/yaml");
        if let Some(tag) = if_match {
            request = request.header(header::IF_MATCH, tag);
        }
        self.send(request.body(yaml.to_owned().into()).unwrap()).await
    }
}

pub fn request(method: Method, key: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {key}"))
}

fn aws(listener: &TcpListener) -> Aws {
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    Aws::from_settings(&Settings::from_map([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
    ]))
    .unwrap()
}

async fn serve_queues(listener: TcpListener, sent: Arc<Mutex<Vec<Sent>>>, down: Arc<AtomicBool>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (sent, down) = (Arc::clone(&sent), Arc::clone(&down));
        let service = service_fn(move |request| take(request, Arc::clone(&sent), Arc::clone(&down)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn take(
    request: Request<Incoming>,
    sent: Arc<Mutex<Vec<Sent>>>,
    down: Arc<AtomicBool>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    if down.load(Ordering::SeqCst) {
        return Ok(hyper::Response::builder().status(503).body(Full::default()).unwrap());
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let call: Value = serde_json::from_slice(&body).unwrap();
    let queue = call["QueueUrl"].as_str().unwrap().rsplit('/').next().unwrap();
    let mut successful = Vec::new();
    for entry in call["Entries"].as_array().unwrap() {
        sent.lock().unwrap().push(Sent {
            queue: queue.to_owned(),
            group: entry["MessageGroupId"].as_str().unwrap().to_owned(),
            body: serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap(),
        });
        successful.push(json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": ""}));
    }
    let answer = json!({"Successful": successful, "Failed": []}).to_string();
    Ok(hyper::Response::new(answer.into()))
}
