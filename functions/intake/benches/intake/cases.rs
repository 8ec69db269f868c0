//! What is sent: of each kind of body one of 4 KB, signed as its platform signs.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit as _, Mac as _};
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
pub fn all() -> Vec<Case> {
    vec![json_signed(), form(), google_ads(), meta_lead_ads(), typeform()]
}

fn google_ads() -> Case {
    let body = filled(|message| {
        let column = |id: &str, value: &str| json!({ "column_id": id, "string_value": value });
        json!({ "lead_id": "TeSter-123", "form_id": 1, "campaign_id": 2, "gcl_id": "Cj0", "google_key": SECRET,
            "is_test": false, "user_column_data": [column("FULL_NAME", "Anna Berg"),
                column("EMAIL", "anna@example.com"), column("PHONE_NUMBER", "+49301234567"), column("q", message)] })
        .to_string()
    });
    let headers = vec![("content-type", "application/json".to_owned())];
    Case { format: "google_ads", source: platform("google_ads", json!({})), headers, body }
}

/// As many leads as fit, which are as many messages.
fn meta_lead_ads() -> Case {
    let change = |id: u64| {
        json!({ "field": "leadgen", "value": { "leadgen_id": (6_276_465_415_920 + id).to_string(), "form_id": "624049654589",
            "page_id": "561823650667842", "created_time": 1_476_740_844 } })
    };
    let entry = |count: u64| json!({ "object": "page", "entry": [{ "id": "1", "time": 1_476_740_844, "changes": (0..count).map(change).collect::<Vec<_>>() }] });
    let most = (1..).take_while(|count| entry(*count).to_string().len() <= BODY_BYTES).last().unwrap_or(1);
    let body = entry(most).to_string();
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("x-hub-signature-256", format!("sha256={}", hex(body.as_bytes()))),
    ];
    let source = platform("meta_lead_ads", json!({ "fetch": { "token": "secret" } }));
    Case { format: "meta_lead_ads", source, headers, body }
}

fn typeform() -> Case {
    let body = filled(|message| {
        let field = |id: &str, kind: &str| json!({ "id": id, "ref": id, "type": kind, "title": id });
        json!({ "event_id": "01J", "event_type": "form_response", "form_response": {
            "form_id": "f", "token": "t", "hidden": { "utm_source": "news" },
            "definition": { "fields": [field("Email", "email"), field("Name", "short_text"), field("Message", "long_text")] },
            "answers": [
                { "type": "email", "email": "anna@example.com", "field": field("Email", "email") },
                { "type": "text", "text": "Anna Berg", "field": field("Name", "short_text") },
                { "type": "text", "text": message, "field": field("Message", "long_text") },
            ] } })
        .to_string()
    });
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("typeform-signature", format!("sha256={}", BASE64.encode(&signed(body.as_bytes())))),
    ];
    Case { format: "typeform", source: platform("typeform", json!({})), headers, body }
}

/// A source whose platform signs with the one secret.
fn platform(format: &str, more: Value) -> Value {
    let mut source = json!({ "id": format, "format": format, "verify": { "platform": { "secret": "secret" } } });
    if let (Some(source), Value::Object(more)) = (source.as_object_mut(), more) {
        source.extend(more);
    }
    source
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
    HEXLOWER.encode(&signed(body))
}

fn signed(body: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}
