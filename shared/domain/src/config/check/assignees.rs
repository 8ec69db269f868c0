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

    /// Pools that fall back on each other would be tried for ever. Each circle is told once, at its first pool.
    fn fallbacks(&mut self, names: &Names) {
        let pools = &self.config.pools;
        let next = |pool: usize| pools[pool].fallback.as_ref().and_then(|id| names.pools.get(id).copied());
        let mut told = BTreeSet::new();
        for first in 0..pools.len() {
            let mut chain = vec![first];
            let mut seen = BTreeSet::from([first]);
            while let Some(pool) = chain.last().copied().and_then(next) {
                chain.push(pool);
                if !seen.insert(pool) {
                    break;
                }
            }
            // A chain that leads into a circle is not in it unless it comes back to where it began.
            if chain.len() > 1 && chain.last() == Some(&first) && told.is_disjoint(&seen) {
                told.append(&mut seen);
                let ids: Vec<&str> = chain.iter().map(|&pool| pools[pool].id.as_str()).collect();
                let message = format!("the fallbacks go in a circle ({}): end the chain somewhere", ids.join(" -> "));
                self.problem(format!("pools[{first}].fallback"), message);
            }
        }
    }
}
