//! Pools from which nobody is ever picked, and queues from which nobody claims.

use super::view::View;
use super::{Check, Warning};
use crate::config::{Pool, PoolMember};
use crate::id::AssigneeId;
use crate::rotation::Member;

pub(super) const CHECK: Check = Check { codes: &[CODE, QUEUE], find };

const CODE: &str = "empty_pool";
const QUEUE: &str = "empty_queue";

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
    for (index, queue) in view.config().queues.iter().enumerate() {
        let mut pools: Vec<_> = queue.pools.iter().filter_map(|id| view.checked.pool(id)).collect();
        let mut active = queue.members.iter().any(|id| is_active(view, id));
        // Whoever is in a pool may claim, whatever the weights.
        while let Some(pool) = pools.pop().filter(|_| !active) {
            for member in &pool.members {
                match &member.member {
                    Member::Assignee(id) => active |= is_active(view, id),
                    Member::Pool(id) => pools.extend(view.checked.pool(id)),
                }
            }
        }
        if !active {
            let message = format!("all who may claim from the queue '{}' are switched off: its leads wait", queue.id);
            found.push(Warning { code: QUEUE, path: format!("queues[{index}]"), message });
        }
    }
}

fn is_active(view: &View<'_>, id: &AssigneeId) -> bool {
    view.checked.assignee(id).is_some_and(|assignee| assignee.active)
}

/// Why nobody in a pool can be picked, whatever the caps.
fn emptiness(view: &View<'_>, pool: &Pool) -> Option<&'static str> {
    let active = |member: &&PoolMember| match &member.member {
        Member::Assignee(id) => is_active(view, id),
        Member::Pool(id) => view.checked.pool(id).is_some_and(|inner| emptiness(view, inner).is_none()),
    };
    let mut active = pool.members.iter().filter(active).peekable();
    match (pool.members.is_empty(), active.peek().is_none()) {
        (true, _) => Some("has no members"),
        (false, true) if pool.members.iter().all(|member| member.member.assignee().is_none()) => {
            Some("has only pools of which nobody can be picked")
        }
        (false, true) if pool.members.iter().any(|member| member.member.assignee().is_none()) => {
            Some("has only members that are switched off and pools of which nobody can be picked")
        }
        (false, true) => Some("has only members that are switched off"),
        (false, false) if !active.any(|member| view.checked.weight_of(member).millionths() > 0) => {
            Some("has no active member of a weight above 0")
        }
        (false, false) => None,
    }
}
