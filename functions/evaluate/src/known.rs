//! What is done with a lead that is known: somebody ceases to have it, a step of its service level is due, its stage or other
//! fields change, something happens to it. Pure: from the lead, the decision that gave it and the state to what shall be stored.

use std::collections::BTreeMap;

use jiff::Timestamp;
use leadyard_domain::activity::{ACTIVITIES_MAX, Activity, ActivityBehaviour, ActivityMet, ActivityOrigin, meet};
use leadyard_domain::assignment::{Assignment, Cause, End, Ending, Outcome, PoolPick};
use leadyard_domain::condition::Subject;
use leadyard_domain::config::Checked;
use leadyard_domain::decision::{self, Case, Decision, Needs, Route, State};
use leadyard_domain::field::{FIELDS_MAX, FieldName, FieldValue};
use leadyard_domain::handover;
use leadyard_domain::id::{AssigneeId, DeliveryId};
use leadyard_domain::key::Claim;
use leadyard_domain::lead::{HOLDINGS_MAX, Lead};
use leadyard_domain::rules::Rules;
use leadyard_domain::service_level::Due;
use leadyard_domain::sync::{MadeBy, Seen, announce, announce_activity};
use leadyard_store::{Ruled, Settled};

use crate::plan::Planned;

/// What is asked for.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Somebody ceases to have it.
    End {
        attempt: u32,
        how: Ending,
        reason: Option<String>,
        by: Option<String>,
        /// Who gets it next, where a person says so.
        to: Option<AssigneeId>,
        /// When it was asked for.
        at: Timestamp,
    },
    /// A step of its service level is due.
    Due { attempt: u32, step: u32 },
    /// Its stage is another one.
    Stage(String),
    /// Fields of it are changed by hand.
    Edit {
        /// The fields with their new values; those without one are taken away.
        fields: BTreeMap<FieldName, Option<FieldValue>>,
        by: String,
        /// When it was asked for.
        at: Timestamp,
    },
    /// Something happened to it.
    Activity(Box<Activity>),
    /// Nothing but what follows from where it stands.
    FollowUp,
}

impl Ask {
    /// The attempt whose decision has to be known.
    pub fn attempt(&self) -> Option<u32> {
        match self {
            Self::End { attempt, .. } | Self::Due { attempt, .. } => Some(*attempt),
            Self::Stage(_) | Self::Edit { .. } | Self::Activity(_) | Self::FollowUp => None,
        }
    }

    /// Whether somebody may be able to take another lead because of it.
    pub fn may_free(&self) -> bool {
        match self {
            Self::End { .. } | Self::Due { .. } | Self::Stage(_) | Self::Edit { .. } => true,
            Self::Activity(_) | Self::FollowUp => false,
        }
    }
}

