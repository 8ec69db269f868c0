//! A million deliveries to a destination that is down for two hours, on the pure core: when each of them goes once it is back.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use leadyard_domain::delivery::health::{Admission, Health, Sign};
use leadyard_domain::id::{AccountId, DeliveryId, DestinationId, EventId, LeadId, SourceId};

const DELIVERIES: i64 = 1_000_000;
const OUTAGE_S: i64 = 7_200;
/// The busiest second may be so many times the mean of the seconds in which the backlog goes: more would be a herd.
const PEAK_MAX: f64 = 2.5;

/// Prints a line and returns the goals that were missed.
pub fn run() -> Vec<String> {
    let begin: Timestamp = "2026-07-21T10:00:00Z".parse().unwrap();
    let at = |second: i64| begin.checked_add(SignedDuration::from_secs(second)).unwrap();
    // It was opened by the first ones.
    let mut health = Health::default();
    for index in 0..10 {
        health = health.after(Sign::Failing, "down", at(index * 40));
    }
    let back = OUTAGE_S;
    let mut sent: BTreeMap<i64, u32> = BTreeMap::new();
    for index in 0..DELIVERIES {
        let delivery = delivery(index);
        // Evenly over the outage, and each waits again and again until the destination is back.
        let mut second = 400 + index * (OUTAGE_S - 400) / DELIVERIES;
        while second < back {
            // Someone else has the probe.
            let Admission::Wait(wait_s) = health.probing(at(second)).admit(&delivery, at(second)) else { break };
            second += i64::from(wait_s);
        }
        *sent.entry(second).or_default() += 1;
    }
    let (first, last) = (*sent.keys().next().unwrap(), *sent.keys().last().unwrap());
    let peak = sent.values().copied().max().unwrap_or_default();
    let seconds = i32::try_from(last - first + 1).unwrap();
    let mean = f64::from(i32::try_from(DELIVERIES).unwrap()) / f64::from(seconds);
    println!(
        "backlog deliveries={DELIVERIES} outage_s={OUTAGE_S} peak_per_s={peak} mean_per_s={mean:.0} drained_s={seconds}"
    );
    let ratio = f64::from(peak) / mean;
    if ratio > PEAK_MAX {
        return vec![format!("after an outage the busiest second has {ratio:.1} times the mean")];
    }
    Vec::new()
}

fn delivery(index: i64) -> DeliveryId {
    let (account, source) = (AccountId::new("main").unwrap(), SourceId::new("web").unwrap());
    let lead = LeadId::from_event(&EventId::from_external(&account, &source, &index.to_string()));
    DeliveryId::of(&lead, 1, &DestinationId::new("crm").unwrap())
}
