//! Rules that ask for one of some values: `eq` and `in`.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::RuleNumber;
use super::candidates::Candidates;
use super::filing::{Lists, Packer, Span, push};
use crate::condition::Scalar;

/// Rules by the value that they ask for.
#[derive(Debug, Default)]
pub(super) struct EqualityIndex {
    texts: HashMap<Box<str>, Span, FixedState>,
    /// Sorted.
    others: Box<[(Scalar, Span)]>,
    lists: Lists,
}

impl EqualityIndex {
    pub(super) fn find<'a>(&'a self, value: &Scalar, candidates: &mut Candidates<'a>) {
        match value {
            Scalar::Text(text) => self.find_text(text, candidates),
            // A list is equal to each text that it holds.
            Scalar::List(texts) => texts.iter().for_each(|text| self.find_text(text, candidates)),
            other => {
                if let Ok(place) = self.others.binary_search_by(|(known, _)| known.cmp(other)) {
                    candidates.add(self.lists.get(self.others[place].1));
                }
            }
        }
    }

    fn find_text<'a>(&'a self, text: &str, candidates: &mut Candidates<'a>) {
        if let Some(&span) = self.texts.get(text) {
            candidates.add(self.lists.get(span));
        }
    }
}

/// The rules while they are being filed.
#[derive(Default)]
pub(super) struct Filer<'a> {
    texts: HashMap<&'a str, Vec<RuleNumber>, FixedState>,
    others: BTreeMap<&'a Scalar, Vec<RuleNumber>>,
}

impl<'a> Filer<'a> {
    pub(super) fn file(&mut self, value: &'a Scalar, rule: RuleNumber) {
        let list = match value {
            Scalar::Text(text) => self.texts.entry(text.as_str()).or_default(),
            other => self.others.entry(other).or_default(),
        };
        push(list, rule);
    }

    pub(super) fn index(self) -> EqualityIndex {
        let mut packer = Packer::default();
        let texts = self.texts.into_iter().map(|(text, rules)| (text.into(), packer.add(&rules))).collect();
        let others = self.others.into_iter().map(|(value, rules)| (value.clone(), packer.add(&rules))).collect();
        EqualityIndex { texts, others, lists: packer.lists() }
    }
}
