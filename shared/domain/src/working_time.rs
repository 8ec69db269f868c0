//! When an assignee is at work, and what part of a time is working time.
//!
//! Hours are what the clock on the assignee's wall shows: from 09:00 to 17:00 is every moment at which it shows a time from
//! 09:00 on and before 17:00. So where daylight saving leaves an hour out, the part of an interval in it does not happen;
//! where an hour comes twice, the part of an interval in it happens twice. A holiday is a whole day of that clock. Durations
//! are what really passes.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::config::{Calendar, CalendarDay, Interval, WeeklyHours};

/// How far the future is looked through: a schedule repeats every week and a calendar every year.
const HORIZON: SignedDuration = SignedDuration::from_hours(400 * 24);

/// When one assignee is at work. It borrows all it has: one is made for each candidate of each lead.
#[derive(Debug, Clone, Copy)]
pub struct WorkingTime<'a> {
    zone: &'a TimeZone,
    /// `None` is always at work.
    times: Option<&'a Times>,
}

/// Why an assignee is not at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Away until then, with every absence that follows without a gap.
    AbsentUntil(Timestamp),
    /// The day is one of a calendar's.
    Holiday,
    /// The hours of the week do not hold this moment.
    OutsideHours,
}

/// What a config says of an assignee's time, ready to be asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times {
    /// Each day's intervals in order, none overlapping another; `None` is all of every day.
    pub(crate) hours: Option<Arc<WeeklyHours>>,
    /// The calendars.
    pub(crate) holidays: Vec<Arc<Holidays>>,
    /// When the assignee is away.
    pub(crate) absences: Absences,
}

/// The days of a calendar, ready to be looked up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holidays {
    once: BTreeSet<Date>,
    /// Month and day.
    yearly: BTreeSet<(i8, i8)>,
}

impl Holidays {
    pub(crate) fn new(calendar: &Calendar) -> Self {
        let mut holidays = Self::default();
        for day in &calendar.days {
            match *day {
                CalendarDay::Once(date) => holidays.once.insert(date),
                CalendarDay::Yearly { month, day } => holidays.yearly.insert((month, day)),
            };
        }
        holidays
    }

    fn hold(&self, date: Date) -> bool {
        self.once.contains(&date) || self.yearly.contains(&(date.month(), date.day()))
    }
}

/// Absences in order, with a gap between each and the next; each with its end, which is not in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Absences(Vec<(Timestamp, Timestamp)>);

impl Absences {
    /// Joins absences that overlap or follow each other without a gap.
    pub(crate) fn new(mut absences: Vec<(Timestamp, Timestamp)>) -> Self {
        absences.sort_unstable();
        let mut joined: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(absences.len());
        for (from, until) in absences {
            match joined.last_mut() {
                Some((_, end)) if from <= *end => *end = until.max(*end),
                _ => joined.push((from, until)),
            }
        }
        Self(joined)
    }

    /// Those that are not over at a moment.
    fn from(&self, at: Timestamp) -> &[(Timestamp, Timestamp)] {
        &self.0[self.0.partition_point(|(_, until)| *until <= at)..]
    }

    /// Visits what the absences leave of a stretch, which is nothing when it ends before it starts.
    fn without<T>(&self, stretch: Stretch, visit: &mut impl FnMut(Stretch) -> Option<T>) -> Option<T> {
        let Stretch { mut start, end } = stretch;
        for (from, until) in self.from(start) {
            if start < end && start < *from {
                let found = visit(Stretch { start, end: end.min(*from) });
                if found.is_some() {
                    return found;
                }
            }
            start = *until;
            if start >= end {
                return None;
            }
        }
        if start < end { visit(Stretch { start, end }) } else { None }
    }
}

/// Real time from a moment to another, which is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    start: Timestamp,
    end: Timestamp,
}

impl<'a> WorkingTime<'a> {
    pub(crate) fn new(zone: &'a TimeZone, times: Option<&'a Times>) -> Self {
        Self { zone, times }
    }

