//! Trying again the leads that wait, the oldest first: some at a time, each lead once a walk.
//!
//! Leads of the same rules wait for the same people. When nobody is found for one of them for reasons that are not about
//! the lead itself, the others of its group are passed over: a walk past ten thousand leads that wait for one person costs
//! one decision.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use leadyard_domain::assignment::{Cause, Outcome, Standing};
use leadyard_domain::decision::{self, Case, Needs, Route, State};
use leadyard_domain::handover;
use leadyard_domain::id::{AccountId, LeadId};
use leadyard_domain::lead::Lead;
use leadyard_domain::message::Drain;
use leadyard_store::{Cursor, Ruled, Settled};

use crate::attend::AttendError;
use crate::handler::Evaluate;
use crate::known::subject_of;
use crate::outbox::Effects;
use crate::turn;

/// Places that are read at a time.
const PLACES: usize = 200;
/// Leads that are decided together.
const LEADS_MAX: usize = 10;
/// Most groups that a walk remembers; what is more is tried once more than needed.
const BLOCKED_MAX: usize = 400;
/// Most times that some leads are decided anew because others were faster.
const TRIES_MAX: u32 = 8;

impl Evaluate {
    /// Goes on with a walk until it is through, or until the time is up: then another message goes on.
    pub(crate) async fn drain(
        &self,
        account: &AccountId,
        ruled: &Ruled,
        drain: Drain,
        until: Timestamp,
    ) -> Result<(), AttendError> {
        let mut walk = Walk { evaluate: self, account, ruled, drain };
        // Where a walk stood is written by this program; what can't be read begins at the oldest.
        let mut cursor: Option<Cursor> = walk.drain.after.as_deref().and_then(|after| after.parse().ok());
        loop {
            let page = match &walk.drain.queue {
                None => self.store.parked_leads(account, PLACES, cursor.as_ref()).await?,
                // Put back meanwhile, it is claimed from again.
                Some(queue) if ruled.rules.checked().queue(queue).is_some() => return Ok(()),
                Some(queue) => self.store.queued_leads(account, queue, PLACES, cursor.as_ref()).await?,
            };
            let mut chosen: Vec<LeadId> = Vec::new();
            for waiting in &page.rows {
                if walk.passes_over(&waiting.group) {
                    continue;
                }
                chosen.push(waiting.lead.clone());
                if chosen.len() == LEADS_MAX {
                    walk.try_leads(&std::mem::take(&mut chosen)).await?;
                    walk.drain.after = Some(waiting.cursor().to_string());
                    if (self.now)() >= until {
                        return walk.go_on_later().await;
                    }
                }
            }
            walk.try_leads(&chosen).await?;
            let Some(next) = page.next else { return walk.end().await };
            walk.drain.after = Some(next.to_string());
            if (self.now)() >= until {
                return walk.go_on_later().await;
            }
            cursor = Some(next);
        }
    }
}

struct Walk<'a> {
    evaluate: &'a Evaluate,
    account: &'a AccountId,
    ruled: &'a Ruled,
    drain: Drain,
}

/// A waiting lead with the rules that decide it today.
struct Tried<'a> {
    lead: Lead,
    route: Route<'a>,
}

impl<'a> Walk<'a> {
    /// Whether nobody can be found for leads of these rules. Under another config the rules may be others.
    fn passes_over(&self, group: &str) -> bool {
        !self.drain.rules_changed && self.is_blocked(group)
    }

    fn is_blocked(&self, group: &str) -> bool {
        self.drain.blocked.iter().any(|blocked| blocked == group)
    }

    /// Tries some of the leads together; where that can never go through, in halves. A lead that can't be tried by itself
    /// must not hold up those behind it: it waits on, and a person has to look.
    async fn try_leads(&mut self, ids: &[LeadId]) -> Result<(), AttendError> {
        let found = self.found();
        match (self.try_together(ids).await, ids) {
            (Err(error), [lead]) if error.is_final() => {
                self.forget(found);
                self.evaluate.metrics.count("LeadsNotTried", 1);
                tracing::error!(account = %self.account, %lead, %error, "a lead that waits can't be tried");
                Ok(())
            }
            (Err(error), [_, _, ..]) if error.is_final() => {
                self.forget(found);
                tracing::warn!(account = %self.account, leads = ids.len(), %error, "leads are tried in halves");
                let (first, second) = ids.split_at(ids.len() / 2);
                Box::pin(self.try_leads(first)).await?;
                Box::pin(self.try_leads(second)).await
            }
            (result, _) => result,
        }
    }

    /// How much the walk has found so far: how many groups are blocked, and when somebody may be found.
    fn found(&self) -> (usize, Option<Timestamp>) {
        (self.drain.blocked.len(), self.drain.until)
    }

    /// Forgets what a decision found that was not committed: it may have rested on leads given before in it.
    fn forget(&mut self, (blocked, until): (usize, Option<Timestamp>)) {
        self.drain.blocked.truncate(blocked);
        self.drain.until = until;
    }

