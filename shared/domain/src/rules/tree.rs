//! A rule's condition as the rules of a profile keep it: every comparison knows where its value is read and whether its
//! answer is shared.
//!
//! What a condition means is [`Test`]; a property test holds the two to the same answers and the same reasons.

use std::collections::HashMap;

use super::facts::{Facts, SlotId, Slots};
use crate::condition::{Failed, Operator, Predicate, Test};

/// A condition.
#[derive(Debug)]
pub(super) enum Tree {
    All(Box<[Tree]>),
    Any(Box<[Tree]>),
    Not(Box<Tree>),
    Is(Leaf),
}

/// A comparison.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) predicate: Predicate,
    pub(super) slot: SlotId,
    /// Where its answer is kept, for a comparison that costs more than looking that up.
    shared: Option<usize>,
}

/// Makes trees of tests and gives equal comparisons one answer.
#[derive(Debug, Default)]
pub(super) struct Planter {
    pub(super) slots: Slots,
    shared: HashMap<Predicate, usize>,
}

impl Planter {
    pub(super) fn plant(&mut self, test: Test) -> Tree {
        match test {
            Test::All(parts) => Tree::All(parts.into_iter().map(|part| self.plant(part)).collect()),
            Test::Any(parts) => Tree::Any(parts.into_iter().map(|part| self.plant(part)).collect()),
            Test::Not(part) => Tree::Not(Box::new(self.plant(*part))),
            Test::Is(predicate) => {
                let slot = self.slots.place(&predicate.field, predicate.exact);
                let shared = is_costly(predicate.op).then(|| {
                    let number = self.shared.len();
                    *self.shared.entry(predicate.clone()).or_insert(number)
                });
                Tree::Is(Leaf { predicate, slot, shared })
            }
        }
    }

    /// How many answers are shared.
    pub(super) fn shared(&self) -> usize {
        self.shared.len()
    }
}

/// Whether working out an operator takes longer than looking up an answer.
fn is_costly(op: Operator) -> bool {
    matches!(
        op,
        Operator::Contains
            | Operator::NotContains
            | Operator::Matches
            | Operator::InList
            | Operator::NotInList
            | Operator::WithinKm
    )
}

impl Tree {
    pub(super) fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(facts)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(facts)),
            Self::Not(part) => !part.holds(facts),
            Self::Is(leaf) => leaf.holds(facts),
        }
    }

    /// The first comparison that kept the condition from holding, as [`Test::check`] names it; `None` when it holds.
    pub(super) fn failed(&self, facts: &Facts<'_>) -> Option<Failed> {
        match self {
            Self::All(parts) => parts.iter().find_map(|part| part.failed(facts)),
            Self::Any(parts) if self.holds(facts) => None,
            Self::Any(parts) => Some(parts.last()?.failed(facts)?.of_alternatives(parts.len())),
            Self::Not(part) => part.holds(facts).then(|| part.held(facts)).flatten(),
            Self::Is(leaf) => (!leaf.holds(facts)).then(|| leaf.failed(facts, "")),
        }
    }

    /// The comparison that held where none should have: the first one inside.
    fn held(&self, facts: &Facts<'_>) -> Option<Failed> {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                let held = parts.iter().find(|part| part.holds(facts)).or_else(|| parts.first())?.held(facts)?;
                Some(if matches!(self, Self::All(_)) { held.of_alternatives(parts.len()) } else { held })
            }
            Self::Not(part) => part.held(facts),
            Self::Is(leaf) => Some(leaf.failed(facts, "not ")),
        }
    }
}

impl Leaf {
    fn holds(&self, facts: &Facts<'_>) -> bool {
        let work_out = || self.predicate.holds_for(facts.value(self.slot));
        match self.shared {
            Some(number) => facts.shared(number, work_out),
            None => work_out(),
        }
    }

    fn failed(&self, facts: &Facts<'_>, prefix: &str) -> Failed {
        let Predicate { field, op, expected, .. } = &self.predicate;
        Failed {
            field: field.clone(),
            op: format!("{prefix}{}", op.name()),
            expected: expected.clone(),
            found: facts.subject().get(field).map(|value| value.to_string()),
            alternatives: 0,
        }
    }
}
