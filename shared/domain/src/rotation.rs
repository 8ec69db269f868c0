//! Eligible-credit weighted round robin: who of the eligible members of a pool is next.
//!
//! Each member has a credit in millionths of a lead. For one lead, every eligible member gains its share of the lead by
//! weight, the one with the greatest credit is picked and pays a whole lead. So credits always sum to zero, a member
//! that is absent, capped or new gets neither arrears nor a penalty, and nobody strays far from what its shares entitle
//! it to.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::Weight;
use crate::id::{AssigneeId, PoolId};

/// One lead, in the unit of credits: millionths of a lead.
pub const LEAD: i64 = 1_000_000;

/// The rotation of one pool between two leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolState {
    /// Whose rotation it is.
    pub pool: PoolId,
    /// Moves by one with each stored change; 0 before the first.
    pub version: u64,
    /// Everyone who ever took part. A member that left keeps its credit, so that the sum stays zero.
    pub members: BTreeMap<AssigneeId, MemberState>,
}

/// One member's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemberState {
    /// What the pool owes the member, in millionths of a lead; negative when it had more than its shares.
    pub credit: i64,
    /// Leads given from this pool, less the refunded ones.
    pub assigned: u64,
}

/// Someone eligible for the lead at hand, in the pool's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub assignee: AssigneeId,
    /// The share against the others; at least a millionth.
    pub weight: Weight,
}

/// A pick and what it handed out, to be refunded should the lead come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// Who was picked.
    pub assignee: AssigneeId,
    /// The share of the lead that each eligible member gained, in millionths; they sum to [`LEAD`].
    pub shares: BTreeMap<AssigneeId, i64>,
}

impl PoolState {
    /// A pool that has given no lead.
    #[must_use]
    pub fn new(pool: PoolId) -> Self {
        Self { pool, version: 0, members: BTreeMap::new() }
    }

    /// Picks one of the candidates and moves the credits. Candidates of weight 0 are passed over; `None` when nobody is
    /// left.
    pub fn pick(&mut self, candidates: &[Candidate]) -> Option<Pick> {
        let candidates: Vec<&Candidate> = candidates.iter().filter(|c| c.weight.millionths() > 0).collect();
        let shares = shares(&candidates.iter().map(|c| c.weight).collect::<Vec<_>>());
        for (candidate, share) in candidates.iter().zip(&shares) {
            self.members.entry(candidate.assignee.clone()).or_default().credit += share;
        }
        // The first of equals wins: `min_by_key` keeps the earliest, and the candidates are in the pool's order.
        let picked = candidates.iter().min_by_key(|candidate| {
            let member = self.member(&candidate.assignee);
            (Reverse(member.credit), member.assigned)
        })?;
        let member = self.members.entry(picked.assignee.clone()).or_default();
        member.credit -= LEAD;
        member.assigned += 1;
        Some(Pick {
            assignee: picked.assignee.clone(),
            shares: candidates.iter().map(|candidate| candidate.assignee.clone()).zip(shares).collect(),
        })
    }

    /// Takes back exactly what a pick moved: the lead was rejected, returned or taken away.
    pub fn refund(&mut self, pick: &Pick) {
        for (assignee, share) in &pick.shares {
            self.members.entry(assignee.clone()).or_default().credit -= share;
        }
        let member = self.members.entry(pick.assignee.clone()).or_default();
        member.credit += LEAD;
        member.assigned = member.assigned.saturating_sub(1);
    }

    /// One member's standing; that of a new member when it has none.
    #[must_use]
    pub fn member(&self, assignee: &AssigneeId) -> MemberState {
        self.members.get(assignee).copied().unwrap_or_default()
    }
}

/// Shares of one lead by weight, with largest-remainder rounding: exactly [`LEAD`] is handed out.
fn shares(weights: &[Weight]) -> Vec<i64> {
    let lead = LEAD.unsigned_abs();
    let total: u64 = weights.iter().map(|weight| u64::from(weight.millionths())).sum();
    if total == 0 {
        return Vec::new();
    }
    // A weight is at most 1e9 millionths, so the product is at most 1e15.
    let exact: Vec<(u64, u64)> = weights
        .iter()
        .map(|weight| {
            let product = u64::from(weight.millionths()) * lead;
            (product / total, product % total)
        })
        .collect();
    let mut shares: Vec<i64> = exact.iter().map(|(share, _)| share.cast_signed()).collect();
    let missing = LEAD - shares.iter().sum::<i64>();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    // A stable sort: of equal remainders the earlier member gets the millionth.
    by_remainder.sort_by_key(|&index| Reverse(exact[index].1));
    for &index in by_remainder.iter().take(usize::try_from(missing).unwrap_or_default()) {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests;