    /// Why the assignee is not at work, the first reason of absence, holiday and hours; `None` at work.
    #[must_use]
    pub fn closed(&self, at: Timestamp) -> Option<Closed> {
        let times = self.times?;
        if let Some((from, until)) = times.absences.from(at).first()
            && *from <= at
        {
            return Some(Closed::AbsentUntil(*until));
        }
        if times.hours.is_none() && times.holidays.is_empty() {
            return None;
        }
        let local = self.zone.to_datetime(at);
        if times.is_holiday(local.date()) {
            return Some(Closed::Holiday);
        }
        let minute = i16::from(local.hour()) * 60 + i16::from(local.minute());
        let holds = |interval: &Interval| {
            u16::try_from(minute).is_ok_and(|minute| (interval.start()..interval.end()).contains(&minute))
        };
        match &times.hours {
            Some(hours) if !hours.on(local.weekday()).iter().any(holds) => Some(Closed::OutsideHours),
            _ => None,
        }
    }

    /// The first moment from `from` on at which the assignee is at work: `from` itself when it is one. `None` when there is
    /// none within 400 days.
    #[must_use]
    pub fn next_open(&self, from: Timestamp) -> Option<Timestamp> {
        self.search(from, |open| Some(open.start))
    }

    /// The first moment at which so much working time has passed since `from`: `from` itself when nothing has to pass, the
    /// evening and not the next morning when the last of it is the end of a day. `None` when it is not within 400 days.
    #[must_use]
    pub fn after(&self, from: Timestamp, working: SignedDuration) -> Option<Timestamp> {
        if working <= SignedDuration::ZERO {
            return Some(from);
        }
        let mut missing = working;
        self.search(from, |open| {
            let length = open.start.duration_until(open.end);
            if missing <= length {
                return open.start.checked_add(missing).ok();
            }
            missing = missing.saturating_sub(length);
            None
        })
    }

    /// Visits the stretches of working time within 400 days in their order until one is an answer.
    fn search<T>(&self, from: Timestamp, mut visit: impl FnMut(Stretch) -> Option<T>) -> Option<T> {
        // The calendar ends in the year 9999.
        let limit = from.checked_add(HORIZON).unwrap_or(Timestamp::MAX);
        let Some(times) = self.times else { return visit(Stretch { start: from, end: limit }) };
        let mut start = from;
        while start < limit {
            // Until the zone's next transition the clock runs evenly, and no local time is left out or comes twice.
            let transition = self.zone.following(start).next().map(|transition| transition.timestamp());
            let end = transition.map_or(limit, |transition| transition.min(limit));
            let found = times.search(Stretch { start, end }, self.zone.to_offset(start), &mut visit);
            if found.is_some() {
                return found;
            }
            start = end;
        }
        None
    }
}

impl Times {
    fn is_holiday(&self, date: Date) -> bool {
        self.holidays.iter().any(|holidays| holidays.hold(date))
    }

    /// The same within a stretch in which the offset of the zone does not change.
    fn search<T>(&self, within: Stretch, offset: Offset, visit: &mut impl FnMut(Stretch) -> Option<T>) -> Option<T> {
        let mut date = offset.to_datetime(within.start).date();
        loop {
            // Only the first and the last day of the calendar have no moment.
            let midnight = offset.to_timestamp(DateTime::from(date)).ok()?;
            if midnight >= within.end {
                return None;
            }
            let open = match &self.hours {
                _ if self.is_holiday(date) => &[],
                Some(hours) => hours.on(date.weekday()),
                None => &[Interval::WHOLE_DAY][..],
            };
            for interval in open {
                let minute = |minute: u16| midnight.checked_add(SignedDuration::from_mins(minute.into())).ok();
                let start = minute(interval.start())?.max(within.start);
                let end = minute(interval.end())?.min(within.end);
                let found = self.absences.without(Stretch { start, end }, visit);
                if found.is_some() {
                    return found;
                }
            }
            date = date.tomorrow().ok()?;
        }
    }
}

#[cfg(test)]
mod tests;
