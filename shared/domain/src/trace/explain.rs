//! A decision in sentences that a sales manager understands.

use super::names::Names;
use super::{ActionTrace, CandidateTrace, FailedComparison, RuleTrace, Trace, words};
use crate::assignment::{Assignment, Cause, Ending, Outcome};
use crate::condition::operator::Operator;
use crate::decision::MATCHES_MAX;
use crate::eligibility::Ineligible;
use crate::id::{PoolId, ProfileId};
use crate::rotation::{LEAD, Member};
use crate::strategy::Strategy;

/// What was decided and why, as far as it is to be told.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'a> {
    /// The config version that decided; `None` for a draft.
    pub version: Option<u64>,
    /// What asked for the decision; `None` for a simulated one.
    pub cause: Option<&'a Cause>,
    /// The profile that decided; `None` when none distributes the lead.
    pub profile: Option<&'a ProfileId>,
    /// What was decided.
    pub outcome: &'a Outcome,
    /// Why.
    pub trace: &'a Trace,
}

impl<'a> From<&'a Assignment> for Decided<'a> {
    fn from(assignment: &'a Assignment) -> Self {
        let Assignment { config_version, cause, profile, outcome, trace, .. } = assignment;
        Self { version: Some(*config_version), cause: Some(cause), profile: profile.as_ref(), outcome, trace }
    }
}

/// The decision in sentences: why each rule did or did not match, who was looked at, and what came of it.
#[must_use]
pub fn explain<'a>(decided: impl Into<Decided<'a>>, names: &Names<'_>) -> Vec<String> {
    let decided = decided.into();
    Explainer { decided, names, sentences: Vec::new() }.explain()
}

struct Explainer<'a> {
    decided: Decided<'a>,
    names: &'a Names<'a>,
    sentences: Vec<String>,
}

impl<'a> Explainer<'a> {
    fn explain(mut self) -> Vec<String> {
        let Decided { version, trace, .. } = self.decided;
        if let Some(version) = version {
            self.say(format!("Version {version} of the config decided."));
        }
        self.cause();
        if trace.cut > 0 {
            self.say(format!("{} were looked at and are left out here.", rules_or_people(trace.cut)));
        }
        for rule in &trace.rules {
            self.rule(rule);
        }
        if !trace.rules.iter().any(RuleTrace::is_match) {
            self.no_rule();
        }
        if trace.offered > 0 {
            let often = if trace.offered == 1 { "once".to_owned() } else { format!("{} times", trace.offered) };
            self.say(format!("It was given {often} before, as often as it may be, and is not offered to the next."));
        }
        for (index, action) in trace.actions.iter().enumerate() {
            if action.by_default && !index.checked_sub(1).is_some_and(|before| trace.actions[before].by_default) {
                self.say("Nobody whom the rule names could take the lead, so the default was tried.".to_owned());
            }
            self.action(action, trace.actions.get(index + 1));
        }
        if trace.beyond > 0 {
            let rules = if trace.beyond == 1 {
                "1 more rule matches".to_owned()
            } else {
                format!("{} more rules match", trace.beyond)
            };
            self.say(format!("{rules}, and one lead is given by at most {MATCHES_MAX}: the others give it to nobody."));
        }
        self.outcome();
        self.sentences
    }

    fn say(&mut self, sentence: String) {
        self.sentences.push(sentence);
    }

    /// Why there was another decision, where no event asked for it.
    fn cause(&mut self) {
        match self.decided.cause {
            None | Some(Cause::Event { .. }) => {}
            Some(Cause::Drained) => self.say("The lead waited, and was tried again.".to_owned()),
            Some(Cause::Claimed { by }) => self.say(format!("It was claimed through the API key \"{by}\".")),
            Some(Cause::Ended { attempt, how }) => {
                let how = match how {
                    Ending::Rejected => "Whoever got it by attempt {} rejected it",
                    Ending::Returned => "Whoever got it by attempt {} returned it",
                    Ending::Overdue => "Whoever got it by attempt {} did not contact it in time",
                    Ending::Reassigned => "It was taken by hand from whoever got it by attempt {}",
                    Ending::Erased => "The lead was erased after attempt {}",
                    Ending::Superseded => "It was decided anew after attempt {}",
                };
                self.say(format!("{}.", how.replace("{}", &attempt.to_string())));
            }
        }
    }

    fn rule(&mut self, trace: &RuleTrace) {
        let RuleTrace { profile, rule, failed, .. } = trace;
        let passed = profile.as_ref().map(|id| format!("In the profile {}, rule", self.names.profile(id)));
        let profile = profile.as_ref().or(self.decided.profile);
        let rule_name = self.names.rule(profile, rule);
        let rule_name = format!("{} {rule_name}", passed.as_deref().unwrap_or("Rule"));
        self.say(match failed {
            Some(failed) => format!("{rule_name} did not match: {}.", reason(failed, self.names.field(&failed.field))),
            None if trace.is_match() => format!("{rule_name} matched."),
            None => {
                let time = self.names.time(profile, rule).map(|time| format!(", which is {time}")).unwrap_or_default();
                format!("{rule_name} did not match: the lead came outside its time{time}.")
            }
        });
    }

