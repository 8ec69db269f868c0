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
    // What is left of a millionth: who gets one of those that rounding down has left over.
    let mut remainders = Vec::with_capacity(weights.len());
    let mut missing = lead;
    for weight in weights {
        // A weight is at most 1e9 millionths, so the product is at most 1e15.
        let product = u64::from(weight.millionths()) * lead;
        let share = product / total;
        missing -= share;
        shares.push(share.cast_signed());
        remainders.push(product - share * total);
    }
    // Fewer than there are members, for each remainder is less than a millionth.
    let Some(last) = usize::try_from(missing).ok().and_then(|missing| missing.checked_sub(1)) else { return shares };
    // Only who is among the first has to be known, not in which order: that takes no sort of thousands.
    let mut ordered = remainders.clone();
    let (_, &mut least, _) = ordered.select_nth_unstable_by_key(last, |&remainder| Reverse(remainder));
    let above = remainders.iter().filter(|&&remainder| remainder > least).count();
    let mut equals = last + 1 - above;
    for (share, remainder) in shares.iter_mut().zip(remainders) {
        if remainder > least {
            *share += 1;
        } else if remainder == least && equals > 0 {
            *share += 1;
            equals -= 1;
        }
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
