//! ZIP lists: each code belongs to one rule.

use fastrand::Rng;

use super::random;
use crate::lead::{Lead, Value, field};
use crate::rule::{Comparison, Test, Tree};

const RULES: usize = 500;
const CODES_EACH: usize = 80;

/// The rules, and their codes.
pub fn rules(rng: &mut Rng) -> (Vec<Tree>, Vec<String>) {
    let mut codes: Vec<String> = (0..random::CODES).map(random::code).collect();
    rng.shuffle(&mut codes);
    codes.truncate(RULES * CODES_EACH);
    let rule = |(place, codes): (usize, &[String])| {
        Tree::Is(Comparison { field: field::POSTAL_CODE, test: Test::InTable(place, codes.to_vec()) })
    };
    (codes.chunks(CODES_EACH).enumerate().map(rule).collect(), codes)
}

/// Eight leads of ten have a code of a random rule, the others any.
pub fn lead(rng: &mut Rng, codes: &[String]) -> Lead {
    let mut lead = random::lead(rng);
    if rng.usize(..10) < 8
        && let Some(code) = rng.choice(codes)
    {
        lead[field::POSTAL_CODE] = Value::Text(code.clone());
    }
    lead
}
