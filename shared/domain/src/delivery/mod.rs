//! A delivery: one (assignment, destination) pair, its tries and what becomes of each.
//!
//! A channel says what one try came to ([`TryResult`]); [`judge`] makes of it what happens next. The function stores that
//! and carries it out.

pub mod alert;
mod answer;
mod follow_up;
pub mod health;
mod http;
mod payload;
mod record;
mod retry;

use jiff::{Timestamp, ToSpan};

pub use answer::{AnswerRule, AnswerSeen, HeaderTest, JsonTest, Meaning, meaning};
pub use follow_up::{FollowUp, QUEUE_DELAY_S_MAX};
pub use http::{classify, retry_after_s};
pub use payload::{Notice, Told, assignee_view, assignment_view, lead_view, payload, template_context};
pub use record::{Attempt, BOUNCED, COMPLAINT, DeliveryRecord, DeliveryStatus, ENDED, Exchange, SUPPRESSED};
pub use retry::RetrySchedule;

use crate::id::DeliveryId;

/// What one try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TryResult {
    /// The receiver took it.
    Delivered,
    /// The receiver does not want this lead: the next candidate is offered it.
    Rejected {
        /// Why, in words.
        reason: String,
    },
    /// The receiver has this lead already: by an earlier try of this delivery, or from someone else.
    Duplicate {
        /// What happened, in words.
        reason: String,
    },
    /// It may go better later.
    Transient {
        /// What happened, in words.
        reason: String,
        /// The least wait that the receiver asked for, in seconds.
        retry_after_s: Option<u32>,
    },
    /// It will not go better by itself.
    Final {
        /// What happened, in words.
        reason: String,
    },
    /// Nobody knows whether it arrived.
    Unknown {
        /// What happened, in words.
        reason: String,
    },
}

impl TryResult {
    /// The result when it is known whether the delivery may have been sent before. What the receiver has by an earlier try has
    /// arrived; else it has the lead from someone else and does not want it again.
    #[must_use]
    pub fn duplicate_of_ours(self, sent_before: bool) -> Self {
        match self {
            Self::Duplicate { .. } if sent_before => Self::Delivered,
            Self::Duplicate { reason } => Self::Rejected { reason },
            other => other,
        }
    }

    /// The result for a destination that must never get a delivery twice: what may have arrived is not tried again.
    #[must_use]
    pub fn at_most_once(self, may_have_arrived: bool) -> Self {
        match self {
            Self::Transient { reason, .. } if may_have_arrived => Self::Unknown { reason },
            other => other,
        }
    }
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Delivered,
    /// It is tried again.
    Retry {
        /// When.
        at: Timestamp,
        /// What happened.
        reason: String,
    },
    /// The receiver does not want the lead: whoever had it through this delivery has it no more.
    Rejected {
        /// Why.
        reason: String,
    },
    /// It waits for a person, who may replay it.
    Dead {
        /// What happened.
        reason: String,
    },
    /// It may have arrived and must not arrive twice: it waits for a person, who may replay it.
    Unknown {
        /// What happened.
        reason: String,
    },
}

impl Verdict {
    /// The status, the next try and the reason, as the record keeps them.
    #[must_use]
    pub fn into_parts(self) -> (DeliveryStatus, Option<Timestamp>, Option<String>) {
        match self {
            Self::Delivered => (DeliveryStatus::Delivered, None, None),
            Self::Retry { at, reason } => (DeliveryStatus::Retry, Some(at), Some(reason)),
            Self::Rejected { reason } => (DeliveryStatus::Rejected, None, Some(reason)),
            Self::Dead { reason } => (DeliveryStatus::Dead, None, Some(reason)),
            Self::Unknown { reason } => (DeliveryStatus::Unknown, None, Some(reason)),
        }
    }
}

/// What happens after the `number`th try of a series (from 1). A series begins with the first try and anew with a replay.
#[must_use]
pub fn judge(
    result: TryResult,
    delivery: &DeliveryId,
    number: u32,
    schedule: &RetrySchedule,
    now: Timestamp,
) -> Verdict {
    match result {
        TryResult::Delivered => Verdict::Delivered,
        TryResult::Rejected { reason } | TryResult::Duplicate { reason } => Verdict::Rejected { reason },
        TryResult::Final { reason } => Verdict::Dead { reason },
        TryResult::Unknown { reason } => Verdict::Unknown { reason },
        TryResult::Transient { reason, retry_after_s } => match schedule.delay_s(delivery, number) {
            Some(delay_s) => {
                // A receiver's wish can only lengthen the wait.
                let wait_s = delay_s.max(retry_after_s.unwrap_or_default());
                Verdict::Retry { at: now.saturating_add(i64::from(wait_s).seconds()).unwrap_or(now), reason }
            }
            None => Verdict::Dead { reason: format!("{reason}; it was the last of {number} tries") },
        },
    }
}
