//! What follows from a try: how the next one is asked for, and what a rejection sets off.

use jiff::Timestamp;

use super::{DeliveryRecord, DeliveryStatus};
use crate::assignment::Ending;
use crate::id::DeliveryKind;
use crate::message::{DeliveryMessage, LeadsMessage};

/// The longest that SQS holds back a message, in seconds
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html>).
pub const QUEUE_DELAY_S_MAX: u16 = 900;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum FollowUp {
    /// A message that the queue holds back for so many seconds.
    Queue {
        /// The message.
        message: DeliveryMessage,
        /// 0 to [`QUEUE_DELAY_S_MAX`].
        delay_s: u16,
    },
    /// A one-time schedule that puts the message into the queue.
    Schedule {
        /// The message.
        message: DeliveryMessage,
        /// When.
        at: Timestamp,
        /// The schedule's name: the same for the same try, so that it is made once.
        name: String,
    },
    /// The receiver does not want the lead: the next candidate is to be offered it.
    Cascade {
        /// For evaluate.
        message: Box<LeadsMessage>,
    },
}

impl FollowUp {
    /// The same message again, in so many seconds or as late as a queue can: whoever comes before its time waits again.
    #[must_use]
    pub fn put_off(message: DeliveryMessage, wait_s: u32) -> Self {
        let delay_s = u16::try_from(wait_s).unwrap_or(u16::MAX).min(QUEUE_DELAY_S_MAX);
        Self::Queue { message, delay_s }
    }
}

impl DeliveryRecord {
    /// What has to follow once the record is stored: a delivery that waits for another try asks for it, one that was
    /// rejected for the next candidate. Repeating this is harmless, for a try is claimed once and an attempt ends once.
    #[must_use]
    pub fn follow_up(&self, now: Timestamp) -> Option<FollowUp> {
        if let (DeliveryStatus::Rejected, DeliveryKind::Assigned { attempt }) = (self.status, self.id.kind()) {
            return Some(FollowUp::Cascade { message: Box::new(self.cascade(attempt)) });
        }
        let (DeliveryStatus::Retry, Some(at)) = (self.status, self.next_try_at) else { return None };
        let number = self.tries + 1;
        let message = DeliveryMessage::try_number(&self.account, &self.id, number);
        // Rounded up: a message that arrives too early would be tried before its time.
        let wait_s = (at.as_millisecond() - now.as_millisecond()).max(0).unsigned_abs().div_ceil(1_000);
        Some(match u16::try_from(wait_s) {
            Ok(delay_s) if delay_s <= QUEUE_DELAY_S_MAX => FollowUp::Queue { message, delay_s },
            _ => FollowUp::Schedule { message, at, name: format!("{}-{number}", self.id) },
        })
    }

    fn cascade(&self, attempt: u32) -> LeadsMessage {
        LeadsMessage::Reassign {
            account: self.account.clone(),
            lead: self.id.lead(),
            attempt,
            how: Ending::Rejected,
            reason: self.reason.clone(),
            by: Some(format!("destination {}", self.id.destination())),
            to: None,
            at: self.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AccountId, DeliveryId, DestinationId, EventId, LeadId, SourceId};

    fn record(status: DeliveryStatus, next_try_at: Option<&str>) -> DeliveryRecord {
        let (account, source) = (AccountId::new("main").unwrap(), SourceId::new("web").unwrap());
        let lead = LeadId::from_event(&EventId::from_external(&account, &source, "1"));
        DeliveryRecord {
            id: DeliveryId::of(&lead, 1, &DestinationId::new("crm").unwrap()),
            account,
            source,
            channel: "webhook".into(),
            status,
            tries: 3,
            tries_before_replay: 0,
            reason: None,
            next_try_at: next_try_at.map(|at| at.parse().unwrap()),
            lease_until: None,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn short_waits_are_the_queues_and_long_ones_a_schedules() {
        let now: Timestamp = "2026-07-21T10:00:00Z".parse().unwrap();
        for (at, expected) in [
            ("2026-07-21T09:00:00Z", Some(0)),
            ("2026-07-21T10:00:00.001Z", Some(1)),
            ("2026-07-21T10:15:00Z", Some(900)),
            ("2026-07-21T10:15:00.5Z", None),
            ("2026-07-22T10:00:00Z", None),
        ] {
            match record(DeliveryStatus::Retry, Some(at)).follow_up(now).unwrap() {
                FollowUp::Queue { delay_s, message } => {
                    assert_eq!((Some(delay_s), message.number), (expected, 4), "{at}");
                }
                FollowUp::Schedule { at: when, name, .. } => {
                    assert_eq!((expected, when.to_string().as_str()), (None, at));
                    assert!(name.ends_with("crm-4"), "{name}");
                }
                FollowUp::Cascade { .. } => panic!("nobody rejected it"),
            }
        }
    }

    #[test]
    fn what_is_settled_asks_for_nothing() {
        let goes_on = [DeliveryStatus::Retry, DeliveryStatus::Rejected];
        for status in DeliveryStatus::ALL.into_iter().filter(|status| !goes_on.contains(status)) {
            assert_eq!(record(status, Some("2026-07-21T10:00:00Z")).follow_up(Timestamp::UNIX_EPOCH), None);
        }
    }

    #[test]
    fn a_rejection_goes_on_to_the_next_candidate() {
        let mut rejected = record(DeliveryStatus::Rejected, None);
        rejected.reason = Some("out of area".to_owned());
        let Some(FollowUp::Cascade { message }) = rejected.follow_up(Timestamp::UNIX_EPOCH) else { panic!() };
        let LeadsMessage::Reassign { attempt, how, reason, by, to, .. } = *message else { panic!() };
        assert_eq!((attempt, how, to), (1, Ending::Rejected, None));
        assert_eq!((reason.as_deref(), by.as_deref()), (Some("out of area"), Some("destination crm")));
    }
}
