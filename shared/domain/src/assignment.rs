//! The recorded decision of one attempt for one lead, and where it left the lead.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::{AssigneeId, DeliveryId, DestinationId, EventId, LeadId, PoolId, ProfileId, QueueId, RuleId};
use crate::lead::Lead;
use crate::rotation::{Pick, Turn};
use crate::service_level::Timers;
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
        /// The rules that found nobody: leads of the same rules wait for the same people.
        group: String,
        /// The first moment at which somebody may be able to take it, as far as time alone decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// It waits in a queue for whoever claims it.
    Queued {
        /// The attempt that put it there.
        attempt: u32,
        /// The queue.
        queue: QueueId,
        /// Since when.
        since: Timestamp,
    },
}

impl Standing {
    /// Decisions so far.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        match self {
            Self::Unassigned { attempt }
            | Self::Assigned { attempt, .. }
            | Self::Parked { attempt, .. }
            | Self::Queued { attempt, .. } => *attempt,
        }
    }
}

/// One time that a lead was given to somebody; the lead embeds all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The attempt that gave it.
    pub attempt: u32,
    /// The rule that gave it; `None` for the default action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// Who got it.
    pub assignee: AssigneeId,
    /// The pool in which it counts against the caps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolId>,
    /// When.
    pub since: Timestamp,
    /// What the lead was worth then: so much it takes of a capacity.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub value: Decimal,
    /// Whether it counts against the capacity: the assignee has it, and it is not closed.
    pub open: bool,
    /// By when it is to be contacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timers: Option<Timers>,
    /// When the assignee contacted it: no timer is due after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacted_at: Option<Timestamp>,
    /// How it ended; `None` as long as the assignee has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<End>,
}

/// How somebody ceased to have a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// In one word.
    pub how: Ending,
    /// When.
    pub at: Timestamp,
    /// Why, in the words of whoever ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who ended it: the name of an API key; `None` for the engine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The moves by which the pools took back what the pick had moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
}

/// How somebody ceased to have a lead, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The assignee did not take it.
    Rejected,
    /// The assignee gave it back within the return window.
    Returned,
    /// It was not contacted in time.
    Overdue,
    /// A person gave it to someone else.
    Reassigned,
    /// A later event had it decided anew. Nothing is taken back: the assignee had it and was done with it.
    Superseded,
    /// Everything personal was taken out of the lead. Nothing is taken back either.
    Erased,
}

impl Ending {
    /// The ending as logs and the API write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Returned => "returned",
            Self::Overdue => "overdue",
            Self::Reassigned => "reassigned",
            Self::Superseded => "superseded",
            Self::Erased => "erased",
        }
    }

    /// Whether caps and credits are given back.
    #[must_use]
    pub fn refunds(self) -> bool {
        !matches!(self, Self::Superseded | Self::Erased)
    }
}

/// A move by which a pool took back a pick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The pool.
    pub pool: PoolId,
    /// The number of the move.
    pub turn: Turn,
}

/// What asked for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "asked", rename_all = "snake_case")]
pub enum Cause {
    /// An event that made or met the lead.
    Event {
        /// Which.
        event: EventId,
    },
    /// The lead waited, and somebody may be able to take it now.
    Drained,
    /// Somebody ceased to have it.
    Ended {
        /// The attempt that had given it to them.
        attempt: u32,
        /// How.
        how: Ending,
    },
    /// A member of its queue claimed it.
    Claimed {
        /// Through which API key.
        by: String,
    },
}

impl Cause {
    /// The cause as logs and the API write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Event { .. } => "event",
            Self::Drained => "drained",
            Self::Ended { how, .. } => how.name(),
            Self::Claimed { .. } => "claimed",
        }
    }

    /// The event, when it was one.
    #[must_use]
    pub fn event(&self) -> Option<&EventId> {
        match self {
            Self::Event { event } => Some(event),
            Self::Drained | Self::Ended { .. } | Self::Claimed { .. } => None,
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
    /// What asked for the decision.
    pub cause: Cause,
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

impl Assignment {
    /// What stands for a decision where something is sent of a lead whoever has it.
    #[must_use]
    pub fn of_nobody(lead: &Lead) -> Self {
        Self {
            lead: lead.id.clone(),
            attempt: 0,
            cause: Cause::Event { event: lead.last_event.event.clone() },
            config_version: 0,
            profile: None,
            rule: None,
            outcome: Outcome::Nothing,
            decided_at: lead.created_at,
            trace: Trace::default(),
        }
    }
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Someone gets the lead.
    Assigned {
        /// Who.
        assignee: AssigneeId,
        /// From which pool; of pools in pools the outermost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pool: Option<PoolId>,
        /// What the rotations moved, to be refunded should the lead come back; of pools in pools the outermost first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        picks: Vec<PoolPick>,
        /// Where it is delivered.
        destinations: Vec<DestinationId>,
        /// What a partner pays for it, as it was when it was decided: what the config says later changes no bill. `None` for
        /// a user, and for a partner without a price.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<Decimal>,
    },
    /// Nobody eligible could take it now.
    Parked {
        /// The pool or rule whose line it waits in.
        line: String,
        /// Why, in words.
        reason: String,
        /// The rules that found nobody: leads of the same rules wait for the same people.
        group: String,
        /// The first moment at which somebody may be able to take it, as far as time alone decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// It waits in a queue for whoever claims it.
    Queued {
        /// The queue.
        queue: QueueId,
    },
    /// The owner stays what it was.
    Nothing,
}

/// A pick of one pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolPick {
    /// The pool.
    pub pool: PoolId,
    /// What its rotation moved.
    #[serde(flatten)]
    pub pick: Pick,
}

impl Outcome {
    /// Whether someone gets the lead.
    #[must_use]
    pub fn is_assigned(&self) -> bool {
        matches!(self, Self::Assigned { .. })
    }

    /// The outcome as logs write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Assigned { .. } => "assigned",
            Self::Parked { .. } => "parked",
            Self::Queued { .. } => "queued",
            Self::Nothing => "nothing",
        }
    }
}
