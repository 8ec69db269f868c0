//! Checking a condition against the account's fields and giving every operand its type.

use jiff::tz::TimeZone;

use super::operator::{Arity, Operand, Scalar};
use super::test::Predicate;
use super::{Case, Comparison, Condition, DEPTH_MAX, Test};
use crate::config::{FieldTable, Problem};

/// Compiles a condition; what is wrong is added to `problems` with the path of its node.
///
/// Returns `None` when the node itself can't be compiled.
#[must_use]
pub fn compile(
    condition: &Condition,
    fields: &FieldTable,
    zone: &TimeZone,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Option<Test> {
    Compiler { fields, zone, problems }.node(condition, path, 1)
}

struct Compiler<'a> {
    fields: &'a FieldTable,
    zone: &'a TimeZone,
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
        let Some(info) = self.fields.get(field) else {
            let hint = self.fields.nearest(field).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            self.problems.push(Problem::new(
                format!("{path}.field"),
                format!("there is no field '{field}': declare it under 'fields'{hint}"),
            ));
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
        let at = format!("{path}.value");
        let scalar = |value: &serde_json::Value| Scalar::read(value, info, *case, self.zone);
        let operand = match (spec.arity, value) {
            (Arity::Nothing, None) => Ok(Operand::Nothing),
            (Arity::Nothing, Some(_)) => Err((at, format!("'{}' takes no value", op.name()))),
            (_, None) => Err((path.to_owned(), format!("'{}' needs a value", op.name()))),
            (Arity::One, Some(value)) => scalar(value).map(Operand::One).map_err(|message| (at, message)),
            (Arity::Many, Some(serde_json::Value::Array(items))) if items.is_empty() => {
                Err((at, "the list is empty: give at least one value".to_owned()))
            }
            (Arity::Many, Some(serde_json::Value::Array(items))) => items
                .iter()
                .enumerate()
                .map(|(index, item)| scalar(item).map_err(|message| (format!("{at}[{index}]"), message)))
                .collect::<Result<_, _>>()
                .map(Operand::Many),
            (Arity::Many, Some(_)) => Err((at, format!("'{}' needs a list of values", op.name()))),
        };
        match operand {
            Ok(operand) => Some(Predicate {
                field: field.clone(),
                op: *op,
                operand,
                exact: *case == Case::Exact,
                expected: value.as_ref().map(ToString::to_string).unwrap_or_default(),
            }),
            Err((path, message)) => {
                self.problems.push(Problem::new(path, message));
                None
            }
        }
    }
}
