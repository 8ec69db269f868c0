//! Checking a condition against the account's fields and giving every operand its type.

use serde_json::Value;

use super::operator::{Fault, Written};
use super::{Case, Comparison, Condition, DEPTH_MAX, Predicate, Scope, Test};
use crate::config::Problem;

/// Compiles a condition; what is wrong is added to `problems` with the path of its node.
///
/// Returns `None` when the node itself can't be compiled.
#[must_use]
pub fn compile(condition: &Condition, scope: &Scope<'_>, path: &str, problems: &mut Vec<Problem>) -> Option<Test> {
    Compiler { scope, problems }.node(condition, path, 1)
}

struct Compiler<'a> {
    scope: &'a Scope<'a>,
    problems: &'a mut Vec<Problem>,
}

impl Compiler<'_> {
    fn node(&mut self, condition: &Condition, path: &str, depth: usize) -> Option<Test> {
        if depth > DEPTH_MAX {
            self.problems.push(Problem::new(path, format!("conditions are nested deeper than {DEPTH_MAX}")));
            return None;
        }
        match condition {
            Condition::All(parts) => self.parts(parts, &format!("{path}.all"), depth).map(Test::All),
            Condition::Any(parts) => self.parts(parts, &format!("{path}.any"), depth).map(Test::Any),
            Condition::Not(part) => {
                self.node(part, &format!("{path}.not"), depth + 1).map(|test| Test::Not(Box::new(test)))
            }
            Condition::Comparison(comparison) => self.comparison(comparison, path).map(Test::Is),
        }
    }

    fn parts(&mut self, parts: &[Condition], path: &str, depth: usize) -> Option<Vec<Test>> {
        if parts.is_empty() {
            self.problems.push(Problem::new(path, "the list is empty: give at least one condition"));
            return None;
        }
        // Every part is looked at, so that one publish shows all that is wrong.
        let tests: Vec<Option<Test>> = parts
            .iter()
            .enumerate()
            .map(|(index, part)| self.node(part, &format!("{path}[{index}]"), depth + 1))
            .collect();
        tests.into_iter().collect()
    }

    fn comparison(&mut self, comparison: &Comparison, path: &str) -> Option<Predicate> {
        let Comparison { field, op, value, case } = comparison;
        let Some(info) = self.scope.fields.get(field) else {
            self.problems.push(Problem::new(format!("{path}.field"), self.scope.fields.unknown(field)));
            return None;
        };
        let spec = op.spec();
        if !(spec.applies)(info.kind) {
            self.problems.push(Problem::new(
                format!("{path}.op"),
                format!("'{}' can't compare the {} field '{field}': {}", op.name(), info.kind.name(), spec.expects),
            ));
            return None;
        }
        let written = Written { op: *op, value: value.as_ref(), field: info, case: *case, scope: self.scope };
        match (spec.read)(&written) {
            Ok(operand) => Some(Predicate {
                field: field.clone(),
                op: *op,
                operand,
                expected: value.as_ref().map(Value::to_string).unwrap_or_default(),
                exact: *case == Case::Exact || spec.keeps_case,
            }),
            Err(Fault { at, message }) => {
                self.problems.push(Problem::new(format!("{path}{at}"), message));
                None
            }
        }
    }
}
