//! Counting what an assignee was given, by period, and the caps on it; and what it has open, and its capacity.
//!
//! Every period is counted for every assignee, in the account and in each pool, so that a cap that is published later
//! knows what was given before. A period begins anew in the assignee's own zone. A lead that comes back is taken off the
//! periods that still hold the moment in which it was given.

use std::collections::BTreeMap;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Zoned};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::availability::Availability;
use crate::config::{Cap, Capacity, Period};
use crate::id::{AssigneeId, PoolId};

/// What one assignee was given by period, what it has open, and whether it was switched on or off by hand: all that a
/// decision must know of an assignee beside the config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Whose counters they are.
    pub assignee: AssigneeId,
    /// Moves by one with each stored change; 0 before the first.
    pub version: u64,
    /// By key: `day` for the account, `day@pool` for one pool.
    pub counts: BTreeMap<String, Count>,
    /// Leads that it has and that are not closed.
    pub open: Load,
    /// What a person has said of it since the config was published.
    pub availability: Option<Availability>,
}

/// Open leads and what they are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Load {
    /// Their number.
    pub leads: u32,
    /// Their value together, in the account's own unit.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    pub value: Decimal,
}

impl Load {
    /// With one more lead of this value.
    pub fn add(&mut self, value: Decimal) {
        self.leads = self.leads.saturating_add(1);
        self.value = self.value.saturating_add(value);
    }

    /// With one lead of this value less.
    pub fn take(&mut self, value: Decimal) {
        self.leads = self.leads.saturating_sub(1);
        // Nothing open is worth nothing, whatever was rounded on the way.
        self.value = if self.leads == 0 { Decimal::ZERO } else { self.value.saturating_sub(value) };
    }

    /// Whether one more lead of this value would be too many, or too much.
    #[must_use]
    pub fn exceeds(&self, capacity: &Capacity, value: Decimal) -> bool {
        capacity.leads.is_some_and(|most| self.leads >= most)
            || capacity.value.is_some_and(|most| self.value.saturating_add(value) > most.decimal())
    }
}

/// The count of one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// When the last of them was given.
    pub last: Timestamp,
    /// Leads given in the period of that moment.
    pub leads: u32,
}

/// The moment and place at which caps are looked at.
#[derive(Debug, Clone, Copy)]
pub struct CapClock<'a> {
    /// Now.
    pub now: Timestamp,
    /// The assignee's zone.
    pub zone: &'a TimeZone,
    /// The day on which the account's week begins.
    pub first_weekday: Weekday,
}

impl CapClock<'_> {
    /// When the period that holds `now` began. A lifetime began at the epoch.
    #[must_use]
    pub fn start_of(&self, period: Period) -> Timestamp {
        let local = self.now.to_zoned(self.zone.clone());
        let start = match period {
            Period::Lifetime => return Timestamp::UNIX_EPOCH,
            Period::Hour => return self.start_of_hour(&local),
            Period::Day => local.start_of_day(),
            Period::Week => {
                let days = local.weekday().since(self.first_weekday);
                back_to_midnight(&local, i64::from(days).days())
            }
            Period::Month => back_to_midnight(&local, i64::from(local.day() - 1).days()),
        };
        // Only the first days of the calendar, thousands of years ago, have no start.
        start.map_or(Timestamp::MIN, |zoned| zoned.timestamp())
    }

    /// When the next period after the one that holds `now` begins; `None` where there is none.
    #[must_use]
    pub fn end_of(&self, period: Period) -> Option<Timestamp> {
        let start = self.start_of(period).to_zoned(self.zone.clone());
        let next = match period {
            Period::Lifetime => return None,
            Period::Hour => start.checked_add(1.hour()),
            Period::Day => start.checked_add(1.day()).and_then(|next| next.start_of_day()),
            Period::Week => start.checked_add(1.week()).and_then(|next| next.start_of_day()),
            Period::Month => start.checked_add(1.month()).and_then(|next| next.start_of_day()),
        };
        // Beyond the end of the calendar nothing begins.
        next.ok().map(|zoned| zoned.timestamp())
    }

    /// The wall clock's hour. Subtracting what has passed of it stays on the same side of a daylight-saving change,
    /// where naming the hour would be ambiguous.
    fn start_of_hour(&self, local: &Zoned) -> Timestamp {
        let passed = (i64::from(local.minute()) * 60 + i64::from(local.second())).seconds();
        local
            .timestamp()
            .checked_sub(passed.nanoseconds(i64::from(local.subsec_nanosecond())))
            .unwrap_or(Timestamp::MIN)
    }
}

fn back_to_midnight(local: &Zoned, days: Span) -> Result<Zoned, jiff::Error> {
    local.checked_sub(days)?.start_of_day()
}

