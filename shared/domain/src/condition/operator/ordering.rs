//! `gt`, `gte`, `lt` and `lte`, for numbers, days, moments and times of day.

use std::cmp::Ordering;

use super::{Operand, Scalar, Spec};
use crate::field::FieldType;

pub(super) static GT: Spec = Spec {
    applies: |kind| matches!(kind, FieldType::Number | FieldType::Date | FieldType::Datetime | FieldType::Time),
    expects: "it orders number, date, datetime and time fields",
    read: |written| written.one(),
    keeps_case: false,
    when_missing: false,
    test: |value, operand| order(value, operand) == Some(Ordering::Greater),
};

pub(super) static GTE: Spec = Spec { test: |value, operand| order(value, operand).is_some_and(Ordering::is_ge), ..GT };

pub(super) static LT: Spec = Spec { test: |value, operand| order(value, operand) == Some(Ordering::Less), ..GT };

pub(super) static LTE: Spec = Spec { test: |value, operand| order(value, operand).is_some_and(Ordering::is_le), ..GT };

fn order(value: &Scalar, operand: &Operand) -> Option<Ordering> {
    match operand {
        Operand::One(bound) => comparable(value, bound).then(|| value.cmp(bound)),
        _ => None,
    }
}

/// Whether two values are of one kind that has an order. A field whose type was changed may hold a value of another.
pub(super) fn comparable(value: &Scalar, bound: &Scalar) -> bool {
    matches!(
        (value, bound),
        (Scalar::Number(_), Scalar::Number(_))
            | (Scalar::Instant(_), Scalar::Instant(_))
            | (Scalar::Time(_), Scalar::Time(_))
    )
}
