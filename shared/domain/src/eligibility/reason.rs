//! Why an assignee can't be given a lead.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Period;

/// Why an assignee can't be given the lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Ineligible {
    /// The manual switch is off.
    Inactive,
    /// It is absent.
    AbsentUntil {
        /// When it is back.
        until: Timestamp,
    },
    /// It is a holiday.
    Holiday,
    /// It does not work at this time.
    OutsideHours,
    /// The weight in this pool is 0: never by rotation.
    ZeroWeight,
    /// It has or had this lead.
    AlreadyHadThisLead,
    /// It rejected this lead.
    RejectedThisLead,
    /// It does not take such leads.
    FilterMismatch {
        /// The first field that its filter does not let pass.
        field: String,
    },
    /// Nothing is sent to any of its destinations until a person resumes one.
    DestinationSuspended,
    /// It was given another lead of the same person.
    DuplicateForPartner {
        /// Within so many days.
        days: u16,
    },
    /// A cap of the assignee, or of the assignee in this pool, is reached.
    CapReached {
        /// The period of the cap.
        period: Period,
        /// The number of leads that the cap allows.
        limit: u32,
    },
    /// It has as many open leads as it may have, or this one would be worth too much.
    AtCapacity {
        /// Its open leads.
        leads: u32,
        /// Whether it is by what they are worth: a smaller lead may fit.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_value: bool,
    },
    /// A pool that stands in a pool: none of its members can take the lead.
    NobodyEligible,
    /// It is not in the config any more.
    Unknown,
}

impl Ineligible {
    /// Whether it has had enough: it could take the lead otherwise.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::CapReached { .. } | Self::AtCapacity { .. })
    }

    /// Whether it is about this lead: another one may be taken.
    #[must_use]
    pub fn is_about_this_lead(&self) -> bool {
        match self {
            Self::AlreadyHadThisLead
            | Self::RejectedThisLead
            | Self::FilterMismatch { .. }
            | Self::DuplicateForPartner { .. }
            | Self::AtCapacity { by_value: true, .. } => true,
            Self::Inactive
            | Self::AbsentUntil { .. }
            | Self::Holiday
            | Self::OutsideHours
            | Self::ZeroWeight
            | Self::DestinationSuspended
            | Self::CapReached { .. }
            | Self::AtCapacity { by_value: false, .. }
            // Its members are looked at too.
            | Self::NobodyEligible
            | Self::Unknown => false,
        }
    }

    /// The reason as logs and the API write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::AbsentUntil { .. } => "absent_until",
            Self::Holiday => "holiday",
            Self::OutsideHours => "outside_hours",
            Self::ZeroWeight => "zero_weight",
            Self::AlreadyHadThisLead => "already_had_this_lead",
            Self::RejectedThisLead => "rejected_this_lead",
            Self::FilterMismatch { .. } => "filter_mismatch",
            Self::DestinationSuspended => "destination_suspended",
            Self::DuplicateForPartner { .. } => "duplicate_for_partner",
            Self::CapReached { .. } => "cap_reached",
            Self::AtCapacity { .. } => "at_capacity",
            Self::NobodyEligible => "nobody_eligible",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Ineligible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inactive => f.write_str("is switched off"),
            Self::AbsentUntil { until } => write!(f, "is absent until {}", until.strftime("%Y-%m-%d %H:%M UTC")),
            Self::Holiday => f.write_str("has a holiday"),
            Self::OutsideHours => f.write_str("is outside working hours"),
            Self::ZeroWeight => f.write_str("has weight 0 in this pool"),
            Self::DestinationSuspended => f.write_str("has no destination that is not suspended"),
            Self::AlreadyHadThisLead => f.write_str("has or had this lead already"),
            Self::RejectedThisLead => f.write_str("rejected this lead"),
            Self::FilterMismatch { field } => write!(f, "takes no such leads (by its filter on {field})"),
            Self::DuplicateForPartner { days: 1 } => f.write_str("had a lead of the same person within a day"),
            Self::DuplicateForPartner { days } => write!(f, "had a lead of the same person within {days} days"),
            Self::CapReached { limit: 0, .. } => f.write_str("has a cap of 0 leads"),
            Self::CapReached { period, limit } => {
                let leads = if *limit == 1 { "lead" } else { "leads" };
                match period {
                    Period::Lifetime => write!(f, "has had all of {limit} {leads}"),
                    Period::Day => write!(f, "has had {limit} {leads} today"),
                    period => write!(f, "has had {limit} {leads} this {}", period.name()),
                }
            }
            Self::AtCapacity { leads, by_value: true } => {
                let leads = if *leads == 1 { "1 open lead".to_owned() } else { format!("{leads} open leads") };
                write!(f, "has {leads} and no room for what this one is worth")
            }
            Self::AtCapacity { leads: 1, .. } => f.write_str("is at capacity with 1 open lead"),
            Self::AtCapacity { leads, .. } => write!(f, "is at capacity with {leads} open leads"),
            Self::NobodyEligible => f.write_str("has nobody who can take the lead"),
            Self::Unknown => f.write_str("is not in the config any more"),
        }
    }
}
