//! What follows from the condition of each rule.

use super::logic::{Alternatives, Formula};
use crate::condition::Test;
use crate::config::{CheckedProfile, FieldTable};

/// Most cases that the conditions of all rules together are taken apart into, roughly.
const CASES_MAX: usize = 65_536;
/// Most cases of one condition.
const CASES_OF_ONE_MAX: usize = 64;
/// Cases that every condition may have, however many there are.
const CASES_OF_ONE_MIN: usize = 6;

/// A rule's condition and what follows from it.
pub struct Condition<'a> {
    pub(super) formula: &'a Formula<'a>,
    pub(super) alternatives: Alternatives<'a, 'a>,
    /// Whether it holds for every lead.
    pub(super) always: bool,
}

/// The conditions of the enabled profiles' rules; of a disabled profile none.
pub fn formulas<'a>(profiles: &'a [CheckedProfile], fields: &FieldTable) -> Vec<Vec<Formula<'a>>> {
    let of = |profile: &'a CheckedProfile| {
        let rules = profile.rules.iter().filter(|_| profile.enabled);
        rules.map(|rule| Formula::new(rule.test.as_ref(), true, fields)).collect()
    };
    profiles.iter().map(of).collect()
}

/// What follows from them.
pub fn conditions<'a>(
    profiles: &'a [CheckedProfile],
    formulas: &'a [Vec<Formula<'a>>],
    fields: &FieldTable,
) -> Vec<Vec<Condition<'a>>> {
    let rules: usize = formulas.iter().map(Vec::len).sum();
    let cases_max = (CASES_MAX / rules.max(1)).clamp(CASES_OF_ONE_MIN, CASES_OF_ONE_MAX);
    let condition = |(formula, test): (&'a Formula<'a>, Option<&Test>)| Condition {
        formula,
        alternatives: Alternatives::new(formula, cases_max),
        always: always(test, fields, cases_max),
    };
    let of = |(profile, formulas): (&'a CheckedProfile, &'a Vec<Formula<'a>>)| {
        let tests = profile.rules.iter().map(|rule| rule.test.as_ref());
        formulas.iter().zip(tests).map(condition).collect()
    };
    profiles.iter().zip(formulas).map(of).collect()
}

/// Whether the opposite never holds.
fn always(test: Option<&Test>, fields: &FieldTable, cases_max: usize) -> bool {
    let opposite = Formula::new(test, false, fields);
    Alternatives::new(&opposite, cases_max).cases.is_empty()
}
