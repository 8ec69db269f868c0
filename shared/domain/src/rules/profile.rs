//! A profile with its rules in an index.

use super::Window;
use super::facts::{Facts, Slots};
use super::index::Index;
use super::tree::{Planter, Tree};
use crate::condition::{Failed, Subject};
use crate::config::{
    Action, Amount, Attempts, CheckedProfile, CheckedRule, Else, MatchMode, Redistribute, ServiceLevel,
};
use crate::id::{Entity, ProfileId, RuleId};

/// A profile with its rules in an index.
#[derive(Debug)]
pub struct CompiledProfile {
    /// Its name.
    pub id: ProfileId,
    /// The lead type that it distributes.
    pub entity: Entity,
    /// Which of the matching rules decide.
    pub match_mode: MatchMode,
    /// What becomes of a lead that somebody has when another event meets it.
    pub redistribute: Redistribute,
    /// By when a lead is to be contacted, where a rule says nothing of its own.
    pub sla: Option<ServiceLevel>,
    /// How often a lead is offered, where a rule says nothing of its own.
    pub attempts: Option<Attempts>,
    /// The default actions, where it has some.
    pub default: Option<Vec<Action>>,
    rules: Box<[CompiledRule]>,
    index: Index,
    slots: Slots,
    shared: usize,
}

/// A rule of the index.
#[derive(Debug)]
pub struct CompiledRule {
    /// Its name.
    pub id: RuleId,
    /// When it can match.
    pub window: Window,
    /// Tried in order.
    pub actions: Vec<Action>,
    /// What happens when nobody is eligible.
    pub otherwise: Else,
    /// By when the lead is to be contacted.
    pub sla: Option<ServiceLevel>,
    /// How often the lead is offered.
    pub attempts: Option<Attempts>,
    /// What a partner pays for it, whatever the pool and the partner say.
    pub price: Option<Amount>,
    condition: Option<Tree>,
}

/// Why a rule did not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassedOver {
    /// The lead came before or after its time.
    OutOfTime,
    /// This comparison failed first.
    Failed(Failed),
}

impl CompiledProfile {
    pub(super) fn new(profile: CheckedProfile) -> Self {
        let mut planter = Planter::default();
        let rules: Box<[CompiledRule]> = profile
            .rules
            .into_iter()
            .map(|CheckedRule { id, window, test, actions, otherwise, sla, attempts, price }| CompiledRule {
                id,
                window,
                actions,
                otherwise,
                sla,
                attempts,
                price,
                condition: test.map(|test| planter.plant(test)),
            })
            .collect();
        let index = Index::new(rules.iter().map(|rule| rule.condition.as_ref()));
        let shared = planter.shared();
        let CheckedProfile { id, entity, match_mode, redistribute, sla, attempts, default, .. } = profile;
        let slots = planter.slots;
        Self { id, entity, match_mode, redistribute, sla, attempts, default, rules, index, slots, shared }
    }

    /// Its rules, in their order.
    #[must_use]
    pub fn rules(&self) -> &[CompiledRule] {
        &self.rules
    }

    /// The places of the first rules that match, at most so many, in their order.
    #[must_use]
    pub fn matching(&self, subject: &Subject<'_>, at_most: usize) -> Vec<usize> {
        let facts = self.facts(subject);
        let candidates = self.index.candidates(&facts).map(|number| number as usize);
        candidates.filter(|&place| self.rules[place].matches(&facts)).take(at_most).collect()
    }

    /// Why rules did not match, the last of them first.
    pub fn passed_over<'a>(
        &'a self,
        subject: &'a Subject<'a>,
        places: impl DoubleEndedIterator<Item = usize> + 'a,
    ) -> impl Iterator<Item = (&'a CompiledRule, PassedOver)> + 'a {
        let facts = self.facts(subject);
        places.rev().filter_map(move |place| {
            let rule = self.rules.get(place)?;
            let why = match rule.window.contains(subject.received_at) {
                false => PassedOver::OutOfTime,
                true => PassedOver::Failed(rule.condition.as_ref()?.failed(&facts)?),
            };
            Some((rule, why))
        })
    }

    fn facts<'a>(&'a self, subject: &'a Subject<'a>) -> Facts<'a> {
        Facts::new(&self.slots, self.shared, subject)
    }
}

impl CompiledRule {
    fn matches(&self, facts: &Facts<'_>) -> bool {
        self.window.contains(facts.subject().received_at)
            && self.condition.as_ref().is_none_or(|condition| condition.holds(facts))
    }
}
