//! `in` and `not_in`.

use super::equality::same;
use super::{Arity, Operand, Scalar, Spec};

pub(super) static IN: Spec =
    Spec { applies: |_| true, expects: "any field", arity: Arity::Many, when_missing: false, test: member };

pub(super) static NOT_IN: Spec = Spec { when_missing: true, test: |value, operand| !member(value, operand), ..IN };

fn member(value: &Scalar, operand: &Operand) -> bool {
    matches!(operand, Operand::Many(values) if values.iter().any(|expected| same(value, expected)))
}
