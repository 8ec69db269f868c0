//! The rules that could match a lead, merged into the order of the profile.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::RuleNumber;

/// The merged lists. Each is in order and is read only as far as somebody asks.
#[derive(Debug, Default)]
pub(in crate::rules) struct Candidates<'a> {
    /// By the next rule of each list, with what follows it.
    lists: BinaryHeap<Reverse<(RuleNumber, &'a [RuleNumber])>>,
    last: Option<RuleNumber>,
}

impl<'a> Candidates<'a> {
    pub(super) fn add(&mut self, list: &'a [RuleNumber]) {
        if let Some((&first, rest)) = list.split_first() {
            self.lists.push(Reverse((first, rest)));
        }
    }
}

impl Iterator for Candidates<'_> {
    type Item = RuleNumber;

    fn next(&mut self) -> Option<RuleNumber> {
        loop {
            let mut least = self.lists.peek_mut()?;
            let Reverse((rule, rest)) = *least;
            match rest.split_first() {
                Some((&next, rest)) => *least = Reverse((next, rest)),
                None => {
                    PeekMut::pop(least);
                }
            }
            // A rule that several values lead to is tried once.
            if self.last != Some(rule) {
                self.last = Some(rule);
                return Some(rule);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_come_once_and_in_order() {
        let mut candidates = Candidates::default();
        for list in [&[4, 7, 9][..], &[], &[1, 4, 10], &[4], &[0]] {
            candidates.add(list);
        }
        assert_eq!(candidates.collect::<Vec<_>>(), [0, 1, 4, 7, 9, 10]);
    }
}
