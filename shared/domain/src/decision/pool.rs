//! Picking from a pool, and from the pools in it.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::State;
use super::attempt::Attempt;
use crate::assignment::PoolPick;
use crate::config::{Assignee, Checked, Pool, PoolMember, Weight};
use crate::eligibility::{Ineligible, Place};
use crate::id::AssigneeId;
use crate::rotation::{Candidate, Member};
use crate::strategy::Contender;
use crate::trace::{ActionTrace, CandidateTrace};

/// Who in a pool can take the lead.
pub(super) struct Survey<'a> {
    pool: &'a Pool,
    contenders: Vec<Contender>,
    candidates: Vec<CandidateTrace>,
    /// Of those who stand in although they have had enough: why, by seat.
    full: Vec<(usize, Ineligible)>,
    /// The pools among the members, by seat.
    inner: Vec<(usize, Survey<'a>)>,
}

/// Who was picked.
pub(super) struct Picked {
    pub(super) assignee: AssigneeId,
    /// The pools' moves, the outermost first.
    pub(super) picks: Vec<PoolPick>,
    /// Why it can't take the lead after all: it has had enough.
    pub(super) full: Option<Ineligible>,
}

impl<'a> Attempt<'a> {
    /// Looks at every member of a pool. Where `with_full` is set, those who have only had enough stand in as well.
    pub(super) fn survey(&mut self, pool: &'a Pool, state: &State, with_full: bool) -> Survey<'a> {
        let mut survey = Survey {
            pool,
            contenders: Vec::with_capacity(pool.members.len()),
            candidates: Vec::with_capacity(pool.members.len()),
            full: Vec::new(),
            inner: Vec::new(),
        };
        for (seat, member) in pool.members.iter().enumerate() {
            let checked = match &member.member {
                Member::Assignee(id) => self.survey_assignee(id, pool, member, seat, state, with_full, &mut survey),
                Member::Pool(_) if self.case().rules.checked().weight_of(member).millionths() == 0 => {
                    Err(Ineligible::ZeroWeight)
                }
                Member::Pool(id) => match self.case().rules.checked().pool(id) {
                    Some(inner) => {
                        let inner = self.survey(inner, state, with_full);
                        let contender = inner.together(seat, self.case().rules.checked().weight_of(member), member);
                        let found = contender.ok_or(Ineligible::NobodyEligible);
                        survey.inner.push((seat, inner));
                        found
                    }
                    // The check of the config proved that it exists.
                    None => Err(Ineligible::Unknown),
                },
            };
            let (contender, ineligible) = match checked {
                Ok(contender) => (Some(contender), None),
                Err(reason) => (None, Some(reason)),
            };
            self.note(ineligible.as_ref());
            survey.candidates.push(CandidateTrace { member: member.member.clone(), ineligible, credit: None });
            survey.contenders.extend(contender);
        }
        survey
    }

    #[expect(clippy::too_many_arguments, reason = "the member and all that it is looked at with")]
    fn survey_assignee(
        &self,
        id: &AssigneeId,
        pool: &'a Pool,
        member: &'a PoolMember,
        seat: usize,
        state: &State,
        with_full: bool,
        survey: &mut Survey<'a>,
    ) -> Result<Contender, Ineligible> {
        let checked = self.case().rules.checked();
        let assignee = checked.assignee(id).ok_or(Ineligible::Unknown)?;
        let counters = state.counters_of(id);
        let place = Place { pool: &pool.id, caps: &member.caps };
        let weight = checked.weight_of(member);
        let eligible = self.check(assignee, Some(place), state).and_then(|()| match weight.millionths() {
            0 => Err(Ineligible::ZeroWeight),
            _ => Ok(()),
        });
        match eligible {
            Err(reason) if with_full && reason.is_full() && weight.millionths() > 0 => survey.full.push((seat, reason)),
            eligible => eligible?,
        }
        let clock = checked.cap_clock(assignee, self.case().now);
        let (given, target) = match assignee.target {
            Some(target) => (counters.given(target.period, None, clock), Some(target.leads)),
            None => (0, None),
        };
        Ok(Contender {
            seat,
            weight,
            tier: member.tier.unwrap_or(assignee.tier),
            price: price(member, assignee),
            open: counters.open.leads,
            capacity: assignee.capacity.and_then(|capacity| capacity.leads),
            given,
            target,
        })
    }

    /// Picks from a pool that was looked at, and from the pool in it whose turn it is. Tells of it in the trace.
    pub(super) fn pick(&mut self, survey: Survey<'a>, state: &mut State, today: Date) -> Option<Picked> {
        let Survey { pool, contenders, mut candidates, full, inner } = survey;
        let narrowed = pool.strategy.narrow(contenders);
        let narrowed: Vec<Candidate> =
            narrowed.iter().map(|contender| Candidate { seat: contender.seat, weight: contender.weight }).collect();
        let mut seat = None;
        let mut picked = None;
        if !narrowed.is_empty() {
            let rotation = state.pool_mut(&pool.id);
            rotation.seat(pool.members.iter().map(|member| &member.member));
            let before: Vec<i64> = rotation.seats.iter().take(candidates.len()).map(|seat| seat.credit).collect();
            picked = rotation.pick(&narrowed, today);
            // What a pick moves, only those among whom it picked gain: the others were left out by the strategy.
            for candidate in narrowed {
                candidates[candidate.seat].credit =
                    Some([before[candidate.seat], rotation.seats[candidate.seat].credit]);
            }
            seat = picked.as_ref().and_then(|pick| pool.members.iter().position(|member| member.member == pick.member));
        }
        // Who is in the pools in it is told where nobody was found: else only of the one whose turn it is.
        if picked.is_none() {
            for (_, survey) in &inner {
                self.tell_of(survey);
            }
        }
        self.tell(ActionTrace {
            action: format!("pool {}", pool.id),
            pool: Some(pool.id.clone()),
            strategy: pool.strategy,
            candidates,
            picked: picked.as_ref().map(|pick| pick.member.clone()),
            ..ActionTrace::default()
        });
        let (pick, seat) = (picked?, seat?);
        let outer = PoolPick { pool: pool.id.clone(), pick };
        match &outer.pick.member {
            Member::Assignee(id) => {
                let full = full.into_iter().find(|(full, _)| *full == seat).map(|(_, reason)| reason);
                Some(Picked { assignee: id.clone(), picks: vec![outer], full })
            }
            Member::Pool(_) => {
                let (_, inner) = inner.into_iter().find(|(place, _)| *place == seat)?;
                let mut picked = self.pick(inner, state, today)?;
                picked.picks.insert(0, outer);
                Some(picked)
            }
        }
    }
}

impl Attempt<'_> {
    /// Tells why nobody in a pool can take the lead, the pools in it first.
    fn tell_of(&mut self, survey: &Survey<'_>) {
        for (_, inner) in &survey.inner {
            self.tell_of(inner);
        }
        self.tell(ActionTrace {
            action: format!("pool {}", survey.pool.id),
            pool: Some(survey.pool.id.clone()),
            strategy: survey.pool.strategy,
            candidates: survey.candidates.clone(),
            ..ActionTrace::default()
        });
    }
}

