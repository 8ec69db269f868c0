//! What is kept of a delivery.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, DeliveryId, SourceId};

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Asked for, not yet tried.
    Pending,
    /// A function holds the lease and is trying.
    Sending,
    /// A try failed; another follows.
    Retry,
    /// The receiver took it.
    Delivered,
    /// The receiver did not want the lead; the next candidate was offered it.
    Rejected,
    /// Given up; a person may replay it.
    Dead,
    /// An at-most-once try whose outcome nobody knows; a person may replay it.
    Unknown,
}

impl DeliveryStatus {
    /// Every status.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Sending, Self::Retry, Self::Delivered, Self::Rejected, Self::Dead, Self::Unknown];

    /// The metric that counts tries which ended so.
    #[must_use]
    pub fn metric(self) -> &'static str {
        match self {
            Self::Delivered => "DeliveriesDelivered",
            Self::Retry => "DeliveriesRetried",
            Self::Rejected => "DeliveriesRejected",
            Self::Unknown => "DeliveriesUnknown",
            Self::Pending | Self::Sending | Self::Dead => "DeliveriesDead",
        }
    }

    /// The status as the API writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Retry => "retry",
            Self::Delivered => "delivered",
            Self::Rejected => "rejected",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }
}

/// A delivery and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeliveryRecord {
    /// Its id: lead, attempt and destination.
    pub id: DeliveryId,
    /// The tenant.
    pub account: AccountId,
    /// The source of the lead.
    pub source: SourceId,
    /// `webhook` or `email`.
    pub channel: String,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Tries that were begun.
    pub tries: u32,
    /// Tries that belong to earlier series: a replay begins a new series, with the whole schedule before it.
    #[serde(default)]
    pub tries_before_replay: u32,
    /// What happened last, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the next try is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try_at: Option<Timestamp>,
    /// Until when the function that is trying has it to itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    /// When it was first claimed.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One try, as it is kept for the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// What it came to: the status afterwards.
    pub status: DeliveryStatus,
    /// A code for the kind of failure, such as `E_TIMEOUT` or `E_STATUS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What happened, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was sent and answered, capped and without secrets.
    pub exchange: Exchange,
}

/// What was sent and answered, capped and without secrets.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Exchange {
    /// The address: a URL, or the recipients.
    pub to: String,
    /// The request's headers; secrets are redacted.
    pub request_headers: Vec<(String, String)>,
    /// The request's body, or the mail's subject and text.
    pub request_body: String,
    /// The answer's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_status: Option<u16>,
    /// The answer's headers.
    pub response_headers: Vec<(String, String)>,
    /// The beginning of the answer's body, at most 16 KiB.
    pub response_body: String,
}
