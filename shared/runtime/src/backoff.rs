//! How long to wait before another try.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

/// The longest wait before the first retry; it doubles with each further one.
const FIRST_MAX: Duration = Duration::from_millis(50);

/// The longest wait before any retry.
const EVER_MAX: Duration = Duration::from_secs(1);

/// Full jitter: anything from nothing up to an exponentially growing bound.
///
/// `attempt` counts the tries made so far, from 1. The spread comes from hashing the seed, not from a random
/// source: two senders with different seeds drift apart, and one sender waits the same in every test run.
#[must_use]
pub fn full_jitter(seed: impl Hash, attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let bound = FIRST_MAX.saturating_mul(1 << doublings).min(EVER_MAX);
    let mut hasher = DefaultHasher::new();
    (seed, attempt).hash(&mut hasher);
    let micros_max = bound.as_micros() + 1;
    let micros = u128::from(hasher.finish()) % micros_max;
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_stays_under_its_growing_bound() {
        for (attempt, max_ms) in [(1, 50), (2, 100), (3, 200), (5, 800), (6, 1000), (99, 1000)] {
            let longest = (0..2_000).map(|seed| full_jitter(seed, attempt)).max().unwrap();
            let bound = Duration::from_millis(max_ms);
            assert!(longest <= bound, "attempt {attempt} waited {longest:?}");
            assert!(longest > bound / 2, "attempt {attempt} uses only {longest:?} of its bound");
        }
    }

    #[test]
    fn seeds_spread_and_a_seed_repeats() {
        assert_eq!(full_jitter("delivery-1", 1), full_jitter("delivery-1", 1));
        assert_ne!(full_jitter("delivery-1", 1), full_jitter("delivery-2", 1));
    }
}
