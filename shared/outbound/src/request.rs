//! From a lead and a webhook's settings to the request that goes out: body, authentication, signature.

use std::collections::BTreeMap;
use std::time::Duration;

use data_encoding::BASE64;
use form_urlencoded::Serializer;
use jiff::Timestamp;
use leadyard_domain::config::{Auth, Body, HttpMethod, Slack, TextBody, Webhook};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::exchange::{OutboundRequest, TIMEOUT_DEFAULT};
use crate::signature::{self, Secret};
use crate::template::{Escape, TemplateError, Templates};

/// The text of a Slack message where a destination gives none.
const SLACK_TEXT: &str = include_str!("../templates/slack.txt");
/// Slack takes 3,000 characters a section (<https://docs.slack.dev/reference/block-kit/blocks/section-block>).
const SLACK_CHARS_MAX: usize = 3_000;

/// Why no request can be made. None of it goes better by itself: the config has to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// A template that can't be filled.
    #[error("the template of '{part}' can't be filled: {why}")]
    Template {
        /// Which of the webhook's settings.
        part: String,
        /// What is wrong and where.
        why: TemplateError,
    },
    /// A JSON template that makes no JSON.
    #[error("what the template of 'body.json' makes is no JSON: line {line}, column {column} of it")]
    Json {
        /// The line of what was made, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A secret that can't stand in a header.
    #[error("the secret of '{0}' has a character that no header may have: set it again without line breaks")]
    Secret(&'static str),
    /// A lead without a value for any of the attributes that are sent.
    #[error(
        "the lead has no value for any attribute that is sent, and LeadSquared takes none without one: look at 'fields'"
    )]
    Empty,
}

impl PrepareError {
    /// The code of a delivery that failed so.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Template { .. } | Self::Json { .. } => "E_TEMPLATE",
            Self::Secret(_) => "E_SECRET",
            Self::Empty => "E_EMPTY",
        }
    }
}

/// Who we are to a receiver.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The keys that sign the request.
    pub signing: &'a [Secret],
    /// The secret that `auth` names, or the token that it stands for.
    pub auth: Option<&'a str>,
}

/// A request that is ready to go, with the names of its headers that hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The request.
    pub request: OutboundRequest,
    /// What must not be kept of its headers.
    pub secret_headers: Vec<String>,
}

/// Makes the request of one try. `context` is what templates see, `payload` the body where the webhook has none of its own;
/// `id` is the delivery's, the same on every try.
///
/// # Errors
/// [`PrepareError`].
pub fn webhook(
    webhook: &Webhook,
    context: &Value,
    payload: &Value,
    id: &str,
    at: Timestamp,
    credentials: Credentials<'_>,
) -> Result<Prepared, PrepareError> {
    let mut url = webhook.url.clone();
    let (content_type, mut body) = body(webhook.body.as_ref(), context, payload)?;
    let mut headers: Vec<(String, String)> =
        webhook.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    if webhook.method == HttpMethod::Get {
        let query = String::from_utf8_lossy(&body);
        if !query.is_empty() {
            // A fragment stays at home; the query goes before it.
            let (before, _) = url.split_once('#').unwrap_or((&url, ""));
            let joint = if before.contains('?') { '&' } else { '?' };
            url = format!("{before}{joint}{query}");
        }
        body = Vec::new();
    } else if !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), content_type));
    }
    headers.push(("idempotency-key".to_owned(), id.to_owned()));
    // What the owner wrote there may be a secret all the same.
    let mut secret_headers: Vec<String> = webhook.headers.keys().cloned().collect();
    if let (Some(auth), Some(secret)) = (&webhook.auth, credentials.auth) {
        if secret.chars().any(char::is_control) {
            return Err(PrepareError::Secret("auth"));
        }
        let (name, value) = match auth {
            Auth::Bearer { .. } | Auth::Oauth2(_) => ("authorization".to_owned(), format!("Bearer {secret}")),
            Auth::Basic { user, .. } => {
                let encoded = BASE64.encode(format!("{user}:{secret}").as_bytes());
                ("authorization".to_owned(), format!("Basic {encoded}"))
            }
            Auth::Header { name, .. } => (name.to_ascii_lowercase(), secret.to_owned()),
        };
        secret_headers.push(name.clone());
        headers.push((name, value));
    }
    headers.extend(signature::headers(id, at, &body, credentials.signing));
    let timeout = Duration::from_secs(webhook.timeout_s.into());
    let request = OutboundRequest { method: method(webhook.method), url, headers, body, timeout };
    Ok(Prepared { request, secret_headers })
}

