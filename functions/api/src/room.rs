//! What somebody was given, has open, and may still take: the same for the screen of an assignee and that of a pool.

use jiff::Timestamp;
use leadyard_domain::caps::{CapClock, Counters, Load};
use leadyard_domain::condition::Subject;
use leadyard_domain::config::{Assignee, Cap, Capacity};
use leadyard_domain::decision::State;
use leadyard_domain::eligibility::{Asked, Ineligible, Place};
use leadyard_domain::id::PoolId;
use leadyard_domain::rules::Rules;
use serde::Serialize;
use utoipa::ToSchema;

/// A cap and what was used of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapView {
    /// `hour`, `day`, `week`, `month` or `lifetime`, in the assignee's zone.
    period: &'static str,
    /// Whether only what comes from this pool counts against it.
    in_pool: bool,
    /// Leads given in the period that holds now.
    used: u32,
    /// Most leads in the period.
    limit: u32,
}

/// Open leads, and how many there may be.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenView {
    /// Leads that it has and whose stage is not a closed one.
    leads: u32,
    /// Most open leads; `null` where there is no such limit.
    leads_max: Option<u32>,
    /// What they are worth together, by the account's `value_field`: a decimal as text.
    #[schema(example = "1250.5")]
    value: String,
    /// What they may be worth together; `null` where there is no such limit.
    value_max: Option<String>,
}

/// Whether somebody can take a lead now, whatever the lead says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EligibleView {
    /// Whether it can: switched on, at work, below its caps and its capacity.
    eligible: bool,
    /// The first reason why not, for programs.
    #[schema(example = "cap_reached")]
    reason: Option<&'static str>,
    /// The same in words, to stand behind a name.
    #[schema(example = "has had 20 leads today")]
    why: Option<String>,
    /// When that may be over, as far as time alone decides; `null` for whoever is eligible, and where no time will do.
    free_at: Option<Timestamp>,
}

impl CapView {
    /// The caps of an assignee, or those that it has in a pool.
    pub(crate) fn all(caps: &[Cap], pool: Option<&PoolId>, counters: &Counters, clock: CapClock<'_>) -> Vec<Self> {
        let view = |cap: &Cap| Self {
            period: cap.period.name(),
            in_pool: pool.is_some(),
            used: counters.given(cap.period, pool, clock),
            limit: cap.limit,
        };
        caps.iter().map(view).collect()
    }
}

impl OpenView {
    pub(crate) fn new(open: Load, capacity: Option<Capacity>) -> Self {
        Self {
            leads: open.leads,
            leads_max: capacity.and_then(|capacity| capacity.leads),
            value: open.value.normalize().to_string(),
            value_max: capacity.and_then(|capacity| capacity.value).map(|value| value.to_string()),
        }
    }
}

impl EligibleView {
    /// Of what was found: a reason, and when it may be over.
    pub(crate) fn new(found: Result<(), Ineligible>, free_at: Option<Timestamp>) -> Self {
        let reason = found.err();
        Self {
            eligible: reason.is_none(),
            free_at: free_at.filter(|_| reason.is_some()),
            reason: reason.as_ref().map(Ineligible::name),
            why: reason.map(|reason| reason.to_string()),
        }
    }

    /// Whether it can.
    pub(crate) fn is_eligible(&self) -> bool {
        self.eligible
    }

    /// The same where no time will do.
    pub(crate) fn at_no_time(self) -> Self {
        Self { free_at: None, ..self }
    }

    /// When it can, if not now.
    pub(crate) fn free_at(&self) -> Option<Timestamp> {
        self.free_at
    }
}

/// Looks at one after another with a lead that says nothing ([`crate::neutral`]).
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) state: &'a State,
    pub(crate) now: Timestamp,
}

impl Look<'_> {
    /// Whether an assignee can take a lead, by itself or in its place in a pool.
    pub(crate) fn at(&self, assignee: &Assignee, place: Option<Place<'_>>) -> EligibleView {
        let Self { rules, subject, state, now } = *self;
        let value = rules.checked().value_of(subject.lead);
        let asked = Asked { rules, subject, value, contacts: &[], again: false, now };
        let counters = state.counters_of(&assignee.id);
        let found = asked.check(assignee, place, &counters, state);
        let free_at = match &found {
            Ok(()) => None,
            Err(_) => asked.free_at(assignee, place, &counters, state),
        };
        EligibleView::new(found, free_at)
    }
}
