//! Conditions that never hold, parts of them that never do, and conditions that always hold.

use super::logic::Conflict;
use super::view::View;
use super::{Check, Warning};
use crate::trace::words;

pub(super) const CHECK: Check = Check { codes: &[NEVER_MATCHES, NEVER_HOLDS, ALWAYS_HOLDS], find };

const NEVER_MATCHES: &str = "never_matches";
const NEVER_HOLDS: &str = "never_holds";
const ALWAYS_HOLDS: &str = "always_holds";

fn find(view: &View<'_>, found: &mut Vec<Warning>) {
    for profile in &view.profiles {
        for (index, rule, condition) in profile.rules() {
            let never = condition.alternatives.cases.is_empty();
            for conflict in &condition.alternatives.conflicts {
                let (code, so) = match never {
                    true => (NEVER_MATCHES, "so the rule never matches"),
                    false => (NEVER_HOLDS, "so this part of the rule never holds"),
                };
                let path = format!("{}.{}", profile.rule_path(index), conflict.path);
                found.push(Warning { code, path, message: format!("{}, {so}", asked(conflict)) });
            }
            if condition.always && rule.test.is_some() {
                found.push(Warning {
                    code: ALWAYS_HOLDS,
                    path: format!("{}.when", profile.rule_path(index)),
                    message: "this holds for every lead: leave 'when' out, or ask for less".to_owned(),
                });
            }
        }
    }
}

/// What is asked of the field at once.
fn asked(conflict: &Conflict<'_, '_>) -> String {
    let asked: Vec<String> = conflict
        .literals
        .iter()
        .map(|literal| {
            let predicate = literal.predicate;
            format!("for {}", words::asked(predicate.op, literal.positive, &predicate.expected))
        })
        .collect();
    let field = conflict.literals.first().map_or("", |literal| literal.field().as_str());
    format!("this asks of {field} {} at once", words::and(&asked))
}
