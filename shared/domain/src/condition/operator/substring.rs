//! `contains`, `not_contains`, `starts_with` and `ends_with`, for texts; the first two also for lists.

use super::{Operand, Scalar, Spec};
use crate::field::FieldType;

pub(super) static CONTAINS: Spec = Spec {
    applies: |kind| is_text(kind) || kind == FieldType::List,
    expects: "it looks into text, email, phone, choice and list fields",
    read: |written| written.part(),
    keeps_case: false,
    when_missing: false,
    test: contains,
};

pub(super) static NOT_CONTAINS: Spec =
    Spec { when_missing: true, test: |value, operand| !contains(value, operand), ..CONTAINS };

pub(super) static STARTS_WITH: Spec = Spec {
    applies: is_text,
    expects: "it looks into text, email, phone and choice fields",
    test: |value, operand| texts(value, operand).is_some_and(|(text, part)| text.starts_with(part)),
    ..CONTAINS
};

pub(super) static ENDS_WITH: Spec = Spec {
    test: |value, operand| texts(value, operand).is_some_and(|(text, part)| text.ends_with(part)),
    ..STARTS_WITH
};

fn is_text(kind: FieldType) -> bool {
    matches!(kind, FieldType::Text | FieldType::Email | FieldType::Phone | FieldType::Choice)
}

fn contains(value: &Scalar, operand: &Operand) -> bool {
    match (value, operand) {
        (Scalar::List(items), Operand::One(Scalar::Text(text))) => items.contains(text),
        _ => texts(value, operand).is_some_and(|(text, part)| text.contains(part)),
    }
}

fn texts<'a>(value: &'a Scalar, operand: &'a Operand) -> Option<(&'a str, &'a str)> {
    match (value, operand) {
        (Scalar::Text(text), Operand::One(Scalar::Text(part))) => Some((text, part)),
        _ => None,
    }
}