fn key(period: Period, pool: Option<&PoolId>) -> String {
    match pool {
        None => period.name().to_owned(),
        Some(pool) => format!("{}@{pool}", period.name()),
    }
}

impl Counters {
    /// An assignee that was given nothing.
    #[must_use]
    pub fn new(assignee: AssigneeId) -> Self {
        Self { assignee, version: 0, counts: BTreeMap::new(), open: Load::default(), availability: None }
    }

    /// Leads given in the period that holds now.
    #[must_use]
    pub fn given(&self, period: Period, pool: Option<&PoolId>, clock: CapClock<'_>) -> u32 {
        match self.counts.get(&key(period, pool)) {
            // The last lead decides, not a stored beginning: when the zone of a period is edited, what was given today
            // still counts. A moment ahead of ours comes from a machine whose clock is ahead: it counts too.
            Some(count) if count.last >= clock.start_of(period) => count.leads,
            _ => 0,
        }
    }

    /// The first cap that is reached, if any.
    #[must_use]
    pub fn reached(&self, caps: &[Cap], pool: Option<&PoolId>, clock: CapClock<'_>) -> Option<Cap> {
        caps.iter().copied().find(|cap| self.given(cap.period, pool, clock) >= cap.limit)
    }

    /// Counts one more lead, in the account and in its pool.
    pub fn add(&mut self, pool: Option<&PoolId>, clock: CapClock<'_>) {
        for period in Period::ALL {
            self.add_to(period, None, clock);
            if pool.is_some() {
                self.add_to(period, pool, clock);
            }
        }
    }

    /// Takes back a lead that was given at some moment: it is off every period that holds that moment and now.
    pub fn take_back(&mut self, pool: Option<&PoolId>, given_at: Timestamp, clock: CapClock<'_>) {
        for period in Period::ALL {
            if given_at < clock.start_of(period) {
                continue;
            }
            for key in [Some(key(period, None)), pool.map(|pool| key(period, Some(pool)))].into_iter().flatten() {
                if let Some(count) = self.counts.get_mut(&key) {
                    count.leads = count.leads.saturating_sub(1);
                }
            }
        }
    }

    fn add_to(&mut self, period: Period, pool: Option<&PoolId>, clock: CapClock<'_>) {
        let leads = self.given(period, pool, clock).saturating_add(1);
        let count = self.counts.entry(key(period, pool)).or_insert(Count { last: Timestamp::MIN, leads: 0 });
        *count = Count { last: count.last.max(clock.now), leads };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(period: Period, now: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).unwrap();
        let clock = CapClock { now: now.parse().unwrap(), zone: &zone, first_weekday: Weekday::Monday };
        clock.start_of(period).to_string()
    }

