//! Pools from which nobody is ever picked.

use super::view::View;
use super::{Check, Warning};
use crate::config::{Pool, PoolMember};
use crate::rotation::Member;

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

/// Why nobody in a pool can be picked, whatever the caps. A pool in it is told by itself when nobody is in that.
fn emptiness(view: &View<'_>, pool: &Pool) -> Option<&'static str> {
    let active = |member: &&PoolMember| match &member.member {
        Member::Assignee(id) => view.checked.assignee(id).is_some_and(|assignee| assignee.active),
        Member::Pool(_) => true,
    };
    let mut active = pool.members.iter().filter(active).peekable();
    match (pool.members.is_empty(), active.peek().is_none()) {
        (true, _) => Some("has no members"),
        (false, true) => Some("has only members that are switched off"),
        (false, false) if !active.any(|member| view.checked.weight_of(member).millionths() > 0) => {
            Some("has no active member of a weight above 0")
        }
        (false, false) => None,
    }
}
