//! Finding the rules that decide a lead.

use std::collections::BTreeSet;

use crate::assignment::Holding;
use crate::condition::Subject;
use crate::config::{Action, Attempts, Else, MatchMode, ServiceLevel};
use crate::id::{PoolId, ProfileId, RuleId, body_hash};
use crate::lead::Lead;
use crate::rules::{CompiledProfile, CompiledRule, PassedOver, Rules};
use crate::trace::{RuleTrace, Trace};

/// Most rules of a profile with `match: all` that give one lead: with more of them the decision would not fit into a
/// transaction.
pub const MATCHES_MAX: usize = 20;

/// Most bytes of the reasons why rules did not match; the rest of the trace is for the candidates.
const REASONS_BYTES_MAX: usize = 12 * 1024;

/// The longest name of a group of rules.
const GROUP_BYTES_MAX: usize = 200;

/// The rules that decide a lead, and how they were found.
#[derive(Debug, Clone)]
pub struct Route<'a> {
    /// The profile that decides; `None` when no enabled one distributes the lead's entity.
    profile: Option<&'a CompiledProfile>,
    /// The rules that matched, in their order; none where the default decides.
    matched: Vec<&'a CompiledRule>,
    /// Why others did not, in their order.
    passed_over: Vec<RuleTrace>,
    /// Rules that are left out of that.
    left_out: usize,
    /// Rules that match as well, beyond those that one lead is given by.
    beyond: usize,
}

/// One of the rules that decide, or the default.
#[derive(Debug, Clone, Copy)]
pub(super) struct Branch<'a> {
    pub(super) profile: Option<&'a CompiledProfile>,
    pub(super) rule: Option<&'a CompiledRule>,
}

/// Finds the rules that decide a lead: those that match in the first enabled profile of its entity in which one does, or
/// the default of the first that has one.
#[must_use]
pub fn route<'a>(rules: &'a Rules, subject: &Subject<'_>) -> Route<'a> {
    find(rules, subject, REASONS_BYTES_MAX)
}

/// The same without the reasons why rules did not match, for whoever asks of thousands of leads.
#[must_use]
pub fn route_without_reasons<'a>(rules: &'a Rules, subject: &Subject<'_>) -> Route<'a> {
    find(rules, subject, 0)
}

fn find<'a>(rules: &'a Rules, subject: &Subject<'_>, bytes_max: usize) -> Route<'a> {
    let mut passed = Vec::new();
    for profile in rules.profiles_of(&subject.lead.entity) {
        let (places, beyond) = deciding(profile, subject);
        if places.is_empty() && profile.default.is_none() {
            passed.push(profile);
            continue;
        }
        let matched = places.iter().map(|&place| &profile.rules()[place]).collect();
        let mut reasons = Reasons::new(bytes_max);
        let tried = match (profile.match_mode, places.first()) {
            (MatchMode::First, Some(&first)) => first,
            _ => profile.rules().len(),
        };
        // Those that match are told apart, also the ones beyond.
        let not_matching = match profile.match_mode {
            MatchMode::First => tried,
            MatchMode::All => tried - places.len() - beyond,
        };
        let others = (0..tried).filter(|place| places.binary_search(place).is_err());
        reasons.add(None, profile, subject, others, not_matching);
        reasons.add_passed(&passed, subject);
        return Route { beyond, ..reasons.route(Some(profile), matched) };
    }
    let mut reasons = Reasons::new(bytes_max);
    reasons.add_passed(&passed, subject);
    reasons.route(passed.last().copied(), Vec::new())
}

/// The places of the rules that decide: the first match, or every match as far as one transaction holds them; and how
/// many more match.
fn deciding(profile: &CompiledProfile, subject: &Subject<'_>) -> (Vec<usize>, usize) {
    match profile.match_mode {
        MatchMode::First => (profile.matching(subject, 1), 0),
        MatchMode::All => {
            let mut places = profile.matching(subject, usize::MAX);
            let beyond = places.len().saturating_sub(MATCHES_MAX);
            places.truncate(MATCHES_MAX);
            (places, beyond)
        }
    }
}

/// Why rules did not match, gathered from the last one backwards: the nearer to the one that did, the more it tells.
struct Reasons {
    passed_over: Vec<RuleTrace>,
    left_out: usize,
    bytes_left: usize,
}

impl Reasons {
    fn new(bytes_max: usize) -> Self {
        Self { passed_over: Vec::new(), left_out: 0, bytes_left: bytes_max }
    }

    fn add_passed(&mut self, passed: &[&CompiledProfile], subject: &Subject<'_>) {
        for profile in passed.iter().rev() {
            let all = profile.rules().len();
            self.add(Some(&profile.id), profile, subject, 0..all, all);
        }
    }

    /// Tells why the rules at some places did not match; `all` is how many of them there are.
    fn add(
        &mut self,
        name: Option<&ProfileId>,
        profile: &CompiledProfile,
        subject: &Subject<'_>,
        places: impl DoubleEndedIterator<Item = usize>,
        all: usize,
    ) {
        let mut told = 0;
        let mut reasons = profile.passed_over(subject, places);
        while self.bytes_left > 0
            && let Some((rule, why)) = reasons.next()
        {
            let (failed, out_of_time) = match why {
                PassedOver::OutOfTime => (None, true),
                PassedOver::Failed(failed) => (Some(failed.into()), false),
            };
            let reason = RuleTrace { profile: name.cloned(), rule: rule.id.clone(), failed, out_of_time };
            self.bytes_left = self.bytes_left.saturating_sub(Trace::bytes_of(&reason));
            self.passed_over.push(reason);
            told += 1;
        }
        self.left_out += all - told;
    }

