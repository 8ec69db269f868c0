//! Which earlier rules could cover a case, without looking at all of them.
//!
//! A rule covers a case only when the case implies its whole condition, so it is kept under one comparison that the case
//! must imply: the one that the fewest rules share. A case then asks for what it says itself.

use std::collections::HashMap;

use crate::condition::Scalar;
use crate::config::warning::logic::{Case, Formula, Literal, Present, Shape};
use crate::field::{FieldName, FieldType};

/// Most characters of a text's beginning that are told apart.
const PREFIX_CHARS_MAX: usize = 8;

/// A comparison that a case must imply, as it is looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key<'a> {
    /// The field has this value.
    Value(&'a FieldName, Scalar),
    /// The field begins with this text.
    Prefix(&'a FieldName, String),
    /// The case says something of the field.
    Field(&'a FieldName),
}

/// How many rules have a comparison.
pub type Counts<'a> = HashMap<Key<'a>, usize>;

/// Counts the comparisons of a condition.
pub fn count<'a>(counts: &mut Counts<'a>, formula: &Formula<'a>) {
    for key in formula.literals().flat_map(keys_of) {
        *counts.entry(key).or_default() += 1;
    }
}

/// The keys under which a condition is kept: a case that implies it asks for one of them at least. An empty list for a
/// condition that always holds.
pub fn keys<'a>(counts: &Counts<'a>, formula: &Formula<'a>) -> Vec<Key<'a>> {
    match formula {
        Formula::Is(literal) => keys_of(literal),
        Formula::Any(node) => node.parts.iter().flat_map(|part| keys(counts, part)).collect(),
        Formula::All(node) => {
            let parts = node.parts.iter().map(|part| keys(counts, part));
            let shared = |keys: &Vec<Key<'a>>| keys.iter().filter_map(|key| counts.get(key)).sum::<usize>();
            parts.min_by_key(shared).unwrap_or_default()
        }
    }
}

fn keys_of<'a>(literal: &Literal<'a>) -> Vec<Key<'a>> {
    let field = literal.field();
    match literal.shape() {
        (Shape::OneOf(values), true) if is_named(literal.kind) => {
            values.iter().map(|value| Key::Value(field, folded(value))).collect()
        }
        (Shape::StartsWith(text), true) => vec![Key::Prefix(field, beginning(text, PREFIX_CHARS_MAX))],
        _ => vec![Key::Field(field)],
    }
}

/// Whether a case that implies one of some values of such a field always names a value itself: a list may hold others
/// beside, and a boolean is one thing by not being the other.
fn is_named(kind: FieldType) -> bool {
    !matches!(kind, FieldType::List | FieldType::Boolean | FieldType::Geo)
}

/// What a case says, as keys.
pub fn asked<'a>(case: &Case<'_, 'a>) -> Vec<Key<'a>> {
    let mut asked = Vec::new();
    for (&field, held) in &case.fields {
        asked.push(Key::Field(field));
        // A condition that holds for all the values holds for the first.
        let value = match &held.present {
            Present::OneOf { values, .. } => values.first().map(|value| folded(value)),
            Present::Spans(spans) => spans.first_point().cloned(),
            Present::None | Present::Unknown => None,
        };
        if let Some(value) = value {
            if let Scalar::Text(text) = &value {
                asked.extend(prefixes(field, text));
            }
            asked.push(Key::Value(field, value));
        }
        let begins = held.literals.iter().filter_map(|literal| match literal.shape() {
            (Shape::StartsWith(text), true) => Some(text),
            _ => None,
        });
        asked.extend(begins.flat_map(|text| prefixes(field, text)));
    }
    asked
}

fn prefixes<'a>(field: &'a FieldName, text: &str) -> impl Iterator<Item = Key<'a>> {
    let text = crate::text::fold(text);
    let most = text.chars().count().min(PREFIX_CHARS_MAX);
    (1..=most).map(move |chars| Key::Prefix(field, beginning(&text, chars)))
}

fn beginning(text: &str, chars: usize) -> String {
    crate::text::fold(text).chars().take(chars).collect()
}

/// Texts that were read with their case are looked up without it.
fn folded(value: &Scalar) -> Scalar {
    match value {
        Scalar::Text(text) => Scalar::Text(crate::text::fold(text)),
        other => other.clone(),
    }
}
