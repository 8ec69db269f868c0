//! Choosing what a rule is filed under: the comparisons that the fewest leads will meet.

use std::collections::{HashMap, HashSet};
use std::ops::Bound;

use foldhash::fast::FixedState;

use super::range::{self, Interval};
use crate::condition::{Operand, Operator, Scalar};
use crate::rules::facts::SlotId;
use crate::rules::tree::{Leaf, Tree};

/// A comparison that a lead's value can be looked up for. Its text is never empty.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor<'a> {
    /// The value is this one, or a list that holds it.
    Equal(SlotId, &'a Scalar),
    /// The text begins so.
    StartsWith(SlotId, &'a str),
    /// The text ends so.
    EndsWith(SlotId, &'a str),
    /// The value lies in it.
    Within(SlotId, Interval<'a>),
    /// There is a value.
    Present(SlotId),
}

impl Anchor<'_> {
    pub(super) fn slot(&self) -> SlotId {
        match self {
            Self::Equal(slot, _)
            | Self::StartsWith(slot, _)
            | Self::EndsWith(slot, _)
            | Self::Within(slot, _)
            | Self::Present(slot) => *slot,
        }
    }
}

/// The anchors of a comparison: where none of them is met, it does not hold. `None` when it has none.
fn anchors(leaf: &Leaf) -> Option<Vec<Anchor<'_>>> {
    let slot = leaf.slot;
    let within = |low, high| Some(vec![Anchor::Within(slot, (low, high))]);
    match (leaf.predicate.op, &leaf.predicate.operand) {
        (Operator::Eq, Operand::One(value)) => Some(vec![Anchor::Equal(slot, value)]),
        (Operator::In, Operand::Many(values)) => Some(values.iter().map(|value| Anchor::Equal(slot, value)).collect()),
        (Operator::StartsWith, Operand::One(Scalar::Text(text))) if !text.is_empty() => {
            Some(vec![Anchor::StartsWith(slot, text)])
        }
        (Operator::EndsWith, Operand::One(Scalar::Text(text))) if !text.is_empty() => {
            Some(vec![Anchor::EndsWith(slot, text)])
        }
        (Operator::Gt, Operand::One(value)) => within(Bound::Excluded(value), Bound::Unbounded),
        (Operator::Gte, Operand::One(value)) => within(Bound::Included(value), Bound::Unbounded),
        (Operator::Lt, Operand::One(value)) => within(Bound::Unbounded, Bound::Excluded(value)),
        (Operator::Lte, Operand::One(value)) => within(Bound::Unbounded, Bound::Included(value)),
        (Operator::Between, Operand::Between { low, high }) if low <= high => {
            within(Bound::Included(low), Bound::Included(high))
        }
        // A time of day over midnight.
        (Operator::Between, Operand::Between { low, high }) => Some(vec![
            Anchor::Within(slot, (Bound::Included(low), Bound::Unbounded)),
            Anchor::Within(slot, (Bound::Unbounded, Bound::Included(high))),
        ]),
        (Operator::Exists, _) => Some(vec![Anchor::Present(slot)]),
        // Whatever holds only for a present value, so that a lead without it need not try the rule.
        (op, _) if !op.spec().when_missing => Some(vec![Anchor::Present(slot)]),
        _ => None,
    }
}

/// How many different values the rules of a profile compare a slot with: the more there are, the fewer leads meet one.
#[derive(Default)]
pub(super) struct Spread<'a> {
    slots: HashMap<SlotId, SlotSpread<'a>>,
}

#[derive(Default)]
struct SlotSpread<'a> {
    texts: HashSet<&'a str, FixedState>,
    others: Vec<&'a Scalar>,
    starts: HashSet<&'a str, FixedState>,
    ends: HashSet<&'a str, FixedState>,
    intervals: Vec<Interval<'a>>,
    interval_ends: Vec<&'a Scalar>,
}

impl<'a> Spread<'a> {
    /// What the conditions compare with.
    pub(super) fn of(conditions: impl Iterator<Item = &'a Tree>) -> Self {
        let mut spread = Self::default();
        for condition in conditions {
            spread.count(condition);
        }
        for slot in spread.slots.values_mut() {
            slot.others.sort_unstable();
            slot.others.dedup();
            slot.interval_ends = range::ends(slot.intervals.iter().copied());
        }
        spread
    }

    fn count(&mut self, condition: &'a Tree) {
        match condition {
            Tree::All(parts) | Tree::Any(parts) => parts.iter().for_each(|part| self.count(part)),
            // Never an anchor.
            Tree::Not(_) => {}
            Tree::Is(leaf) => {
                for anchor in anchors(leaf).unwrap_or_default() {
                    let slot = self.slots.entry(anchor.slot()).or_default();
                    match anchor {
                        Anchor::Equal(_, Scalar::Text(text)) => drop(slot.texts.insert(text)),
                        Anchor::Equal(_, value) => slot.others.push(value),
                        Anchor::StartsWith(_, text) => drop(slot.starts.insert(text)),
                        Anchor::EndsWith(_, text) => drop(slot.ends.insert(text)),
                        Anchor::Within(_, interval) => slot.intervals.push(interval),
                        Anchor::Present(_) => {}
                    }
                }
            }
        }
    }

    /// The anchors of a rule that the fewest leads meet, as far as the rules can tell; `None` when it has none.
    pub(super) fn choose(&self, condition: &'a Tree) -> Option<Vec<Anchor<'a>>> {
        self.cheapest(condition).map(|(_, anchors)| anchors)
    }

    fn cheapest(&self, condition: &'a Tree) -> Option<(f64, Vec<Anchor<'a>>)> {
        match condition {
            Tree::All(parts) => parts
                .iter()
                .filter_map(|part| self.cheapest(part))
                .min_by(|(left, _), (right, _)| left.total_cmp(right)),
            // Any part may be the one that holds, so each needs its anchors.
            Tree::Any(parts) => parts.iter().try_fold((0.0, Vec::new()), |(sum, mut all), part| {
                let (share, anchors) = self.cheapest(part)?;
                all.extend(anchors);
                Some((sum + share, all))
            }),
            Tree::Not(_) => None,
            Tree::Is(leaf) => {
                let anchors = anchors(leaf)?;
                Some((anchors.iter().map(|anchor| self.share(anchor)).sum(), anchors))
            }
        }
    }

    /// The share of the leads that meet an anchor, were every value of the rules as frequent as the others.
    fn share(&self, anchor: &Anchor<'a>) -> f64 {
        let Some(slot) = self.slots.get(&anchor.slot()) else { return 1.0 };
        // One more for the leads whose value no rule asks for.
        let one_of = |count: usize| 1.0 / (as_f64(count) + 1.0);
        match anchor {
            Anchor::Equal(..) => one_of(slot.texts.len() + slot.others.len()),
            Anchor::StartsWith(..) => one_of(slot.starts.len()),
            Anchor::EndsWith(..) => one_of(slot.ends.len()),
            Anchor::Within(_, interval) => {
                let (first, end) = range::stretches(&slot.interval_ends, *interval);
                as_f64(end - first) / (2.0 * as_f64(slot.interval_ends.len()) + 1.0)
            }
            Anchor::Present(_) => PRESENT,
        }
    }
}

/// Most leads have the fields that rules ask for.
const PRESENT: f64 = 0.9;

fn as_f64(count: usize) -> f64 {
    // Exact: a 4 MiB config holds fewer values.
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