    fn no_rule(&mut self) {
        let Trace { actions, offered, .. } = self.decided.trace;
        self.say(match (self.decided.profile, actions.is_empty() && *offered == 0) {
            (None, _) => "No enabled profile distributes leads of this kind.".to_owned(),
            (Some(profile), false) => {
                format!("No rule matched, so the default of the profile {} decides.", self.names.profile(profile))
            }
            (Some(profile), true) => {
                format!("No rule matched, and the profile {} has no default.", self.names.profile(profile))
            }
        });
    }

    fn action(&mut self, action: &ActionTrace, next: Option<&ActionTrace>) {
        for CandidateTrace { member, ineligible, .. } in &action.candidates {
            if let Some(reason) = ineligible {
                self.say(format!("{} was passed over: {}.", sentence(&self.names.member(member)), why_not(reason)));
            }
        }
        match (&action.pool, &action.picked) {
            (Some(pool), Some(picked)) => self.picked(pool, picked, action),
            (Some(pool), None) if let Some(over) = &action.over => {
                // Of pools in pools it is told of the one in which it was that member's turn.
                if action.candidates.iter().any(|candidate| candidate.member.assignee() == Some(over)) {
                    let (who, pool) = (self.names.assignee(over), self.names.pool(pool));
                    self.say(format!(
                        "It was the turn of {who} in the pool {pool}, and it is not to go on to the next."
                    ));
                }
            }
            (Some(pool), None) => {
                let fallback =
                    self.names.fallback(pool).filter(|id| next.is_some_and(|next| next.pool.as_ref() == Some(id)));
                let then = fallback.map(|id| format!(", so its fallback {} was tried", self.names.pool(id)));
                let then = then.unwrap_or_default();
                self.say(format!("Nobody in the pool {} could take the lead{then}.", self.names.pool(pool)));
            }
            (None, Some(picked)) if action.action == "keep_owner" => {
                self.say(format!("{} has the lead and could keep it.", self.names.member(picked)));
            }
            (None, Some(picked)) => {
                let named = match self.decided.cause {
                    // Whatever the rule says: it was claimed, or a person gave it to somebody.
                    Some(Cause::Claimed { .. } | Cause::Ended { how: Ending::Reassigned, .. }) => "",
                    _ => "is named and ",
                };
                self.say(format!("{} {named}could take the lead.", self.names.member(picked)));
            }
            (None, None) if action.action == "park" => self.say("The lead is to be parked.".to_owned()),
            (None, None) if action.action == "do_nothing" => {
                self.say("Nothing is to be done with the lead.".to_owned())
            }
            (None, None) if action.action == "keep_owner" && action.candidates.is_empty() => {
                self.say("Nobody has the lead who could keep it.".to_owned());
            }
            (None, None) if action.candidates.is_empty() => {
                if let Some(field) = action.action.strip_prefix("named ") {
                    let nobody = format!("The lead names nobody in {}.", self.names.field(field));
                    self.say(self.misnamed(field).unwrap_or(nobody));
                }
            }
            // Why the one who is named could not take it was told above.
            (None, None) => {}
        }
    }

    /// What is wrong with the name in a field, when that ended the decision.
    fn misnamed(&self, field: &str) -> Option<String> {
        let Outcome::Parked { reason, .. } = self.decided.outcome else { return None };
        let rest = reason.strip_prefix(&format!("the field '{field}' "))?;
        Some(format!("The field {} {rest}.", self.names.field(field)))
    }

    /// Why this one of a pool's members: whoever is owed most is next.
    fn picked(&mut self, pool: &PoolId, picked: &Member, action: &ActionTrace) {
        let candidates = &action.candidates;
        let (name, pool) = (sentence(&self.names.member(picked)), self.names.pool(pool));
        let first = match action.strategy {
            Strategy::Rotate => None,
            Strategy::LeastLoaded => Some("have the fewest open leads for their capacity"),
            Strategy::Priority => Some("are of the first tier"),
            Strategy::HighestPrice => Some("pay most"),
            Strategy::FurthestBelowTarget => Some("are furthest below their target"),
        };
        // Who was left out by the strategy has no credit in the trace: the rotation did not look at them.
        let behind = candidates.iter().filter(|c| c.ineligible.is_none() && c.credit.is_none()).count();
        let first = first.filter(|_| behind > 0);
        if let Some(first) = first {
            let others = if behind == 1 { "1 other is".to_owned() } else { format!("{behind} others are") };
            self.say(format!(
                "Of those who could take the lead, the pool {pool} picks among those who {first}; {others} left out."
            ));
        }
        // What each was owed when the lead came; the one who was picked has paid for it since.
        let owed = |candidate: &CandidateTrace| {
            let [_, after] = candidate.credit?;
            Some(if candidate.member == *picked { after + LEAD } else { after })
        };
        let mine = candidates.iter().find(|candidate| candidate.member == *picked).and_then(owed);
        let others = candidates.iter().filter(|other| other.member != *picked && other.ineligible.is_none());
        let mut others: Vec<_> = others.filter_map(|other| Some((owed(other)?, other))).collect();
        others.sort_by_key(|(owed, _)| -owed);
        let Some((second, follower)) = others.first() else {
            return self.say(match first {
                None => format!("{name} was the only one in the pool {pool} who could take the lead."),
                Some(_) => format!("{name} was the only one of those."),
            });
        };
        let follower = self.names.member(&follower.member);
        self.say(match mine.map(|mine| mine - second) {
            Some(0) => {
                format!("{name} was next in turn in the pool {pool}: owed as much as {follower}, and first in order.")
            }
            Some(ahead) if ahead > 0 => {
                format!("{name} was next in turn in the pool {pool}: owed {} more than {follower}.", leads(ahead))
            }
            // Another strategy than turns, or a trace that was cut.
            _ => format!("{name} was picked from the pool {pool}."),
        });
    }

