//! Rules that ask for a range: `gt`, `gte`, `lt`, `lte` and `between`.
//!
//! The ends of all ranges cut the line of values into stretches. A segment tree over the stretches holds each range in
//! at most two nodes a level, so a value meets its rules in as many lists as the tree has levels.

use std::mem::discriminant;
use std::ops::Bound;

use super::RuleNumber;
use super::candidates::Candidates;
use super::filing::{Lists, Packer, Span};
use crate::condition::Scalar;

/// A range of values.
pub(super) type Interval<'a> = (Bound<&'a Scalar>, Bound<&'a Scalar>);

/// Rules by the range that they ask for.
#[derive(Debug, Default)]
pub(super) struct RangeIndex {
    /// The ends of the ranges, sorted.
    ends: Box<[Scalar]>,
    /// The tree, its root at 1; a leaf for each stretch. Empty when there are no ranges.
    nodes: Box<[Span]>,
    lists: Lists,
}

impl RangeIndex {
    pub(super) fn find<'a>(&'a self, value: &Scalar, candidates: &mut Candidates<'a>) {
        // A range never holds a value of another kind; there is nothing to find where no value is ordered.
        if self.nodes.is_empty() || self.ends.first().is_none_or(|end| discriminant(end) != discriminant(value)) {
            return;
        }
        let mut node = self.nodes.len() / 2 + stretch_of(&self.ends, value);
        while node > 0 {
            candidates.add(self.lists.get(self.nodes[node]));
            node /= 2;
        }
    }
}

/// The stretch that holds a value: the ends are the odd ones, what lies between them the even ones.
fn stretch_of<T: Ord>(ends: &[T], value: &T) -> usize {
    match ends.binary_search(value) {
        Ok(end) => 2 * end + 1,
        Err(next) => 2 * next,
    }
}

/// The stretches of an interval: from the first up to but without the second.
pub(super) fn stretches(ends: &[&Scalar], (low, high): Interval<'_>) -> (usize, usize) {
    let first = match low {
        Bound::Unbounded => 0,
        Bound::Included(value) => stretch_of(ends, &value),
        Bound::Excluded(value) => stretch_of(ends, &value) + 1,
    };
    let end = match high {
        Bound::Unbounded => 2 * ends.len() + 1,
        Bound::Included(value) => stretch_of(ends, &value) + 1,
        Bound::Excluded(value) => stretch_of(ends, &value),
    };
    (first, end.max(first))
}

/// The ends of intervals, sorted.
pub(super) fn ends<'a>(intervals: impl Iterator<Item = Interval<'a>>) -> Vec<&'a Scalar> {
    let value = |bound| match bound {
        Bound::Unbounded => None,
        Bound::Included(value) | Bound::Excluded(value) => Some(value),
    };
    let mut ends: Vec<&Scalar> = intervals.flat_map(|(low, high)| [value(low), value(high)]).flatten().collect();
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// The rules while they are being filed.
#[derive(Default)]
pub(super) struct Filer<'a>(Vec<(Interval<'a>, RuleNumber)>);

impl<'a> Filer<'a> {
    pub(super) fn file(&mut self, interval: Interval<'a>, rule: RuleNumber) {
        self.0.push((interval, rule));
    }

    pub(super) fn index(self) -> RangeIndex {
        if self.0.is_empty() {
            return RangeIndex::default();
        }
        let ends = ends(self.0.iter().map(|(interval, _)| *interval));
        let leaves = 2 * ends.len() + 1;
        let mut filed: Vec<(usize, RuleNumber)> = Vec::new();
        for (interval, rule) in &self.0 {
            let (first, end) = stretches(&ends, *interval);
            let (mut left, mut right) = (first + leaves, end + leaves);
            while left < right {
                if left % 2 == 1 {
                    filed.push((left, *rule));
                    left += 1;
                }
                if right % 2 == 1 {
                    right -= 1;
                    filed.push((right, *rule));
                }
                left /= 2;
                right /= 2;
            }
        }
        filed.sort_unstable();
        filed.dedup();
        let mut packer = Packer::default();
        let mut rest = filed.as_slice();
        let nodes = (0..2 * leaves).map(|node| {
            let (mine, others) = rest.split_at(rest.partition_point(|(at, _)| *at <= node));
            rest = others;
            packer.add(&mine.iter().map(|(_, rule)| *rule).collect::<Vec<_>>())
        });
        let nodes = nodes.collect();
        RangeIndex { ends: ends.into_iter().cloned().collect(), nodes, lists: packer.lists() }
    }
}