/// What is known of the lead.
#[derive(Debug, Clone)]
pub struct File {
    pub lead: Lead,
    /// The decision of the attempt that is asked about, when it is there.
    pub assignment: Option<Assignment>,
    /// The last decision about it.
    pub last: Option<Assignment>,
    /// What is known of the activity that is told of, when it is there.
    pub activity: Option<Activity>,
    /// The keys that it gets by an edit.
    pub claims: Vec<Claim>,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Plan {
    /// It was done before, or is too late: only what follows from where the lead stands is asked for once more.
    Late,
    /// It can't be done, now or later; the reason is for a person.
    Refused(&'static str),
    /// The time has not come yet: clocks differ.
    Early(Timestamp),
    /// This is to be written.
    Write(Box<Planned>),
}

impl File {
    /// Whose state may be touched.
    pub fn needs(&self, rules: &Rules, ask: &Ask) -> Needs {
        let config = rules.checked();
        let mut needs =
            Needs { assignees: self.lead.held().map(|its| its.assignee.clone()).collect(), ..Needs::default() };
        if let Ask::End { attempt, to, .. } = ask {
            self.add_candidates(rules, *attempt, &mut needs);
            if let Some(to) = to {
                let contacts = leadyard_domain::contact::Contact::of(&self.lead.fields);
                needs.add(config, to, &contacts);
            }
        } else if let Ask::Due { attempt, .. } = ask {
            self.add_candidates(rules, *attempt, &mut needs);
        }
        needs
    }

    fn add_candidates(&self, rules: &Rules, attempt: u32, needs: &mut Needs) {
        needs.pools.extend(self.picks().iter().map(|pick| pick.pool.clone()));
        let subject = subject_of(rules.checked(), &self.lead);
        // Who may be touched does not depend on why other rules did not match.
        let route = self.of_its_rule(attempt, decision::route_without_reasons(rules, &subject));
        needs.extend(route.needs(rules.checked(), &self.lead));
    }

    /// Whether it was decided since that moment that nobody gets what an attempt gave to somebody.
    fn was_refused(&self, attempt: u32, how: Ending, since: Timestamp) -> bool {
        self.last.as_ref().is_some_and(|last| {
            last.cause == Cause::Ended { attempt, how } && last.outcome == Outcome::Nothing && last.decided_at >= since
        })
    }

    /// The pools' moves of the decision that gave it.
    fn picks(&self) -> &[PoolPick] {
        match self.assignment.as_ref().map(|assignment| &assignment.outcome) {
            Some(Outcome::Assigned { picks, .. }) => picks,
            _ => &[],
        }
    }

    /// The rules that find the next one when an attempt ends: of several that gave the lead, the one that gave it to whoever
    /// has it no more. When that one does not match any more, those by which nobody else has it.
    fn of_its_rule<'a>(&self, attempt: u32, route: Route<'a>) -> Route<'a> {
        let rule = self.assignment.as_ref().and_then(|assignment| assignment.rule.as_ref());
        let others = self.lead.held().filter(|holding| holding.attempt != attempt);
        route.clone().only(rule).unwrap_or_else(|| route.beside(others))
    }

    /// What is to be done, on a state that is moved by it.
    pub fn plan(&self, ruled: &Ruled, ask: &Ask, state: &mut State, now: Timestamp) -> Plan {
        match ask {
            // Nobody has it, and nothing is to stand in it again.
            Ask::Edit { .. } | Ask::Activity(_) if self.lead.erased_at.is_some() => {
                Plan::Refused("everything personal of the lead was erased, and nothing is to stand in it again")
            }
            _ if self.lead.erased_at.is_some() => Plan::Late,
            Ask::FollowUp => Plan::Late,
            Ask::Stage(stage) => self.change_stage(ruled, stage, state, now),
            Ask::Edit { fields, at, .. } => self.edit(ruled, edited(&self.lead, fields, *at), state, now),
            Ask::Activity(incoming) => self.take(ruled, incoming, now),
            Ask::Due { attempt, step } => self.due(ruled, *attempt, *step, state, now),
            // Who was named could not take it: that is on record, and was asked for once.
            Ask::End { attempt, how, at, to: Some(_), .. } if self.was_refused(*attempt, *how, *at) => Plan::Late,
            Ask::End { attempt, how, reason, by, to, .. } => {
                let end = End { how: *how, at: now, reason: reason.clone(), by: by.clone(), refunds: Vec::new() };
                self.end(ruled, *attempt, end, to.as_ref(), state)
            }
        }
    }

    /// Carries out a step of a service level, unless it is too late or too early for it.
    fn due(&self, ruled: &Ruled, attempt: u32, step: u32, state: &mut State, now: Timestamp) -> Plan {
        let Some(holding) = self.lead.holding(attempt) else { return Plan::Late };
        let Some((next, timer)) = holding.timers.as_ref().and_then(|timers| timers.next()) else { return Plan::Late };
        let over = holding.ended.is_some() || holding.contacted_at.is_some();
        if over || next != step || ruled.rules.checked().is_closed(&self.lead) {
            return Plan::Late;
        }
        if now < timer.at {
            return Plan::Early(timer.at);
        }
        match &timer.action {
            Due::Remind => self.notice(ruled, attempt, step, &holding.assignee, now),
            Due::Escalate(to) => self.notice(ruled, attempt, step, to, now),
            Due::Reassign => {
                let end = End { how: Ending::Overdue, at: now, reason: None, by: None, refunds: Vec::new() };
                match self.end(ruled, attempt, end, None, state) {
                    // Nobody else can take it: whoever has it keeps it, and the next step is waited for.
                    Plan::Late => self.step_done(attempt, step, Vec::new(), now),
                    plan => plan,
                }
            }
        }
    }

