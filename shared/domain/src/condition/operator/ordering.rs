//! `gt`, `gte`, `lt` and `lte`, for numbers, days and moments.

use std::cmp::Ordering;

use super::{Arity, Operand, Scalar, Spec};
use crate::field::FieldType;

pub(super) static GT: Spec = Spec {
    applies: |kind| matches!(kind, FieldType::Number | FieldType::Date | FieldType::Datetime),
    expects: "it orders number, date and datetime fields",
    arity: Arity::One,
    when_missing: false,
    test: |value, operand| order(value, operand) == Some(Ordering::Greater),
};

pub(super) static GTE: Spec = Spec { test: |value, operand| order(value, operand).is_some_and(Ordering::is_ge), ..GT };

pub(super) static LT: Spec = Spec { test: |value, operand| order(value, operand) == Some(Ordering::Less), ..GT };

pub(super) static LTE: Spec = Spec { test: |value, operand| order(value, operand).is_some_and(Ordering::is_le), ..GT };

fn order(value: &Scalar, operand: &Operand) -> Option<Ordering> {
    match (value, operand) {
        (Scalar::Number(value), Operand::One(Scalar::Number(bound))) => Some(value.cmp(bound)),
        (Scalar::Instant(value), Operand::One(Scalar::Instant(bound))) => Some(value.cmp(bound)),
        _ => None,
    }
}
