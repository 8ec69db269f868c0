//! Pools from which nobody is ever picked.

use super::view::View;
use super::{Check, Warning};
use crate::config::Pool;

pub(super) const CHECK: Check = Check { codes: &[CODE], find };

const CODE: &str = "empty_pool";

fn find(view: &View<'_>, found: &mut Vec<Warning>) {
    for (index, pool) in view.config().pools.iter().enumerate() {
        if let Some(why) = emptiness(view, pool) {
            let so = match &pool.fallback {
                Some(fallback) => format!("every lead goes on to '{fallback}'"),
                None => "nobody gets a lead from it".to_owned(),
            };
            let message = format!("the pool '{}' {why}: {so}", pool.id);
            found.push(Warning { code: CODE, path: format!("pools[{index}].members"), message });
        }
    }
}

/// Why nobody in a pool can be picked, whatever the caps.
fn emptiness(view: &View<'_>, pool: &Pool) -> Option<&'static str> {
    let mut members = pool.members.iter().filter_map(|member| Some((member, view.checked.assignee(&member.assignee)?)));
    let active: Vec<_> = members.by_ref().filter(|(_, assignee)| assignee.active).collect();
    let has_weight = |(member, assignee): &(&crate::config::PoolMember, &crate::config::Assignee)| {
        member.weight.unwrap_or(assignee.weight).millionths() > 0
    };
    match (pool.members.is_empty(), active.is_empty()) {
        (true, _) => Some("has no members"),
        (false, true) => Some("has only members that are switched off"),
        (false, false) if !active.iter().any(has_weight) => Some("has no active member of a weight above 0"),
        (false, false) => None,
    }
}
