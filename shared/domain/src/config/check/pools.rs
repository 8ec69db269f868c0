//! Checking pools.

use std::collections::BTreeSet;

use super::{Check, Names};
use crate::config::{Assignee, POOL_CANDIDATES_MAX, POOL_DEPTH_MAX, Pool};
use crate::rotation::Member;
use crate::strategy::Strategy;

impl Check<'_> {
    pub(super) fn pools(&mut self, names: &Names) {
        for (index, pool) in self.config.pools.iter().enumerate() {
            let mut seen = BTreeSet::new();
            for (at, member) in pool.members.iter().enumerate() {
                let path = format!("pools[{index}].members[{at}]");
                if !seen.insert(&member.member) {
                    self.problem(path, format!("'{}' is a member already", member.member));
                    continue;
                }
                self.tier(member.tier, &format!("{path}.tier"));
                match &member.member {
                    Member::Assignee(id) => self.named(&names.assignees, id, path, "assignees"),
                    Member::Pool(id) => {
                        if !member.caps.is_empty() {
                            let message = "a pool as a member has no caps of its own: give them to its members";
                            self.problem(format!("{path}.caps"), message);
                        }
                        self.named(&names.pools, id, format!("{path}.pool"), "pools");
                    }
                }
            }
            if pool.strategy == Strategy::LeastLoaded {
                self.comparable_loads(index, pool, names);
            }
            if let Some(fallback) = &pool.fallback {
                self.named(&names.pools, fallback, format!("pools[{index}].fallback"), "pools");
            }
        }
        self.fallbacks(names);
        self.nesting(names);
    }

    /// Open leads are compared with the capacity, or as they are: not some with and some without.
    fn comparable_loads(&mut self, index: usize, pool: &Pool, names: &Names) {
        let config = self.config;
        // With those of the pools in it, for a team counts as all of its members. Pools may still go in a circle here.
        let (mut places, mut pools, mut seen) = (BTreeSet::new(), vec![pool], BTreeSet::new());
        while let Some(pool) = pools.pop() {
            for member in &pool.members {
                match &member.member {
                    Member::Assignee(id) => places.extend(names.assignees.get(id).copied()),
                    Member::Pool(id) if seen.insert(id) => {
                        pools.extend(names.pools.get(id).and_then(|&place| config.pools.get(place)));
                    }
                    Member::Pool(_) => {}
                }
            }
        }
        let members = places.into_iter().filter_map(|place| config.assignees.get(place));
        let (with, without): (Vec<&Assignee>, Vec<&Assignee>) =
            members.partition(|assignee| assignee.capacity.is_some_and(|capacity| capacity.leads.is_some()));
        if let (Some(with), Some(without)) = (with.first(), without.first()) {
            let message = format!(
                "least_loaded can't compare '{}', which has a capacity of leads, with '{}', which has none: give one to \
                 all members or to none",
                with.id, without.id
            );
            self.problem(format!("pools[{index}].strategy"), message);
        }
    }

    /// Pools that stand in each other would be looked through for ever. A circle is told at the pool where it is met.
    fn nesting(&mut self, names: &Names) {
        let config = self.config;
        let inner: Vec<Vec<usize>> = config
            .pools
            .iter()
            .map(|pool| {
                let pools = pool.members.iter().filter_map(|member| match &member.member {
                    Member::Pool(id) => names.pools.get(id).copied(),
                    Member::Assignee(_) => None,
                });
                pools.collect()
            })
            .collect();
        // How deep the pools in each go and how many members they have, worked out from the inside: pools whose inner ones are
        // all known are next.
        let mut sizes: Vec<Option<(usize, usize)>> = vec![None; inner.len()];
        loop {
            let ready: Vec<(usize, (usize, usize))> = (0..inner.len())
                .filter(|&pool| sizes[pool].is_none())
                .filter_map(|pool| {
                    let inside: Option<Vec<(usize, usize)>> = inner[pool].iter().map(|&inside| sizes[inside]).collect();
                    let inside = inside?;
                    let deep = inside.iter().map(|(deep, _)| *deep).max().unwrap_or_default() + 1;
                    let own = config.pools[pool].members.len();
                    Some((pool, (deep, inside.iter().fold(own, |all, (_, members)| all.saturating_add(*members)))))
                })
                .collect();
            if ready.is_empty() {
                break;
            }
            for (pool, size) in ready {
                sizes[pool] = Some(size);
            }
        }
        let circles = circles(&inner, (0..inner.len()).filter(|&pool| sizes[pool].is_none()).collect());
        for (index, size) in sizes.into_iter().enumerate() {
            let message = match size {
                Some((deep, _)) if deep > POOL_DEPTH_MAX => {
                    format!("pools stand {deep} deep in each other here, expected at most {POOL_DEPTH_MAX}")
                }
                Some((_, members)) if members > POOL_CANDIDATES_MAX => format!(
                    "found {members} members with those of the pools in it, each as often as it stands there, expected at \
                     most {POOL_CANDIDATES_MAX}"
                ),
                None if circles.contains(&index) => {
                    "the pool stands in itself, by its members or theirs: take one of them out".to_owned()
                }
                Some(_) | None => continue,
            };
            self.problem(format!("pools[{index}].members"), message);
        }
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

/// Of pools that go in circles or hold some that do, those that go in one: what no other of them holds is taken away until
/// nothing changes.
fn circles(inner: &[Vec<usize>], mut left: BTreeSet<usize>) -> BTreeSet<usize> {
    loop {
        let held: BTreeSet<usize> = left.iter().flat_map(|&pool| &inner[pool]).copied().collect();
        let before = left.len();
        left.retain(|pool| held.contains(pool));
        if left.len() == before {
            return left;
        }
    }
}
