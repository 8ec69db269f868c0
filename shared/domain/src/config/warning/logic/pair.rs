//! What one comparison of a field says of another one, for a value that is there.

use super::literal::{Literal, Shape};
use crate::condition::{Circle, Scalar};
use crate::field::FieldType;

/// Whether the second holds for every value for which the first does.
pub fn implies(first: &Literal<'_>, second: &Literal<'_>) -> bool {
    related(first, second, second.shape().1)
}

/// Whether the second holds for no value for which the first does.
pub fn contradict(first: &Literal<'_>, second: &Literal<'_>) -> bool {
    related(first, second, !second.shape().1)
}

/// Whether every value for which the first holds is of the second's shape, or none is, as `asked`.
fn related(first: &Literal<'_>, second: &Literal<'_>, asked: bool) -> bool {
    let ((left, asserted), (right, _)) = (first.shape(), second.shape());
    match (asserted, asked) {
        (true, true) => within((left, first), (right, second)),
        (true, false) => apart((left, first), (right, second)),
        (false, false) => within((right, second), (left, first)),
        // What something is not never says what it is; ordered values are looked at as sets.
        (false, true) => false,
    }
}

type Shaped<'s, 'a> = (Shape<'a>, &'s Literal<'a>);

/// Whether every value of the first shape is of the second.
fn within((left, first): Shaped<'_, '_>, (right, second): Shaped<'_, '_>) -> bool {
    if let (Shape::OneOf(values), false) = (left, first.kind == FieldType::List) {
        return values.iter().all(|value| of_shape(value, first, second) == Some(true));
    }
    if matches!(right, Shape::There) {
        return true;
    }
    // A folded text is not the one that was read with its case.
    if first.exact() != second.exact() {
        return false;
    }
    match (left, right) {
        // Of lists: holding one of these is holding one of those.
        (Shape::OneOf(these), Shape::OneOf(those)) => these.iter().all(|value| those.binary_search(value).is_ok()),
        (Shape::StartsWith(text), Shape::StartsWith(part)) => text.starts_with(part),
        (Shape::EndsWith(text), Shape::EndsWith(part)) => text.ends_with(part),
        (Shape::StartsWith(text) | Shape::EndsWith(text) | Shape::Contains(text), Shape::Contains(part)) => {
            text.contains(part)
        }
        (Shape::Matches(one), Shape::Matches(other)) => one == other,
        (Shape::Listed(one), Shape::Listed(other)) => one == other,
        (Shape::Within(one), Shape::Within(other)) => one == other || lies_in(one, other),
        _ => false,
    }
}

/// Whether no value is of both shapes.
fn apart((left, first): Shaped<'_, '_>, (right, second): Shaped<'_, '_>) -> bool {
    if first.kind == FieldType::List {
        // A list may hold both.
        return false;
    }
    if let Shape::OneOf(values) = left {
        return values.iter().all(|value| of_shape(value, first, second) == Some(false));
    }
    if let Shape::OneOf(values) = right {
        return values.iter().all(|value| of_shape(value, second, first) == Some(false));
    }
    if first.exact() != second.exact() {
        return false;
    }
    match (left, right) {
        (Shape::StartsWith(one), Shape::StartsWith(other)) => !one.starts_with(other) && !other.starts_with(one),
        (Shape::EndsWith(one), Shape::EndsWith(other)) => !one.ends_with(other) && !other.ends_with(one),
        (Shape::Within(one), Shape::Within(other)) => {
            one.centre.distance_km(other.centre) > km(one.radius_mm) + km(other.radius_mm) + MARGIN_KM
        }
        _ => false,
    }
}

/// Whether a value as one literal reads it is of the other's shape, whatever the other's sign; `None` where it can't be
/// told.
fn of_shape(value: &Scalar, read_by: &Literal<'_>, other: &Literal<'_>) -> Option<bool> {
    let held = match (read_by.exact(), other.exact(), value) {
        (true, false, Scalar::Text(text)) => other.holds_for(&Scalar::Text(crate::text::fold(text))),
        // Many texts fold to one, and only some of them may hold.
        (false, true, Scalar::Text(_)) => None,
        _ => other.holds_for(value),
    };
    // The literal's own sign and its operator's are both undone.
    held.map(|held| held == other.shape().1)
}

/// Distances are rounded, and a sphere's triangles hold to the last digit only on paper.
const MARGIN_KM: f64 = 0.001;

/// Whether a circle lies in another one: a place is never farther from the second's centre than over the first's.
fn lies_in(inner: &Circle, outer: &Circle) -> bool {
    inner.centre.distance_km(outer.centre) + km(inner.radius_mm) + MARGIN_KM <= km(outer.radius_mm)
}

#[expect(clippy::cast_precision_loss, reason = "at most 2e10, which a double holds exactly")]
fn km(millimetres: u64) -> f64 {
    millimetres as f64 / 1e6
}
