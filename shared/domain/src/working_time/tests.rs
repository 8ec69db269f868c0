//! Working time as a table of days that go wrong, and as properties against counting minutes.

mod properties;

use std::collections::BTreeSet;

use super::*;
use crate::config::document::{Syntax, parse};
use crate::config::{Checked, Known};

const OFFICE: &str = "schedule: office";

/// An assignee in a zone, with its settings, beside a schedule and some calendars.
fn config(zone: &str, rest: &str) -> Checked {
    let text = format!(
        "schedules:\n\
         - {{ id: office, hours: {{ monday: [13:00-17:00, 09:00-12:30], tuesday: [09:00-17:00], friday: [09:00-17:00] }} }}\n\
         calendars: [{{ id: fixed, days: [12-25, 01-01, 02-29] }}, {{ id: moving, days: [2026-04-06] }}]\n\
         account: {{ timezone: {zone} }}\n\
         assignees: [{{ id: a, name: A, {rest} }}]"
    );
    let known = Known { secrets: &BTreeSet::new(), formats: &[], lists: &BTreeSet::new() };
    parse(&text, Syntax::Yaml).and_then(|config| config.check(&known)).unwrap()
}

fn working_time(checked: &Checked) -> WorkingTime<'_> {
    checked.working_time(&checked.config().assignees[0])
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const BERLIN: &str = "Europe/Berlin";
const NEW_YORK: &str = "America/New_York";
const KOLKATA: &str = "Asia/Kolkata";
const APIA: &str = "Pacific/Apia";

#[test]
fn why_nobody_is_at_work() {
    let absent = |until: &str| Some(Closed::AbsentUntil(at(until)));
    let away = "absences: [{ from: 2026-12-24, until: 2027-01-02 }, { from: 2027-01-02T00:00, until: 2027-01-02T10:00:00Z }, \
                { from: 2026-12-01, until: 2026-12-24 }, { from: 2026-12-05, until: 2026-12-06 }]";
    for (zone, rest, moment, wanted) in [
        (BERLIN, "active: true", "2026-03-29T03:00+02:00", None),
        // To the second; Monday's hours are not in order.
        (BERLIN, OFFICE, "2026-07-27T08:59:59.999+02:00", Some(Closed::OutsideHours)),
        (BERLIN, OFFICE, "2026-07-27T09:00+02:00", None),
        (BERLIN, OFFICE, "2026-07-27T12:29:59.999+02:00", None),
        (BERLIN, OFFICE, "2026-07-27T12:30+02:00", Some(Closed::OutsideHours)),
        (BERLIN, OFFICE, "2026-07-27T13:00+02:00", None),
        (BERLIN, OFFICE, "2026-07-27T17:00+02:00", Some(Closed::OutsideHours)),
        (BERLIN, "schedule: office, timezone: America/New_York", "2026-07-27T09:00+02:00", Some(Closed::OutsideHours)),
        (BERLIN, "schedule: office, timezone: America/New_York", "2026-07-27T09:00-04:00", None),
        (KOLKATA, OFFICE, "2026-07-27T03:30Z", None),
        (KOLKATA, OFFICE, "2026-07-27T03:29Z", Some(Closed::OutsideHours)),
        // 02:30 exists twice, or not.
        (BERLIN, "hours: { sunday: ['02:00-02:30'] }", "2026-10-25T02:15+02:00", None),
        (BERLIN, "hours: { sunday: ['02:00-02:30'] }", "2026-10-25T02:45+02:00", Some(Closed::OutsideHours)),
        (BERLIN, "hours: { sunday: ['02:00-02:30'] }", "2026-10-25T02:15+01:00", None),
        (BERLIN, "hours: { sunday: ['02:00-02:30'] }", "2026-03-29T03:15+02:00", Some(Closed::OutsideHours)),
        // Holidays, of the zone's days; before the hours, with or without them.
        (BERLIN, "schedule: office, holidays: [fixed]", "2026-12-25T10:00+01:00", Some(Closed::Holiday)),
        (BERLIN, "schedule: office, holidays: [fixed]", "2026-12-25T03:00+01:00", Some(Closed::Holiday)),
        (BERLIN, "holidays: [moving, fixed]", "2026-12-24T23:59+01:00", None),
        (BERLIN, "holidays: [moving, fixed]", "2026-12-25T00:00+01:00", Some(Closed::Holiday)),
        (BERLIN, "holidays: [moving, fixed]", "2026-12-25T23:59+01:00", Some(Closed::Holiday)),
        (BERLIN, "holidays: [moving, fixed]", "2026-12-26T00:00+01:00", None),
        (KOLKATA, "holidays: [fixed]", "2026-12-24T18:30Z", Some(Closed::Holiday)),
        (BERLIN, "holidays: [moving]", "2026-04-06T12:00+02:00", Some(Closed::Holiday)),
        (BERLIN, "holidays: [moving]", "2027-04-06T12:00+02:00", None),
        (BERLIN, "holidays: [fixed]", "2028-02-29T12:00+01:00", Some(Closed::Holiday)),
        (BERLIN, "holidays: [fixed]", "2027-03-01T12:00+01:00", None),
        // Absences, of the zone's days; before everything, joined with those that follow without a gap.
        (BERLIN, away, "2026-11-30T23:59+01:00", None),
        (BERLIN, away, "2026-12-01T00:00+01:00", absent("2027-01-02T10:00Z")),
        (BERLIN, away, "2026-12-05T12:00+01:00", absent("2027-01-02T10:00Z")),
        (BERLIN, away, "2027-01-02T09:59:59Z", absent("2027-01-02T10:00Z")),
        (BERLIN, away, "2027-01-02T10:00Z", None),
        (NEW_YORK, away, "2026-12-01T04:59Z", None),
        (
            BERLIN,
            "schedule: office, holidays: [fixed], absences: [{ from: 2026-12-25, until: 2026-12-27 }]",
            "2026-12-25T03:00+01:00",
            absent("2026-12-27T00:00+01:00"),
        ),
        (
            BERLIN,
            "absences: [{ from: 2026-12-01, until: 2026-12-02 }, { from: 2026-12-02T00:01, until: 2026-12-03 }]",
            "2026-12-01T12:00+01:00",
            absent("2026-12-02T00:00+01:00"),
        ),
    ] {
        let checked = config(zone, rest);
        assert_eq!(working_time(&checked).closed(at(moment)), wanted, "{zone} {rest} {moment}");
    }
}

