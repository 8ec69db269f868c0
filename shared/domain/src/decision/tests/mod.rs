//! Decisions over a whole config, as a person would write it.

mod actions;
mod attempts;
mod exclusions;
mod over_cap;
mod pools;
mod prices;
mod properties;
mod rules;
mod strategies;
mod waiting;

use jiff::tz::TimeZone;

use super::*;
use crate::assignment::{Assignment, Cause, End, Ending, Standing};
use crate::condition::Subject;
use crate::config::Known;
use crate::config::document::{Syntax, parse};
use crate::eligibility::Ineligible;
use crate::field::{FieldName, FieldValue};
use crate::handover;
use crate::id::{AccountId, Entity, EventId, LeadId, PoolId, SourceId};
use crate::lead::Lead;
use crate::list::Lists;
use crate::rotation::Member;
use crate::rules::Rules;
use crate::testing;

fn rules(text: &str) -> Rules {
    let config = parse(text, Syntax::Yaml).unwrap_or_else(|problems| panic!("{text}\n{:#?}", problems.0));
    let known = Known { secrets: &BTreeSet::new(), formats: &["json"], lists: &BTreeSet::new() };
    let checked = config.check(&known).unwrap_or_else(|problems| panic!("{text}\n{:#?}", problems.0));
    checked.compile(&Lists::default()).unwrap()
}

fn lead(entity: &str, fields: &[(&str, FieldValue)]) -> Lead {
    let fields = fields.iter().map(|(name, value)| (FieldName::new(*name).unwrap(), value.clone())).collect();
    Lead { entity: Entity::new(entity).unwrap(), ..testing::lead(fields) }
}

/// A lead of its own, with texts as fields.
fn lead_no(number: usize, fields: &[(&str, &str)]) -> Lead {
    let fields: Vec<_> = fields.iter().map(|(name, text)| (*name, FieldValue::Text((*text).to_owned()))).collect();
    let (account, source) = (AccountId::new("main").unwrap(), SourceId::new("web").unwrap());
    let event = EventId::from_external(&account, &source, &format!("lead {number}"));
    Lead { id: LeadId::from_event(&event), ..lead("lead", &fields) }
}

fn valued(number: usize, value: u32) -> Lead {
    let mut lead = lead_no(number, &[]);
    lead.fields.insert(FieldName::new("worth").unwrap(), FieldValue::Number { number: value.into() });
    lead
}

fn id(text: &str) -> AssigneeId {
    text.parse().unwrap()
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A Tuesday.
fn now() -> Timestamp {
    moment("2026-07-21T10:00:00Z")
}

fn decided_at(rules: &Rules, state: &mut State, lead: &Lead, now: Timestamp) -> Vec<Decision> {
    asked(rules, lead, now, |case| {
        let needs = case.route.needs(rules.checked(), lead);
        let before = state.clone();
        let decisions = decide(case, state);
        // What a decision touches must have been named before, or a function would decide on state it never read.
        for (pool, after) in &state.pools {
            assert!(needs.pools.contains(pool) || before.pools.get(pool) == Some(after));
        }
        for (assignee, after) in &state.counters {
            assert!(needs.assignees.contains(assignee) || before.counters.get(assignee) == Some(after));
        }
        for (whom, after) in &state.had {
            assert!(needs.had.contains(whom) || before.had.get(whom) == Some(after));
        }
        if decisions.iter().all(|decision| !matches!(decision.outcome, Outcome::Assigned { .. })) {
            assert_eq!(*state, before, "nobody got it, so nothing has moved");
        }
        decisions
    })
}

fn asked<T>(rules: &Rules, lead: &Lead, now: Timestamp, ask: impl FnOnce(&Case<'_>) -> T) -> T {
    let source = SourceId::new("web").unwrap();
    let subject = Subject { lead, source: &source, is_new: true, received_at: lead.created_at, zone: &TimeZone::UTC };
    let route = route(rules, &subject);
    ask(&Case { rules, route: &route, subject: &subject, now })
}

fn decided(rules: &Rules, state: &mut State, lead: &Lead) -> Vec<Decision> {
    decided_at(rules, state, lead, now())
}

fn run(rules: &Rules, state: &mut State, lead: &Lead) -> (Option<RuleId>, Decision) {
    let mut decisions = decided(rules, state, lead);
    assert_eq!(decisions.len(), 1);
    let decision = decisions.remove(0);
    (decision.rule.clone(), decision)
}

fn given(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Assigned { assignee, .. } => assignee.as_str(),
        Outcome::Parked { .. } => "parked",
        Outcome::Queued { .. } => "queued",
        Outcome::Nothing => "nothing",
    }
}

/// A config, what moves, and the time: leads are decided and put down one after another.
struct Desk {
    rules: Rules,
    state: State,
    now: Timestamp,
}

impl Desk {
    fn new(text: &str) -> Self {
        Self { rules: rules(text), state: State::default(), now: now() }
    }

    /// What one decision would be, without a lead that it is put onto.
    fn one(&mut self, lead: &Lead) -> Decision {
        let mut decisions = decided_at(&self.rules, &mut self.state, lead, self.now);
        assert_eq!(decisions.len(), 1);
        decisions.remove(0)
    }

    /// Who is given so many leads, one after another.
    fn give_many(&mut self, leads: usize) -> Vec<String> {
        (0..leads).map(|number| given(&self.one(&lead_no(number, &[])).outcome).to_owned()).collect()
    }

    /// Decides a lead and puts the decisions onto it.
    fn settle(&mut self, lead: &mut Lead) -> Vec<Assignment> {
        let decisions = decided_at(&self.rules, &mut self.state, lead, self.now);
        let config = (self.rules.checked(), 1);
        handover::settle(lead, decisions, None, &Cause::Drained, config, self.now)
    }

    /// The same; who has it by each decision.
    fn settled(&mut self, lead: &mut Lead) -> Vec<String> {
        self.settle(lead).iter().map(|assignment| given(&assignment.outcome).to_owned()).collect()
    }

    /// Ends what an attempt gave, with the picks of its decision.
    fn end(&mut self, lead: &mut Lead, assignment: &Assignment, how: Ending) -> bool {
        let picks = match &assignment.outcome {
            Outcome::Assigned { picks, .. } => picks.as_slice(),
            _ => &[],
        };
        let end = End { how, at: self.now, reason: None, by: None, refunds: Vec::new() };
        handover::end(lead, assignment.attempt, end, picks, self.rules.checked(), &mut self.state)
    }

    /// Everybody who is given the lead, each of whom rejects it, until nobody gets it.
    fn all_reject(&mut self, lead: &mut Lead) -> Vec<String> {
        let mut who = Vec::new();
        loop {
            let assignments = self.settle(lead);
            who.push(given(&assignments[0].outcome).to_owned());
            if !self.end(lead, &assignments[0], Ending::Rejected) {
                return who;
            }
        }
    }

    fn sums(&self) -> Vec<i64> {
        self.state.pools.values().map(|pool| pool.seats.iter().map(|seat| seat.credit).sum()).collect()
    }
}

/// Why candidates of an action were not eligible, by member.
fn reasons(decision: &Decision, action: usize) -> Vec<(String, Option<Ineligible>)> {
    let candidates = &decision.trace.actions[action].candidates;
    candidates.iter().map(|candidate| (candidate.member.to_string(), candidate.ineligible.clone())).collect()
}

fn parked(decision: &Decision) -> (&str, &str, Option<String>) {
    match &decision.outcome {
        Outcome::Parked { line, reason, until, .. } => (line, reason, until.map(|until| until.to_string())),
        other => panic!("not parked: {other:?}"),
    }
}
