//! What the API needs around it, and a short way to ask it.

use api::{App, Queues, router};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use leadyard_fakes::{Queue, Table};
use leadyard_outbound::address::AddressPolicy;
use leadyard_store::{ApiKey, Role, Store};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

pub const PUBLIC_URL: &str = "https://leads.example";

/// The services and the API over them. They end with the test.
pub struct Services {
    pub store: Store,
    pub router: Router,
    queues: [(&'static str, Queue); 3],
    _table: Table,
}

/// A message that a queue took.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// `leads`, `webhook` or `email`.
    pub queue: String,
    pub group: String,
    pub body: Value,
    /// After how many seconds it is handed out.
    pub delay_s: Option<u64>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body as JSON; `null` for another, and for none.
    pub body: Value,
    /// The body as it came.
    pub text: String,
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
        Self::start_with(AddressPolicy::default()).await
    }

    /// The same in a deployment that allows more addresses than public ones over https.
    pub async fn start_with(policy: AddressPolicy) -> Self {
        let table = Table::start().await;
        for account in ["main", "other"] {
            for (name, role) in [("viewer", Role::Viewer), ("operator", Role::Operator), ("admin", Role::Admin)] {
                let key = ApiKey {
                    account: account.parse().unwrap(),
                    role,
                    name: format!("{account} {name}"),
                    user: None,
                    created_at: Timestamp::UNIX_EPOCH,
                };
                let hash = Sha256::digest(format!("{account}-{name}"));
                table.store.put_api_key(&data_encoding::HEXLOWER.encode(&hash), &key).await.unwrap();
            }
        }
        Self::over(table, policy).await
    }

    /// Makes a key of the account `main` that an assignee holds.
    pub async fn key_of(&self, token: &str, role: Role, user: &str) {
        let key = ApiKey {
            account: "main".parse().unwrap(),
            role,
            name: token.to_owned(),
            user: Some(user.parse().unwrap()),
            created_at: Timestamp::UNIX_EPOCH,
        };
        self.store.put_api_key(&data_encoding::HEXLOWER.encode(&Sha256::digest(token)), &key).await.unwrap();
    }

    /// The same without a table: nobody answers where it was.
    pub async fn without_table() -> Self {
        let mut table = Table::start().await;
        table.stop();
        Self::over(table, AddressPolicy::default()).await
    }

    async fn over(table: Table, policy: AddressPolicy) -> Self {
        let [leads, webhook, email] = [Queue::start().await, Queue::start().await, Queue::start().await];
        let queues = Queues { leads: leads.sender(), webhook: webhook.sender(), email: email.sender() };
        let router = router(App::new(table.store.clone(), queues, PUBLIC_URL, policy));
        let queues = [("leads", leads), ("webhook", webhook), ("email", email)];
        Self { store: table.store.clone(), router, queues, _table: table }
    }

    /// What the queues have taken so far, one queue after another.
    pub fn sent(&self) -> Vec<Sent> {
        let of_queue = |(name, queue): &(&str, Queue)| -> Vec<Sent> {
            let sent = |entry: Value| Sent {
                queue: (*name).to_owned(),
                group: entry["MessageGroupId"].as_str().unwrap().to_owned(),
                body: serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap(),
                delay_s: entry["DelaySeconds"].as_u64(),
            };
            queue.entries().into_iter().map(sent).collect()
        };
        self.queues.iter().flat_map(of_queue).collect()
    }

    /// Who asked for what, of what, the latest first; publishes are left out.
    pub async fn audited(&self) -> Vec<(String, String, String)> {
        let page = self.store.list_audit(&"main".parse().unwrap(), 100, None).await.unwrap();
        let rows = page.rows.into_iter().filter(|entry| entry.action != "config.publish");
        rows.map(|entry| (entry.by, entry.action, entry.target)).collect()
    }

    /// The bodies that one of the queues has taken so far.
    pub fn sent_to(&self, queue: &str) -> Vec<Value> {
        self.sent().into_iter().filter(|sent| sent.queue == queue).map(|sent| sent.body).collect()
    }

    /// From now on one of the queues takes nothing, or takes again.
    pub fn set_queue_down(&self, name: &str, down: bool) {
        self.queues.iter().filter(|(known, _)| *known == name).for_each(|(_, queue)| queue.set_down(down));
    }

    /// One of the queues takes so many calls more, and then nothing.
    pub fn queue_down_after(&self, name: &str, calls: usize) {
        self.queues.iter().filter(|(known, _)| *known == name).for_each(|(_, queue)| queue.down_after(calls));
    }

    /// From now on the queues take nothing, or take again.
    pub fn set_queues_down(&self, down: bool) {
        self.queues.iter().for_each(|(_, queue)| queue.set_down(down));
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap();
        let json =
            parts.headers.get(header::CONTENT_TYPE).is_some_and(|value| value.to_str().unwrap().ends_with("json"));
        let body = if json { serde_json::from_str(&text).unwrap() } else { Value::Null };
        Answer { status: parts.status.as_u16(), headers: parts.headers, body, text }
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

    /// Sends entries of a list, one a line.
    pub async fn lines(&self, method: Method, path: &str, lines: impl Into<Body>) -> Answer {
        let request = request(method, "main-admin", path).header(header::CONTENT_TYPE, "text/plain");
        self.send(request.body(lines.into()).unwrap()).await
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
