//! A comparison or its opposite.

use std::slice;

use crate::condition::operator::Operator;
use crate::condition::{Circle, Operand, Pattern, Predicate, Scalar};
use crate::field::{FieldName, FieldType};
use crate::id::ListName;

/// A comparison that must hold, or must not.
#[derive(Debug, Clone)]
pub struct Literal<'a> {
    pub(in super::super) predicate: &'a Predicate,
    /// What its field holds.
    pub(in super::super) kind: FieldType,
    /// Whether the comparison must hold; an odd number of `not` around it turns that round.
    pub(in super::super) positive: bool,
    /// Its node, from the rule's.
    pub(in super::super) path: String,
}

/// What a comparison says of a value that is there.
#[derive(Debug, Clone, Copy)]
pub enum Shape<'a> {
    /// Nothing more than that it is there.
    There,
    /// It is one of these; a list holds one of them.
    OneOf(&'a [Scalar]),
    /// It stands in an order to the operand.
    Ordered,
    /// It begins with a text.
    StartsWith(&'a str),
    /// It ends with a text.
    EndsWith(&'a str),
    /// A text stands in it.
    Contains(&'a str),
    /// A regular expression stands in it.
    Matches(&'a Pattern),
    /// It is in a list beside the config; a list field holds an entry of it.
    Listed(&'a ListName),
    /// It is in a circle.
    Within(&'a Circle),
}

impl<'a> Literal<'a> {
    /// The field.
    pub fn field(&self) -> &'a FieldName {
        &self.predicate.field
    }

    /// Whether the lead's text keeps its case before it is compared.
    pub fn exact(&self) -> bool {
        self.predicate.exact
    }

    /// What it says of a value that is there, and whether it says so or the opposite.
    pub fn shape(&self) -> (Shape<'a>, bool) {
        let Predicate { op, operand, .. } = self.predicate;
        let negative = matches!(
            op,
            Operator::Ne | Operator::NotIn | Operator::NotContains | Operator::NotInList | Operator::Missing
        );
        let shape = match (op, operand) {
            (Operator::Exists | Operator::Missing, _) => Shape::There,
            // A list holds a text or does not: none of its items is looked into.
            (Operator::Contains | Operator::NotContains, Operand::One(one)) if self.kind == FieldType::List => {
                Shape::OneOf(slice::from_ref(one))
            }
            (Operator::Contains | Operator::NotContains, Operand::One(Scalar::Text(text))) => Shape::Contains(text),
            (Operator::StartsWith, Operand::One(Scalar::Text(text))) => Shape::StartsWith(text),
            (Operator::EndsWith, Operand::One(Scalar::Text(text))) => Shape::EndsWith(text),
            (Operator::Eq | Operator::Ne, Operand::One(one)) => Shape::OneOf(slice::from_ref(one)),
            (_, Operand::Many(values)) => Shape::OneOf(values),
            (_, Operand::Pattern(pattern)) => Shape::Matches(pattern),
            (_, Operand::List { name, .. }) => Shape::Listed(name),
            (_, Operand::Within(circle)) => Shape::Within(circle),
            (_, Operand::Nothing | Operand::One(_) | Operand::Between { .. }) => Shape::Ordered,
        };
        (shape, self.positive != negative)
    }

    /// Whether it holds for a missing value.
    pub fn holds_for_missing(&self) -> bool {
        self.predicate.op.spec().when_missing == self.positive
    }

    /// Whether it holds for a value as it reads it: folded, or only normalised when it is [`Self::exact`]. `None` where
    /// that depends on the entries of a list that is not at hand.
    pub fn holds_for(&self, value: &Scalar) -> Option<bool> {
        match self.predicate.operand {
            Operand::List { set: None, .. } => None,
            _ => Some(self.predicate.holds_for(Some(value)) == self.positive),
        }
    }
}
