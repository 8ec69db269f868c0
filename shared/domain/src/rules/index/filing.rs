//! Rules filed under keys: while the index is built, and packed for use.

use super::RuleNumber;

/// Adds a rule to a list; rules come in order, and one that is filed twice under a key stands there once.
pub(super) fn push(list: &mut Vec<RuleNumber>, rule: RuleNumber) {
    if list.last() != Some(&rule) {
        list.push(rule);
    }
}

/// The lists of all keys of a table, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Lists(Box<[RuleNumber]>);

/// Where one list stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Lists {
    pub(super) fn get(&self, span: Span) -> &[RuleNumber] {
        // Spans come from the packer of these very lists.
        self.0.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// Packs lists, each handed over once.
#[derive(Debug, Default)]
pub(super) struct Packer(Vec<RuleNumber>);

impl Packer {
    pub(super) fn add(&mut self, list: &[RuleNumber]) -> Span {
        let position = |rules: &Vec<RuleNumber>| u32::try_from(rules.len()).expect("a 4 MiB config has fewer values");
        let start = position(&self.0);
        self.0.extend_from_slice(list);
        Span { start, end: position(&self.0) }
    }

    pub(super) fn lists(self) -> Lists {
        Lists(self.0.into())
    }
}
