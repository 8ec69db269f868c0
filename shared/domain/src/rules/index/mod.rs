//! The index over the rules of a profile: which of them could match a lead.
//!
//! Every rule is filed under its anchors: comparisons of which one must hold for the rule to match, chosen so that as few
//! leads as possible meet them ([`anchor`]). A lead's values lead to the rules filed under them; each table of this folder
//! serves one kind of comparison. Rules without an anchor are always candidates. The candidates come out in the order of
//! the rules, and only they are tried.

mod anchor;
mod candidates;
mod ends;
mod equality;
mod filing;
mod range;

use std::collections::BTreeMap;

use self::anchor::{Anchor, Spread};
pub(super) use self::candidates::Candidates;
use self::ends::{End, EndsIndex};
use self::equality::EqualityIndex;
use self::range::RangeIndex;
use super::facts::{Facts, SlotId};
use super::tree::Tree;

/// A rule, by its place in the profile.
pub(super) type RuleNumber = u32;

/// The rules of a profile by what a lead must hold to match them.
#[derive(Debug, Default)]
pub(super) struct Index {
    slots: Box<[(SlotId, SlotIndex)]>,
    /// Rules without an anchor.
    always: Box<[RuleNumber]>,
}

/// The rules that are anchored to one value of the lead.
#[derive(Debug)]
struct SlotIndex {
    equal: EqualityIndex,
    starts: EndsIndex,
    ends: EndsIndex,
    within: RangeIndex,
    /// Rules that ask for any value.
    present: Box<[RuleNumber]>,
}

impl Index {
    /// Files the rules, of which each has a condition or always matches.
    pub(super) fn new<'a>(conditions: impl Iterator<Item = Option<&'a Tree>> + Clone) -> Self {
        let spread = Spread::of(conditions.clone().flatten());
        let mut always = Vec::new();
        let mut slots: BTreeMap<SlotId, SlotFiler<'_>> = BTreeMap::new();
        for (number, condition) in (0..).zip(conditions) {
            match condition.and_then(|condition| spread.choose(condition)) {
                Some(anchors) => {
                    for anchor in anchors {
                        slots.entry(anchor.slot()).or_default().file(anchor, number);
                    }
                }
                None => always.push(number),
            }
        }
        let slots = slots.into_iter().map(|(slot, filer)| (slot, filer.index())).collect();
        Self { slots, always: always.into() }
    }

    /// The rules that could match, in their order.
    pub(super) fn candidates<'a>(&'a self, facts: &Facts<'_>) -> Candidates<'a> {
        let mut candidates = Candidates::default();
        candidates.add(&self.always);
        for (slot, index) in &self.slots {
            let Some(value) = facts.value(*slot) else { continue };
            candidates.add(&index.present);
            index.equal.find(value, &mut candidates);
            index.starts.find(value, End::Start, &mut candidates);
            index.ends.find(value, End::End, &mut candidates);
            index.within.find(value, &mut candidates);
        }
        candidates
    }
}

/// The rules of one slot while they are being filed.
#[derive(Default)]
struct SlotFiler<'a> {
    equal: equality::Filer<'a>,
    starts: ends::Filer<'a>,
    ends: ends::Filer<'a>,
    within: range::Filer<'a>,
    present: Vec<RuleNumber>,
}

impl<'a> SlotFiler<'a> {
    fn file(&mut self, anchor: Anchor<'a>, rule: RuleNumber) {
        match anchor {
            Anchor::Equal(_, value) => self.equal.file(value, rule),
            Anchor::StartsWith(_, text) => self.starts.file(text, rule),
            Anchor::EndsWith(_, text) => self.ends.file(text, rule),
            Anchor::Within(_, interval) => self.within.file(interval, rule),
            Anchor::Present(_) => filing::push(&mut self.present, rule),
        }
    }

    fn index(self) -> SlotIndex {
        SlotIndex {
            equal: self.equal.index(),
            starts: self.starts.index(),
            ends: self.ends.index(),
            within: self.within.index(),
            present: self.present.into(),
        }
    }
}
