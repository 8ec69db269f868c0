//! Rules in no engine's language: each engine translates them into its own.

use crate::lead::{FIELDS, Value};

/// A condition.
#[derive(Debug, Clone)]
pub enum Tree {
    /// Every one holds.
    All(Vec<Tree>),
    /// At least one holds.
    Any(Vec<Tree>),
    /// It does not hold.
    Not(Box<Tree>),
    /// A comparison.
    Is(Comparison),
}

/// A comparison of one field.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// A place in [`FIELDS`].
    pub field: usize,
    /// How, and with what.
    pub test: Test,
}

/// How a field is compared, and with what. Every engine knows these.
#[derive(Debug, Clone)]
pub enum Test {
    /// The same value.
    Eq(Value),
    /// Another value.
    Ne(Value),
    /// One of the values.
    In(Vec<Value>),
    /// None of the values.
    NotIn(Vec<Value>),
    /// Greater.
    Gt(i64),
    /// Greater or equal.
    Gte(i64),
    /// Less.
    Lt(i64),
    /// Less or equal.
    Lte(i64),
    /// The text begins so.
    StartsWith(String),
    /// The text ends so.
    EndsWith(String),
    /// The text holds this.
    Contains(String),
    /// One of the codes, of which there are many: engines without an index may look them up in a table that they keep
    /// beside the lead. The number names the table.
    InTable(usize, Vec<String>),
}

impl Comparison {
    /// The name of the field.
    #[must_use]
    pub fn field_name(&self) -> &'static str {
        FIELDS[self.field].0
    }
}

/// The number of comparisons in a condition.
#[must_use]
pub fn comparisons(tree: &Tree) -> usize {
    match tree {
        Tree::All(parts) | Tree::Any(parts) => parts.iter().map(comparisons).sum(),
        Tree::Not(part) => comparisons(part),
        Tree::Is(_) => 1,
    }
}