    #[test]
    fn periods_begin_in_the_assignees_zone() {
        let berlin = "Europe/Berlin";
        for (period, now, expected) in [
            (Period::Day, "2026-07-21T22:30:00Z", "2026-07-21T22:00:00Z"),
            (Period::Day, "2026-07-21T21:30:00Z", "2026-07-20T22:00:00Z"),
            // The day of the change has 25 hours.
            (Period::Day, "2026-10-25T22:30:00Z", "2026-10-24T22:00:00Z"),
            (Period::Week, "2026-07-22T10:00:00Z", "2026-07-19T22:00:00Z"),
            (Period::Week, "2026-10-25T22:30:00Z", "2026-10-18T22:00:00Z"),
            (Period::Month, "2026-10-31T10:00:00Z", "2026-09-30T22:00:00Z"),
            // Two hours named 2 o'clock are two hours.
            (Period::Hour, "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z"),
            (Period::Hour, "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z"),
            (Period::Lifetime, "2026-10-25T01:30:00Z", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(start(period, now, berlin), expected, "{period:?} {now}");
        }
        assert_eq!(start(Period::Hour, "2026-07-21T10:40:00.5Z", "Asia/Kolkata"), "2026-07-21T10:30:00Z");
    }

    #[test]
    fn counts_begin_anew_and_never_run_back() {
        let zone = TimeZone::UTC;
        let at = |now: &str| CapClock { now: now.parse().unwrap(), zone: &zone, first_weekday: Weekday::Monday };
        let pool = PoolId::new("pool").unwrap();
        let mut counters = Counters::new(AssigneeId::new("anna").unwrap());
        counters.add(Some(&pool), at("2026-07-21T23:59:00Z"));
        counters.add(None, at("2026-07-21T23:59:30Z"));
        let caps = [Cap { period: Period::Day, limit: 2 }];
        assert_eq!(counters.reached(&caps, None, at("2026-07-21T23:59:40Z")), Some(caps[0]));
        assert_eq!(counters.reached(&caps, Some(&pool), at("2026-07-21T23:59:40Z")), None);
        assert_eq!(counters.reached(&caps, None, at("2026-07-22T00:00:00Z")), None);
        // A machine whose clock is behind counts into the day that has begun.
        counters.add(None, at("2026-07-22T00:00:01Z"));
        counters.add(None, at("2026-07-21T23:59:59Z"));
        assert_eq!(counters.given(Period::Day, None, at("2026-07-22T00:00:02Z")), 2);
        assert_eq!(counters.given(Period::Lifetime, None, at("2026-07-22T00:00:02Z")), 4);
    }

    #[test]
    fn an_edit_of_the_zone_forgets_nothing_that_was_given_today() {
        let (utc, new_york) = (TimeZone::UTC, TimeZone::get("America/New_York").unwrap());
        let mut counters = Counters::new(AssigneeId::new("anna").unwrap());
        let at = |now: &str, zone| CapClock { now: now.parse().unwrap(), zone, first_weekday: Weekday::Monday };
        counters.add(None, at("2026-07-21T12:00:00Z", &utc));
        // The day began at 0:00 UTC when it was counted, and begins at 4:00 UTC now.
        assert_eq!(counters.given(Period::Day, None, at("2026-07-21T13:00:00Z", &new_york)), 1);
    }

    #[test]
    fn a_period_ends_where_the_next_begins() {
        for (period, now, expected) in [
            (Period::Hour, "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),
            (Period::Day, "2026-10-25T10:00:00Z", "2026-10-25T23:00:00Z"),
            (Period::Day, "2026-03-29T10:00:00Z", "2026-03-29T22:00:00Z"),
            (Period::Week, "2026-10-21T10:00:00Z", "2026-10-25T23:00:00Z"),
            (Period::Month, "2026-10-31T10:00:00Z", "2026-10-31T23:00:00Z"),
        ] {
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            let clock = CapClock { now: now.parse().unwrap(), zone: &zone, first_weekday: Weekday::Monday };
            let end = clock.end_of(period).unwrap();
            assert_eq!(end.to_string(), expected, "{period:?} {now}");
            assert_eq!(CapClock { now: end, ..clock }.start_of(period), end);
        }
    }

    #[test]
    fn what_comes_back_is_taken_off_the_periods_that_it_was_given_in() {
        let zone = TimeZone::UTC;
        let at = |now: &str| CapClock { now: now.parse().unwrap(), zone: &zone, first_weekday: Weekday::Monday };
        let pool = PoolId::new("pool").unwrap();
        let mut counters = Counters::new(AssigneeId::new("anna").unwrap());
        let evening = at("2026-07-21T23:30:00Z");
        counters.add(Some(&pool), evening);
        counters.add(Some(&pool), at("2026-07-22T00:10:00Z"));
        let now = at("2026-07-22T00:20:00Z");
        counters.take_back(Some(&pool), evening.now, now);
        for (period, left) in [(Period::Hour, 1), (Period::Day, 1), (Period::Week, 1), (Period::Lifetime, 1)] {
            assert_eq!(counters.given(period, Some(&pool), now), left, "{period:?}");
            assert_eq!(counters.given(period, None, now), left, "{period:?}");
        }
        counters.take_back(Some(&pool), now.now, now);
        assert_eq!(counters.given(Period::Day, Some(&pool), now), 0);
    }

    #[test]
    fn a_capacity_is_of_leads_or_of_value() {
        let capacity = |leads, value: Option<u32>| {
            let value = value.map(|value| serde_json::from_value(value.into()).unwrap());
            Capacity { leads, value }
        };
        let mut load = Load::default();
        load.add(Decimal::from(60));
        assert!(!load.exceeds(&capacity(Some(2), None), Decimal::ZERO));
        assert!(load.exceeds(&capacity(Some(1), None), Decimal::ZERO));
        assert!(!load.exceeds(&capacity(None, Some(100)), Decimal::from(40)));
        assert!(load.exceeds(&capacity(None, Some(100)), Decimal::from(41)));
        load.take(Decimal::from(60));
        assert_eq!(load, Load::default());
    }

    #[test]
    fn a_cap_of_zero_is_always_reached() {
        let zone = TimeZone::UTC;
        let clock = CapClock { now: Timestamp::UNIX_EPOCH, zone: &zone, first_weekday: Weekday::Monday };
        let caps = [Cap { period: Period::Month, limit: 0 }];
        assert!(Counters::new(AssigneeId::new("a").unwrap()).reached(&caps, None, clock).is_some());
    }
}
