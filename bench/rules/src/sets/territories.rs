//! Territories: the state is equal, the ZIP code starts so, the score is at least that.

use fastrand::Rng;

use super::random;
use crate::lead::{Lead, Value, field};
use crate::rule::{Comparison, Test, Tree};

/// ZIP codes have 1,000 areas, their first three digits; each state has twenty of them.
const AREAS: usize = 1_000;

/// An area, or a tenth of one, and a least score.
pub fn rule(rng: &mut Rng) -> Tree {
    let area = rng.usize(..AREAS);
    let prefix = if rng.bool() { format!("{area:03}") } else { format!("{area:03}{}", rng.usize(..10)) };
    Tree::All(vec![
        is(field::STATE, Test::Eq(Value::Text(state(area)))),
        is(field::POSTAL_CODE, Test::StartsWith(prefix)),
        is(field::SCORE, Test::Gte(rng.i64(0..10) * 10)),
    ])
}

/// Seven leads of ten live in the territory of a random rule, the others anywhere; the scores are random, so that some go
/// on to a later rule or find none.
pub fn lead(rng: &mut Rng, rules: &[Tree]) -> Lead {
    let mut lead = random::lead(rng);
    let mut code = random::code(rng.usize(..random::CODES));
    if rng.usize(..10) < 7
        && let Some(Tree::All(parts)) = rng.choice(rules)
        && let Some(Tree::Is(Comparison { test: Test::StartsWith(prefix), .. })) = parts.get(1)
    {
        code.replace_range(..prefix.len(), prefix);
    }
    let area = code[..3].parse().expect("three digits");
    lead[field::STATE] = Value::Text(state(area));
    lead[field::POSTAL_CODE] = Value::Text(code);
    lead
}

fn state(area: usize) -> String {
    random::state(area * random::STATES / AREAS)
}

fn is(field: usize, test: Test) -> Tree {
    Tree::Is(Comparison { field, test })
}
