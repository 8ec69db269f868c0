//! `furthest_below_target`: whoever has reached the smallest part of its target. In parts, not in leads: a target of a
//! hundred would else take everything until it is as near as a target of ten. Who has no target comes last.

use std::cmp::Ordering;

use super::Contender;
use super::contender::compare_parts;

pub(super) fn compare(a: &Contender, b: &Contender) -> Ordering {
    let reached = |contender: &Contender| (contender.given, contender.target.unwrap_or(0));
    compare_parts(reached(a), reached(b))
}