    fn outcome(&mut self) {
        let sentence = match self.decided.outcome {
            Outcome::Assigned { assignee, destinations, .. } => {
                let names: Vec<String> = destinations.iter().map(|id| self.names.destination(id)).collect();
                let to = match names.is_empty() {
                    true => "to be delivered nowhere".to_owned(),
                    false => format!("to be delivered to {}", words::and(&names)),
                };
                format!("So {} got the lead, {to}.", self.names.assignee(assignee))
            }
            Outcome::Parked { line, until, .. } => {
                let until = until.map(|until| until.strftime("%Y-%m-%d %H:%M UTC").to_string());
                let until = until.map(|until| format!(", to be tried again at {until}")).unwrap_or_default();
                format!("So the lead is parked{}{until}.", self.line(line))
            }
            Outcome::Queued { queue } => {
                format!("So the lead waits in the queue {} until a member claims it.", self.names.queue(queue))
            }
            Outcome::Nothing => "So nobody gets the lead by this, and its owner stays what it was.".to_owned(),
        };
        self.say(sentence);
    }

    /// Whose line a parked lead waits in; nothing where the line is of another form.
    fn line(&self, line: &str) -> String {
        let whose = line.split_once(':').and_then(|(kind, id)| match kind {
            "pool" => Some(format!("the pool {}", self.names.pool(&PoolId::new(id).ok()?))),
            "profile" => Some(format!("the profile {}", self.names.profile(&ProfileId::new(id).ok()?))),
            "rule" => {
                let (profile, rule) = id.split_once('/')?;
                let profile = ProfileId::new(profile).ok()?;
                Some(format!("the rule {}", self.names.rule(Some(&profile), &rule.parse().ok()?)))
            }
            _ => None,
        });
        whose.map(|whose| format!(" and waits for {whose}")).unwrap_or_default()
    }
}

/// `company_size is 12, and the rule asks for more than 500`.
pub(crate) fn reason(failed: &FailedComparison, name: &str) -> String {
    let FailedComparison { op, expected, found, alternatives, .. } = failed;
    let (op_name, positive) = match op.strip_prefix("not ") {
        Some(name) => (name, false),
        None => (op.as_str(), true),
    };
    let asked = match Operator::ALL.iter().find(|op| op.name() == op_name) {
        Some(op) => words::asked(*op, positive, expected),
        // An operator of an older version, as it was written.
        None => format!("{op} {expected}"),
    };
    let found = found.as_deref().map_or_else(|| "missing".to_owned(), words::quoted);
    let others = match alternatives {
        0 => String::new(),
        1 => "; the other thing that would do does not hold either".to_owned(),
        more => format!("; none of the {more} other things that would do holds either"),
    };
    format!("{} is {found}, and the rule asks for {asked}{others}", name)
}

/// With a capital, to begin a sentence. Names of people stay as they are written.
fn sentence(name: &str) -> String {
    match name.strip_prefix("the pool ") {
        Some(pool) => format!("The pool {pool}"),
        None => name.to_owned(),
    }
}

/// Why someone could not take the lead; a cap with its limit.
fn why_not(reason: &Ineligible) -> String {
    match reason {
        Ineligible::CapReached { limit, .. } if *limit > 0 => format!("{reason} (the cap is {limit})"),
        reason => reason.to_string(),
    }
}

fn rules_or_people(count: usize) -> String {
    if count == 1 { "1 more rule or person".to_owned() } else { format!("{count} more rules or people") }
}

/// Millionths of a lead as leads: `0.25 leads`. What is less than a hundredth is told as such.
fn leads(millionths: i64) -> String {
    match millionths / 10_000 {
        0 => "less than 0.01 leads".to_owned(),
        hundredths if hundredths % 100 == 0 => match hundredths / 100 {
            1 => "1 lead".to_owned(),
            whole => format!("{whole} leads"),
        },
        hundredths => {
            let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            format!("{} leads", text.trim_end_matches('0'))
        }
    }
}

#[cfg(test)]
mod tests;
