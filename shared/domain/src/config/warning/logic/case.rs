//! What must hold of each field at once.

use std::collections::BTreeMap;

use super::formula::Formula;
use super::held::Held;
use super::literal::Literal;
use crate::field::FieldName;

/// Comparisons that must all hold, by field. A condition holds when one of its cases does.
#[derive(Debug, Clone, Default)]
pub struct Case<'f, 'a> {
    pub(in super::super) fields: BTreeMap<&'a FieldName, Held<'f, 'a>>,
}

impl<'f, 'a> Case<'f, 'a> {
    /// The case in which all of these hold.
    pub fn new(literals: &[&'f Literal<'a>]) -> Self {
        let mut by_field: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for &literal in literals {
            by_field.entry(literal.field()).or_default().push(literal);
        }
        Self { fields: by_field.into_iter().map(|(field, literals)| (field, Held::new(literals))).collect() }
    }

    /// The field whose comparisons contradict each other.
    pub fn impossible(&self) -> Option<&Held<'f, 'a>> {
        self.fields.values().find(|held| held.is_impossible())
    }

    /// Whether a condition holds wherever this case does.
    pub fn implies(&self, formula: &Formula<'_>) -> bool {
        match formula {
            Formula::Is(literal) => self.one_of(&[literal]),
            Formula::All(node) => node.parts.iter().all(|part| self.implies(part)),
            Formula::Any(node) => {
                node.parts.iter().any(|part| self.implies(part)) || self.together(&node.parts).unwrap_or(false)
            }
        }
    }

    /// Whether comparisons of one field, of which at least one must hold, leave none of its values out.
    fn together(&self, parts: &[Formula<'_>]) -> Option<bool> {
        let literals: Vec<&Literal<'_>> = parts
            .iter()
            .map(|part| match part {
                Formula::Is(literal) => Some(literal),
                Formula::All(_) | Formula::Any(_) => None,
            })
            .collect::<Option<_>>()?;
        let field = literals.first()?.field();
        literals.iter().all(|literal| literal.field() == field).then(|| self.one_of(&literals))
    }

    fn one_of(&self, literals: &[&Literal<'_>]) -> bool {
        let field = literals.first().and_then(|literal| self.fields.get(literal.field()));
        field.is_some_and(|held| held.implies(literals))
    }

    /// The same case with one field narrowed.
    pub fn with(&self, field: &'a FieldName, held: Held<'f, 'a>) -> Self {
        let mut narrowed = self.clone();
        narrowed.fields.insert(field, held);
        narrowed
    }

    /// What looking at it costs.
    pub fn size(&self) -> usize {
        self.fields.values().map(Held::size).sum()
    }
}