    /// Ends what an attempt gave and finds the next one. A lead that nobody else can take stays where it is when it is
    /// overdue, or was to go to one assignee only; what was rejected or returned leaves in any case.
    fn end(&self, ruled: &Ruled, attempt: u32, end: End, to: Option<&AssigneeId>, state: &mut State) -> Plan {
        let (rules, config, now) = (&ruled.rules, ruled.rules.checked(), end.at);
        let (mut lead, mut after) = (self.lead.clone(), state.clone());
        let how = end.how;
        if to.is_some() && lead.holdings.len() >= HOLDINGS_MAX {
            return Plan::Late;
        }
        if !handover::end(&mut lead, attempt, end, self.picks(), config, &mut after) {
            return Plan::Late;
        }
        let (decisions, profile) = {
            let subject = subject_of(config, &lead);
            let route = self.of_its_rule(attempt, decision::route(rules, &subject));
            let case = Case { rules, route: &route, subject: &subject, now };
            let decisions: Vec<Decision> = match to {
                Some(to) => vec![decision::decide_for(&case, to, true, &mut after)],
                // What was closed meanwhile is not given to anybody else, and what others have by all that matches is theirs.
                None if config.is_closed(&lead) || route.leaves_it(&lead) => Vec::new(),
                None => decision::decide(&case, &mut after),
            };
            (decisions, route.profile().cloned())
        };
        let given = decisions.iter().any(|decision| decision.outcome.is_assigned());
        let cause = Cause::Ended { attempt, how };
        let version = (config, ruled.version);
        match (given, how, to) {
            (false, Ending::Overdue, _) => return Plan::Late,
            // It stays where it is, and on record why the one who was named did not get it.
            (false, _, Some(_)) => {
                lead = self.lead.clone();
                let assignments = handover::settle(&mut lead, decisions, profile.as_ref(), &cause, version, now);
                return self.write(lead, assignments, false, now);
            }
            _ => {}
        }
        let assignments = match decisions.is_empty() {
            true => {
                handover::rest(&mut lead);
                Vec::new()
            }
            false => handover::settle(&mut lead, decisions, profile.as_ref(), &cause, version, now),
        };
        *state = after;
        self.write(lead, assignments, true, now)
    }

    fn notice(&self, ruled: &Ruled, attempt: u32, step: u32, to: &AssigneeId, now: Timestamp) -> Plan {
        let config = ruled.rules.checked();
        // Whoever has left the config has no destinations: there is nobody to tell, and the next step is waited for.
        let destinations = config.assignee(to).map(|to| config.enabled_destinations(to)).unwrap_or_default();
        let lead = &self.lead.id;
        let notices = destinations.iter().map(|to| DeliveryId::of_notice(lead, attempt, step, to)).collect();
        self.step_done(attempt, step, notices, now)
    }

    fn step_done(&self, attempt: u32, step: u32, notices: Vec<DeliveryId>, now: Timestamp) -> Plan {
        let mut lead = self.lead.clone();
        let holding = lead.holdings.iter_mut().find(|holding| holding.attempt == attempt);
        let Some(timers) = holding.and_then(|holding| holding.timers.as_mut()) else { return Plan::Late };
        timers.done = step;
        timers.notices.extend(notices);
        self.write(lead, Vec::new(), false, now)
    }

    fn change_stage(&self, ruled: &Ruled, stage: &str, state: &mut State, now: Timestamp) -> Plan {
        let mut lead = self.lead.clone();
        let Ok(field) = FieldName::new(handover::STAGE) else { return Plan::Late };
        lead.fields.insert(field, FieldValue::Text(stage.to_owned()));
        self.change(ruled, lead, state, now)
    }

