//! `priority`: the first tier in which somebody is eligible.

use std::cmp::Ordering;

use super::Contender;

pub(super) fn compare(a: &Contender, b: &Contender) -> Ordering {
    a.tier.cmp(&b.tier)
}
