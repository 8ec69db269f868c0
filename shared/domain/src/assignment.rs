//! The recorded decision of one attempt for one lead.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{AssigneeId, DeliveryId, DestinationId, EventId, LeadId, PoolId, ProfileId, RuleId};
use crate::rotation::Pick;
use crate::trace::Trace;

/// Where a lead's distribution stands; the lead embeds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standing {
    /// No decision was asked for yet, or the last one was to do nothing.
    Unassigned {
        /// Decisions so far.
        attempt: u32,
    },
    /// Someone has it.
    Assigned {
        /// The attempt that gave it.
        attempt: u32,
        /// The deliveries that the decision asked for.
        deliveries: Vec<DeliveryId>,
        /// When it was decided.
        at: Timestamp,
    },
    /// Nobody eligible could take it; it waits.
    Parked {
        /// The attempt that found nobody.
        attempt: u32,
        /// Why, in words.
        reason: String,
        /// The pool or rule whose line it waits in.
        line: String,
        /// Since when.
        since: Timestamp,
    },
}

impl Standing {
    /// Decisions so far.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        match self {
            Self::Unassigned { attempt } | Self::Assigned { attempt, .. } | Self::Parked { attempt, .. } => *attempt,
        }
    }
}

/// The recorded decision of one attempt for one lead. Immutable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The lead.
    pub lead: LeadId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The event that asked for the decision.
    pub event: EventId,
    /// The config version that decided.
    pub config_version: u64,
    /// The profile; `None` when no profile distributes this entity.
    pub profile: Option<ProfileId>,
    /// The rule that matched; `None` for the default action.
    pub rule: Option<RuleId>,
    /// What was decided.
    pub outcome: Outcome,
    /// When.
    pub decided_at: Timestamp,
    /// Why.
    pub trace: Trace,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Someone gets the lead.
    Assigned {
        /// Who.
        assignee: AssigneeId,
        /// From which pool.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pool: Option<PoolId>,
        /// What the rotation moved, to be refunded should the lead come back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pick: Option<Pick>,
        /// Where it is delivered.
        destinations: Vec<DestinationId>,
    },
    /// Nobody eligible could take it now.
    Parked {
        /// The pool or rule whose line it waits in.
        line: String,
        /// Why, in words.
        reason: String,
    },
    /// The owner stays what it was.
    Nothing,
}

impl Outcome {
    /// The outcome as logs write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Assigned { .. } => "assigned",
            Self::Parked { .. } => "parked",
            Self::Nothing => "nothing",
        }
    }
}