#[test]
fn when_the_next_working_time_begins() {
    for (zone, rest, from, wanted) in [
        (BERLIN, "active: true", "2026-07-27T03:00+02:00", Some("2026-07-27T03:00+02:00")),
        (BERLIN, OFFICE, "2026-07-27T10:00:00.5+02:00", Some("2026-07-27T10:00:00.5+02:00")),
        (BERLIN, OFFICE, "2026-07-27T12:30+02:00", Some("2026-07-27T13:00+02:00")),
        // Over the weekend on which daylight saving begins.
        (BERLIN, OFFICE, "2026-03-27T17:00+01:00", Some("2026-03-30T09:00+02:00")),
        (NEW_YORK, OFFICE, "2026-03-06T17:00-05:00", Some("2026-03-09T09:00-04:00")),
        (KOLKATA, OFFICE, "2026-03-27T11:30Z", Some("2026-03-30T03:30Z")),
        // A gap: what is left of an interval, or nothing.
        (BERLIN, "hours: { sunday: ['02:30-04:00'] }", "2026-03-28T12:00+01:00", Some("2026-03-29T03:00+02:00")),
        (BERLIN, "hours: { sunday: ['02:00-03:00'] }", "2026-03-28T12:00+01:00", Some("2026-04-05T02:00+02:00")),
        (NEW_YORK, "hours: { sunday: ['02:30-04:00'] }", "2026-03-08T01:59-05:00", Some("2026-03-08T03:00-04:00")),
        // A fold: twice.
        (BERLIN, "hours: { sunday: ['02:30-03:30'] }", "2026-10-25T02:59+02:00", Some("2026-10-25T02:59+02:00")),
        (BERLIN, "hours: { sunday: ['02:30-03:30'] }", "2026-10-25T02:00+01:00", Some("2026-10-25T02:30+01:00")),
        (NEW_YORK, "hours: { sunday: ['01:15-01:30'] }", "2026-11-01T01:30-04:00", Some("2026-11-01T01:15-05:00")),
        // The clock goes back over midnight, from 00:01 on Sunday to 23:01 on Saturday.
        (
            "America/St_Johns",
            "hours: { saturday: ['23:30-24:00'] }",
            "2010-11-07T00:00-02:30",
            Some("2010-11-06T23:30-03:30"),
        ),
        // A day that never was: Samoa went over the date line.
        (APIA, "hours: { friday: ['09:00-17:00'] }", "2011-12-29T23:00-10:00", Some("2012-01-06T09:00+14:00")),
        (APIA, "hours: { saturday: ['00:00-01:00'] }", "2011-12-29T23:00-10:00", Some("2011-12-31T00:00+14:00")),
        // Holidays: on a working day, on a weekend, at the turn of the year.
        (BERLIN, "schedule: office, holidays: [moving]", "2026-04-03T17:00+02:00", Some("2026-04-07T09:00+02:00")),
        (BERLIN, "schedule: office, holidays: [fixed]", "2027-12-24T17:00+01:00", Some("2027-12-27T09:00+01:00")),
        (BERLIN, "schedule: office, holidays: [fixed]", "2026-12-29T17:00+01:00", Some("2027-01-04T09:00+01:00")),
        (BERLIN, "holidays: [fixed]", "2026-12-25T12:00+01:00", Some("2026-12-26T00:00+01:00")),
        // Absences: without hours, in the middle of an interval, over the turn of the year.
        (
            BERLIN,
            "absences: [{ from: 2026-12-24, until: 2027-01-02 }]",
            "2026-12-25T12:00+01:00",
            Some("2027-01-02T00:00+01:00"),
        ),
        (
            BERLIN,
            "schedule: office, absences: [{ from: 2026-07-27, until: 2026-07-28T10:10:10 }]",
            "2026-07-26T12:00+02:00",
            Some("2026-07-28T10:10:10+02:00"),
        ),
        // Midnight that does not exist: the day back begins when the clock does.
        (
            "America/Havana",
            "absences: [{ from: 2026-03-01, until: 2026-03-08 }]",
            "2026-03-07T12:00-05:00",
            Some("2026-03-08T01:00-04:00"),
        ),
        // Never, or not soon.
        (BERLIN, "hours: {}", "2026-07-27T12:00+02:00", None),
        (BERLIN, "absences: [{ from: 2026-01-01, until: 2027-02-05 }]", "2026-01-01T00:00+01:00", None),
        (
            BERLIN,
            "absences: [{ from: 2026-01-01, until: 2027-02-04 }]",
            "2026-01-01T00:00+01:00",
            Some("2027-02-04T00:00+01:00"),
        ),
        ("UTC", OFFICE, "9999-12-30T21:00:00Z", None),
    ] {
        let checked = config(zone, rest);
        assert_eq!(working_time(&checked).next_open(at(from)), wanted.map(at), "{zone} {rest} {from}");
    }
}