impl Survey<'_> {
    /// What the eligible members of a pool are together, as one member of another pool; `None` when there are none.
    fn together(&self, seat: usize, weight: Weight, member: &PoolMember) -> Option<Contender> {
        let all = &self.contenders;
        let best = all.iter().map(|contender| contender.tier).min()?;
        let sum = |of: fn(&Contender) -> Option<u32>| {
            let known: Vec<u32> = all.iter().filter_map(of).collect();
            (!known.is_empty()).then(|| known.iter().fold(0u32, |sum, one| sum.saturating_add(*one)))
        };
        let price = all.iter().map(|contender| contender.price).max().unwrap_or_default();
        Some(Contender {
            seat,
            weight,
            tier: member.tier.unwrap_or(best),
            price: member.price.map_or(price, |price| price.decimal()),
            open: sum(|contender| Some(contender.open)).unwrap_or_default(),
            capacity: sum(|contender| contender.capacity),
            given: sum(|contender| contender.target.map(|_| contender.given)).unwrap_or_default(),
            target: sum(|contender| contender.target),
        })
    }
}

fn price(member: &PoolMember, assignee: &Assignee) -> Decimal {
    member.price.or(assignee.price).map_or(Decimal::ZERO, |price| price.decimal())
}

impl Checked {
    /// The share of a member in its pool; a pool as a member has a share of 1 where none is given.
    #[must_use]
    pub fn weight_of(&self, member: &PoolMember) -> Weight {
        let own = || member.member.assignee().and_then(|id| self.assignee(id)).map_or(Weight::ONE, |its| its.weight);
        member.weight.unwrap_or_else(own)
    }
}
