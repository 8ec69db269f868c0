//! `eq` and `ne`.

use super::{Arity, Operand, Scalar, Spec};

pub(super) static EQ: Spec =
    Spec { applies: |_| true, expects: "any field", arity: Arity::One, when_missing: false, test: equal };

pub(super) static NE: Spec = Spec { when_missing: true, test: |value, operand| !equal(value, operand), ..EQ };

fn equal(value: &Scalar, operand: &Operand) -> bool {
    matches!(operand, Operand::One(expected) if same(value, expected))
}

/// Whether a lead's value is the rule's; a list is when it holds it.
pub(super) fn same(value: &Scalar, expected: &Scalar) -> bool {
    match (value, expected) {
        (Scalar::List(items), Scalar::Text(text)) => items.contains(text),
        _ => value == expected,
    }
}
