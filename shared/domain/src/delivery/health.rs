//! How a destination does: the circuit breaker in front of it.
//!
//! After [`FAILURES_MIN`] failures in a row over at least [`FAILING_S_MIN`] it opens: deliveries wait, without spending
//! tries, and one now and then probes. A success closes it. What has not answered for [`OPEN_S_MAX`], or has said that it
//! is gone, is suspended until a person resumes it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::DeliveryId;

/// Failures in a row before it opens.
pub const FAILURES_MIN: u32 = 10;
/// The least time that they take together, in seconds: a short disturbance opens nothing.
pub const FAILING_S_MIN: i64 = 300;
/// How long it is open before the destination is suspended, in seconds: five days.
pub const OPEN_S_MAX: i64 = 5 * 86_400;
/// The shortest and the longest time between two probes, in seconds.
const PROBE_S: (i64, i64) = (60, 900);

/// How a destination does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Health {
    /// Failures since the last success.
    #[serde(default)]
    pub failures: u32,
    /// When the first of them was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// Since when deliveries wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_since: Option<Timestamp>,
    /// When the next probe may go, while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe_at: Option<Timestamp>,
    /// Since when nothing is sent until a person resumes it, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
}

/// Nothing is sent until a person resumes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Since when.
    pub since: Timestamp,
    /// Why, in words.
    pub reason: String,
}

/// Whether a delivery may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It goes.
    Go,
    /// It goes when it can take the one probe.
    Probe,
    /// It waits for so many seconds.
    Wait(u32),
    /// It is given up: the destination is suspended.
    Suspended,
}

/// What a try says of its destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It answered.
    Alive,
    /// It did not, or with an error of its own.
    Failing,
    /// It said that it is gone.
    Gone,
}

impl Health {
    /// Whether nothing is known against it.
    #[must_use]
    pub fn is_well(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a delivery may go now.
    #[must_use]
    pub fn admit(&self, delivery: &DeliveryId, now: Timestamp) -> Admission {
        if self.suspended.is_some() {
            return Admission::Suspended;
        }
        let Some(open_since) = self.open_since else { return Admission::Go };
        match self.probe_at {
            Some(at) if at > now => Admission::Wait(wait_s(delivery, open_since, now)),
            _ => Admission::Probe,
        }
    }

    /// The health while a probe is under way: the next one may go later.
    #[must_use]
    pub fn probing(&self, now: Timestamp) -> Self {
        let open_s = self.open_since.map_or(0, |since| now.duration_since(since).as_secs());
        let probe_at = plus(now, (open_s / 4).clamp(PROBE_S.0, PROBE_S.1));
        Self { probe_at: Some(probe_at), ..self.clone() }
    }

    /// The health after a try.
    #[must_use]
    pub fn after(&self, sign: Sign, reason: &str, now: Timestamp) -> Self {
        if self.suspended.is_some() {
            return self.clone();
        }
        let suspended = |reason: String| Some(Suspension { since: now, reason });
        match sign {
            Sign::Alive => Self::default(),
            Sign::Gone => Self { suspended: suspended(reason.to_owned()), ..self.clone() },
            Sign::Failing => {
                let failures = self.failures.saturating_add(1);
                let failing_since = self.failing_since.unwrap_or(now);
                let long_enough = now.duration_since(failing_since).as_secs() >= FAILING_S_MIN;
                let opens = failures >= FAILURES_MIN && long_enough;
                let open_since = self.open_since.or(opens.then_some(now));
                let after = Self { failures, failing_since: Some(failing_since), open_since, ..self.clone() };
                match open_since {
                    None => after,
                    Some(since) if now.duration_since(since).as_secs() >= OPEN_S_MAX => Self {
                        suspended: suspended(format!("it has not answered since {failing_since}: {reason}")),
                        ..after
                    },
                    Some(_) if after.probe_at.is_none() => after.probing(now),
                    Some(_) => after,
                }
            }
        }
    }
}

/// How long a delivery waits before it asks again: the longer the destination is silent the longer, and each another time,
/// so that they do not all come at once when it is back.
fn wait_s(delivery: &DeliveryId, open_since: Timestamp, now: Timestamp) -> u32 {
    let open_s = now.duration_since(open_since).as_secs();
    let middle_s = (open_s / 2).clamp(PROBE_S.0 * 2, PROBE_S.1 - 300);
    let digest = Sha256::new().chain_update(delivery.as_str()).chain_update(now.as_second().to_be_bytes()).finalize();
    // From half to one and a half of it.
    let thousandths = 500 + i64::from(u16::from_be_bytes([digest[0], digest[1]])) % 1_001;
    u32::try_from((middle_s * thousandths / 1_000).max(1)).unwrap_or(u32::MAX)
}

fn plus(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AccountId, DestinationId, EventId, LeadId, SourceId};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn delivery(index: usize) -> DeliveryId {
        let (account, source) = (AccountId::new("a").unwrap(), SourceId::new("s").unwrap());
        let lead = LeadId::from_event(&EventId::from_external(&account, &source, &index.to_string()));
        DeliveryId::of(&lead, 1, &DestinationId::new("d").unwrap())
    }

