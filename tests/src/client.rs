//! A client of the two public addresses: the API with a key, and the endpoints of sources.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::stack::{Stack, StackError};

/// The media type of a problem document (RFC 9457).
pub const PROBLEM: &str = "application/problem+json";

/// What was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The media type, without its parameters.
    pub media_type: String,
    /// The `Location` header.
    pub location: Option<String>,
    /// The body as JSON; `null` when it is none.
    pub body: Value,
}

impl Answer {
    /// Sends a request and reads its answer, whatever its status.
    pub async fn to(request: reqwest::RequestBuilder) -> Result<Self, StackError> {
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let header = |name: &str| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
        let media_type = header("content-type").unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_owned();
        let location = header("location");
        let body = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
        Ok(Self { status, media_type, location, body })
    }

    /// The body of an answer with a status of 2xx; an error that names the operation otherwise.
    pub fn accepted(self, operation: &str) -> Result<Value, StackError> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        let body = self.body.to_string();
        Err(StackError::Refused { operation: operation.to_owned(), status: self.status, body })
    }

    /// The detail of a problem document; empty when the answer is none.
    pub fn detail(&self) -> &str {
        let detail = self.body["detail"].as_str().filter(|_| self.media_type == PROBLEM);
        detail.unwrap_or_default()
    }
}

/// The API as one account sees it.
#[derive(Debug, Clone)]
pub struct Api<'a> {
    stack: &'a Stack,
    key: String,
}

/// What publishing a config was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The version.
    pub version: u64,
    /// The URL of each source that had none.
    pub endpoints: BTreeMap<String, String>,
}

impl Published {
    /// The URL of a source.
    pub fn endpoint(&self, source: &str) -> Result<&str, StackError> {
        let missing = || StackError::AnswerIncomplete { operation: "PUT /v1/config".to_owned(), field: "endpoints" };
        self.endpoints.get(source).map(String::as_str).ok_or_else(missing)
    }
}

impl<'a> Api<'a> {
    /// The API of an account, with a new key of the role `admin`.
    pub async fn of(stack: &'a Stack, account: &str) -> Result<Self, StackError> {
        let key = stack.seed_api_key(account, "admin").await?;
        Ok(Self { stack, key })
    }

    /// The key, as it goes into the header.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The stack behind it.
    pub fn stack(&self) -> &'a Stack {
        self.stack
    }

    /// A request with the key, to be completed.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.stack.http().request(method, self.stack.url(path)).bearer_auth(&self.key)
    }

    /// What a path holds.
    pub async fn get(&self, path: &str) -> Result<Value, StackError> {
        Answer::to(self.request(reqwest::Method::GET, path)).await?.accepted(path)
    }

    /// What a path holds, if it is there.
    pub async fn find(&self, path: &str) -> Result<Option<Value>, StackError> {
        let answer = Answer::to(self.request(reqwest::Method::GET, path)).await?;
        if answer.status == 404 { Ok(None) } else { answer.accepted(path).map(Some) }
    }

    /// A `POST` without a body.
    pub async fn post(&self, path: &str) -> Result<Answer, StackError> {
        Answer::to(self.request(reqwest::Method::POST, path)).await
    }

    /// Sets a secret.
    pub async fn set_secret(&self, name: &str, value: &str) -> Result<(), StackError> {
        let path = format!("/v1/secrets/{name}");
        let request = self.request(reqwest::Method::PUT, &path).json(&json!({ "value": value }));
        Answer::to(request).await?.accepted(&path).map(drop)
    }

    /// Sends a config to be published, whatever is answered. `if_match` is a version.
    pub async fn put_config(&self, yaml: &str, if_match: Option<u64>) -> Result<Answer, StackError> {
        let mut request = self
            .request(reqwest::Method::PUT, "/v1/config")
            .header("content-type", "application/yaml")
            .body(yaml.to_owned());
        if let Some(version) = if_match {
            request = request.header("if-match", format!("\"{version}\""));
        }
        Answer::to(request).await
    }

    /// Publishes a config.
    pub async fn publish(&self, yaml: &str) -> Result<Published, StackError> {
        let operation = "PUT /v1/config";
        let body = self.put_config(yaml, None).await?.accepted(operation)?;
        let version = body["version"]
            .as_u64()
            .ok_or_else(|| StackError::AnswerIncomplete { operation: operation.to_owned(), field: "version" })?;
        let endpoint = |one: &Value| Some((one["source"].as_str()?.to_owned(), one["url"].as_str()?.to_owned()));
        let endpoints = body["endpoints"].as_array().into_iter().flatten().filter_map(endpoint).collect();
        Ok(Published { version, endpoints })
    }

    /// All entries of a list of the last seven days, page by page: `events` or `deliveries`, with a filter such as
    /// `status=failed` or none.
    pub async fn list(&self, kind: &str, filter: &str) -> Result<Vec<Value>, StackError> {
        let mut entries = Vec::new();
        let mut cursor = String::new();
        loop {
            let mut page = self.get(&format!("/v1/{kind}?limit=100&{filter}{cursor}")).await?;
            if let Value::Array(rows) = page[kind].take() {
                entries.extend(rows);
            }
            match page["next_cursor"].as_str() {
                // A cursor is made of characters that need no escape in a query.
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(entries),
            }
        }
    }
}

/// `sha256=` and the HMAC-SHA256 of a body in hexadecimal, as many form services sign.
pub fn hmac_header(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    format!("sha256={}", HEXLOWER.encode(&mac.chain_update(body).finalize().into_bytes()))
}

/// The ids of the events that an endpoint of format `json` says it took.
pub fn event_ids(answer: &Value) -> Vec<String> {
    answer["events"].as_array().into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect()
}