    /// Decides some of the leads, commits, and asks for what follows. When others were faster, everything is read again.
    async fn try_together(&mut self, ids: &[LeadId]) -> Result<(), AttendError> {
        if ids.is_empty() {
            return Ok(());
        }
        let found = self.found();
        let Evaluate { store, outbox, .. } = self.evaluate;
        let wanted: BTreeSet<LeadId> = ids.iter().cloned().collect();
        for number in 1..=TRIES_MAX {
            self.forget(found);
            let leads = store.leads(self.account, &wanted, true).await?;
            let tried = self.tried(ids, leads);
            let mut needs = Needs::default();
            for Tried { lead, route } in &tried {
                needs.extend(route.needs(self.ruled.rules.checked(), lead));
            }
            let turn = self.evaluate.begin(self.account, &needs).await?;
            // Waiting for one's turn takes a while.
            let now = (self.evaluate.now)();
            let mut after = turn.before.clone();
            let settled = self.decide(tried, &mut after, now);
            if settled.is_empty() {
                self.evaluate.leave(turn).await;
                return Ok(());
            }
            let states = (turn.before.clone(), after);
            let commit = self.evaluate.commit_of(self.account, self.ruled, settled, states, now);
            self.promise(&commit.settled).await?;
            match self.evaluate.commit(turn, &commit).await {
                Ok(()) => {
                    let mut effects = Effects::default();
                    for settled in &commit.settled {
                        self.evaluate.report(self.account, None, settled);
                        if let Some(write) = &settled.lead {
                            effects.follow(self.ruled.rules.checked(), &write.lead, now)?;
                        }
                    }
                    // Whoever waits on has been looked at by these rules; others may be in force since.
                    let leads = commit.settled.iter().filter_map(|settled| settled.lead.as_ref());
                    let leads: Vec<&Lead> = leads.map(|write| &write.lead).collect();
                    if leads.iter().any(|lead| matches!(lead.standing, Standing::Parked { .. })) {
                        let states = (&commit.before, &commit.after);
                        self.evaluate.look_if_freed(&mut effects, self.account, needs, states).await?;
                    }
                    self.evaluate.look_if_outdated(&mut effects, self.account, self.ruled, leads.into_iter()).await?;
                    return Ok(outbox.send(effects).await?);
                }
                Err(error) => turn::overtaken(error, (self.account, number, ids), number).await?,
            }
        }
        Err(AttendError::Overtaken)
    }

    /// Sees to it that what follows from the decisions is asked for, before they are committed: a walk that ends right after
    /// that, and begins again, does not find these leads any more, for they wait no longer.
    async fn promise(&self, settled: &[Settled]) -> Result<(), AttendError> {
        let mut effects = Effects::default();
        for settled in settled.iter().filter(|its| its.assignments.iter().any(|its| its.outcome.is_assigned())) {
            if let Some(write) = &settled.lead {
                effects.follow_later(&write.lead)?;
            }
        }
        Ok(self.evaluate.outbox.send(effects).await?)
    }

    /// Those that still wait, in their order, each with its rules.
    fn tried(&self, ids: &[LeadId], mut leads: BTreeMap<LeadId, Lead>) -> Vec<Tried<'a>> {
        let rules = &self.ruled.rules;
        let waiting = ids.iter().filter_map(|id| leads.remove(id));
        let waiting = waiting.filter(|lead| match (&lead.standing, &self.drain.queue) {
            (Standing::Parked { .. }, None) => true,
            (Standing::Queued { queue, .. }, Some(removed)) => queue == removed,
            _ => false,
        });
        let routed = waiting.map(|lead| {
            let route = decision::route(rules, &subject_of(rules.checked(), &lead));
            Tried { lead, route }
        });
        routed.collect()
    }

    /// Decides one lead after another. Who waits on as before is not written again.
    fn decide(&mut self, tried: Vec<Tried<'_>>, state: &mut State, now: Timestamp) -> Vec<Settled> {
        let (rules, version) = (&self.ruled.rules, self.ruled.version);
        let mut settled = Vec::new();
        for Tried { mut lead, route } in tried {
            let group = route.group();
            let waits_for_it = matches!(&lead.standing, Standing::Parked { group: before, .. } if *before == group);
            if waits_for_it && self.is_blocked(&group) {
                continue;
            }
            let mut after = state.clone();
            let decisions = {
                let subject = subject_of(rules.checked(), &lead);
                decision::decide(&Case { rules, route: &route, subject: &subject, now }, &mut after)
            };
            for decision in &decisions {
                if let Outcome::Parked { until: Some(until), .. } = &decision.outcome {
                    self.drain.until = Some(self.drain.until.map_or(*until, |before| before.min(*until)));
                }
            }
            let waits_on = decisions.iter().all(|decision| !decision.outcome.is_assigned())
                && decisions.iter().any(|decision| matches!(decision.outcome, Outcome::Parked { .. }));
            if waits_on && decisions.iter().all(|decision| decision.blocked) && self.drain.blocked.len() < BLOCKED_MAX {
                self.drain.blocked.push(group);
            }
            if waits_on && waits_for_it {
                continue;
            }
            *state = after;
            let previous = lead.standing.clone();
            let profile = route.profile();
            let assignments =
                handover::settle(&mut lead, decisions, profile, &Cause::Drained, (rules.checked(), version), now);
            settled.push(Settled::known(lead, previous, assignments, now));
        }
        settled
    }

    async fn go_on_later(self) -> Result<(), AttendError> {
        let mut effects = Effects::default();
        effects.drain(self.account, self.drain)?;
        Ok(self.evaluate.outbox.send(effects).await?)
    }

    /// The walk is through: at the first moment at which somebody may be found it begins anew.
    async fn end(self) -> Result<(), AttendError> {
        let Some(until) = self.drain.until else { return Ok(()) };
        let now = (self.evaluate.now)();
        let mut effects = Effects::default();
        // Not at once again, should a clock be ahead of the one that set this off.
        let soonest = now.checked_add(jiff::SignedDuration::from_secs(SOONEST_S)).unwrap_or(now);
        effects.drain_at(self.account, until.max(soonest), Some(now), now)?;
        Ok(self.evaluate.outbox.send(effects).await?)
    }
}

/// The least time between two walks of one chain.
const SOONEST_S: i64 = 30;
