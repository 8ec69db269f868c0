//! `cel`: the Common Expression Language, parsed to a tree. `Value::resolve_val`, which copies no value where
//! `Program::execute` copies the answer, on one context a lead, made outside the clock.

use std::collections::HashMap;
use std::sync::Arc;

use cel::common::types::CelBool;
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Env, Program, Value as CelValue};

use super::Engine;
use crate::lead::{FIELDS, Lead, Value};
use crate::rule::{Comparison, Test, Tree};

/// Rules and leads of `cel`.
pub struct Cel<'t> {
    rules: Vec<Program>,
    leads: Vec<Context<'t, 't>>,
}

/// Long lists as maps, shared by all leads: `in` looks a text up in them by its hash. As a literal the list would be
/// built anew each time.
pub struct Tables(Vec<Box<dyn Val>>);

impl Tables {
    /// The lists of the rules; `None` when there are none.
    #[must_use]
    pub fn new(rules: &[Tree]) -> Option<Self> {
        let table = |rule: &Tree| match rule {
            Tree::Is(Comparison { test: Test::InTable(_, codes), .. }) => {
                let codes: HashMap<String, bool> = codes.iter().map(|code| (code.clone(), true)).collect();
                Some(CelValue::from(codes).try_into().expect("a map is a value"))
            }
            _ => None,
        };
        let tables: Vec<Box<dyn Val>> = rules.iter().filter_map(table).collect();
        (!tables.is_empty()).then_some(Self(tables))
    }
}

impl VariableResolver for Tables {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let table: usize = variable.strip_prefix("t_")?.parse().ok()?;
        Some(CowVal::Borrowed(self.0[table].as_ref()))
    }
}

impl<'t> Cel<'t> {
    /// Compiles and prepares.
    #[must_use]
    pub fn new(rules: &[Tree], leads: &[Lead], tables: Option<&'t Tables>) -> Self {
        let env = Arc::new(Env::stdlib());
        let compile = |rule| env.compile(&translate(rule)).expect("the rule is an expression");
        let rules = rules.iter().map(compile).collect();
        let context = |lead: &Lead| {
            let mut context = Context::with_env(Arc::clone(&env));
            for ((name, _), value) in FIELDS.iter().zip(lead) {
                context.add_variable_from_value(
                    *name,
                    match value {
                        Value::Text(text) => CelValue::from(text.as_str()),
                        Value::Number(number) => CelValue::from(*number),
                        Value::Boolean(value) => CelValue::from(*value),
                    },
                );
            }
            if let Some(tables) = tables {
                context.set_variable_resolver(tables);
            }
            context
        };
        Self { rules, leads: leads.iter().map(context).collect() }
    }
}

impl Engine for Cel<'_> {
    fn name(&self) -> &'static str {
        "cel"
    }

    fn first_match(&mut self, lead: usize) -> Option<usize> {
        let lead = &self.leads[lead];
        self.rules.iter().position(|rule| {
            let answer = CelValue::resolve_val(rule.expression(), lead).expect("the lead has every field");
            *answer.downcast_ref::<CelBool>().expect("a condition is a boolean").inner()
        })
    }
}

fn translate(tree: &Tree) -> String {
    let join = |parts: &[Tree], with| format!("({})", parts.iter().map(translate).collect::<Vec<_>>().join(with));
    match tree {
        Tree::All(parts) => join(parts, " && "),
        Tree::Any(parts) => join(parts, " || "),
        Tree::Not(part) => format!("!({})", translate(part)),
        Tree::Is(comparison) => comparison_of(comparison),
    }
}

fn comparison_of(comparison: &Comparison) -> String {
    let field = comparison.field_name();
    // Written out, as a literal list would be built anew each time.
    let each = |values: &[Value], op, with| {
        let parts: Vec<String> = values.iter().map(|value| format!("{field} {op} {}", literal(value))).collect();
        format!("({})", parts.join(with))
    };
    match &comparison.test {
        Test::Eq(value) => format!("{field} == {}", literal(value)),
        Test::Ne(value) => format!("{field} != {}", literal(value)),
        Test::In(values) => each(values, "==", " || "),
        Test::NotIn(values) => each(values, "!=", " && "),
        Test::Gt(number) => format!("{field} > {number}"),
        Test::Gte(number) => format!("{field} >= {number}"),
        Test::Lt(number) => format!("{field} < {number}"),
        Test::Lte(number) => format!("{field} <= {number}"),
        Test::StartsWith(text) => format!("{field}.startsWith('{text}')"),
        Test::EndsWith(text) => format!("{field}.endsWith('{text}')"),
        Test::Contains(text) => format!("{field}.contains('{text}')"),
        Test::InTable(table, _) => format!("{field} in t_{table}"),
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("'{text}'"),
        Value::Number(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
    }
}
