//! What must hold of one field.

use std::borrow::Cow;

use super::literal::{Literal, Shape};
use super::pair;
use super::spans::Spans;
use crate::condition::Scalar;
use crate::field::FieldType;
use crate::text;

/// Most comparisons of one field that are looked at together. Further ones are left out, and less is known.
const LITERALS_MAX: usize = 64;

/// Several comparisons of one field that must hold at once, and which values are left.
#[derive(Debug, Clone)]
pub struct Held<'f, 'a> {
    pub(in super::super) literals: Vec<&'f Literal<'a>>,
    /// Whether the field may be missing.
    pub(in super::super) missing: bool,
    /// The values that it may have.
    pub(in super::super) present: Present<'a>,
}

/// The values that are left; never fewer than there are.
#[derive(Debug, Clone)]
pub enum Present<'a> {
    /// None at all.
    None,
    /// One of these, as a comparison reads them that is `exact` or not.
    OneOf { values: Vec<Cow<'a, Scalar>>, exact: bool },
    /// Ordered ones.
    Spans(Spans<'a>),
    /// Those for which the literals hold.
    Unknown,
}

impl<'f, 'a> Held<'f, 'a> {
    /// What is left when all of these hold.
    pub fn new(mut literals: Vec<&'f Literal<'a>>) -> Self {
        let missing = literals.iter().all(|literal| literal.holds_for_missing());
        literals.truncate(LITERALS_MAX);
        let present = present(&literals);
        Self { literals, missing, present }
    }

    /// One of its values alone.
    pub fn only(&self, value: &Cow<'a, Scalar>, exact: bool) -> Self {
        let present = Present::OneOf { values: vec![value.clone()], exact };
        Self { literals: self.literals.clone(), missing: false, present }
    }

    /// A missing value alone.
    pub fn only_missing(&self) -> Self {
        Self { literals: self.literals.clone(), missing: true, present: Present::None }
    }

    /// Whether nothing is left: the comparisons contradict each other.
    pub fn is_impossible(&self) -> bool {
        !self.missing && matches!(self.present, Present::None)
    }

    /// Whether at least one of these comparisons of the same field holds whatever is left.
    pub fn implies(&self, any: &[&Literal<'_>]) -> bool {
        if self.missing && !any.iter().any(|literal| literal.holds_for_missing()) {
            return false;
        }
        // The whole of what is there.
        if any.iter().any(|literal| matches!(literal.shape(), (Shape::There, true))) {
            return true;
        }
        match &self.present {
            Present::None => true,
            Present::OneOf { values, exact } => {
                values.iter().all(|value| any.iter().any(|literal| holds(literal, value, *exact) == Some(true)))
            }
            Present::Spans(spans) => {
                let left_over = any.iter().try_fold(spans.clone(), |left, literal| {
                    Spans::of(literal).map(|covered| left.intersection(&covered.complement()))
                });
                left_over.is_some_and(|left| left.is_empty())
            }
            Present::Unknown => any
                .iter()
                .any(|asked| self.literals.iter().any(|known| pair::implies(known, asked)) || self.lists(asked)),
        }
    }

    /// Whether a list that holds one of several texts, and none of some of them, holds what is asked.
    fn lists(&self, asked: &Literal<'_>) -> bool {
        let (Shape::OneOf(wanted), true) = asked.shape() else { return false };
        self.literals.iter().any(|known| match known.shape() {
            (Shape::OneOf(held), true) if known.kind == FieldType::List && known.exact() == asked.exact() => {
                held.iter().all(|value| wanted.binary_search(value).is_ok() || excluded(&self.literals, value, known))
            }
            _ => false,
        })
    }

    /// What looking at it costs.
    pub fn size(&self) -> usize {
        let values = match &self.present {
            Present::None | Present::Unknown => 0,
            Present::OneOf { values, .. } => values.len(),
            Present::Spans(spans) => spans.len(),
        };
        self.literals.len() + values
    }
}

fn present<'a>(literals: &[&Literal<'a>]) -> Present<'a> {
    if literals.iter().any(|literal| matches!(literal.shape(), (Shape::There, false))) {
        return Present::None;
    }
    match literals.first().map(|literal| literal.kind) {
        Some(FieldType::Boolean) => {
            let both = [false, true].map(|value| Cow::Owned(Scalar::Boolean(value)));
            one_of(both.to_vec(), false, literals)
        }
        Some(FieldType::Number | FieldType::Date | FieldType::Datetime | FieldType::Time) => {
            let sets = literals.iter().filter_map(|literal| Spans::of(literal));
            match sets.reduce(|left, right| left.intersection(&right)) {
                Some(spans) if spans.is_empty() => Present::None,
                Some(spans) => Present::Spans(spans),
                None => Present::Unknown,
            }
        }
        Some(FieldType::List) => {
            let emptied = |known: &&Literal<'a>| match known.shape() {
                (Shape::OneOf(held), true) => held.iter().all(|value| excluded(literals, value, known)),
                _ => false,
            };
            if contradict(literals) || literals.iter().copied().any(|known| emptied(&known)) {
                Present::None
            } else {
                Present::Unknown
            }
        }
        _ => texts(literals),
    }
}

/// Texts, and places: one of the named ones where some are named.
fn texts<'a>(literals: &[&Literal<'a>]) -> Present<'a> {
    let named = literals.iter().filter_map(|literal| match literal.shape() {
        (Shape::OneOf(values), true) => Some((literal.exact(), values)),
        _ => None,
    });
    // Texts that were read with their case tell more; then, the fewer the better.
    match named.min_by_key(|(exact, values)| (!exact, values.len())) {
        Some((exact, values)) => one_of(values.iter().map(Cow::Borrowed).collect(), exact, literals),
        None if contradict(literals) => Present::None,
        None => Present::Unknown,
    }
}

/// Those of the values for which no literal is known to fail.
fn one_of<'a>(mut values: Vec<Cow<'a, Scalar>>, exact: bool, literals: &[&Literal<'a>]) -> Present<'a> {
    values.retain(|value| !literals.iter().any(|literal| holds(literal, value, exact) == Some(false)));
    if values.is_empty() { Present::None } else { Present::OneOf { values, exact } }
}

/// Whether a literal holds for a value that was read with its case or folded; `None` where it can't be told.
fn holds(literal: &Literal<'_>, value: &Scalar, exact: bool) -> Option<bool> {
    match (exact, literal.exact(), value) {
        (true, false, Scalar::Text(text)) => literal.holds_for(&Scalar::Text(text::fold(text))),
        // Many texts fold to one, and only some of them may hold.
        (false, true, Scalar::Text(_)) => None,
        _ => literal.holds_for(value),
    }
}

/// Whether two of the literals can't both hold for a value that is there.
fn contradict(literals: &[&Literal<'_>]) -> bool {
    let pairs = literals.iter().enumerate();
    let mut pairs = pairs.flat_map(|(index, &first)| literals.iter().take(index).map(move |&second| (first, second)));
    pairs.any(|(first, second)| pair::contradict(first, second) || pair::contradict(second, first))
}

/// Whether a literal says that a list does not hold a value that another one names.
fn excluded(literals: &[&Literal<'_>], value: &Scalar, named_by: &Literal<'_>) -> bool {
    literals.iter().any(|other| {
        other.exact() == named_by.exact()
            && matches!(other.shape(), (Shape::OneOf(none), false) if none.binary_search(value).is_ok())
    })
}
