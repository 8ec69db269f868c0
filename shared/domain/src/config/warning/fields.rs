//! Fields that rules compare and nothing fills.

use std::collections::BTreeMap;

use super::view::View;
use super::{Check, Warning};

pub(super) const CHECK: Check = Check { codes: &[CODE], find };

const CODE: &str = "field_not_filled";

fn find(view: &View<'_>, found: &mut Vec<Warning>) {
    for (entity, profiles) in view.by_entity() {
        let sources: Vec<_> =
            view.config().sources.iter().filter(|source| source.enabled && source.entity == *entity).collect();
        // Where no source makes such leads, they come through the API or not yet: nothing follows for single fields.
        if sources.is_empty() {
            continue;
        }
        let mut filled = BTreeMap::new();
        for profile in profiles {
            for (index, _, condition) in profile.rules() {
                for literal in condition.formula.literals() {
                    let field = literal.field();
                    if view.checked.fields().get(field).is_none_or(|info| info.derived) {
                        continue;
                    }
                    let is_filled = filled
                        .entry(field)
                        .or_insert_with(|| sources.iter().any(|source| (view.facts.fills)(source, field)));
                    // Told once, where the field is compared first.
                    if !std::mem::replace(is_filled, true) {
                        found.push(Warning {
                            code: CODE,
                            path: format!("{}.{}.field", profile.rule_path(index), literal.path),
                            message: format!(
                                "no enabled source of '{entity}' maps anything to '{field}': it stays missing, unless a \
                                 sender calls a value just so"
                            ),
                        });
                    }
                }
            }
        }
    }
}
