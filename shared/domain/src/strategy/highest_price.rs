//! `highest_price`: whoever pays most for a lead. Who pays nothing comes last.

use std::cmp::Ordering;

use super::Contender;

pub(super) fn compare(a: &Contender, b: &Contender) -> Ordering {
    b.price.cmp(&a.price)
}
