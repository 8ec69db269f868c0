//! `eq` and `ne`.

use super::{Operand, Scalar, Spec};
use crate::field::FieldType;

pub(super) static EQ: Spec = Spec {
    // Two places are never quite the same: that is what `within_km` is for.
    applies: |kind| kind != FieldType::Geo,
    expects: "it compares every field but a geo one, which 'within_km' compares",
    read: |written| written.one(),
    keeps_case: false,
    when_missing: false,
    test: equal,
};

pub(super) static NE: Spec = Spec { when_missing: true, test: |value, operand| !equal(value, operand), ..EQ };

fn equal(value: &Scalar, operand: &Operand) -> bool {
    match (value, operand) {
        (Scalar::List(items), Operand::One(Scalar::Text(text))) => items.contains(text),
        (value, Operand::One(expected)) => value == expected,
        _ => false,
    }
}
