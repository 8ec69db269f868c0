//! Where deliveries go. A new channel is one variant of [`Channel`] with its settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::leadsquared::Leadsquared;
use super::notify::Notify;
use super::webhook::{Auth, Slack, Webhook};
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
    /// How much it takes at a time.
    #[serde(default, skip_serializing_if = "Limits::is_default")]
    pub limits: Limits,
    /// Who is told by email when it is suspended or deliveries to it are given up, in place of the account's.
    #[serde(default, skip_serializing_if = "Notify::is_nobody")]
    pub notify: Notify,
}

/// How much a destination takes. What is more waits its turn, without spending tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Most tries a minute, evenly spread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Most tries at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<u32>,
}

impl Limits {
    /// Whether there are none.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How a destination is reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// An HTTPS request.
    Webhook(Webhook),
    /// An email through SES.
    Email(Email),
    /// A message in a Slack channel.
    Slack(Slack),
    /// A lead in a LeadSquared account.
    Leadsquared(Leadsquared),
}

/// The queue, and with it the function, that carries out deliveries of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// HTTPS requests.
    Webhook,
    /// Emails.
    Email,
}

impl Channel {
    /// The secrets that the channel needs.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        let (first, second) = match self {
            Self::Webhook(webhook) => (webhook.secret.as_ref(), webhook.auth.as_ref().map(Auth::secret)),
            Self::Slack(slack) => (None, Some(&slack.secret)),
            Self::Leadsquared(settings) => (Some(&settings.access_key), Some(&settings.secret_key)),
            Self::Email(_) => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// Who carries out its deliveries.
    #[must_use]
    pub fn carrier(&self) -> Carrier {
        match self {
            Self::Webhook(_) | Self::Slack(_) | Self::Leadsquared(_) => Carrier::Webhook,
            Self::Email(_) => Carrier::Email,
        }
    }

    /// The channel as it is written in a config.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Email(_) => "email",
            Self::Slack(_) => "slack",
            Self::Leadsquared(_) => "leadsquared",
        }
    }
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