    fn failed(times: u32, each_s: i64) -> Health {
        (0..times)
            .fold(Health::default(), |health, index| health.after(Sign::Failing, "down", at(i64::from(index) * each_s)))
    }

    #[test]
    fn it_opens_after_ten_failures_that_take_five_minutes() {
        assert_eq!(failed(9, 60).admit(&delivery(1), at(600)), Admission::Go);
        assert_eq!(failed(200, 1).open_since, None, "a short disturbance opens nothing");
        let open = failed(10, 40);
        assert_eq!(open.open_since, Some(at(360)));
        assert!(matches!(open.admit(&delivery(1), at(361)), Admission::Wait(60..=180)));
        assert_eq!(failed(9, 60).after(Sign::Alive, "", at(600)), Health::default());
    }

    #[test]
    fn one_probes_and_a_success_closes_it() {
        let open = failed(10, 40);
        assert_eq!(open.admit(&delivery(1), at(360 + 60)), Admission::Probe);
        let probing = open.probing(at(420));
        assert!(matches!(probing.admit(&delivery(2), at(421)), Admission::Wait(_)));
        assert_eq!(probing.admit(&delivery(2), at(480)), Admission::Probe, "the one that probed may have been lost");
        assert_eq!(probing.after(Sign::Failing, "down", at(430)).open_since, Some(at(360)));
        assert_eq!(probing.after(Sign::Alive, "", at(430)).admit(&delivery(2), at(431)), Admission::Go);
    }

    #[test]
    fn what_is_gone_or_silent_for_days_is_suspended() {
        let gone = Health::default().after(Sign::Gone, "the receiver answered 410", at(0));
        assert_eq!(gone.admit(&delivery(1), at(1)), Admission::Suspended);
        assert_eq!(gone.after(Sign::Alive, "", at(2)), gone, "only a person resumes it");
        let silent = failed(10, 40).after(Sign::Failing, "down", at(360 + OPEN_S_MAX - 1));
        assert!(silent.suspended.is_none());
        let silent = silent.after(Sign::Failing, "down", at(360 + OPEN_S_MAX));
        assert!(silent.suspended.unwrap().reason.contains("down"));
    }

    /// A receiver is down for hours while deliveries come, and then is back: they go on one after another.
    #[test]
    fn what_waited_does_not_come_all_at_once_when_it_is_back() {
        const WAITING: usize = 6_000;
        let mut health = failed(10, 40);
        let (opened, back) = (360, 360 + 3 * 3_600);
        // When each asks, the earliest first: a third come in one second, the others evenly over the time that it is down.
        let mut asks = std::collections::BTreeSet::new();
        for index in 0..WAITING {
            let evenly = i64::try_from(index).unwrap() * (back - opened) / i64::try_from(WAITING).unwrap();
            asks.insert((opened + 1 + if index < WAITING / 3 { 0 } else { evenly }, index));
        }
        let mut probes = 0;
        let mut went: Vec<(i64, usize)> = Vec::new();
        while let Some((second, index)) = asks.pop_first() {
            match health.admit(&delivery(index), at(second)) {
                Admission::Go => went.push((second, index)),
                Admission::Wait(wait_s) => assert!(asks.insert((second + i64::from(wait_s), index))),
                Admission::Probe if second < back => {
                    probes += 1;
                    health = health.probing(at(second)).after(Sign::Failing, "down", at(second));
                    // A probe has spent a try; here it comes again as if it had not, so that all are counted.
                    asks.insert((second + 600, index));
                }
                Admission::Probe => {
                    health = health.probing(at(second)).after(Sign::Alive, "", at(second));
                    went.push((second, index));
                }
                Admission::Suspended => panic!("three hours are not five days"),
            }
        }
        assert_eq!(went.len(), WAITING, "nobody is forgotten");
        // A probe a minute at first, and fewer later.
        assert!((10..=40).contains(&probes), "{probes}");
        let closed = went[0].0;
        assert!(closed - back <= PROBE_S.1 + 60, "it is noticed soon that it is back: {closed} {back}");
        let last = went.iter().map(|(second, _)| *second).max().unwrap();
        assert!(last - closed <= PROBE_S.1, "and all have gone in a quarter of an hour: {}", last - closed);
        let mut each_second = std::collections::HashMap::new();
        went.iter().for_each(|(second, _)| *each_second.entry(*second).or_insert(0_usize) += 1);
        let peak = each_second.values().max().unwrap();
        // Ten a second would be perfectly even over ten minutes.
        assert!(*peak <= 40, "{peak} in one second");
        // Who came first is not promised to go first; but it waits no longer than who came last.
        let mean = |half: &dyn Fn(usize) -> bool| {
            let seconds: Vec<i64> =
                went.iter().filter(|(_, index)| half(*index)).map(|(second, _)| second - closed).collect();
            seconds.iter().sum::<i64>() / i64::try_from(seconds.len()).unwrap()
        };
        let (older, newer) = (mean(&|index| index < WAITING / 2), mean(&|index| index >= WAITING / 2));
        assert!((older - newer).abs() <= 60, "{older} {newer}");
    }
}