/// Makes the message of a Slack destination; `url` is its incoming webhook's.
///
/// # Errors
/// [`PrepareError`].
pub fn slack(slack: &Slack, url: &str, context: &Value, id: &str) -> Result<Prepared, PrepareError> {
    let template = slack.text.as_deref().unwrap_or(SLACK_TEXT);
    let text = Templates::new(&slack_escaped(context)).render(template, Escape::Text);
    let text = text.map_err(|why| PrepareError::Template { part: "text".to_owned(), why })?;
    let text: String = text.trim().chars().take(SLACK_CHARS_MAX).collect();
    let body = json!({
        // For notifications, which show no blocks.
        "text": text.lines().next().unwrap_or_default(),
        "blocks": [{ "type": "section", "text": { "type": "mrkdwn", "text": text } }],
    });
    let headers =
        vec![("content-type".to_owned(), "application/json".to_owned()), ("idempotency-key".to_owned(), id.to_owned())];
    let body = body.to_string().into_bytes();
    let request =
        OutboundRequest { method: Method::POST, url: url.to_owned(), headers, body, timeout: TIMEOUT_DEFAULT };
    Ok(Prepared { request, secret_headers: Vec::new() })
}

/// Values as they stand in Slack's mrkdwn: the three characters that would begin a link or a mention are escaped
/// (<https://docs.slack.dev/messaging/formatting-message-text#escaping>).
fn slack_escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").into(),
        Value::Array(items) => items.iter().map(slack_escaped).collect(),
        Value::Object(object) => {
            Value::Object(object.iter().map(|(name, value)| (name.clone(), slack_escaped(value))).collect())
        }
        other => other.clone(),
    }
}

fn body(body: Option<&Body>, context: &Value, payload: &Value) -> Result<(String, Vec<u8>), PrepareError> {
    let json = "application/json".to_owned();
    let Some(body) = body else { return Ok((json, payload.to_string().into_bytes())) };
    let templates = Templates::new(context);
    let fill = |part: &str, template: &str, escape| {
        let failed = |why| PrepareError::Template { part: part.to_owned(), why };
        templates.render(template, escape).map_err(failed)
    };
    Ok(match body {
        Body::Json(template) => {
            let text = fill("body.json", template, Escape::Json)?;
            serde_json::from_str::<Value>(&text)
                .map_err(|error| PrepareError::Json { line: error.line(), column: error.column() })?;
            (json, text.into_bytes())
        }
        Body::Text(TextBody { content_type, template }) => {
            let marked = ["html", "xml"].iter().any(|kind| content_type.to_ascii_lowercase().contains(kind));
            let escape = if marked { Escape::Html } else { Escape::Text };
            (content_type.clone(), fill("body.text", template, escape)?.into_bytes())
        }
        Body::Fields(fields) => {
            let mut object = Map::new();
            for (name, template) in fields {
                let part = format!("body.fields.{name}");
                let value = match is_one_value(template) {
                    // What is nothing but a value keeps its type: filled in as JSON, it is read back as what it is.
                    true => fill(&part, template, Escape::Json).and_then(|text| {
                        serde_json::from_str(&text).map_err(|_| PrepareError::Json { line: 1, column: 1 })
                    })?,
                    false => Value::String(fill(&part, template, Escape::Text)?),
                };
                object.insert(name.clone(), value);
            }
            (json, Value::Object(object).to_string().into_bytes())
        }
        Body::Form(fields) => {
            let filled: BTreeMap<&String, String> = fields
                .iter()
                .map(|(name, template)| Ok((name, fill(&format!("body.form.{name}"), template, Escape::Text)?)))
                .collect::<Result<_, PrepareError>>()?;
            let form = Serializer::new(String::new()).extend_pairs(filled).finish();
            ("application/x-www-form-urlencoded".to_owned(), form.into_bytes())
        }
    })
}

/// Whether a template is one `{{ … }}` and nothing else.
pub(crate) fn is_one_value(template: &str) -> bool {
    let inner = template.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|inner| !inner.contains("{{") && !inner.contains("}}"))
}

fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Get => Method::GET,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Value {
        json!({
            "lead": { "fields": { "first_name": "Ann \"A\" & Co", "score": 7, "tags": ["a", "b"] } },
            "assignee": { "id": "bo" },
        })
    }

    fn prepared(settings: Value, credentials: Credentials<'_>) -> Result<Prepared, PrepareError> {
        let settings: Webhook = serde_json::from_value(settings).unwrap();
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        webhook(&settings, &context(), &json!({ "type": "lead.assigned" }), "dlv_1", at, credentials)
    }

    fn sent(settings: Value) -> (String, String, String) {
        let OutboundRequest { url, headers, body, .. } = prepared(settings, Credentials::default()).unwrap().request;
        let content_type = headers.into_iter().find(|(name, _)| name == "content-type");
        (url, content_type.map(|(_, value)| value).unwrap_or_default(), String::from_utf8(body).unwrap())
    }

    #[test]
    fn bodies_as_they_are_asked_for() {
        let url = "https://crm.example/hook";
        let of = |body: Value| sent(json!({ "url": url, "body": body }));
        assert_eq!(sent(json!({ "url": url })).2, r#"{"type":"lead.assigned"}"#);
        let (_, kind, body) =
            of(json!({ "json": "{\"n\": {{ lead.fields.first_name }}, \"s\": {{ lead.fields.score }}}" }));
        assert_eq!(kind, "application/json");
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), json!({ "n": "Ann \"A\" & Co", "s": 7 }));
        let (_, _, body) = of(
            json!({ "fields": { "Score": "{{ lead.fields.score }}", "Name": "Dr {{ lead.fields.first_name }}", "None": "{{ lead.fields.none }}" } }),
        );
        assert_eq!(
            serde_json::from_str::<Value>(&body).unwrap(),
            json!({ "Name": "Dr Ann \"A\" & Co", "None": null, "Score": 7 })
        );
        let (_, kind, body) = of(json!({ "form": { "n": "{{ lead.fields.first_name }}", "o": "{{ assignee.id }}" } }));
        assert_eq!((kind.as_str(), body.as_str()), ("application/x-www-form-urlencoded", "n=Ann+%22A%22+%26+Co&o=bo"));
        let (_, kind, body) = of(
            json!({ "text": { "content_type": "application/xml", "template": "<n>{{ lead.fields.first_name }}</n>" } }),
        );
        assert_eq!((kind.as_str(), body.as_str()), ("application/xml", "<n>Ann &quot;A&quot; &amp; Co</n>"));
    }

    #[test]
    fn a_get_carries_its_fields_in_the_url() {
        let (url, kind, body) = sent(
            json!({ "url": "https://crm.example/hook?key=1#top", "method": "GET", "body": { "form": { "o": "{{ assignee.id }}" } } }),
        );
        assert_eq!((url.as_str(), kind.as_str(), body.as_str()), ("https://crm.example/hook?key=1&o=bo", "", ""));
    }

    #[test]
    fn who_we_are_is_said_and_not_kept() {
        for (auth, name, value) in [
            (json!({ "bearer": { "secret": "s" } }), "authorization", "Bearer top"),
            (json!({ "basic": { "user": "us", "secret": "s" } }), "authorization", "Basic dXM6dG9w"),
            (json!({ "header": { "name": "X-Buyer", "secret": "s" } }), "x-buyer", "top"),
            (
                json!({ "oauth2": { "token_url": "https://a.example/t", "client_id": "c", "secret": "s" } }),
                "authorization",
                "Bearer top",
            ),
        ] {
            let settings = json!({ "url": "https://crm.example", "auth": auth });
            let credentials = Credentials { auth: Some("top"), ..Credentials::default() };
            let made = prepared(settings.clone(), credentials).unwrap();
            assert!(made.request.headers.contains(&(name.to_owned(), value.to_owned())), "{auth}");
            assert!(made.secret_headers.contains(&name.to_owned()));
            let broken = Credentials { auth: Some("a\nb"), ..Credentials::default() };
            assert_eq!(prepared(settings, broken), Err(PrepareError::Secret("auth")));
        }
    }

    #[test]
    fn a_template_that_fails_says_where() {
        let failed = |body: Value| {
            prepared(json!({ "url": "https://crm.example", "body": body }), Credentials::default())
                .unwrap_err()
                .to_string()
        };
        let error = failed(json!({ "fields": { "a": "x\n {{ lead.fields.score | nonsense }}" } }));
        assert!(error.contains("body.fields.a") && error.contains("line 2, column"), "{error}");
        let error = failed(json!({ "json": "{\"a\": {{ lead.fields.score }} oops" }));
        assert_eq!(error, "what the template of 'body.json' makes is no JSON: line 1, column 9 of it");
    }

    #[test]
    fn a_slack_message_mentions_nobody() {
        let settings: Slack =
            serde_json::from_value(json!({ "secret": "s", "text": "New: *{{ name }}*\nmore" })).unwrap();
        let mention = json!({ "name": "<!channel> & <https://evil.example|x>" });
        let request = slack(&settings, "https://hooks.example/x", &mention, "dlv_1").unwrap().request;
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["text"], "New: *&lt;!channel&gt; &amp; &lt;https://evil.example|x&gt;*");
        assert_eq!(body["blocks"][0]["text"]["text"], format!("{}\nmore", body["text"].as_str().unwrap()));
        let default: Slack = serde_json::from_value(json!({ "secret": "s" })).unwrap();
        let request = slack(&default, "https://hooks.example/x", &context(), "dlv_1").unwrap().request;
        assert!(String::from_utf8_lossy(&request.body).contains("score"));
    }
}
