//! `zen-expression`: expressions compiled to bytecode. One virtual machine for all (`evaluate_with_scope`), one scope a
//! lead, made outside the clock.

use serde_json::json;
use zen_expression::expression::Standard;
use zen_expression::vm::VM;
use zen_expression::{Expression, Isolate, Scope, Variable};

use super::Engine;
use crate::lead::{self, Lead, Value};
use crate::rule::{Comparison, Test, Tree};

/// Rules and leads of `zen-expression`.
pub struct Zen {
    rules: Vec<Expression<Standard>>,
    leads: Vec<Scope>,
    machine: VM,
}

impl Zen {
    /// Compiles and prepares.
    #[must_use]
    pub fn new(rules: &[Tree], leads: &[Lead]) -> Self {
        let tables = tables(rules);
        let scope = |lead: &Lead| {
            let mut scope = Scope::new(lead::to_json(lead).into());
            if let Some(tables) = &tables {
                scope.set_local("tables".into(), tables.clone());
            }
            scope
        };
        let mut isolate = Isolate::new();
        let compile = |rule| isolate.compile_standard(&translate(rule)).expect("the rule is an expression");
        Self {
            rules: rules.iter().map(compile).collect(),
            leads: leads.iter().map(scope).collect(),
            machine: VM::new(),
        }
    }
}

impl Engine for Zen {
    fn name(&self) -> &'static str {
        "zen"
    }

    fn first_match(&mut self, lead: usize) -> Option<usize> {
        let lead = &self.leads[lead];
        self.rules.iter().position(|rule| {
            let answer = rule.evaluate_with_scope(lead, &mut self.machine).expect("the lead has every field");
            answer.as_bool().expect("a condition is a boolean")
        })
    }
}

/// Long lists as objects, shared by all leads: `in` looks a text up in them by its hash. As a literal the list would be
/// built anew each time.
fn tables(rules: &[Tree]) -> Option<Variable> {
    let table = |rule: &Tree| match rule {
        Tree::Is(Comparison { test: Test::InTable(table, codes), .. }) => {
            let codes: serde_json::Map<_, _> = codes.iter().map(|code| (code.clone(), json!(true))).collect();
            Some((format!("t{table}"), codes.into()))
        }
        _ => None,
    };
    let tables: serde_json::Map<String, serde_json::Value> = rules.iter().filter_map(table).collect();
    (!tables.is_empty()).then(|| serde_json::Value::Object(tables).into())
}

fn translate(tree: &Tree) -> String {
    let join = |parts: &[Tree], with| format!("({})", parts.iter().map(translate).collect::<Vec<_>>().join(with));
    match tree {
        Tree::All(parts) => join(parts, " and "),
        Tree::Any(parts) => join(parts, " or "),
        Tree::Not(part) => format!("not ({})", translate(part)),
        Tree::Is(comparison) => comparison_of(comparison),
    }
}

fn comparison_of(comparison: &Comparison) -> String {
    let field = comparison.field_name();
    let list = |values: &[Value]| values.iter().map(literal).collect::<Vec<_>>().join(", ");
    match &comparison.test {
        Test::Eq(value) => format!("{field} == {}", literal(value)),
        Test::Ne(value) => format!("{field} != {}", literal(value)),
        Test::In(values) => format!("{field} in [{}]", list(values)),
        Test::NotIn(values) => format!("{field} not in [{}]", list(values)),
        Test::Gt(number) => format!("{field} > {number}"),
        Test::Gte(number) => format!("{field} >= {number}"),
        Test::Lt(number) => format!("{field} < {number}"),
        Test::Lte(number) => format!("{field} <= {number}"),
        Test::StartsWith(text) => format!("startsWith({field}, '{text}')"),
        Test::EndsWith(text) => format!("endsWith({field}, '{text}')"),
        Test::Contains(text) => format!("contains({field}, '{text}')"),
        Test::InTable(table, _) => format!("{field} in tables.t{table}"),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("'{text}'"),
        Value::Number(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
    }
}
