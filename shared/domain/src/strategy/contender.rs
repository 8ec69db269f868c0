//! What strategies compare.

use rust_decimal::Decimal;

use crate::config::{Tier, Weight};

/// An eligible member of a pool, with all that strategies compare. A pool that stands in a pool is what its eligible members
/// are together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contender {
    /// Its place in the pool, from 0.
    pub seat: usize,
    /// Its share in the rotation.
    pub weight: Weight,
    /// Its tier; 1 comes first.
    pub tier: Tier,
    /// What it pays for a lead.
    pub price: Decimal,
    /// Open leads.
    pub open: u32,
    /// Most open leads; `None` where there is no such limit.
    pub capacity: Option<u32>,
    /// Leads given in the period of its target.
    pub given: u32,
    /// Its target; `None` where it has none.
    pub target: Option<u32>,
}

/// Compares `part / whole` of two, without rounding. A whole of zero is the largest of all.
pub(super) fn compare_parts(a: (u32, u32), b: (u32, u32)) -> std::cmp::Ordering {
    match (a.1, b.1) {
        (0, 0) => std::cmp::Ordering::Equal,
        (0, _) => std::cmp::Ordering::Greater,
        (_, 0) => std::cmp::Ordering::Less,
        _ => (u64::from(a.0) * u64::from(b.1)).cmp(&(u64::from(b.0) * u64::from(a.1))),
    }
}
