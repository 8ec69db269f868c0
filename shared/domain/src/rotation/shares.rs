//! Parting one lead by weight.

use std::cmp::Reverse;

use super::LEAD;
use crate::config::Weight;

/// Shares of one lead by weight, with largest-remainder rounding: exactly [`LEAD`] is handed out. Of equal remainders the
/// earlier member gets the millionth.
pub(super) fn shares(weights: impl ExactSizeIterator<Item = Weight> + Clone) -> Vec<i64> {
    let lead = LEAD.unsigned_abs();
    let total: u64 = weights.clone().map(|weight| u64::from(weight.millionths())).sum();
    if total == 0 {
        return vec![0; weights.len()];
    }
    let mut shares = Vec::with_capacity(weights.len());
    // By what is left of a millionth: who gets one of those that rounding down has left over.
    let mut remainders: Vec<(Reverse<u64>, usize)> = Vec::with_capacity(weights.len());
    let mut handed_out = 0;
    for (place, weight) in weights.enumerate() {
        // A weight is at most 1e9 millionths, so the product is at most 1e15.
        let product = u64::from(weight.millionths()) * lead;
        let share = (product / total).cast_signed();
        handed_out += share;
        shares.push(share);
        remainders.push((Reverse(product % total), place));
    }
    // Fewer than there are members, for each remainder is less than a millionth.
    let missing = usize::try_from(LEAD - handed_out).unwrap_or_default();
    if missing > 0 && missing < remainders.len() {
        // Only who is among the first has to be known, not in which order: that takes no sort of thousands.
        remainders.select_nth_unstable(missing - 1);
    }
    for &(_, place) in remainders.iter().take(missing) {
        shares[place] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(weights: &[u32]) -> Vec<i64> {
        shares(weights.iter().map(|&weight| Weight::from_millionths(weight).unwrap()))
    }

    #[test]
    fn exactly_one_lead_is_handed_out() {
        assert_eq!(of(&[1, 1, 1]), [333_334, 333_333, 333_333]);
        assert_eq!(of(&[3_000_000, 1_000_000]), [750_000, 250_000]);
        assert_eq!(of(&[1, 1_000_000_000]), [0, 1_000_000]);
        assert_eq!(of(&[2, 2, 2, 1]), [285_715, 285_714, 285_714, 142_857]);
        assert!(of(&[]).is_empty());
        assert_eq!(of(&[0, 0]), [0, 0]);
    }
}
