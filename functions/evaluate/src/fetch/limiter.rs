//! How many requests a second a source's platform is sent by this process. There are at most two processes
//! (`MaximumConcurrency` in template.yaml), so a platform may see twice as many.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use leadyard_domain::id::{AccountId, SourceId};

/// Most sources that are remembered; those whose time has passed are forgotten first.
const KEPT_MAX: usize = 10_000;

/// A bucket a source: a second's worth may go at once, the others at an even pace.
#[derive(Debug, Default)]
pub(super) struct Limiter(Mutex<HashMap<(AccountId, SourceId), Timestamp>>);

/// Whether a request may go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Take {
    /// At once.
    Now,
    /// After so long: its place is taken.
    After(SignedDuration),
    /// Not within the time that it can wait; in so long there would be a place.
    Full(SignedDuration),
}

impl Limiter {
    pub(super) fn take(
        &self,
        (account, source): (&AccountId, &SourceId),
        per_second: u32,
        now: Timestamp,
        most: SignedDuration,
    ) -> Take {
        let second = SignedDuration::from_secs(1);
        let pace = SignedDuration::from_nanos(1_000_000_000 / i64::from(per_second.max(1)));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, next| *next > now);
        }
        let next = kept.entry((account.clone(), source.clone())).or_insert(now);
        let place = (*next).max(now);
        let wait = place.duration_since(now) - (second - pace);
        if wait > most {
            return Take::Full(wait);
        }
        *next = place.saturating_add(pace).unwrap_or(Timestamp::MAX);
        if wait.is_positive() { Take::After(wait) } else { Take::Now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_000_000 + ms).unwrap()
    }

    fn ms(ms: i64) -> SignedDuration {
        SignedDuration::from_millis(ms)
    }

    #[test]
    fn a_seconds_worth_goes_at_once_and_the_others_at_an_even_pace() {
        let limiter = Limiter::default();
        let (account, web, app) = ("main".parse().unwrap(), "web".parse().unwrap(), "app".parse().unwrap());
        let take = |source, now| limiter.take((&account, source), 4, at(now), ms(400));
        for _ in 0..4 {
            assert_eq!(take(&web, 0), Take::Now);
        }
        assert_eq!(take(&web, 0), Take::After(ms(250)));
        assert_eq!(take(&web, 0), Take::Full(ms(500)), "who can't wait so long takes no place");
        assert_eq!(take(&web, 0), Take::Full(ms(500)));
        assert_eq!(take(&app, 0), Take::Now, "each source has its own");
        assert_eq!(take(&web, 500), Take::Now);
        assert_eq!(take(&web, 500), Take::After(ms(250)));
        for _ in 0..4 {
            assert_eq!(take(&web, 60_000), Take::Now, "a long rest saves up no more than a second's worth");
        }
        assert_eq!(take(&web, 60_000), Take::After(ms(250)));
    }

    #[test]
    fn over_ten_seconds_no_more_go_than_may() {
        let limiter = Limiter::default();
        let (account, web) = ("main".parse().unwrap(), "web".parse().unwrap());
        let gone = (0..10_000)
            .step_by(7)
            .filter(|now| limiter.take((&account, &web), 3, at(*now), SignedDuration::ZERO) == Take::Now);
        let gone = gone.count();
        assert!((30..=33).contains(&gone), "{gone}");
    }
}
