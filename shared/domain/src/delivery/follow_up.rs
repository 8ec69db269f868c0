//! How the next try of a delivery is asked for.

use jiff::Timestamp;

use super::{DeliveryRecord, DeliveryStatus};
use crate::message::DeliveryMessage;

/// The longest that SQS holds back a message, in seconds
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html>).
pub const QUEUE_DELAY_S_MAX: u16 = 900;

/// How the next try is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

impl DeliveryRecord {
    /// What has to follow once the record is stored: a delivery that waits for another try asks for it. Repeating this
    /// is harmless, for a try is claimed once.
    #[must_use]
    pub fn follow_up(&self, now: Timestamp) -> Option<FollowUp> {
        let (DeliveryStatus::Retry, Some(at)) = (self.status, self.next_try_at) else { return None };
        let number = self.tries + 1;
        let message = DeliveryMessage { account: self.account.clone(), delivery: self.id.clone(), number };
        // Rounded up: a message that arrives too early would be tried before its time.
        let wait_s = (at.as_millisecond() - now.as_millisecond()).max(0).unsigned_abs().div_ceil(1_000);
        Some(match u16::try_from(wait_s) {
            Ok(delay_s) if delay_s <= QUEUE_DELAY_S_MAX => FollowUp::Queue { message, delay_s },
            _ => FollowUp::Schedule { message, at, name: format!("{}-{number}", self.id) },
        })
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
            }
        }
    }

    #[test]
    fn what_is_settled_asks_for_nothing() {
        for status in DeliveryStatus::ALL.into_iter().filter(|status| *status != DeliveryStatus::Retry) {
            assert_eq!(record(status, Some("2026-07-21T10:00:00Z")).follow_up(Timestamp::UNIX_EPOCH), None);
        }
    }
}
