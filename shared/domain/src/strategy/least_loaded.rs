//! `least_loaded`: whoever has the fewest open leads for its capacity. Where nobody has a capacity the number of open leads
//! is compared; the check of the config sees to it that all members of a pool have one, or none.

use std::cmp::Ordering;

use super::Contender;
use super::contender::compare_parts;

pub(super) fn compare(a: &Contender, b: &Contender) -> Ordering {
    let load = |contender: &Contender| (contender.open, contender.capacity.unwrap_or(1));
    compare_parts(load(a), load(b))
}
