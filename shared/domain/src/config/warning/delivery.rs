//! Assignees that may be given leads and have nowhere to get them.

use super::view::View;
use super::{Check, Warning};

pub(super) const CHECK: Check = Check { codes: &[CODE], find };

const CODE: &str = "no_destination";

fn find(view: &View<'_>, found: &mut Vec<Warning>) {
    let given = view.given();
    for (index, assignee) in view.config().assignees.iter().enumerate() {
        let Some(path) = given.assignees.get(&assignee.id) else { continue };
        if !assignee.active || !view.checked.enabled_destinations(assignee).is_empty() {
            continue;
        }
        let why = match assignee.destinations.is_empty() {
            true => "has no destination",
            false => "has only disabled destinations",
        };
        found.push(Warning {
            code: CODE,
            path: format!("assignees[{index}].destinations"),
            message: format!(
                "'{}' can be given leads ({path}) and {why}: they are assigned and delivered nowhere",
                assignee.id
            ),
        });
    }
}
