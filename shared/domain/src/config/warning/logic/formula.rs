//! A condition without `not`: every comparison is asked for as it is or in its opposite.

use super::literal::Literal;
use crate::condition::Test;
use crate::config::FieldTable;
use crate::field::FieldType;

/// A condition without `not`.
#[derive(Debug, Clone)]
pub enum Formula<'a> {
    /// Every one holds; always holds where there is none.
    All(Node<'a>),
    /// At least one holds.
    Any(Node<'a>),
    /// One comparison.
    Is(Literal<'a>),
}

/// Parts and where they stand.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    /// The parts.
    pub parts: Vec<Formula<'a>>,
    /// The node, from the rule's.
    pub path: String,
}

impl<'a> Formula<'a> {
    /// The formula of a rule's condition, or of its opposite.
    pub fn new(test: Option<&'a Test>, positive: bool, fields: &FieldTable) -> Self {
        let path = "when".to_owned();
        match test {
            Some(test) => Self::of(test, positive, fields, path),
            None if positive => Self::All(Node { parts: Vec::new(), path }),
            None => Self::Any(Node { parts: Vec::new(), path }),
        }
    }

    fn of(test: &'a Test, positive: bool, fields: &FieldTable, path: String) -> Self {
        let parts = |parts: &'a [Test], path: String| {
            let parts = parts.iter().enumerate();
            let parts = parts.map(|(index, part)| Self::of(part, positive, fields, format!("{path}[{index}]")));
            Node { parts: parts.collect(), path }
        };
        match test {
            Test::Not(part) => Self::of(part, !positive, fields, format!("{path}.not")),
            Test::All(all) if positive => Self::All(parts(all, format!("{path}.all"))),
            Test::All(all) => Self::Any(parts(all, format!("{path}.all"))),
            Test::Any(any) if positive => Self::Any(parts(any, format!("{path}.any"))),
            Test::Any(any) => Self::All(parts(any, format!("{path}.any"))),
            Test::Is(predicate) => {
                // A compiled comparison names a known field.
                let kind = fields.get(&predicate.field).map_or(FieldType::Text, |info| info.kind);
                Self::Is(Literal { predicate, kind, positive, path })
            }
        }
    }

    /// Every comparison in it.
    pub fn literals<'b>(&'b self) -> Box<dyn Iterator<Item = &'b Literal<'a>> + 'b> {
        match self {
            Self::All(node) | Self::Any(node) => Box::new(node.parts.iter().flat_map(Self::literals)),
            Self::Is(literal) => Box::new(std::iter::once(literal)),
        }
    }
}
