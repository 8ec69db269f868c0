//! Which earlier rules could cover a case, without looking at all of them.
//!
//! A rule covers a case only when the case implies its whole condition, so it is kept under one comparison that the case
//! must imply: the one that the fewest rules share. A case then asks for what it says itself.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::condition::Scalar;
use crate::config::warning::logic::{Case, Formula, Literal, Present, Shape};
use crate::field::{FieldName, FieldType};
use crate::text;

/// Most characters of a text's beginning that are told apart.
const PREFIX_CHARS_MAX: usize = 8;

/// A comparison that a case must imply, as it is looked up: a hash, for what shares one only costs a closer look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u64);

const HASHER: FixedState = FixedState::with_seed(0);

impl Key {
    /// The field has this value.
    fn value(field: &FieldName, value: &Scalar) -> Self {
        Self(match value {
            // Texts that were read with their case are looked up without it.
            Scalar::Text(text) => HASHER.hash_one(("value", field, folded(text).as_ref())),
            other => HASHER.hash_one(("value", field, other)),
        })
    }

    /// The field begins with so many characters of this folded text.
    fn prefix(field: &FieldName, folded: &str, chars: usize) -> Self {
        let end = folded.char_indices().nth(chars).map_or(folded.len(), |(end, _)| end);
        Self(HASHER.hash_one(("prefix", field, &folded[..end])))
    }

    /// Something is said of the field.
    fn field(field: &FieldName) -> Self {
        Self(HASHER.hash_one(("field", field)))
    }
}

/// How many rules have a comparison.
pub type Counts = HashMap<Key, usize, FixedState>;

/// Counts the comparisons of a condition.
pub fn count(counts: &mut Counts, formula: &Formula<'_>) {
    for key in formula.literals().flat_map(keys_of) {
        *counts.entry(key).or_default() += 1;
    }
}

/// The keys under which a condition is kept: a case that implies it asks for one of them at least. An empty list for a
/// condition that always holds.
pub fn keys(counts: &Counts, formula: &Formula<'_>) -> Vec<Key> {
    match formula {
        Formula::Is(literal) => keys_of(literal),
        Formula::Any(node) => node.parts.iter().flat_map(|part| keys(counts, part)).collect(),
        Formula::All(node) => {
            let parts = node.parts.iter().map(|part| keys(counts, part));
            // What one value costs, for of a list of values a case asks for one.
            let shared = |keys: &Vec<Key>| keys.iter().filter_map(|key| counts.get(key)).max().copied().unwrap_or(0);
            parts.min_by_key(shared).unwrap_or_default()
        }
    }
}

fn keys_of(literal: &Literal<'_>) -> Vec<Key> {
    let field = literal.field();
    match literal.shape() {
        (Shape::OneOf(values), true) if is_named(literal.kind) => {
            values.iter().map(|value| Key::value(field, value)).collect()
        }
        (Shape::StartsWith(text), true) => vec![Key::prefix(field, &folded(text), PREFIX_CHARS_MAX)],
        _ => vec![Key::field(field)],
    }
}

/// Whether a case that implies one of some values of such a field always names a value itself: a list may hold others
/// beside, and a boolean is one thing by not being the other.
fn is_named(kind: FieldType) -> bool {
    !matches!(kind, FieldType::List | FieldType::Boolean | FieldType::Geo)
}

/// What a case says, as keys.
pub fn asked(case: &Case<'_, '_>) -> Vec<Key> {
    let mut asked = Vec::new();
    for (field, held) in &case.fields {
        asked.push(Key::field(field));
        // A condition that holds for all the values holds for the first.
        let value = match &held.present {
            Present::OneOf { values, .. } => values.first().map(AsRef::as_ref),
            Present::Spans(spans) => spans.first_point(),
            Present::None | Present::Unknown => None,
        };
        asked.extend(value.map(|value| Key::value(field, value)));
        if let Some(Scalar::Text(text)) = value {
            prefixes(field, text, &mut asked);
        }
        for literal in &held.literals {
            if let (Shape::StartsWith(text), true) = literal.shape() {
                prefixes(field, text, &mut asked);
            }
        }
    }
    asked
}

fn prefixes(field: &FieldName, text: &str, asked: &mut Vec<Key>) {
    let text = folded(text);
    let most = text.chars().count().min(PREFIX_CHARS_MAX);
    asked.extend((1..=most).map(|chars| Key::prefix(field, &text, chars)));
}

/// Most texts are folded already.
fn folded(text: &str) -> Cow<'_, str> {
    let is_folded = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_folded { Cow::Borrowed(text.trim()) } else { Cow::Owned(text::fold(text)) }
}
