//! Sets of ordered values: numbers, moments and times of day.

use crate::condition::operator::Operator;
use crate::condition::{Operand, Scalar};

use super::literal::Literal;

/// A set of values of one ordered type, exactly: the cuts at which one enters or leaves it, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans<'a> {
    /// Whether the least values are in it.
    inside: bool,
    cuts: Vec<Cut<'a>>,
}

/// A place between two values: before or after one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cut<'a> {
    at: &'a Scalar,
    after: bool,
}

impl<'a> Spans<'a> {
    /// Every value.
    pub fn all() -> Self {
        Self { inside: true, cuts: Vec::new() }
    }

    /// The values for which a literal holds; `None` for an operator that does not order.
    pub fn of(literal: &Literal<'a>) -> Option<Self> {
        let before = |at: &'a Scalar| Cut { at, after: false };
        let after = |at: &'a Scalar| Cut { at, after: true };
        let span = |inside: bool, cuts: Vec<Cut<'a>>| Some(Self { inside, cuts });
        let set = match (literal.predicate.op, &literal.predicate.operand) {
            (Operator::Exists, _) => Some(Self::all()),
            (Operator::Missing, _) => span(false, Vec::new()),
            (Operator::Eq, Operand::One(value)) => span(false, vec![before(value), after(value)]),
            (Operator::Ne, Operand::One(value)) => span(true, vec![before(value), after(value)]),
            (Operator::In, Operand::Many(values)) => span(false, points(values)),
            (Operator::NotIn, Operand::Many(values)) => span(true, points(values)),
            (Operator::Gt, Operand::One(bound)) => span(false, vec![after(bound)]),
            (Operator::Gte, Operand::One(bound)) => span(false, vec![before(bound)]),
            (Operator::Lt, Operand::One(bound)) => span(true, vec![before(bound)]),
            (Operator::Lte, Operand::One(bound)) => span(true, vec![after(bound)]),
            (Operator::Between, Operand::Between { low, high }) if low <= high => {
                span(false, vec![before(low), after(high)])
            }
            // Over midnight: all but what lies between.
            (Operator::Between, Operand::Between { low, high }) => span(true, vec![after(high), before(low)]),
            _ => None,
        }?;
        Some(if literal.positive { set } else { set.complement() })
    }

    /// Whether no value is in it.
    pub fn is_empty(&self) -> bool {
        !self.inside && self.cuts.is_empty()
    }

    /// All other values.
    pub fn complement(self) -> Self {
        Self { inside: !self.inside, ..self }
    }

    /// The values that are in both.
    pub fn intersection(&self, other: &Self) -> Self {
        let inside = self.inside && other.inside;
        let (mut left, mut right) = (self.cuts.iter().peekable(), other.cuts.iter().peekable());
        let (mut in_left, mut in_right, mut in_both) = (self.inside, other.inside, inside);
        let mut cuts = Vec::new();
        while let Some(&next) = left.peek().into_iter().chain(right.peek()).min() {
            if left.next_if_eq(&next).is_some() {
                in_left = !in_left;
            }
            if right.next_if_eq(&next).is_some() {
                in_right = !in_right;
            }
            if (in_left && in_right) != in_both {
                in_both = !in_both;
                cuts.push(*next);
            }
        }
        Self { inside, cuts }
    }

    /// The least value, when it stands alone: in a set of single values it does.
    pub fn first_point(&self) -> Option<&'a Scalar> {
        match (self.inside, self.cuts.as_slice()) {
            (false, [from, to, ..]) if from.at == to.at => Some(from.at),
            _ => None,
        }
    }

    /// How many cuts there are: what an intersection costs.
    pub fn len(&self) -> usize {
        self.cuts.len()
    }
}

/// Single values, in their order.
fn points(values: &[Scalar]) -> Vec<Cut<'_>> {
    values.iter().flat_map(|at| [false, true].map(|after| Cut { at, after })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(values: &[i64]) -> Vec<Scalar> {
        values.iter().map(|&value| Scalar::Number(value.into())).collect()
    }

    /// Every set over three values against the values that are in it.
    #[test]
    fn sets_hold_what_they_should() {
        let values = numbers(&[1, 2, 3]);
        let sets: Vec<Spans<'_>> = (0..128_u32)
            .map(|bits| {
                let cuts = points(&values).into_iter().enumerate();
                let cuts = cuts.filter(|(index, _)| bits >> index & 1 == 1).map(|(_, cut)| cut).collect();
                Spans { inside: bits >> 6 == 1, cuts }
            })
            .collect();
        let probes = ["0", "1", "1.5", "2", "2.5", "3", "4"].map(|text| Scalar::Number(text.parse().unwrap()));
        let holds = |set: &Spans<'_>, value: &Scalar| {
            let passed = set.cuts.iter().filter(|cut| cut.at < value || (cut.at == value && !cut.after)).count();
            set.inside == passed.is_multiple_of(2)
        };
        for left in &sets {
            let held: Vec<bool> = probes.iter().map(|value| holds(left, value)).collect();
            assert_eq!(left.is_empty(), held.iter().all(|held| !held), "{left:?}");
            let complement = left.clone().complement();
            for right in &sets {
                let both = left.intersection(right);
                for value in &probes {
                    assert_eq!(holds(&both, value), holds(left, value) && holds(right, value));
                    assert_ne!(holds(&complement, value), holds(left, value));
                }
            }
        }
        assert_eq!(Spans { inside: false, cuts: points(&values) }.first_point(), Some(&values[0]));
        assert_eq!(Spans { inside: true, cuts: points(&values) }.first_point(), None);
    }
}
