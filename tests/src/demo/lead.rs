//! The leads of the demo and how they are sent: each as its source's sender would.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{DemoError, WEBSITE_SECRET};
use crate::{
    client::{Answer, Published, event_ids, hmac_header},
    stack::{Stack, StackError},
};

const LEADS: &str = include_str!("../../../events/demo-leads.json");

/// The source whose format is `form`; the other is JSON, signed.
const FORM_SOURCE: &str = "landing-page";

/// A lead of `events/demo-leads.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoLead {
    /// What the table calls it.
    pub title: String,
    /// The source that it is sent to.
    pub source: String,
    body: Map<String, Value>,
}

/// A lead that was taken.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    /// What the table calls it.
    pub title: String,
    /// When it was sent.
    pub at: Timestamp,
    /// The event's id, where the answer tells it. A form's answer is for a browser and does not.
    pub event: Option<String>,
    /// By what a form's event is found in the log.
    pub email: Option<String>,
}

impl DemoLead {
    /// All leads, in the order in which they are sent.
    pub fn all() -> Result<Vec<Self>, StackError> {
        let what = "events/demo-leads.json".to_owned();
        serde_json::from_str(LEADS).map_err(|source| StackError::Json { what, source })
    }

    /// Sends it and reads the answer as a sender of its kind would.
    pub async fn send(self, stack: &Stack, published: &Published) -> Result<Sent, DemoError> {
        let url = published.endpoint(&self.source)?;
        let request = stack.http().post(url);
        let at = Timestamp::now();
        let is_form = self.source == FORM_SOURCE;
        let request = if is_form {
            let pairs = self.body.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            request.header("content-type", "application/x-www-form-urlencoded").body(body)
        } else {
            let body = Value::Object(self.body.clone()).to_string();
            request
                .header("content-type", "application/json")
                .header("x-signature", hmac_header(WEBSITE_SECRET.1, body.as_bytes()))
                .body(body)
        };
        let answer = Answer::to(request).await?;
        // The source of the forms sends the browser on to a page of its own.
        let (expected, event) = if is_form { (303, None) } else { (202, event_ids(&answer.body).pop()) };
        if answer.status != expected {
            let detail = answer.body.to_string();
            return Err(DemoError::Refused { title: self.title, status: answer.status, detail });
        }
        let email = self.body.get("email").and_then(Value::as_str).map(str::to_owned);
        Ok(Sent { title: self.title, at, event, email })
    }
}
