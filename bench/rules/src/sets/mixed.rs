//! Mixed rules: random trees of 1 to 6 comparisons, each of another field.
//!
//! A rule is kept when it matches about so many leads that all rules together match most leads once or twice: then the
//! first match can be anywhere in the list, however long it is. The share that a rule matches is the product of its
//! comparisons' shares, as a lead's values are independent.

use std::ops::Range;

use fastrand::Rng;

use super::random;
use crate::lead::{FIELDS, Value, field};
use crate::rule::{Comparison, Test, Tree};

const COMPARISONS_MAX: usize = 6;

/// What a rule's share of leads may be, times the number of rules.
const MATCHES: Range<f64> = 0.4..4.0;

/// A condition and the share of leads that it matches.
type Shared = (Tree, f64);

pub fn rules(rng: &mut Rng, count: usize) -> Vec<Tree> {
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let wanted = |share: f64| MATCHES.contains(&(share * count as f64));
    let one = |rng: &mut Rng, comparisons| loop {
        let mut fields: Vec<usize> = (0..FIELDS.len()).collect();
        rng.shuffle(&mut fields);
        let (tree, share) = tree(rng, &fields[..comparisons]);
        if wanted(share) {
            return tree;
        }
    };
    // As many of each size, however hard it is to find one.
    (0..count).map(|place| one(rng, 1 + place % COMPARISONS_MAX)).collect()
}

fn tree(rng: &mut Rng, fields: &[usize]) -> Shared {
    let (tree, share) = match fields {
        [only] => {
            let (test, share) = comparison(rng, *only);
            (Tree::Is(Comparison { field: *only, test }), share)
        }
        _ => {
            let (left, right) = fields.split_at(rng.usize(1..fields.len()));
            let parts = [tree(rng, left), tree(rng, right)];
            if rng.usize(..10) < 7 { all(parts) } else { any(parts) }
        }
    };
    if rng.usize(..12) == 0 { (Tree::Not(Box::new(tree)), 1.0 - share) } else { (tree, share) }
}

/// `all` in `all` is one list, as a person would write it.
fn all(parts: [Shared; 2]) -> Shared {
    let share = parts.iter().map(|(_, share)| share).product();
    let parts = parts.into_iter().flat_map(|(tree, _)| match tree {
        Tree::All(parts) => parts,
        other => vec![other],
    });
    (Tree::All(parts.collect()), share)
}

fn any(parts: [Shared; 2]) -> Shared {
    let none: f64 = parts.iter().map(|(_, share)| 1.0 - share).product();
    let parts = parts.into_iter().flat_map(|(tree, _)| match tree {
        Tree::Any(parts) => parts,
        other => vec![other],
    });
    (Tree::Any(parts.collect()), 1.0 - none)
}

fn comparison(rng: &mut Rng, field: usize) -> (Test, f64) {
    match field {
        field::STATE => text(rng, random::STATES, random::state),
        field::POSTAL_CODE => match rng.usize(..3) {
            0 => text(rng, random::CODES, random::code),
            _ => {
                let digits = rng.usize(1..5);
                let code = random::code(rng.usize(..random::CODES));
                (Test::StartsWith(code[..digits].to_owned()), 0.1_f64.powi(digits as i32))
            }
        },
        field::CITY => text(rng, random::CITIES, random::city),
        field::INDUSTRY => text(rng, random::INDUSTRIES, random::industry),
        field::CAMPAIGN => text(rng, random::CAMPAIGNS, random::campaign),
        field::JOB_TITLE => text(rng, random::TITLES, random::title),
        field::COMPANY => text(rng, random::COMPANIES, random::company),
        field::SCORE => number(rng, random::score, |score| score as f64 / random::SCORES as f64),
        field::COMPANY_SIZE => number(rng, random::size, |size| (size as f64).log10() / random::SIZE_DIGITS),
        field::BUDGET => number(rng, random::budget, |budget| (budget as f64 / 100.0).ceil() / random::BUDGETS as f64),
        field::NEWSLETTER => boolean(rng, random::NEWSLETTER),
        field::URGENT => boolean(rng, random::URGENT),
        _ => unreachable!("there are no more fields"),
    }
}

/// A comparison of a text that is one of so many.
fn text(rng: &mut Rng, count: usize, word: fn(usize) -> String) -> (Test, f64) {
    let one = 1.0 / count as f64;
    let any = |rng: &mut Rng| word(rng.usize(..count));
    let some = |rng: &mut Rng| {
        let some = 2 + rng.usize(..5);
        let numbers = rng.choose_multiple(0..count, some);
        numbers.into_iter().map(|number| Value::Text(word(number))).collect::<Vec<_>>()
    };
    match rng.usize(..8) {
        0..3 => (Test::Eq(Value::Text(any(rng))), one),
        3 => (Test::Ne(Value::Text(any(rng))), 1.0 - one),
        4 => {
            let values = some(rng);
            let share = one * values.len() as f64;
            (Test::In(values), share)
        }
        5 => {
            let values = some(rng);
            let share = one * values.len() as f64;
            (Test::NotIn(values), 1.0 - share)
        }
        kind => {
            let text = any(rng);
            let (test, share) = if kind == 6 {
                let piece = text[..2 + rng.usize(..3).min(text.len() - 2)].to_owned();
                let share = share_of(count, word, |text| text.starts_with(&piece));
                (Test::StartsWith(piece), share)
            } else {
                let piece = text[text.len() - 2.max(text.len() / 2)..].to_owned();
                match rng.bool() {
                    true => (Test::EndsWith(piece.clone()), share_of(count, word, |text| text.ends_with(&piece))),
                    false => (Test::Contains(piece.clone()), share_of(count, word, |text| text.contains(&piece))),
                }
            };
            // A share that is hardly in the sample is not known well enough.
            if share < 0.05 { (Test::Eq(Value::Text(text)), one) } else { (test, share) }
        }
    }
}

/// Counted over a sample. The stride is prime, so that the sample has words of all kinds.
fn share_of(count: usize, word: fn(usize) -> String, holds: impl Fn(&str) -> bool) -> f64 {
    const SAMPLE: usize = 100;
    const STRIDE: usize = 7_919;
    let sample = (0..SAMPLE).map(|place| word(place * STRIDE % count));
    sample.filter(|text| holds(text)).count() as f64 / SAMPLE as f64
}

/// A comparison of a number that `any` makes of a share; `below` is the share of leads whose number is less.
fn number(rng: &mut Rng, any: fn(f64) -> i64, below: impl Fn(i64) -> f64) -> (Test, f64) {
    let number = any(rng.f64());
    let (less, at_most) = (below(number), below(number + 1));
    match rng.usize(..4) {
        0 => (Test::Gt(number), 1.0 - at_most),
        1 => (Test::Gte(number), 1.0 - less),
        2 => (Test::Lt(number), less),
        _ => (Test::Lte(number), at_most),
    }
}

fn boolean(rng: &mut Rng, yes: f64) -> (Test, f64) {
    let value = rng.bool();
    (Test::Eq(Value::Boolean(value)), if value { yes } else { 1.0 - yes })
}
