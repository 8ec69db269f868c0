//! What is heard of a try after its outcome was stored: a mail that SES took may come back hours later.

use jiff::Timestamp;
use leadyard_domain::delivery::{Attempt, DeliveryRecord, DeliveryStatus, Exchange};
use leadyard_domain::id::{AccountId, DeliveryId};

use super::finish::overtaken;
use super::{Stored, read_stored};
use crate::Store;
use crate::codec::{moment, number, text};
use crate::error::StoreError;
use crate::keys;

/// What was heard of a delivery.
#[derive(Debug, Clone)]
pub struct Report {
    /// The tenant.
    pub account: AccountId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The try that it is about; the last one where nobody says.
    pub number: Option<u32>,
    /// What was heard.
    pub told: Told,
    /// Days for which tries before the last are kept.
    pub log_days: u16,
    /// Now.
    pub now: Timestamp,
}

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It arrived.
    Arrived,
    /// It did not arrive, or was not wanted, and will not be better by itself.
    Failed {
        /// A code for the log of attempts.
        code: &'static str,
        /// What happened, in words.
        reason: String,
    },
    /// Something that a person who looks should know; the delivery stands as it did.
    Note {
        /// A code for the log of attempts.
        code: &'static str,
        /// What happened, in words.
        reason: String,
    },
}

/// What became of a report.
#[derive(Debug)]
pub enum Heard {
    /// It is on record; the delivery as it is now.
    Changed(DeliveryRecord),
    /// It says nothing new, or is about a try that is not the last any more.
    Nothing,
    /// The try's own outcome is not stored yet: hear it again later.
    Busy {
        /// Until when at most.
        until: Timestamp,
    },
    /// There is no such delivery.
    NoDelivery,
}

/// How the delivery stands after a report, and what is kept of it; `None` when nothing changes.
fn after(record: &DeliveryRecord, told: &Told) -> Option<(DeliveryStatus, Option<(&'static str, String)>)> {
    match (record.status, told) {
        (DeliveryStatus::Delivered, Told::Note { code, reason }) if record.reason.as_ref() != Some(reason) => {
            Some((DeliveryStatus::Delivered, Some((code, reason.clone()))))
        }
        // The try had no answer, or died after it: what is heard now is its outcome, and nothing is sent twice.
        (DeliveryStatus::Sending | DeliveryStatus::Retry | DeliveryStatus::Unknown, Told::Arrived) => {
            Some((DeliveryStatus::Delivered, None))
        }
        (
            DeliveryStatus::Sending | DeliveryStatus::Retry | DeliveryStatus::Unknown | DeliveryStatus::Delivered,
            Told::Failed { code, reason },
        ) => Some((DeliveryStatus::Dead, Some((code, reason.clone())))),
        // A person asked for it again, or it is given up: what stands there is the latest word.
        _ => None,
    }
}

impl Store {
    /// Takes down what is heard of a delivery's last try. The same report twice changes it once.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Conflict`] when the delivery changed at the same moment.
    pub async fn hear_of_delivery(&self, report: &Report) -> Result<Heard, StoreError> {
        let Report { account, delivery, now, .. } = report;
        let Some(item) = self.get(&keys::delivery(account, delivery), true).await? else {
            return Ok(Heard::NoDelivery);
        };
        let Stored { record, attempt } = read_stored(account, delivery, item)?;
        if report.number.is_some_and(|number| number != record.tries) {
            return Ok(Heard::Nothing);
        }
        let lease = record.lease_until.filter(|_| record.status == DeliveryStatus::Sending);
        // As conditions compare them.
        if let Some(until) = lease.filter(|until| moment(*until) >= moment(*now)) {
            return Ok(Heard::Busy { until });
        }
        let Some((status, why)) = after(&record, &report.told) else { return Ok(Heard::Nothing) };
        // A try whose function died is in no log yet; the one before it makes room.
        let (attempt, earlier) = match attempt {
            Some(attempt) if attempt.number == record.tries => (Some(attempt), None),
            other => (None, other),
        };
        if let Some(earlier) = &earlier {
            self.put_aside(&record, earlier, report.log_days, *now).await?;
        }
        let attempt = attempt.unwrap_or_else(|| Attempt {
            number: record.tries,
            at: record.updated_at,
            elapsed_ms: 0,
            status,
            code: None,
            reason: None,
            exchange: Exchange::default(),
        });
        let (code, reason) = why.map(|(code, reason)| (code.to_owned(), reason)).unzip();
        let attempt = Attempt { status, code, reason: reason.clone(), ..attempt };
        let (before, tries, read) = (record.status, record.tries, record.updated_at);
        let after = DeliveryRecord { status, reason, next_try_at: None, lease_until: None, updated_at: *now, ..record };
        let update = self
            .outcome(&after, &attempt)?
            // Whatever is written moves the time, so this holds that nobody claimed, replayed or reported meanwhile.
            .condition_expression("#status = :before AND #tries = :tries AND #updated_at = :read")
            .expression_attribute_names("#tries", "tries")
            .expression_attribute_values(":before", text(before.name()))
            .expression_attribute_values(":tries", number(tries))
            .expression_attribute_values(":read", text(read.to_string()));
        update.send().await.map_err(|error| overtaken(&after, &error))?;
        Ok(Heard::Changed(after))
    }
}
