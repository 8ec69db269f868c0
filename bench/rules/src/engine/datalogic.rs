//! `datalogic-rs`: JSON Logic, compiled. Its lowest tier (`Engine::evaluate` with the caller's arena) on data that was
//! parsed once (`ParsedData`, which its documents give as costing nothing a call); the arena is reset for each lead.

use bumpalo::Bump;
use datalogic_rs::{Logic, ParsedData};
use serde_json::{Value as Json, json};

use super::Engine;
use crate::lead::{self, Lead, Value};
use crate::rule::{Comparison, Test, Tree};

/// Rules and leads of `datalogic-rs`.
pub struct Datalogic {
    engine: datalogic_rs::Engine,
    rules: Vec<Logic>,
    leads: Vec<ParsedData>,
    arena: Bump,
}

impl Datalogic {
    /// Compiles and prepares.
    #[must_use]
    pub fn new(rules: &[Tree], leads: &[Lead]) -> Self {
        let engine = datalogic_rs::Engine::new();
        let rules =
            rules.iter().map(|rule| engine.compile(&translate(rule)).expect("the rule is JSON Logic")).collect();
        let leads = leads.iter().map(|lead| ParsedData::from_value(&lead::to_json(lead))).collect();
        Self { engine, rules, leads, arena: Bump::new() }
    }
}

impl Engine for Datalogic {
    fn name(&self) -> &'static str {
        "datalogic"
    }

    fn first_match(&mut self, lead: usize) -> Option<usize> {
        self.arena.reset();
        let lead = &self.leads[lead];
        self.rules.iter().position(|rule| {
            let answer = self.engine.evaluate(rule, lead, &self.arena).expect("the lead has every field");
            answer.as_bool().expect("a condition is a boolean")
        })
    }
}

fn translate(tree: &Tree) -> Json {
    let all = |parts: &[Tree]| Json::Array(parts.iter().map(translate).collect());
    match tree {
        Tree::All(parts) => json!({ "and": all(parts) }),
        Tree::Any(parts) => json!({ "or": all(parts) }),
        Tree::Not(part) => json!({ "!": [translate(part)] }),
        Tree::Is(comparison) => comparison_of(comparison),
    }
}

fn comparison_of(comparison: &Comparison) -> Json {
    let field = json!({ "var": comparison.field_name() });
    let list = |values: &[Value]| Json::Array(values.iter().map(Value::to_json).collect());
    match &comparison.test {
        // The strict ones convert nothing.
        Test::Eq(value) => json!({ "===": [field, value.to_json()] }),
        Test::Ne(value) => json!({ "!==": [field, value.to_json()] }),
        Test::In(values) => json!({ "in": [field, list(values)] }),
        Test::NotIn(values) => json!({ "!": [{ "in": [field, list(values)] }] }),
        Test::Gt(number) => json!({ ">": [field, number] }),
        Test::Gte(number) => json!({ ">=": [field, number] }),
        Test::Lt(number) => json!({ "<": [field, number] }),
        Test::Lte(number) => json!({ "<=": [field, number] }),
        Test::StartsWith(text) => json!({ "starts_with": [field, text] }),
        Test::EndsWith(text) => json!({ "ends_with": [field, text] }),
        Test::Contains(text) => json!({ "in": [text, field] }),
        // A literal list is built once, when the rule is compiled; it has no form that is looked up faster.
        Test::InTable(_, codes) => json!({ "in": [field, codes] }),
    }
}
