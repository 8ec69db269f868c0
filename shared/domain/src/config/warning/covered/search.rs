//! Looking for the earlier rules that take every lead of a rule, with bounded work.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;
use jiff::Timestamp;

use super::index::{Counts, Key, asked, count, keys};
use crate::config::warning::logic::{Case, Formula, Present};
use crate::config::warning::view::ProfileView;
use crate::field::FieldName;
use crate::rules::Window;

/// Most work for one entity: well under a second without optimisation.
const WORK_MAX: usize = 4_000_000;
/// Most values of one field that are looked at one by one.
const VALUES_MAX: usize = 64;

/// An earlier rule.
#[derive(Clone, Copy)]
pub struct Earlier<'v, 'a> {
    pub(super) profile: &'v ProfileView<'a>,
    pub(super) index: usize,
}

/// The rules that a lead met before, by what a case must say to be covered by them.
pub struct Search<'v, 'a> {
    rules: Vec<Entry<'v, 'a>>,
    by_key: HashMap<Key, Vec<usize>, FixedState>,
    /// Those that always hold.
    always: Vec<usize>,
    counts: Counts,
    bits: HashMap<&'a FieldName, u64>,
    /// What may still be spent; a unit is a look at one comparison or one value.
    work_left: usize,
    /// The nodes of rules that were not compared with all before them.
    unfinished: Vec<String>,
}

struct Entry<'v, 'a> {
    rule: Earlier<'v, 'a>,
    formula: &'a Formula<'a>,
    window: Window,
    /// The fields of which a case must say something, a bit each; fields that share a bit only cost a closer look.
    fields: u64,
    size: usize,
}

impl<'v, 'a> Search<'v, 'a> {
    /// A search among the rules of these profiles, none of which was met yet.
    pub(super) fn new(profiles: &[&'v ProfileView<'a>]) -> Self {
        let mut counts = Counts::default();
        for (_, _, condition) in profiles.iter().flat_map(|profile| profile.rules()) {
            count(&mut counts, condition.formula);
        }
        Self {
            rules: Vec::new(),
            by_key: HashMap::default(),
            always: Vec::new(),
            counts,
            bits: HashMap::new(),
            work_left: WORK_MAX,
            unfinished: Vec::new(),
        }
    }

    /// The nodes of rules that were not compared with all before them.
    pub(super) fn unfinished(self) -> Vec<String> {
        self.unfinished
    }

    /// From here on leads have met this rule.
    pub(super) fn add(&mut self, profile: &'v ProfileView<'a>, index: usize) {
        let (Some(rule), Some(condition)) = (profile.profile.rules.get(index), profile.conditions.get(index)) else {
            return;
        };
        let number = self.rules.len();
        let formula = condition.formula;
        let (fields, size) = (self.required(formula), formula.literals().count());
        if condition.always {
            self.always.push(number);
        } else {
            for key in BTreeSet::from_iter(keys(&self.counts, formula)) {
                self.by_key.entry(key).or_default().push(number);
            }
        }
        self.rules.push(Entry { rule: Earlier { profile, index }, formula, window: rule.window, fields, size });
    }

    /// The rules that took every lead of this one before, or `None` when that can't be said.
    pub(super) fn covering(
        &mut self,
        now: Timestamp,
        profile: &ProfileView<'a>,
        index: usize,
    ) -> Option<Vec<Earlier<'v, 'a>>> {
        let (rule, condition) = (profile.profile.rules.get(index)?, profile.conditions.get(index)?);
        // Told as such.
        if condition.alternatives.cases.is_empty() || rule.window.until.is_some_and(|until| until <= now) {
            return None;
        }
        let always = self.always.iter().find(|&&number| self.rules[number].window.covers(&rule.window)).copied();
        let found = match always {
            Some(number) => Some(BTreeSet::from([number])),
            None => {
                let cases = condition.alternatives.cases.iter();
                cases
                    .map(|case| self.taking(case, &rule.window))
                    .collect::<Option<Vec<_>>>()
                    .map(|each| each.into_iter().flatten().collect())
            }
        };
        if found.is_none() && (self.work_left == 0 || !condition.alternatives.whole) {
            self.unfinished.push(profile.rule_path(index));
        }
        found.map(|numbers| numbers.into_iter().map(|number| self.rules[number].rule).collect())
    }

    /// Rules that together take every lead of a case.
    fn taking(&mut self, case: &Case<'_, 'a>, window: &Window) -> Option<Vec<usize>> {
        if let Some(number) = self.taking_whole(case, window) {
            return Some(vec![number]);
        }
        case.fields.iter().find_map(|(&field, held)| {
            let Present::OneOf { values, exact } = &held.present else { return None };
            if values.len() > VALUES_MAX || (values.len() == 1 && !held.missing) {
                return None;
            }
            let missing = held.missing.then(|| held.only_missing());
            let mut pieces = values.iter().map(|value| held.only(value, *exact)).chain(missing);
            pieces.try_fold(Vec::new(), |mut numbers, piece| {
                numbers.push(self.taking_whole(&case.with(field, piece), window)?);
                Some(numbers)
            })
        })
    }

    /// The first rule that takes every lead of a case.
    fn taking_whole(&mut self, case: &Case<'_, 'a>, window: &Window) -> Option<usize> {
        let said = case.fields.keys().fold(0, |bits, field| bits | self.bits.get(field).copied().unwrap_or(0));
        let size = case.size();
        let mut first: Option<usize> = None;
        for number in
            asked(case).iter().filter_map(|key| self.by_key.get(key)).flat_map(|numbers| numbers.iter().copied())
        {
            if first.is_some_and(|first| first <= number) {
                continue;
            }
            let entry = &self.rules[number];
            let near = entry.fields & !said == 0 && entry.window.covers(window);
            let Some(left) = self.work_left.checked_sub(if near { size + entry.size } else { 1 }) else {
                self.work_left = 0;
                break;
            };
            self.work_left = left;
            if near && case.implies(entry.formula) {
                first = Some(number);
            }
        }
        first
    }

    /// The fields of which a case must say something to imply a condition.
    fn required(&mut self, formula: &Formula<'a>) -> u64 {
        match formula {
            Formula::Is(literal) => {
                let next = 1 << (self.bits.len() % 64);
                *self.bits.entry(literal.field()).or_insert(next)
            }
            Formula::All(node) => node.parts.iter().fold(0, |bits, part| bits | self.required(part)),
            Formula::Any(node) => node.parts.iter().fold(u64::MAX, |bits, part| bits & self.required(part)),
        }
    }
}
