//! The rule sets, with leads for each. Same seed, same set.

mod mixed;
mod random;
mod territories;
mod zip_lists;

use fastrand::Rng;

use crate::lead::Lead;
use crate::rule::Tree;

/// How many leads each set has.
pub const LEADS: usize = 2_000;

/// Rules, and leads to try them on.
pub struct Set {
    /// Its name in the report.
    pub name: &'static str,
    /// The rules, in their order.
    pub rules: Vec<Tree>,
    /// The leads.
    pub leads: Vec<Lead>,
}

impl Set {
    /// A territory a rule: the state is equal, the ZIP code starts so, the score is at least that.
    #[must_use]
    pub fn territories(rules: usize) -> Self {
        let mut rng = Rng::with_seed(1);
        let rules: Vec<Tree> = (0..rules).map(|_| territories::rule(&mut rng)).collect();
        let leads = (0..LEADS).map(|_| territories::lead(&mut rng, &rules)).collect();
        Self { name: "territories", rules, leads }
    }

    /// 40,000 ZIP codes over 500 rules.
    #[must_use]
    pub fn zip_lists() -> Self {
        let mut rng = Rng::with_seed(2);
        let (rules, codes) = zip_lists::rules(&mut rng);
        let leads = (0..LEADS).map(|_| zip_lists::lead(&mut rng, &codes)).collect();
        Self { name: "ziplists", rules, leads }
    }

    /// Random trees of 1 to 6 comparisons over 12 fields.
    #[must_use]
    pub fn mixed(rules: usize) -> Self {
        let mut rng = Rng::with_seed(3);
        let rules = mixed::rules(&mut rng, rules);
        let leads = (0..LEADS).map(|_| random::lead(&mut rng)).collect();
        Self { name: "mixed", rules, leads }
    }
}
