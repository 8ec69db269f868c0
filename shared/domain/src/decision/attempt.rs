//! Trying the actions of one branch on the state.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rust_decimal::Decimal;

use super::route::Branch;
use super::{Case, Decision, State, waiting};
use crate::assignment::{Ending, Outcome, PoolPick};
use crate::config::{Action, Assignee, AssigneeKind, Else, MatchMode, OverCap, Pool};
use crate::contact::{Contact, Had};
use crate::eligibility::{Asked, Ineligible, Place};
use crate::id::{AssigneeId, PoolId};
use crate::lead::HOLDINGS_MAX;
use crate::rotation::Member;
use crate::service_level::Timers;
use crate::trace::{ActionTrace, CandidateTrace, Trace};

use super::pool::Picked;

/// One branch while its actions are tried.
pub(super) struct Attempt<'a> {
    case: Case<'a>,
    branch: Branch<'a>,
    contacts: Vec<Contact>,
    /// Who has the lead by another branch of the same decision.
    given: BTreeSet<AssigneeId>,
    /// Whether who had the lead may get it again.
    again: bool,
    outcome: Option<Outcome>,
    timers: Option<Timers>,
    /// Whether the rule's own actions found nobody, and the profile's default is tried.
    by_default: bool,
    /// Whether it was offered as often as the rule allows.
    used_up: bool,
    /// How often that was.
    offered: usize,
    actions: Vec<ActionTrace>,
    last_pool: Option<PoolId>,
    last_reason: Option<String>,
    /// Whether a reason against somebody is about this lead.
    about_this_lead: bool,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(case: &Case<'a>, branch: Branch<'a>) -> Self {
        Self {
            case: *case,
            branch,
            contacts: Contact::of(&case.subject.lead.fields),
            given: BTreeSet::new(),
            again: false,
            outcome: None,
            timers: None,
            by_default: false,
            used_up: false,
            offered: 0,
            actions: Vec::new(),
            last_pool: None,
            last_reason: None,
            about_this_lead: false,
        }
    }

    /// Tries the branch's own actions in order: the first that yields an eligible assignee wins. Nobody of `given` does:
    /// they have the lead by another branch.
    pub(super) fn try_own(&mut self, state: &mut State, given: &BTreeSet<AssigneeId>) {
        self.given.clone_from(given);
        // The lead's item holds everyone who was given it: no rule may give it for ever.
        let given_ever = self.case.subject.lead.holdings.len() + given.len();
        let offered = self.offered();
        if given_ever >= HOLDINGS_MAX {
            self.offered_out(given_ever, "a lead can be");
        } else if self.branch.attempts().is_some_and(|attempts| offered >= usize::from(attempts.at_most)) {
            self.offered_out(offered, "the rule allows");
            self.outcome = self.branch.when_used_up().find_map(|action| self.try_action(action, state));
        } else {
            self.outcome = self.branch.actions().find_map(|action| self.try_action(action, state));
        }
    }

    /// Tries one assignee, whatever the actions say.
    pub(super) fn try_only(&mut self, assignee: &AssigneeId, again: bool, state: &mut State) {
        self.again = again;
        let tried = self.try_assignee(assignee, OverCap::Next, format!("assign_to {assignee}"), state);
        self.outcome = Some(tried.unwrap_or(Outcome::Nothing));
    }

    /// Notes that the lead is not offered any more.
    fn offered_out(&mut self, times: usize, most: &str) {
        self.used_up = true;
        // How often it was offered is about this lead, and so is whom the rule names then, or that it parks it.
        self.about_this_lead = true;
        self.offered = times;
        let often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
        self.last_reason = Some(format!("it was given {often}, as often as {most}"));
    }

    /// How often the lead was given to somebody since it was last decided anew; where every match gives it, by this rule.
    fn offered(&self) -> usize {
        let lead = self.case.subject.lead;
        let anew = lead.holdings.iter().filter_map(|holding| holding.ended.as_ref());
        let anew = anew.filter(|end| end.how == Ending::Superseded).map(|end| end.at).max();
        let by_each = self.branch.profile.is_some_and(|profile| profile.match_mode == MatchMode::All);
        let rule = self.branch.rule.map(|rule| &rule.id);
        let holdings = lead.holdings.iter().filter(|holding| anew.is_none_or(|anew| holding.since >= anew));
        let holdings = holdings.filter(|holding| !by_each || holding.rule.as_ref() == rule);
        holdings.filter(|holding| holding.ended.as_ref().is_none_or(|end| end.how != Ending::Superseded)).count()
    }

    /// Whether nobody was found and the rule asks for the profile's default.
    pub(super) fn wants_default(&self) -> bool {
        self.outcome.is_none() && !self.used_up && self.branch.fallback().next().is_some()
    }

    /// Tries the profile's default, when nobody has the lead.
    pub(super) fn try_default(&mut self, state: &mut State) {
        self.by_default = true;
        self.given.clear();
        self.outcome = self.branch.fallback().find_map(|action| self.try_action(action, state));
    }

    /// Who was found.
    pub(super) fn given(&self) -> Option<&AssigneeId> {
        match &self.outcome {
            Some(Outcome::Assigned { assignee, .. }) => Some(assignee),
            _ => None,
        }
    }

    pub(super) fn case(&self) -> &Case<'a> {
        &self.case
    }

    /// What was decided, and why. A lead that somebody has does not wait for those whom this branch did not find.
    pub(super) fn decision(mut self, state: &State, first: bool, somebody_has_it: bool) -> Decision {
        let outcome = self.outcome.take().unwrap_or_else(|| self.nobody(state));
        let blocked = matches!(outcome, Outcome::Parked { .. }) && !self.about_this_lead;
        let outcome = match outcome {
            Outcome::Parked { .. } | Outcome::Queued { .. } if somebody_has_it => Outcome::Nothing,
            outcome => outcome,
        };
        let reasons = self.case.route.reasons(&self.branch, first);
        let trace = Trace { actions: self.actions, offered: self.offered, ..reasons };
        let rule = self.branch.rule.map(|rule| rule.id.clone());
        Decision { rule, outcome, trace: trace.bounded(), timers: self.timers, blocked }
    }

    /// What becomes of the lead when no action found anybody.
    fn nobody(&mut self, state: &State) -> Outcome {
        match (self.branch.rule.map(|rule| rule.otherwise), self.branch.profile) {
            // Without a profile nobody was asked to distribute this entity.
            (_, None) => Outcome::Nothing,
            // A lead that everybody had their turn with waits for a person.
            (Some(Else::DoNothing), _) if !self.used_up => Outcome::Nothing,
            (_, Some(profile)) => {
                let reason = self.last_reason.take().unwrap_or_else(|| match (self.branch.rule, &profile.default) {
                    (None, None) => format!("no rule matches and profile {} has no default", profile.id),
                    _ => "no action names an assignee".to_owned(),
                });
                let until = match self.used_up {
                    true => waiting::until(&self.asked(), self.branch.when_used_up(), self.case.subject.lead, state),
                    false => {
                        let actions = self.branch.actions().chain(self.branch.fallback());
                        waiting::until(&self.asked(), actions, self.case.subject.lead, state)
                    }
                };
                self.parked(reason, until)
            }
        }
    }

    fn parked(&self, reason: String, until: Option<jiff::Timestamp>) -> Outcome {
        Outcome::Parked {
            line: self.branch.line(self.last_pool.as_ref()),
            reason,
            group: self.case.route.group(),
            until,
        }
    }

    /// `None` when the action found nobody and the next one is to be tried.
    fn try_action(&mut self, action: &'a Action, state: &mut State) -> Option<Outcome> {
        match action {
            Action::Pool(to) => {
                // Whoever waits, waits for the pool that the action names: its fallbacks are tried again with it.
                self.last_pool = Some(to.id.clone());
                // The check of the config proved that the pool and its members exist.
                let mut pools = self.case.rules.checked().pool_and_fallbacks(&to.id);
                pools.try_for_each(|pool| self.try_pool(pool, to.over_cap, state)).break_value().flatten()
            }
            Action::AssignTo(to) => self.try_assignee(&to.id, to.over_cap, format!("assign_to {}", to.id), state),
            Action::Queue(queue) => {
                self.say(format!("queue {queue}"));
                Some(Outcome::Queued { queue: queue.clone() })
            }
            Action::KeepOwner => {
                self.about_this_lead = true;
                let Some(owner) = self.case.subject.lead.owner.clone() else {
                    self.say("keep_owner".to_owned());
                    self.last_reason = Some("nobody has it who could keep it".to_owned());
                    return None;
                };
                self.try_assignee(&owner, OverCap::Next, "keep_owner".to_owned(), state)
            }
            Action::Named(field) => {
                self.about_this_lead = true;
                match self.case.rules.checked().named(self.case.subject.lead, field) {
                    Some(Ok(named)) => self.try_assignee(&named.id, OverCap::Next, format!("named {field}"), state),
                    // An event that names nobody has failed before it came here; the name may have gone since.
                    Some(Err(error)) => {
                        self.say(format!("named {field}"));
                        Some(self.parked(error.to_string(), None))
                    }
                    None => {
                        self.say(format!("named {field}"));
                        self.last_reason = Some(format!("it names nobody in the field {field}"));
                        None
                    }
                }
            }
            Action::Park => {
                self.say("park".to_owned());
                Some(Outcome::Parked {
                    line: self.branch.line(None),
                    reason: "the rule parks it".to_owned(),
                    group: self.case.route.group(),
                    until: None,
                })
            }
            Action::DoNothing => {
                self.say("do_nothing".to_owned());
                Some(Outcome::Nothing)
            }
        }
    }

    fn say(&mut self, action: String) {
        self.tell(ActionTrace { action, ..ActionTrace::default() });
    }

    pub(super) fn tell(&mut self, action: ActionTrace) {
        self.actions.push(ActionTrace { by_default: self.by_default, ..action });
    }

    /// Notes whether a reason against somebody is about this lead.
    pub(super) fn note(&mut self, reason: Option<&Ineligible>) {
        self.about_this_lead |= reason.is_some_and(Ineligible::is_about_this_lead);
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            rules: self.case.rules,
            subject: self.case.subject,
            value: self.case.rules.checked().value_of(self.case.subject.lead),
            contacts: &self.contacts,
            again: self.again,
            now: self.case.now,
        }
    }

    /// Whether somebody can take the lead.
    pub(super) fn check(&self, assignee: &Assignee, place: Option<Place<'_>>, state: &State) -> Result<(), Ineligible> {
        if self.given.contains(&assignee.id) {
            return Err(Ineligible::AlreadyHadThisLead);
        }
        self.asked().check(assignee, place, &state.counters_of(&assignee.id), state)
    }

    /// Goes on to the fallback when nobody is eligible, and breaks with `None` when the next action is to be tried.
    fn try_pool(&mut self, pool: &'a Pool, over_cap: OverCap, state: &mut State) -> ControlFlow<Option<Outcome>> {
        let with_full = over_cap != OverCap::Next;
        let survey = self.survey(pool, state, with_full);
        let today = self.case.now.to_zoned(self.case.subject.zone.clone()).date();
        // Whose turn it is may turn out to have had enough: then nothing has moved.
        let before = with_full.then(|| state.pools.clone());
        let picked = self.pick(survey, state, today);
        match picked {
            None => {
                self.last_reason = Some(format!("nobody in pool {} is eligible", pool.id));
                ControlFlow::Continue(())
            }
            Some(Picked { assignee, picks, full: Some(reason) }) => {
                state.pools = before.unwrap_or_default();
                self.turn_back(&assignee, &reason);
                // A lead that this one can't be given, for another reason, goes to the next: it would find somebody.
                self.about_this_lead = true;
                let innermost = picks.last().and_then(|pick| self.case.rules.checked().pool(&pick.pool));
                ControlFlow::Break(self.over(over_cap, &assignee, &reason, innermost, state))
            }
            Some(Picked { assignee, picks, full: None }) => {
                ControlFlow::Break(Some(self.give(state, assignee, Some(pool.id.clone()), picks)))
            }
        }
    }

    /// Takes out of the trace that someone was picked who had had enough.
    fn turn_back(&mut self, assignee: &AssigneeId, reason: &Ineligible) {
        for action in self.actions.iter_mut().rev().take_while(|action| action.picked.is_some()) {
            for candidate in &mut action.candidates {
                candidate.credit = None;
                if candidate.member.assignee() == Some(assignee) {
                    candidate.ineligible = Some(reason.clone());
                }
            }
            action.picked = None;
            action.over = Some(assignee.clone());
        }
    }

    fn try_assignee(
        &mut self,
        id: &AssigneeId,
        over_cap: OverCap,
        action: String,
        state: &mut State,
    ) -> Option<Outcome> {
        let checked = match self.case.rules.checked().assignee(id) {
            Some(assignee) => self.check(assignee, None, state),
            // The check of the config proved that it exists, save where a lead keeps an owner who has left.
            None => Err(Ineligible::Unknown),
        };
        let ineligible = checked.err();
        self.note(ineligible.as_ref());
        let member = Member::Assignee(id.clone());
        self.tell(ActionTrace {
            action,
            candidates: vec![CandidateTrace { member: member.clone(), ineligible: ineligible.clone(), credit: None }],
            picked: ineligible.is_none().then_some(member),
            ..ActionTrace::default()
        });
        match ineligible {
            None => Some(self.give(state, id.clone(), None, Vec::new())),
            Some(reason) if reason.is_full() => {
                // As in a pool: a lead that this one can't be given goes to the next action instead of waiting.
                self.about_this_lead |= over_cap == OverCap::Park;
                self.over(over_cap, id, &reason, None, state)
            }
            Some(reason) => {
                self.last_reason = Some(format!("{id} {reason}"));
                None
            }
        }
    }

    /// What happens when the one whose turn it is has had enough.
    fn over(
        &mut self,
        over_cap: OverCap,
        id: &AssigneeId,
        reason: &Ineligible,
        pool: Option<&Pool>,
        state: &State,
    ) -> Option<Outcome> {
        let why = format!("{id} {reason}");
        if over_cap != OverCap::Park {
            self.last_reason = Some(why);
            return None;
        }
        let assignee = self.case.rules.checked().assignee(id)?;
        let member = pool.and_then(|pool| pool.members.iter().find(|member| member.member.assignee() == Some(id)));
        let place = pool.zip(member).map(|(pool, member)| Place { pool: &pool.id, caps: &member.caps });
        let until = self.asked().free_at(assignee, place, &state.counters_of(id), state);
        Some(self.parked(why, until))
    }

    fn give(&mut self, state: &mut State, id: AssigneeId, pool: Option<PoolId>, picks: Vec<PoolPick>) -> Outcome {
        let checked = self.case.rules.checked();
        let Case { subject, now, .. } = self.case;
        let lead = subject.lead;
        let mut destinations = Vec::new();
        if let Some(assignee) = checked.assignee(&id) {
            let counters = state.counters_mut(&id);
            counters.add(picks.last().map(|pick| &pick.pool), checked.cap_clock(assignee, now));
            if !checked.is_closed(lead) {
                counters.open.add(checked.value_of(lead));
            }
            if assignee.duplicate_days > 0 {
                for contact in &self.contacts {
                    state.had.insert((id.clone(), contact.clone()), Had { lead: lead.id.clone(), at: now });
                }
            }
            destinations = checked.enabled_destinations(assignee);
            let level = self.branch.service_level();
            self.timers = level.and_then(|level| Timers::start(level, checked, assignee, now));
        }
        let price = checked.assignee(&id).and_then(|assignee| self.price(assignee, &picks));
        Outcome::Assigned { assignee: id, pool, picks, destinations, price }
    }

    /// What a partner pays for the lead: what the rule says, then the members on the way from the innermost pool outwards,
    /// then the partner itself. A rule that found nobody has no say in what the default gives.
    fn price(&self, assignee: &Assignee, picks: &[PoolPick]) -> Option<Decimal> {
        if assignee.kind != AssigneeKind::Partner {
            return None;
        }
        let of_rule = self.branch.rule.filter(|_| !self.by_default).and_then(|rule| rule.price);
        let mut inner = Member::Assignee(assignee.id.clone());
        let mut of_member = None;
        for PoolPick { pool: id, .. } in picks.iter().rev() {
            let pool = self.case.rules.checked().pool(id);
            let member = pool.and_then(|pool| pool.members.iter().find(|member| member.member == inner));
            of_member = of_member.or(member.and_then(|member| member.price));
            inner = Member::Pool(id.clone());
        }
        of_rule.or(of_member).or(assignee.price).map(|price| price.decimal().normalize())
    }
}
