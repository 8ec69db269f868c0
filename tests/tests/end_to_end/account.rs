//! An account of one test: its config, its receiver, and what became of its leads.

use std::time::Duration;

use leadyard_tests::{
    client::{Answer, Api, Published, event_ids, hmac_header},
    receiver::Receiver,
    stack::{Stack, StackError, wait_until},
};
use serde_json::{Value, json};

/// Longest wait for anything. It asserts no speed: a machine may be busy, and nothing is assumed to be quick.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The value of the secret `hmac`.
pub const HMAC_SECRET: &str = "the website's secret";

/// The value of the secret `signing`.
pub const SIGNING_SECRET: &str = "whsec_ZW5kLXRvLWVuZC1zaWduaW5nLXNlY3JldA==";

/// An account of one test.
pub struct Account<'a> {
    pub api: Api<'a>,
    pub receiver: Receiver,
    pub published: Published,
}

impl<'a> Account<'a> {
    /// Starts a receiver, sets the secrets `hmac` and `signing` and publishes a config. `RECEIVER` in it stands for the
    /// receiver's address.
    pub async fn open(stack: &'a Stack, name: &str, config: &str) -> Self {
        let receiver = Receiver::start().await.unwrap();
        let api = Api::of(stack, name).await.unwrap();
        api.set_secret("hmac", HMAC_SECRET).await.unwrap();
        api.set_secret("signing", SIGNING_SECRET).await.unwrap();
        let published = api.publish(&config.replace("RECEIVER", &receiver.base())).await.unwrap();
        Self { api, receiver, published }
    }

    /// An account whose leads all go to `anna`, who has them at the one webhook `crm`: the settings of the channel are
    /// `webhook`, in YAML's flow style, and its retries are a second apart.
    pub async fn with_webhook(stack: &'a Stack, name: &str, webhook: &str) -> Self {
        Self::open(stack, name, &one_webhook(webhook)).await
    }

    /// A `POST` of JSON to a source, signed with the secret `hmac`.
    pub async fn post(&self, source: &str, body: &Value) -> Answer {
        post(self.api.stack(), self.published.endpoint(source).unwrap(), body).await.unwrap()
    }

    /// Sends one lead to the source `web` and waits until its event is settled.
    pub async fn event(&self, body: &Value) -> Value {
        let answer = self.post("web", body).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        self.settled_event(&event_ids(&answer.body)[0]).await
    }

    /// Sends one lead to the source `web` and waits until it is made: its id.
    pub async fn lead(&self, email: &str) -> String {
        let event = self.event(&json!({ "email": email })).await;
        assert_eq!(event["status"], "created", "{event}");
        event["lead"].as_str().unwrap().to_owned()
    }

    /// An event as soon as it is settled.
    pub async fn settled_event(&self, id: &str) -> Value {
        let path = format!("/v1/events/{id}");
        self.wait(&format!("event {id} is settled"), async || self.api.find(&path).await).await
    }

    /// A lead as soon as all of its deliveries have ended: delivered, rejected, dead or unknown.
    pub async fn delivered(&self, lead: &str) -> Value {
        let path = format!("/v1/leads/{lead}");
        let ended = async || {
            let lead = self.api.get(&path).await?;
            let deliveries = lead["deliveries"].as_array().map(Vec::as_slice).unwrap_or_default();
            let has_ended = |delivery: &Value| {
                matches!(delivery["status"].as_str(), Some("delivered" | "rejected" | "dead" | "unknown"))
            };
            let all = !deliveries.is_empty() && deliveries.iter().all(has_ended);
            Ok((all && lead["deliveries_pending"] == json!([])).then_some(lead))
        };
        self.wait(&format!("the deliveries of lead {lead} have ended"), ended).await
    }

    /// Sends one lead and gives its one delivery when it has ended.
    pub async fn delivery(&self, email: &str) -> Value {
        let lead = self.lead(email).await;
        let mut lead = self.delivered(&lead).await;
        assert_eq!(lead["deliveries"].as_array().map(Vec::len), Some(1), "{lead}");
        lead["deliveries"][0].take()
    }

    /// Waits for a value.
    pub async fn wait<T>(&self, what: &str, look: impl AsyncFnMut() -> Result<Option<T>, StackError>) -> T {
        wait_until(what, PATIENCE, look).await.unwrap()
    }
}

/// A `POST` of JSON to an endpoint, signed with the secret `hmac`.
pub async fn post(stack: &Stack, url: &str, body: &Value) -> Result<Answer, StackError> {
    let body = body.to_string();
    let request = stack
        .http()
        .post(url)
        .header("content-type", "application/json")
        .header("x-signature", hmac_header(HMAC_SECRET, body.as_bytes()))
        .body(body);
    Answer::to(request).await
}

/// See [`Account::with_webhook`].
pub fn one_webhook(webhook: &str) -> String {
    format!(
        "
fields: [{{ name: company_size, type: number }}]
sources: [{{ id: web, format: json }}]
assignees: [{{ id: anna, name: Anna, destinations: [crm] }}]
destinations: [{{ id: crm, channel: {{ webhook: {webhook} }}, retry: [1s, 1s] }}]
profiles: [{{ id: all, default: [{{ assign_to: anna }}] }}]
"
    )
}

/// The codes of a delivery's attempts, in order; an attempt without a code is one that went through.
pub fn codes(delivery: &Value) -> Vec<&str> {
    delivery["attempts"].as_array().unwrap().iter().map(|attempt| attempt["code"].as_str().unwrap_or("")).collect()
}
