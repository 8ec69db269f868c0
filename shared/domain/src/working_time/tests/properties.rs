//! Schedules, calendars and absences at random, against a clock on the wall that is looked at every minute.

use jiff::civil::Date;
use proptest::prelude::*;

use super::*;

/// Zones that change their clocks by an hour, by half of one, around midnight, by a day, or not at all.
const ZONES: [&str; 10] = [
    "UTC",
    BERLIN,
    NEW_YORK,
    KOLKATA,
    APIA,
    "America/St_Johns",
    "America/Havana",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
];

/// What was drawn, plainly.
#[derive(Debug, Clone)]
struct Case {
    zone: TimeZone,
    from: Timestamp,
    hours: Option<Vec<Vec<(u16, u16)>>>,
    holidays: Vec<Date>,
    absences: Vec<(Timestamp, Timestamp)>,
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// Intervals of a day: none overlaps another, some touch.
fn day() -> impl Strategy<Value = Vec<(u16, u16)>> {
    let ends = prop::collection::btree_set((0u16..=96).prop_map(|quarter| quarter * 15), 0..6);
    (ends, any::<bool>()).prop_map(|(ends, touching)| {
        let ends: Vec<u16> = ends.into_iter().collect();
        let step = if touching { 1 } else { 2 };
        ends.windows(2).step_by(step).map(|pair| (pair[0], pair[1])).collect()
    })
}

fn case() -> impl Strategy<Value = Case> {
    // Years with a day that Samoa left out, with clocks that went back over midnight, and the present.
    let base = prop_oneof![Just("2010-01-01T00:00Z"), Just("2011-07-01T00:00Z"), Just("2026-01-01T00:00Z")];
    let moment =
        (prop::sample::select(&ZONES[..]), base, 0i64..365 * 24 * 60, prop::option::weighted(0.7, 0i64..4 * 24 * 60));
    let hours = prop::option::weighted(0.8, prop::collection::vec(day(), 7));
    let holidays = prop::collection::vec(0i64..12, 0..3);
    // To the minute, or by quarters of a day, of which many follow each other without a gap.
    let absence = prop_oneof![
        (-2_000i64..12_000, 1i64..3_000),
        (-4i64..32, 1i64..8).prop_map(|(begin, length)| (begin * 360, length * 360)),
    ];
    let absences = prop::collection::vec(absence, 0..5);
    (moment, hours, holidays, absences).prop_map(|((zone, base, later, before), hours, holidays, absences)| {
        let zone = TimeZone::get(zone).unwrap();
        let drawn = at(base) + minutes(later);
        // Mostly shortly before the clocks change.
        let change = zone.following(drawn).next().map(|change| change.timestamp());
        let from = match (before, change) {
            (Some(before), Some(change)) => change - minutes(before),
            _ => drawn,
        };
        let today = zone.to_datetime(from).date();
        let holidays = holidays.into_iter().map(|days| today + SignedDuration::from_hours(days * 24)).collect();
        let absences =
            absences.into_iter().map(|(begin, length)| (from + minutes(begin), from + minutes(begin + length)));
        Case { zone, from, hours, holidays, absences: absences.collect() }
    })
}

impl Case {
    fn times(&self) -> Times {
        let hours = self.hours.as_ref().map(|days| {
            let mut days = days.iter().map(|day| {
                day.iter().map(|&(start, end)| Interval::from_minutes(start, end).unwrap()).collect::<Vec<_>>()
            });
            let mut next = || days.next().unwrap();
            Arc::new(WeeklyHours {
                monday: next(),
                tuesday: next(),
                wednesday: next(),
                thursday: next(),
                friday: next(),
                saturday: next(),
                sunday: next(),
            })
        });
        let days = self.holidays.iter().enumerate().map(|(index, &date)| {
            if index == 0 {
                CalendarDay::Yearly { month: date.month(), day: date.day() }
            } else {
                CalendarDay::Once(date)
            }
        });
        let calendar = Calendar { id: "c".parse().unwrap(), name: None, days: days.collect() };
        Times {
            hours,
            holidays: vec![Arc::new(Holidays::new(&calendar))],
            absences: Absences::new(self.absences.clone()),
        }
    }

    /// The same question, asked of what was drawn.
    fn closed(&self, at: Timestamp) -> Option<Closed> {
        let away = |at: Timestamp| self.absences.iter().find(|(from, until)| *from <= at && at < *until);
        if let Some((_, mut until)) = away(at).copied() {
            while let Some((_, later)) = away(until) {
                until = *later;
            }
            return Some(Closed::AbsentUntil(until));
        }
        let local = at.to_zoned(self.zone.clone());
        if self.holidays.contains(&local.date()) {
            return Some(Closed::Holiday);
        }
        let weekday = usize::from(local.weekday().to_monday_zero_offset().unsigned_abs());
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let open =
            |days: &Vec<Vec<(u16, u16)>>| days[weekday].iter().any(|&(start, end)| start <= minute && minute < end);
        if self.hours.as_ref().is_none_or(open) { None } else { Some(Closed::OutsideHours) }
    }
}

/// Minutes that are looked at one by one.
const LOOKED_AT: i64 = 9 * 24 * 60;

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn the_reason_is_the_one_on_the_wall(case in case(), moments in prop::collection::vec(0..LOOKED_AT * 60, 200)) {
        let times = case.times();
        let working_time = WorkingTime::new(&case.zone, Some(&times));
        for moment in moments {
            let moment = case.from + SignedDuration::from_secs(moment);
            prop_assert_eq!(working_time.closed(moment), case.closed(moment), "{}", moment);
        }
    }

    #[test]
    fn the_next_working_time_is_the_first(case in case(), second in 0i64..60) {
        let times = case.times();
        let working_time = WorkingTime::new(&case.zone, Some(&times));
        let from = case.from + SignedDuration::from_secs(second);
        let next = working_time.next_open(from);
        if let Some(next) = next {
            prop_assert!(next >= from);
            prop_assert_eq!(case.closed(next), None);
        }
        // Everything that was drawn is of whole minutes.
        let end = next.unwrap_or(Timestamp::MAX).min(from + minutes(LOOKED_AT));
        let mut moment = from;
        while moment < end {
            prop_assert!(case.closed(moment).is_some(), "at work at {} already", moment);
            moment += MINUTE;
        }
    }

    #[test]
    fn working_time_is_what_the_minutes_come_to(case in case(), working in 1i64..3_000) {
        let times = case.times();
        let after = WorkingTime::new(&case.zone, Some(&times)).after(case.from, minutes(working));
        let end = case.from + minutes(LOOKED_AT);
        let (mut moment, mut passed) = (case.from, 0);
        while passed < working && moment < end {
            passed += i64::from(case.closed(moment).is_none());
            moment += MINUTE;
        }
        if passed == working {
            prop_assert_eq!(after, Some(moment));
        } else {
            prop_assert!(after.is_none_or(|after| after > end));
        }
    }
}
