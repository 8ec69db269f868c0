//! Conditions: a tree of `all`, `any`, `not` and comparisons.
//!
//! [`Condition`] is what a person wrote; [`compile`] checks it against the account's fields and makes a [`Test`], in
//! which every operand already has its type. A new operator is one file in [`operator`] and one line in its list.

mod compile;
mod derived;
mod operand;
pub mod operator;
mod pattern;
mod scalar;
mod scope;
mod subject;
mod test;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use compile::compile;
pub use operand::{Circle, Operand};
pub use operator::Operator;
pub use pattern::{PATTERN_CHARS_MAX, PATTERNS_MAX, Pattern, Patterns};
pub use scalar::Scalar;
pub(crate) use scalar::instant;
pub use scope::{KnownLists, Scope};
pub use subject::Subject;
pub use test::{Failed, Predicate, Test};

use crate::field::FieldName;

/// How deep conditions may be nested.
pub const DEPTH_MAX: usize = 16;

/// A condition as a person wrote it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Node", into = "Node")]
pub enum Condition {
    /// Every one holds.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A comparison of one field.
    Comparison(Comparison),
}

impl Comparison {
    /// The name of the list that it looks in, where it does.
    #[must_use]
    pub fn list(&self) -> Option<&str> {
        let looks_in = matches!(self.op, Operator::InList | Operator::NotInList);
        self.value.as_ref().filter(|_| looks_in)?.as_str()
    }
}

impl Condition {
    /// Looks at every comparison of the tree.
    pub fn each_comparison(&self, look: &mut impl FnMut(&Comparison)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_comparison(look)),
            Self::Not(part) => part.each_comparison(look),
            Self::Comparison(comparison) => look(comparison),
        }
    }
}

/// A comparison of one field as a person wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The field of the lead.
    pub field: FieldName,
    /// How it is compared.
    pub op: Operator,
    /// With what; `exists` and `missing` have no value.
    pub value: Option<Value>,
    /// Whether upper and lower case differ.
    pub case: Case,
}

/// Whether upper and lower case differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// They do not.
    #[default]
    Fold,
    /// They do.
    Exact,
}

/// The written form: exactly one of `all`, `any`, `not`, or `field` with `op`. One struct rather than an untagged enum,
/// so that an error keeps the path of the node it is in.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Node {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    all: Option<Vec<Condition>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    any: Option<Vec<Condition>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not: Option<Box<Condition>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<FieldName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    op: Option<Operator>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    case: Option<Case>,
}

/// A node that is no condition.
#[derive(Debug, thiserror::Error)]
#[error("a condition is exactly one of 'all', 'any', 'not', or 'field' with 'op' (and 'value')")]
struct NoCondition;

impl TryFrom<Node> for Condition {
    type Error = NoCondition;
    fn try_from(node: Node) -> Result<Self, NoCondition> {
        match node {
            Node { all: Some(parts), any: None, not: None, field: None, op: None, value: None, case: None } => {
                Ok(Self::All(parts))
            }
            Node { all: None, any: Some(parts), not: None, field: None, op: None, value: None, case: None } => {
                Ok(Self::Any(parts))
            }
            Node { all: None, any: None, not: Some(part), field: None, op: None, value: None, case: None } => {
                Ok(Self::Not(part))
            }
            Node { all: None, any: None, not: None, field: Some(field), op: Some(op), value, case } => {
                Ok(Self::Comparison(Comparison { field, op, value, case: case.unwrap_or_default() }))
            }
            _ => Err(NoCondition),
        }
    }
}

impl From<Condition> for Node {
    fn from(condition: Condition) -> Self {
        let empty = Self { all: None, any: None, not: None, field: None, op: None, value: None, case: None };
        match condition {
            Condition::All(parts) => Self { all: Some(parts), ..empty },
            Condition::Any(parts) => Self { any: Some(parts), ..empty },
            Condition::Not(part) => Self { not: Some(part), ..empty },
            Condition::Comparison(Comparison { field, op, value, case }) => {
                Self { field: Some(field), op: Some(op), value, case: (case == Case::Exact).then_some(case), ..empty }
            }
        }
    }
}

#[cfg(test)]
mod tests;
