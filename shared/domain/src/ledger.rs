//! What partners owe: a charge for each lead that they accepted, and a credit for each of those that they gave back.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::assignment::{Assignment, Ending, Outcome};
use crate::delivery::{DeliveryRecord, DeliveryStatus};
use crate::id::{AssigneeId, DeliveryId, DeliveryKind, LeadId, RuleId};
use crate::lead::Lead;

/// One entry of a partner's ledger. Immutable, and without anything that the lead says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Whether the partner owes more by it, or less.
    pub kind: EntryKind,
    /// The partner.
    pub partner: AssigneeId,
    /// The lead.
    #[serde(rename = "lead_id")]
    pub lead: LeadId,
    /// The attempt that gave it.
    pub attempt: u32,
    /// The rule that gave it; `None` for the default action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// The delivery by which the partner accepted it.
    #[serde(rename = "delivery_id")]
    pub delivery: DeliveryId,
    /// How much, in the account's own unit. Never below 0: the kind says which way it counts.
    pub amount: Decimal,
    /// When the partner accepted it, or had it no more. From what is on record, so that an entry that is made again is the
    /// same.
    pub at: Timestamp,
    /// How it ended, of a credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<Ending>,
}

/// Which way an entry counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The partner accepted the lead.
    Charge,
    /// The partner gave it back.
    Credit,
}

impl EntryKind {
    /// The kind as the table and the API write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Credit => "credit",
        }
    }
}

impl Entry {
    /// The charge for a delivery, when it is one of a lead to a partner with a price and has arrived. A notice of a service
    /// level is nothing that is paid for.
    #[must_use]
    pub fn charge(assignment: &Assignment, delivery: &DeliveryRecord) -> Option<Self> {
        let Outcome::Assigned { assignee, price: Some(price), .. } = &assignment.outcome else { return None };
        let of_the_lead = matches!(delivery.id.kind(), DeliveryKind::Assigned { .. });
        let arrived = of_the_lead && delivery.status == DeliveryStatus::Delivered;
        arrived.then(|| Self {
            kind: EntryKind::Charge,
            partner: assignee.clone(),
            lead: assignment.lead.clone(),
            attempt: assignment.attempt,
            rule: assignment.rule.clone(),
            delivery: delivery.id.clone(),
            amount: *price,
            at: delivery.updated_at,
            how: None,
        })
    }

    /// The credit that takes a charge back, when the attempt has ended in a way that nobody pays for.
    #[must_use]
    pub fn credit(&self, lead: &Lead) -> Option<Self> {
        let (how, at) = unpaid(lead, self.attempt)?;
        Some(Self { kind: EntryKind::Credit, at, how: Some(how), ..self.clone() })
    }
}

/// How and when an attempt has ended, when it did so in a way that nobody pays for: the partner rejected or returned the
/// lead. Who is too late, or has it taken away, has had it.
#[must_use]
pub fn unpaid(lead: &Lead, attempt: u32) -> Option<(Ending, Timestamp)> {
    let end = lead.holding(attempt)?.ended.as_ref()?;
    matches!(end.how, Ending::Rejected | Ending::Returned).then_some((end.how, end.at))
}

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

/// A text that names no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no month: write the year and the month, such as 2026-07")]
pub struct InvalidMonth;

impl Month {
    /// The month of a moment in a zone.
    #[must_use]
    pub fn of(at: Timestamp, zone: &TimeZone) -> Self {
        let date = at.to_zoned(zone.clone()).date();
        Self { year: date.year(), month: date.month() }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = InvalidMonth;

    fn from_str(text: &str) -> Result<Self, InvalidMonth> {
        let digits = |(place, byte): (usize, u8)| if place == 4 { byte == b'-' } else { byte.is_ascii_digit() };
        if text.len() != 7 || !text.bytes().enumerate().all(digits) {
            return Err(InvalidMonth);
        }
        let first: Date = format!("{text}-01").parse().map_err(|_| InvalidMonth)?;
        Ok(Self { year: first.year(), month: first.month() })
    }
}

/// Some entries of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// How many.
    pub count: u64,
    /// How much they are together, exactly.
    pub amount: Decimal,
}

/// What the entries of a month are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// The charges.
    pub accepted: Sum,
    /// The credits.
    pub credited: Sum,
}

impl Totals {
    /// Adds an entry. `None` when the sum is more than a decimal holds: a sum that is not exact is none.
    #[must_use]
    pub fn with(mut self, kind: EntryKind, amount: Decimal) -> Option<Self> {
        let sum = match kind {
            EntryKind::Charge => &mut self.accepted,
            EntryKind::Credit => &mut self.credited,
        };
        // A decimal that gets too long is rounded: then one of the two would not come back.
        let before = sum.amount;
        let exact =
            |after: &Decimal| after.checked_sub(amount) == Some(before) && after.checked_sub(before) == Some(amount);
        sum.amount = before.checked_add(amount).filter(exact)?;
        sum.count += 1;
        Some(self)
    }

    /// Charges less credits: how many leads, and how much is owed for them. Below 0 when more of earlier months came back than
    /// was accepted.
    #[must_use]
    pub fn net(&self) -> (i64, Decimal) {
        let count = |sum: Sum| i64::try_from(sum.count).unwrap_or(i64::MAX);
        // Both are 0 or more, so their difference is within what a decimal holds.
        (count(self.accepted) - count(self.credited), self.accepted.amount - self.credited.amount)
    }
}

#[cfg(test)]
mod tests;
