//! Checking assignees and pools.

use std::collections::BTreeSet;

use super::{Check, Names};

impl Check<'_> {
    pub(super) fn assignees(&mut self, names: &Names) {
        for (index, assignee) in self.config.assignees.iter().enumerate() {
            for (at, id) in assignee.destinations.iter().enumerate() {
                let path = format!("assignees[{index}].destinations[{at}]");
                if assignee.destinations.iter().take(at).any(|earlier| earlier == id) {
                    self.problem(path, format!("'{id}' is named twice: a lead is delivered once to a destination"));
                } else {
                    self.named(&names.destinations, id, path, "destinations");
                }
            }
            if let Some(email) = &assignee.email
                && !email_address::EmailAddress::is_valid(email)
            {
                let message = format!("'{email}' is no email address, such as anna@example.com");
                self.problem(format!("assignees[{index}].email"), message);
            }
        }
    }

    pub(super) fn pools(&mut self, names: &Names) {
        for (index, pool) in self.config.pools.iter().enumerate() {
            let mut seen = BTreeSet::new();
            for (at, member) in pool.members.iter().enumerate() {
                let path = format!("pools[{index}].members[{at}]");
                if seen.insert(&member.assignee) {
                    self.named(&names.assignees, &member.assignee, path, "assignees");
                } else {
                    self.problem(path, format!("'{}' is a member already", member.assignee));
                }
            }
            if let Some(fallback) = &pool.fallback {
                self.named(&names.pools, fallback, format!("pools[{index}].fallback"), "pools");
            }
        }
        self.fallbacks(names);
    }

    /// Pools that fall back on each other would be tried for ever. Each circle is told once, at the pool where it is met.
    fn fallbacks(&mut self, names: &Names) {
        let pools = &self.config.pools;
        let next = |pool: usize| pools[pool].fallback.as_ref().and_then(|id| names.pools.get(id).copied());
        // Every pool is walked through once: by which walk, if any.
        let mut walked: Vec<Option<usize>> = vec![None; pools.len()];
        for first in 0..pools.len() {
            let mut chain = Vec::new();
            let mut here = Some(first);
            while let Some(pool) = here.filter(|&pool| walked[pool].is_none()) {
                walked[pool] = Some(first);
                chain.push(pool);
                here = next(pool);
            }
            // A walk that ends at a pool of its own has found a circle, which begins there.
            if let Some(pool) = here.filter(|&pool| walked[pool] == Some(first)) {
                let circle = chain.iter().skip_while(|&&other| other != pool).chain([&pool]);
                let ids: Vec<&str> = circle.map(|&pool| pools[pool].id.as_str()).collect();
                let message = format!("the fallbacks go in a circle ({}): end the chain somewhere", ids.join(" -> "));
                self.problem(format!("pools[{pool}].fallback"), message);
            }
        }
    }
}
