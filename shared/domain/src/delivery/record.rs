//! What is kept of a delivery.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, DeliveryId, DeliveryKind, SourceId};

/// The code of a try that was not sent because its assignee has the lead no more, or the lead was erased. All is as it should
/// be: nobody has to look.
pub const ENDED: &str = "E_ENDED";
/// The code of a mail that came back for good.
pub const BOUNCED: &str = "E_BOUNCED";
/// The code of a mail that a recipient called spam.
pub const COMPLAINT: &str = "E_COMPLAINT";
/// The code of a mail that was not sent because no recipient may get one.
pub const SUPPRESSED: &str = "E_SUPPRESSED";

/// Whether a delivery that came to nothing is as it should be. The answer to who sent a lead goes where that person says, and
/// there is nothing to mend when that is nowhere.
pub(super) fn is_over(delivery: &DeliveryId, code: Option<&str>) -> bool {
    match code {
        Some(ENDED) => true,
        Some(BOUNCED | COMPLAINT | SUPPRESSED) => delivery.kind() == DeliveryKind::Reply,
        _ => false,
    }
}

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

    /// The metric that counts tries of a delivery which ended so, with the code of the try. What is as it should be is none of
    /// those that an alarm is for.
    #[must_use]
    pub fn metric(self, delivery: &DeliveryId, code: Option<&str>) -> &'static str {
        match self {
            Self::Dead if is_over(delivery, code) => "DeliveriesEnded",
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

#[cfg(test)]
mod tests {
    use super::super::alert::Loss;
    use super::*;
    use crate::id::{DestinationId, EventId, LeadId};

    #[test]
    fn what_nobody_can_mend_is_no_loss() {
        let event = EventId::from_external(&"main".parse().unwrap(), &"web".parse().unwrap(), "1");
        let (lead, mail): (_, DestinationId) = (LeadId::from_event(&event), "mail".parse().unwrap());
        let (own, reply) = (DeliveryId::of(&lead, 1, &mail), DeliveryId::of_reply(&lead, &mail));
        let notice = DeliveryId::of_notice(&lead, 1, 1, &mail);
        let (dead, ended) = ("DeliveriesDead", "DeliveriesEnded");
        for (id, status, code, metric, loss) in [
            (&own, DeliveryStatus::Dead, Some("E_STATUS"), dead, Some(Loss::GivenUp)),
            (&own, DeliveryStatus::Dead, Some(ENDED), ended, None),
            (&reply, DeliveryStatus::Dead, Some(ENDED), ended, None),
            (&own, DeliveryStatus::Dead, Some(SUPPRESSED), dead, Some(Loss::GivenUp)),
            (&notice, DeliveryStatus::Dead, Some(BOUNCED), dead, Some(Loss::GivenUp)),
            (&reply, DeliveryStatus::Dead, Some(BOUNCED), ended, None),
            (&reply, DeliveryStatus::Dead, Some(COMPLAINT), ended, None),
            (&reply, DeliveryStatus::Dead, Some(SUPPRESSED), ended, None),
            (&reply, DeliveryStatus::Dead, Some("E_TEMPLATE"), dead, Some(Loss::GivenUp)),
            (&own, DeliveryStatus::Unknown, Some("E_TIMEOUT"), "DeliveriesUnknown", Some(Loss::Unknown)),
            (&own, DeliveryStatus::Unknown, None, "DeliveriesUnknown", Some(Loss::Unknown)),
            (&own, DeliveryStatus::Retry, Some("E_TIMEOUT"), "DeliveriesRetried", None),
            (&own, DeliveryStatus::Delivered, None, "DeliveriesDelivered", None),
            // A mail that came back for now.
            (&reply, DeliveryStatus::Delivered, Some("E_SOFT_BOUNCE"), "DeliveriesDelivered", None),
        ] {
            assert_eq!(
                (status.metric(id, code), Loss::of(id, status, code)),
                (metric, loss),
                "{id} {status:?} {code:?}"
            );
        }
    }
}
