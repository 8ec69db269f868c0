//! What is allowed and most likely not meant: a rule that can never match, a pool without members, a field that nothing
//! fills.
//!
//! A warning is never a false alarm about what follows from the document alone; what can't be proved is not told. A new
//! check is one file and one line in [`CHECKS`].

mod conditions;
mod contradiction;
mod covered;
mod defaults;
mod delivery;
mod ended;
mod fields;
mod logic;
mod pools;
mod reach;
mod search_keys;
mod unused;
mod view;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Checked, Source};
use crate::condition::KnownLists;
use crate::field::FieldName;
use crate::id::ListName;
use view::View;

/// Most warnings of one code. Of more, the last one says how many there are.
pub const WARNINGS_OF_A_CODE_MAX: usize = 100;

/// Something that is allowed and most likely not meant, at one node of the document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Warning {
    /// What it is, for programs: `covered_by`. Codes never change their meaning; `docs/config.md` lists them.
    pub code: &'static str,
    /// The node: `profiles[0].rules[2]`. What stands beside the document is named by where it is kept: `lists.zips`.
    pub path: String,
    /// What is the matter and what to do about it.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.path, self.message, self.code)
    }
}

/// What the warnings need to know beside the document.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The present: a rule whose time is over never matches again.
    pub now: Timestamp,
    /// The lists that were uploaded.
    pub lists: &'a BTreeSet<ListName>,
    /// Whether an event of a source can fill a field: by its mapping, a default, or a usual name. Derived fields are not
    /// asked about.
    pub fills: &'a dyn Fn(&Source, &FieldName) -> bool,
}

/// One thing that is looked for.
struct Check {
    /// The codes of what it finds.
    codes: &'static [&'static str],
    find: fn(&View<'_>, &mut Vec<Warning>),
}

/// Every code that a warning may have.
pub fn codes() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().flat_map(|check| check.codes).copied()
}

/// Everything that is looked for, in the order in which it is told.
const CHECKS: &[Check] = &[
    contradiction::CHECK,
    covered::CHECK,
    ended::CHECK,
    reach::UNREACHED_PROFILE,
    reach::UNDISTRIBUTED_ENTITY,
    defaults::CHECK,
    pools::CHECK,
    delivery::CHECK,
    fields::CHECK,
    search_keys::CHECK,
    unused::CHECK,
];

/// Everything in a sound config that is most likely not meant: a check after the other, each in the document's order.
///
/// The cost is bounded: where rules are too many or too complex to be compared with each other, a warning says so.
#[must_use]
pub fn warnings(checked: &Checked, facts: &Facts<'_>) -> Vec<Warning> {
    // The check compiled the same conditions against the same lists. Were one removed since, publishing is refused by the
    // next check, and what can be told without conditions is told.
    let profiles = checked.profiles(KnownLists::Names(facts.lists)).unwrap_or_default();
    let formulas = conditions::formulas(&profiles, checked.fields());
    let view = View::new(checked, facts, &profiles, &formulas);
    let mut found = Vec::new();
    for check in CHECKS {
        (check.find)(&view, &mut found);
    }
    bounded(found)
}

/// The first ones of each code, and how many more there are.
fn bounded(found: Vec<Warning>) -> Vec<Warning> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for warning in &found {
        *counts.entry(warning.code).or_default() += 1;
    }
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    let mut kept = Vec::new();
    for mut warning in found {
        let number = told.entry(warning.code).or_default();
        *number += 1;
        if *number < WARNINGS_OF_A_CODE_MAX {
            kept.push(warning);
        } else if *number == WARNINGS_OF_A_CODE_MAX {
            let more = counts[warning.code] - WARNINGS_OF_A_CODE_MAX;
            if more > 0 {
                warning.message = format!("{}; {more} more of this kind are not listed", warning.message);
            }
            kept.push(warning);
        }
    }
    kept
}
