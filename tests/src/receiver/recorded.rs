//! A request as it arrived.

use std::fmt;

use hyper::{HeaderMap, Method, body::Bytes};
use jiff::Timestamp;
use serde_json::Value;

/// A request as it arrived. Its `Debug` shows no body: it can be printed with a failed test.
#[derive(Clone)]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Bytes,
    /// When the whole of it was there.
    pub at: Timestamp,
}

impl Recorded {
    /// A header as text; `None` when it is missing or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The delivery's id, by Standard Webhooks the same on every attempt.
    pub fn webhook_id(&self) -> Option<&str> {
        self.header("webhook-id")
    }

    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("webhook_id", &self.webhook_id())
            .field("body_bytes", &self.body.len())
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
