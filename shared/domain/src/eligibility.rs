//! Whether someone can be given a lead now, and if not, why.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::caps::{CapClock, Counters};
use crate::config::{Assignee, Period, PoolMember, Weight};
use crate::id::PoolId;

/// Why an assignee can't be given the lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Ineligible {
    /// The manual switch is off.
    Inactive,
    /// The weight in this pool is 0: never by rotation.
    ZeroWeight,
    /// Another rule of the same decision gave it this lead.
    AlreadyHadThisLead,
    /// A cap of the assignee, or of the assignee in this pool, is reached.
    CapReached {
        /// The period of the cap.
        period: Period,
        /// The number of leads that the cap allows.
        limit: u32,
    },
}

impl fmt::Display for Ineligible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inactive => f.write_str("is switched off"),
            Self::ZeroWeight => f.write_str("has weight 0 in this pool"),
            Self::AlreadyHadThisLead => f.write_str("has this lead already"),
            Self::CapReached { period, limit } => {
                let leads = if *limit == 1 { "lead" } else { "leads" };
                match period {
                    Period::Lifetime => write!(f, "has had all of {limit} {leads}"),
                    Period::Day => write!(f, "has had {limit} {leads} today"),
                    period => write!(f, "has had {limit} {leads} this {}", period.name()),
                }
            }
        }
    }
}

/// Whether the assignee can be given a lead now.
///
/// # Errors
/// The first reason why not.
pub fn check(assignee: &Assignee, counters: &Counters, clock: CapClock<'_>) -> Result<(), Ineligible> {
    if !assignee.active {
        return Err(Ineligible::Inactive);
    }
    within(counters.reached(&assignee.caps, None, clock))
}

/// Whether the assignee can be given a lead now as a member of a pool, and with what weight.
///
/// # Errors
/// The first reason why not.
pub fn check_member(
    assignee: &Assignee,
    member: &PoolMember,
    pool: &PoolId,
    counters: &Counters,
    clock: CapClock<'_>,
) -> Result<Weight, Ineligible> {
    check(assignee, counters, clock)?;
    let weight = member.weight.unwrap_or(assignee.weight);
    if weight.millionths() == 0 {
        return Err(Ineligible::ZeroWeight);
    }
    within(counters.reached(&member.caps, Some(pool), clock))?;
    Ok(weight)
}

fn within(reached: Option<crate::config::Cap>) -> Result<(), Ineligible> {
    match reached {
        Some(cap) => Err(Ineligible::CapReached { period: cap.period, limit: cap.limit }),
        None => Ok(()),
    }
}
