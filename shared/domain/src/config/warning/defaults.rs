//! Entities whose leads may match nothing.

use super::view::View;
use super::{Check, Warning};

pub(super) const CHECK: Check = Check { codes: &[CODE], find };

const CODE: &str = "no_default";

/// Only the last enabled profile of an entity needs a default: from the others a lead goes on.
fn find(view: &View<'_>, found: &mut Vec<Warning>) {
    for (entity, profiles) in view.by_entity() {
        if profiles.iter().any(|profile| profile.takes_all()) {
            continue;
        }
        let Some(last) = profiles.last() else { continue };
        found.push(Warning {
            code: CODE,
            path: format!("profiles[{}]", last.profile.position),
            message: format!(
                "'{}' has no 'default', and no profile of '{entity}' follows: a lead that no rule matches is parked; say \
                 'default: park' if that is meant",
                last.profile.id
            ),
        });
    }
}
