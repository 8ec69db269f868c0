//! `in` and `not_in`.

use std::cmp::Ordering;

use super::equality::EQ;
use super::{Operand, Scalar, Spec};

pub(super) static IN: Spec = Spec { read: |written| written.many(), test: member, ..EQ };

pub(super) static NOT_IN: Spec = Spec { when_missing: true, test: |value, operand| !member(value, operand), ..IN };

fn member(value: &Scalar, operand: &Operand) -> bool {
    let Operand::Many(values) = operand else { return false };
    match value {
        // A list is in it when one of its items is.
        Scalar::List(items) => items.iter().any(|item| values.binary_search_by(|value| by_text(value, item)).is_ok()),
        value => values.binary_search(value).is_ok(),
    }
}

/// Where a value of the rule stands beside an item of a list. Its values are all texts.
fn by_text(value: &Scalar, item: &str) -> Ordering {
    match value {
        Scalar::Text(text) => text.as_str().cmp(item),
        _ => Ordering::Greater,
    }
}