    fn edit(&self, ruled: &Ruled, lead: Lead, state: &mut State, now: Timestamp) -> Plan {
        if lead.fields.len() > self.lead.fields.len() && lead.fields.len() + lead.extra.len() > FIELDS_MAX {
            return Plan::Refused("the lead would have more than 200 fields, those without a mapping included");
        }
        self.change(ruled, lead, state, now)
    }

    /// Puts other fields into the lead, with all that its stage means. It is not decided anew by that.
    fn change(&self, ruled: &Ruled, mut lead: Lead, state: &mut State, now: Timestamp) -> Plan {
        let config = ruled.rules.checked();
        let changed = lead.fields != self.lead.fields;
        let freed = handover::follow_stage(&mut lead, config, state);
        let left = handover::leave_line(&mut lead, config);
        if !(changed || freed || left) {
            return Plan::Late;
        }
        let mut settled = Settled::known(lead, self.lead.standing.clone(), Vec::new(), now);
        if let Some(write) = &mut settled.lead {
            write.keys.clone_from(&self.claims);
            let seen = Seen::by_hand(&self.lead.source, now);
            announce(&ruled.rules, Some(&self.lead), &mut write.lead, MadeBy::Us, &seen);
        }
        Plan::Write(Box::new(Planned { settled, freed }))
    }

    /// Takes what is told of an activity. The lead moves with it, so that it counts its activities and none comes to it when it is
    /// erased at the same moment.
    fn take(&self, ruled: &Ruled, incoming: &Activity, now: Timestamp) -> Plan {
        let mut lead = self.lead.clone();
        let (account, id) = (lead.account.clone(), lead.id.clone());
        // It is made here, under the name that others know the account by.
        let own = ruled.rules.checked().sync_name(&account);
        let origin = ActivityOrigin { account: own, ..incoming.origin.clone() };
        let incoming = Activity { account, lead: id, origin, created_at: now, ..incoming.clone() };
        let activity = match meet(self.activity.as_ref(), incoming, ActivityBehaviour::CreateAndUpdate) {
            ActivityMet::Created(_) if lead.activities >= ACTIVITIES_MAX => {
                return Plan::Refused("the lead has 1,000 activities, and that is the most");
            }
            ActivityMet::Created(activity) => {
                lead.activities += 1;
                activity
            }
            ActivityMet::Updated(activity) => activity,
            ActivityMet::Unchanged(_) | ActivityMet::Skipped(_) => return Plan::Late,
        };
        let mut settled = Settled::known(lead, self.lead.standing.clone(), Vec::new(), now);
        if let Some(write) = &mut settled.lead {
            let seen = Seen::by_hand(&self.lead.source, now);
            announce_activity(&ruled.rules, &mut write.lead, &activity, &seen);
        }
        let settled = Settled { activity: Some(activity), ..settled };
        Plan::Write(Box::new(Planned { settled, freed: false }))
    }

    fn write(&self, lead: Lead, assignments: Vec<Assignment>, freed: bool, now: Timestamp) -> Plan {
        let settled = Settled::known(lead, self.lead.standing.clone(), assignments, now);
        Plan::Write(Box::new(Planned { settled, freed }))
    }
}

/// A lead as an edit leaves it. What was done before, and what was overtaken by a later edit of the same field, is left out.
pub fn edited(lead: &Lead, fields: &BTreeMap<FieldName, Option<FieldValue>>, at: Timestamp) -> Lead {
    let mut lead = lead.clone();
    for (name, value) in fields {
        if lead.edited.get(name).is_some_and(|last| *last >= at) {
            continue;
        }
        lead.edited.insert(name.clone(), at);
        match value {
            Some(value) => lead.fields.insert(name.clone(), value.clone()),
            None => lead.fields.remove(name),
        };
    }
    lead
}

/// A known lead as rules see it.
pub fn subject_of<'a>(config: &'a Checked, lead: &'a Lead) -> Subject<'a> {
    Subject::known(lead, config.config().account.timezone.time_zone())
}