    fn route<'a>(mut self, profile: Option<&'a CompiledProfile>, matched: Vec<&'a CompiledRule>) -> Route<'a> {
        self.passed_over.reverse();
        Route { profile, matched, passed_over: self.passed_over, left_out: self.left_out, beyond: 0 }
    }
}

impl<'a> Route<'a> {
    /// The profile that decides; `None` when no enabled one distributes the lead's entity.
    #[must_use]
    pub fn profile(&self) -> Option<&'a ProfileId> {
        self.profile.map(|profile| &profile.id)
    }

    /// The rules that matched, in their order; none where the default decides.
    #[must_use]
    pub fn rules(&self) -> &[&'a CompiledRule] {
        &self.matched
    }

    /// What is decided one by one: each rule that matched, or else the default.
    pub(super) fn branches(&self) -> Vec<Branch<'a>> {
        let profile = self.profile;
        let rules: Vec<_> = self.matched.iter().map(|&rule| Branch { profile, rule: Some(rule) }).collect();
        if rules.is_empty() { vec![Branch { profile, rule: None }] } else { rules }
    }

    /// The rules as the trace of a branch tells them: the first branch also says why others did not match.
    pub(super) fn reasons(&self, branch: &Branch<'a>, first: bool) -> Trace {
        let mut trace = match first {
            true => {
                Trace { rules: self.passed_over.clone(), cut: self.left_out, beyond: self.beyond, ..Trace::default() }
            }
            false => Trace::default(),
        };
        trace.rules.extend(branch.rule.map(|rule| RuleTrace::matched(rule.id.clone())));
        trace
    }

    /// The rules that decide, in one word: leads of the same rules have the same candidates.
    #[must_use]
    pub fn group(&self) -> String {
        let Some(profile) = self.profile() else { return "none".to_owned() };
        let rules: Vec<&str> = self.matched.iter().map(|rule| rule.id.as_str()).collect();
        let name = format!("{profile}/{}", rules.join("+"));
        // Twenty rules of 64 characters are more than what is to stand in every place of a line.
        if name.len() <= GROUP_BYTES_MAX { name } else { format!("{profile}/{}", body_hash(name.as_bytes())) }
    }

    /// Whether every match gives the lead, and not only the first.
    pub(super) fn gives_by_every_match(&self) -> bool {
        self.profile.is_some_and(|profile| profile.match_mode == MatchMode::All)
    }

    /// Only the branch of one rule, of a profile in which every match decides: what one of several assignees gave back is
    /// decided by the rule that gave it. `None` when that rule does not match any more.
    #[must_use]
    pub fn only(self, rule: Option<&RuleId>) -> Option<Self> {
        if !self.gives_by_every_match() {
            return Some(self);
        }
        let matched: Vec<_> = self.matched.iter().copied().filter(|matched| Some(&matched.id) == rule).collect();
        (!matched.is_empty() || (rule.is_none() && self.matched.is_empty())).then_some(Self { matched, ..self })
    }
}

impl Route<'_> {
    /// Without the rules by which somebody has the lead, in a profile in which every match decides: each gives it once.
    #[must_use]
    pub fn beside<'h>(mut self, held: impl Iterator<Item = &'h Holding>) -> Self {
        if self.gives_by_every_match() {
            let held: BTreeSet<&RuleId> = held.filter_map(|holding| holding.rule.as_ref()).collect();
            self.matched.retain(|rule| !held.contains(&rule.id));
        }
        self
    }

    /// Whether nobody else is to get the lead: where every match gives it, the default is for a lead that nobody has.
    #[must_use]
    pub fn leaves_it(&self, lead: &Lead) -> bool {
        self.gives_by_every_match() && self.matched.is_empty() && lead.held().next().is_some()
    }
}

impl<'a> Branch<'a> {
    /// The actions of the rule, or of the default.
    pub(super) fn actions(&self) -> impl Iterator<Item = &'a Action> + use<'a> {
        match self.rule {
            Some(rule) => rule.actions.iter(),
            None => self.defaults().iter(),
        }
    }

    /// The default actions, when the rule asks for them.
    pub(super) fn fallback(&self) -> impl Iterator<Item = &'a Action> + use<'a> {
        let wanted = self.rule.is_some_and(|rule| rule.otherwise == Else::Default);
        if wanted { self.defaults().iter() } else { [].iter() }
    }

    /// What happens when the lead was offered as often as allowed.
    pub(super) fn when_used_up(&self) -> impl Iterator<Item = &'a Action> + use<'a> {
        self.attempts().map(|attempts| attempts.then.as_slice()).unwrap_or_default().iter()
    }

    /// How often the lead is offered.
    pub(super) fn attempts(&self) -> Option<&'a Attempts> {
        let own = self.rule.and_then(|rule| rule.attempts.as_ref());
        own.or_else(|| self.profile.and_then(|profile| profile.attempts.as_ref()))
    }

    /// By when the lead is to be contacted.
    pub(super) fn service_level(&self) -> Option<&'a ServiceLevel> {
        let own = self.rule.and_then(|rule| rule.sla.as_ref());
        own.or_else(|| self.profile.and_then(|profile| profile.sla.as_ref()))
    }

    fn defaults(&self) -> &'a [Action] {
        self.profile.and_then(|profile| profile.default.as_deref()).unwrap_or_default()
    }

    /// Whose line a parked lead waits in: the pool that could not take it, else the rule, else the profile.
    pub(super) fn line(&self, last_pool: Option<&PoolId>) -> String {
        match (last_pool, self.rule, self.profile) {
            (Some(pool), _, _) => format!("pool:{pool}"),
            (None, Some(rule), Some(profile)) => format!("rule:{}/{}", profile.id, rule.id),
            (None, _, Some(profile)) => format!("profile:{}", profile.id),
            (None, _, None) => "none".to_owned(),
        }
    }
}
