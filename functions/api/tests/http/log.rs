//! The log line of a request: enough to find it, and nothing that is secret or personal.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use axum::http::Method;
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::seeds;
use crate::services::Services;

/// Writes down what the function's log would hold at its lowest level: all of our own, and warnings of libraries.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let ours = ["api", "leadyard_"].iter().any(|prefix| metadata.target().starts_with(prefix));
        ours || *metadata.level() <= Level::WARN
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        attributes.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = self.0.lock().unwrap();
        event.record(&mut Fields(&mut text));
        text.push('\n');
    }
}

#[tokio::test]
async fn a_request_leaves_a_line_without_secrets() {
    let services = Services::start().await;
    seeds::lead(&services.store, 1, &["crm"], seeds::at("2026-07-21T10:00:00Z")).await;
    let lines = Lines::default();
    // For the whole process: beside a thread of another test that has none, one thread's own subscriber can miss lines.
    // What the others log meanwhile must be free of secrets as well.
    tracing::subscriber::set_global_default(Registry::default().with(lines.clone())).unwrap();
    services.json(Method::PUT, "main-admin", "/v1/secrets/crm-key", &json!({"value": "s3cret"})).await;
    let published = services.publish("sources: [{ id: web, format: json }]", None).await;
    services.get("main-viewer", &format!("/v1/leads/{}", seeds::lead_id(1))).await;
    services.get("stolen-token", "/v1/config?token=in-the-query").await;
    services.get("main-viewer", "/v1/personal/anna@example.com").await;

    let text = lines.0.lock().unwrap().clone();
    for expected in [
        "method=PUT route=\"/v1/secrets/{name}\"",
        "account=\"main\" key=\"main admin\"",
        "route=\"/v1/leads/{id}\"",
        "status=401",
        "problem=\"unauthenticated\"",
        "route=\"unknown\"",
    ] {
        assert!(text.contains(expected), "{expected} is missing: {text}");
    }
    let url = published.body["endpoints"][0]["url"].as_str().unwrap();
    let key = url.rsplit('/').next().unwrap();
    for secret in ["s3cret", key, "main-admin", "stolen-token", "in-the-query", "anna@"] {
        assert!(!text.contains(secret), "{secret} is in the log: {text}");
    }
}
