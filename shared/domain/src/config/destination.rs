//! Where deliveries go. A new channel is one variant of [`Channel`] with its settings.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{is_true, yes};
use crate::delivery::RetrySchedule;
use crate::id::{DestinationId, SecretName};

/// Where a delivery goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// Its name in assignees and logs.
    pub id: DestinationId,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A disabled destination gets no new delivery.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// How it is reached.
    pub channel: Channel,
    /// When a failed delivery is tried again.
    #[serde(default, skip_serializing_if = "RetrySchedule::is_default")]
    pub retry: RetrySchedule,
    /// Never sends twice: an attempt whose outcome is unknown (a crash between the receiver's answer and our record)
    /// waits for a person instead of being sent again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_most_once: bool,
}

/// How a destination is reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// An HTTPS request.
    Webhook(Webhook),
    /// An email through SES.
    Email(Email),
}

impl Channel {
    /// The secret that the channel needs, if any.
    #[must_use]
    pub fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::Webhook(webhook) => webhook.secret.as_ref(),
            Self::Email(_) => None,
        }
    }

    /// The channel as it is written in a config.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Email(_) => "email",
        }
    }
}

/// An HTTPS request with the lead as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where to: https, or http where the deployment allows it.
    pub url: String,
    /// The method; POST where none is given.
    #[serde(default)]
    pub method: HttpMethod,
    /// The name of the secret that signs the request by Standard Webhooks. Without one the request is not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretName>,
    /// Further headers. No secrets: the config is readable by every key of the account.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The whole exchange including the answer's body, 1 to 30 s.
    #[serde(default = "timeout_s")]
    pub timeout_s: u16,
}

fn timeout_s() -> u16 {
    15
}

/// A request method that carries a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum HttpMethod {
    #[default]
    Post,
    Put,
}

/// An email with the lead. Subject and bodies are templates over `lead`, `assignee`, `assignment` and `account`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The recipients; a template that yields an address, such as `{{ assignee.email }}`, is welcome.
    pub to: Vec<String>,
    /// The subject's template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The text body's template; one with all fields of the lead where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The HTML body's template; values are escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The lead as a file beside the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
    /// Whether an answer to the mail goes to the lead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reply_to_lead: bool,
}

/// The lead as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attachment {
    /// A header row and one row.
    Csv,
    /// The same JSON that a webhook gets.
    Json,
}
