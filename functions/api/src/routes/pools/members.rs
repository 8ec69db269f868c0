//! The members of a pool.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use leadyard_domain::config::{Pool, PoolMember};
use leadyard_domain::eligibility::{Ineligible, Place};
use leadyard_domain::id::PoolId;
use leadyard_domain::rotation::{Member, Seat, Share, Span};
use serde::Serialize;
use utoipa::ToSchema;

use crate::room::{CapView, EligibleView, Look, OpenView};
use crate::routes::assignees::weight;

/// A member of a pool and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberView {
    /// The assignee; `null` for a pool.
    assignee: Option<String>,
    /// The pool that is a member; `null` for an assignee.
    pool: Option<String>,
    /// Its name for people.
    name: Option<String>,
    /// Its share against the other members.
    weight: f64,
    /// What the pool owes it, in millionths of a lead; negative when it had more than its shares.
    credit_millionths: i64,
    /// Leads given from this pool in the period, less those that came back; below zero when more came back.
    assigned: i64,
    /// What its shares entitle it to in the period, in millionths of a lead.
    entitled_millionths: i64,
    #[serde(flatten)]
    eligible: EligibleView,
    /// Its own caps and those that it has in this pool.
    caps: Vec<CapView>,
    /// What it has open, from whatever pool; `null` for a pool.
    open: Option<OpenView>,
}

/// Looks at members.
pub(super) struct Members<'a> {
    look: Look<'a>,
    today: Date,
    span: Span,
    /// Pools that were looked at: one may stand in several.
    pools: BTreeMap<PoolId, EligibleView>,
}

impl<'a> Members<'a> {
    pub(super) fn new(look: Look<'a>, today: Date, span: Span) -> Self {
        Self { look, today, span, pools: BTreeMap::new() }
    }

    /// One member as the screen shows it; `seat` is its seat in the pool.
    pub(super) fn view(&mut self, pool: &Pool, member: &PoolMember, seat: &Seat) -> MemberView {
        let config = self.look.rules.checked();
        let Share { assigned, entitled } = seat.span(self.span, self.today);
        let empty = MemberView {
            assignee: None,
            pool: None,
            name: None,
            weight: weight(config.weight_of(member).millionths()),
            credit_millionths: seat.credit,
            assigned,
            entitled_millionths: entitled,
            eligible: self.eligible(pool, member),
            caps: Vec::new(),
            open: None,
        };
        match &member.member {
            Member::Pool(id) => MemberView {
                pool: Some(id.to_string()),
                name: config.pool(id).and_then(|pool| pool.name.clone()),
                ..empty
            },
            Member::Assignee(id) => {
                let counters = self.look.state.counters_of(id);
                let mut view = MemberView { assignee: Some(id.to_string()), ..empty };
                if let Some(assignee) = config.assignee(id) {
                    let clock = config.cap_clock(assignee, self.look.now);
                    view.name = Some(assignee.name.clone());
                    view.caps = CapView::all(&assignee.caps, None, &counters, clock);
                    view.caps.extend(CapView::all(&member.caps, Some(&pool.id), &counters, clock));
                    view.open = Some(OpenView::new(counters.open, assignee.capacity));
                }
                view
            }
        }
    }

    /// Whether a member can take a lead from this pool now.
    fn eligible(&mut self, pool: &Pool, member: &PoolMember) -> EligibleView {
        let config = self.look.rules.checked();
        let found = match &member.member {
            Member::Assignee(id) => match config.assignee(id) {
                Some(assignee) => self.look.at(assignee, Some(Place { pool: &pool.id, caps: &member.caps })),
                // The check of the config proved that it exists.
                None => EligibleView::new(Err(Ineligible::Unknown), None),
            },
            Member::Pool(id) => self.pool(id),
        };
        if config.weight_of(member).millionths() > 0 {
            return found;
        }
        // As a decision has it: why somebody can't take anything comes before its weight, and no time mends that.
        if found.is_eligible() { EligibleView::new(Err(Ineligible::ZeroWeight), None) } else { found.at_no_time() }
    }

    /// Whether somebody in a pool can take a lead now.
    fn pool(&mut self, id: &PoolId) -> EligibleView {
        if let Some(known) = self.pools.get(id) {
            return known.clone();
        }
        let mut eligible = false;
        let mut free_at: Option<Timestamp> = None;
        // The check of the config proved that it exists and that this ends.
        if let Some(pool) = self.look.rules.checked().pool(id) {
            for member in &pool.members {
                let found = self.eligible(pool, member);
                eligible |= found.is_eligible();
                free_at = free_at.into_iter().chain(found.free_at()).min();
            }
        }
        let found = if eligible { Ok(()) } else { Err(Ineligible::NobodyEligible) };
        let view = EligibleView::new(found, free_at);
        self.pools.insert(id.clone(), view.clone());
        view
    }
}
