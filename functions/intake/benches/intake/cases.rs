//! What is sent: of each kind of body one of 4 KB, signed as its platform signs.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

/// The value of the one secret.
pub const SECRET: &str = "a long and random secret of a bench";

/// Bytes of a body.
const BODY_BYTES: usize = 4 * 1024;

/// Requests to one source.
pub struct Case {
    pub format: &'static str,
    pub source: Value,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Case {
    /// The request as an HTTP API hands it to a function (payload format 2.0).
    pub fn event(&self) -> Value {
        let path = format!("/in/{}", self.format);
        let mut headers = json!({
            "host": "leads.example.com", "x-forwarded-for": "192.0.2.10", "x-forwarded-proto": "https",
            "user-agent": "Bench/1.0", "content-length": self.body.len().to_string(),
        });
        for (name, value) in &self.headers {
            headers[*name] = json!(value);
        }
        json!({
            "version": "2.0", "routeKey": "ANY /in/{key}", "rawPath": path, "rawQueryString": "", "headers": headers,
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "leads.example.com", "domainPrefix": "leads",
                "requestId": "JKJaXmPLvHcESHA=", "routeKey": "ANY /in/{key}", "stage": "$default",
                "time": "28/Nov/2026:14:00:00 +0000", "timeEpoch": 1_795_874_400_000_u64,
                "http": { "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.10",
                    "userAgent": "Bench/1.0" },
            },
            "body": self.body, "isBase64Encoded": false,
        })
    }
}

/// All of them.
pub fn all(_now: Timestamp) -> Vec<Case> {
    vec![json_signed(), form()]
}

fn json_signed() -> Case {
    let body = filled(|message| {
        json!({ "id": 42, "email": "anna@example.com", "phone": "+49 30 1234567", "name": "Anna Berg",
            "utm": { "source": "news", "campaign": "spring" }, "message": message })
        .to_string()
    });
    Case {
        format: "json",
        source: json!({ "id": "json", "format": "json",
            "verify": { "hmac": { "secret": "secret", "header": "x-signature", "prefix": "sha256=" } } }),
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("x-signature", format!("sha256={}", hex(body.as_bytes()))),
        ],
        body,
    }
}

fn form() -> Case {
    let body =
        filled(|message| format!("name=Anna+Berg&email=anna%40example.com&phone=%2B49301234567&message={message}"));
    Case {
        format: "form",
        source: json!({ "id": "form", "format": "form", "form": { "honeypot": "fax" } }),
        headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
        body,
    }
}

/// A body with a message that makes it as long as all are.
fn filled(body: impl Fn(&str) -> String) -> String {
    let without = body("").len();
    body(&"m".repeat(BODY_BYTES.saturating_sub(without)))
}

fn hex(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    HEXLOWER.encode(&mac.finalize().into_bytes())
}
