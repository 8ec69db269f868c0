//! Checking pools.

use std::collections::BTreeSet;

use super::{Check, Names};
use crate::config::{Assignee, POOL_DEPTH_MAX, Pool};
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
        let members = pool.members.iter().filter_map(|member| names.assignees.get(member.member.assignee()?));
        let members = members.filter_map(|&place| config.assignees.get(place));
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
        // How deep the pools in each go, worked out from the inside: pools whose inner ones are all known are next.
        let mut depth: Vec<Option<usize>> = vec![None; inner.len()];
        loop {
            let ready: Vec<(usize, usize)> = (0..inner.len())
                .filter(|&pool| depth[pool].is_none())
                .filter_map(|pool| {
                    let depths: Option<Vec<usize>> = inner[pool].iter().map(|&inside| depth[inside]).collect();
                    Some((pool, depths?.into_iter().max().unwrap_or_default() + 1))
                })
                .collect();
            if ready.is_empty() {
                break;
            }
            for (pool, deep) in ready {
                depth[pool] = Some(deep);
            }
        }
        for (index, deep) in depth.into_iter().enumerate() {
            match deep {
                Some(deep) if deep > POOL_DEPTH_MAX => {
                    let message =
                        format!("pools stand {deep} deep in each other here, expected at most {POOL_DEPTH_MAX}");
                    self.problem(format!("pools[{index}].members"), message);
                }
                Some(_) => {}
                None => {
                    let message = "the pool stands in itself, by its members or theirs: take one of them out";
                    self.problem(format!("pools[{index}].members"), message);
                }
            }
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
