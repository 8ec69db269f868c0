//! The profiles, filters and automations of a sound config with their conditions compiled.

use jiff::Timestamp;

use super::{
    Action, Amount, Attempts, Automation, AutomationState, Config, Else, FieldTable, MatchMode, Problem, Profile,
    Redistribute, Rule, ServiceLevel,
};

use crate::condition::{Condition, KnownLists, Patterns, Scope, Test, compile, instant};
use crate::id::{Entity, ProfileId, RuleId};
use crate::rules::Window;

/// A profile with its conditions compiled.
#[derive(Debug, Clone)]
pub struct CheckedProfile {
    /// Its place in the document.
    pub position: usize,
    /// Its name.
    pub id: ProfileId,
    /// The lead type that it distributes.
    pub entity: Entity,
    /// Whether it decides anything.
    pub enabled: bool,
    /// Which of the matching rules decide.
    pub match_mode: MatchMode,
    /// What becomes of a lead that somebody has when another event meets it.
    pub redistribute: Redistribute,
    /// By when a lead is to be contacted, where a rule says nothing of its own.
    pub sla: Option<ServiceLevel>,
    /// How often a lead is offered, where a rule says nothing of its own.
    pub attempts: Option<Attempts>,
    /// Tried in order.
    pub rules: Vec<CheckedRule>,
    /// The default actions, where it has some.
    pub default: Option<Vec<Action>>,
}

/// A rule with its condition compiled.
#[derive(Debug, Clone)]
pub struct CheckedRule {
    /// Its name.
    pub id: RuleId,
    /// When it can match.
    pub window: Window,
    /// What must hold; `None` always holds.
    pub test: Option<Test>,
    /// Tried in order.
    pub actions: Vec<Action>,
    /// What happens when nobody is eligible.
    pub otherwise: Else,
    /// By when the lead is to be contacted.
    pub sla: Option<ServiceLevel>,
    /// How often the lead is offered.
    pub attempts: Option<Attempts>,
    /// What a partner pays for it.
    pub price: Option<Amount>,
}

/// What assignees take, compiled, by their place in the document.
pub type Filters = Vec<(usize, Test)>;

/// Compiles the filters of every assignee; what is wrong is added to `problems`.
pub(super) fn compile_filters(
    config: &Config,
    fields: &FieldTable,
    lists: KnownLists<'_>,
    problems: &mut Vec<Problem>,
) -> Filters {
    let zone = config.account.timezone.time_zone();
    let patterns = Patterns::default();
    let scope = Scope { fields, zone, lists, patterns: &patterns };
    let assignees = config.assignees.iter().enumerate();
    let filters = assignees.filter_map(|(place, assignee)| Some((place, assignee.filter.as_ref()?)));
    let mut compiled = Vec::new();
    for (place, filter) in filters {
        let test = compile(filter, &scope, &format!("assignees[{place}].filter"), problems);
        compiled.extend(test.map(|test| (place, test)));
    }
    compiled
}

/// An automation that was published, at work or paused, with its conditions compiled.
#[derive(Debug, Clone)]
pub struct CheckedAutomation {
    /// The automation.
    pub automation: Automation,
    /// What must have held before.
    pub was: Option<Test>,
    /// What must hold now.
    pub when: Option<Test>,
}

/// Compiles the conditions of every automation and keeps those that are no drafts; what is wrong is added to `problems`.
pub(super) fn compile_automations(
    config: &Config,
    fields: &FieldTable,
    lists: KnownLists<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<CheckedAutomation> {
    let zone = config.account.timezone.time_zone();
    let patterns = Patterns::default();
    let scope = Scope { fields, zone, lists, patterns: &patterns };
    let mut compiled = Vec::new();
    for (place, automation) in config.automations.iter().enumerate() {
        let mut test = |part: &str, condition: Option<&Condition>| {
            compile(condition?, &scope, &format!("automations[{place}].{part}"), problems)
        };
        let (was, when) = (test("was", automation.was.as_ref()), test("when", automation.when.as_ref()));
        if automation.state != AutomationState::Draft {
            compiled.push(CheckedAutomation { automation: automation.clone(), was, when });
        }
    }
    compiled
}

/// Compiles the conditions of every profile; what is wrong is added to `problems`.
pub(super) fn compile_profiles(
    config: &Config,
    fields: &FieldTable,
    lists: KnownLists<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<CheckedProfile> {
    let zone = config.account.timezone.time_zone();
    let patterns = Patterns::default();
    let mut compiler = Compiler { scope: Scope { fields, zone, lists, patterns: &patterns }, problems };
    let profiles = config.profiles.iter().enumerate();
    profiles.map(|(position, profile)| compiler.profile(position, profile)).collect()
}

struct Compiler<'a> {
    scope: Scope<'a>,
    problems: &'a mut Vec<Problem>,
}

impl Compiler<'_> {
    fn profile(&mut self, position: usize, profile: &Profile) -> CheckedProfile {
        let rules = profile.rules.iter().enumerate();
        CheckedProfile {
            position,
            id: profile.id.clone(),
            entity: profile.entity.clone(),
            enabled: profile.enabled,
            match_mode: profile.match_mode,
            redistribute: profile.redistribute,
            sla: profile.sla.clone(),
            attempts: profile.attempts.clone(),
            rules: rules
                .map(|(index, rule)| self.rule(rule, &format!("profiles[{position}].rules[{index}]")))
                .collect(),
            default: profile.default.as_ref().map(|default| default.0.clone()),
        }
    }

    fn rule(&mut self, rule: &Rule, path: &str) -> CheckedRule {
        let window = Window {
            from: self.moment(rule.active_from.as_deref(), || format!("{path}.active_from")),
            until: self.moment(rule.active_until.as_deref(), || format!("{path}.active_until")),
        };
        if let (Some(from), Some(until)) = (window.from, window.until)
            && until <= from
        {
            self.problems.push(Problem::new(
                format!("{path}.active_until"),
                format!("the rule would end at {until}, before it begins at {from}: give a later moment"),
            ));
        }
        let when = rule.when.as_ref();
        CheckedRule {
            id: rule.id.clone(),
            window,
            test: when.and_then(|when| compile(when, &self.scope, &format!("{path}.when"), self.problems)),
            actions: rule.then.clone(),
            otherwise: rule.otherwise,
            sla: rule.sla.clone(),
            attempts: rule.attempts.clone(),
            price: rule.price,
        }
    }

    fn moment(&mut self, written: Option<&str>, path: impl Fn() -> String) -> Option<Timestamp> {
        let written = written?;
        let moment = instant(written, self.scope.zone);
        if moment.is_none() {
            let message = format!("'{written}' is no day or time: write 2026-07-31 or 2026-07-31T10:00:00Z");
            self.problems.push(Problem::new(path(), message));
        }
        moment
    }
}