#[test]
fn when_so_much_working_time_has_passed() {
    let night = "hours: { saturday: ['22:00-24:00'], sunday: ['00:00-06:00'] }";
    for (zone, rest, from, minutes, wanted) in [
        (BERLIN, "active: true", "2026-03-29T01:00+01:00", 24 * 60, Some("2026-03-30T02:00+02:00")),
        // Nothing has to pass, so nothing does.
        (BERLIN, OFFICE, "2026-07-26T12:00+02:00", 0, Some("2026-07-26T12:00+02:00")),
        (BERLIN, OFFICE, "2026-07-26T12:00+02:00", -5, Some("2026-07-26T12:00+02:00")),
        (BERLIN, OFFICE, "2026-07-26T12:00+02:00", 15, Some("2026-07-27T09:15+02:00")),
        (BERLIN, OFFICE, "2026-07-27T12:20:30+02:00", 15, Some("2026-07-27T13:05:30+02:00")),
        // The end of a day, and no moment more.
        (BERLIN, OFFICE, "2026-07-27T09:00+02:00", 450, Some("2026-07-27T17:00+02:00")),
        (BERLIN, OFFICE, "2026-07-27T09:00+02:00", 451, Some("2026-07-28T09:01+02:00")),
        // Midnight joins, and the night has an hour less or more.
        (BERLIN, night, "2026-07-25T22:00+02:00", 8 * 60, Some("2026-07-26T06:00+02:00")),
        (BERLIN, night, "2026-03-28T22:00+01:00", 7 * 60, Some("2026-03-29T06:00+02:00")),
        (BERLIN, night, "2026-10-24T22:00+02:00", 9 * 60, Some("2026-10-25T06:00+01:00")),
        (NEW_YORK, night, "2026-03-07T22:00-05:00", 7 * 60, Some("2026-03-08T06:00-04:00")),
        (NEW_YORK, night, "2026-10-31T22:00-04:00", 9 * 60, Some("2026-11-01T06:00-05:00")),
        (KOLKATA, night, "2026-10-24T22:00+05:30", 8 * 60, Some("2026-10-25T06:00+05:30")),
        // The part of an interval that comes twice counts twice.
        (BERLIN, "hours: { sunday: ['02:00-02:30'] }", "2026-10-25T00:00+02:00", 45, Some("2026-10-25T02:15+01:00")),
        // Around holidays and absences.
        (BERLIN, "schedule: office, holidays: [fixed]", "2026-12-22T16:00+01:00", 120, Some("2026-12-28T10:00+01:00")),
        (
            BERLIN,
            "schedule: office, absences: [{ from: 2026-07-27T10:00, until: 2026-07-27T11:00 }, { from: 2026-07-27T13:00, until: 2026-07-28 }]",
            "2026-07-27T09:30+02:00",
            150,
            Some("2026-07-28T09:30+02:00"),
        ),
        (
            BERLIN,
            "holidays: [fixed], absences: [{ from: 2026-12-24T12:00, until: 2026-12-26T12:00 }]",
            "2026-12-24T11:00+01:00",
            120,
            Some("2026-12-26T13:00+01:00"),
        ),
        // 400 days and no moment more.
        ("UTC", "active: true", "2026-01-01T00:00Z", 400 * 24 * 60, Some("2027-02-05T00:00Z")),
        ("UTC", "active: true", "2026-01-01T00:00Z", 400 * 24 * 60 + 1, None),
        ("UTC", "holidays: [moving]", "2026-01-01T00:00Z", 399 * 24 * 60, Some("2027-02-05T00:00Z")),
        ("UTC", "holidays: [moving]", "2026-01-01T00:00Z", 399 * 24 * 60 + 1, None),
        ("UTC", "hours: {}", "2026-01-01T00:00Z", 1, None),
    ] {
        let checked = config(zone, rest);
        let working = SignedDuration::from_mins(minutes);
        let after = working_time(&checked).after(at(from), working);
        assert_eq!(after, wanted.map(at), "{zone} {rest} {from} {minutes}");
    }
}
