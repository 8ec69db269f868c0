//! When a lead came, in the account's zone.

use super::*;

fn received(zone: &str, at: &str, field: &str) -> String {
    let (lead, zone) = (full_lead(), TimeZone::get(zone).unwrap());
    let subject =
        Subject { lead: &lead, source: &lead.source, is_new: true, received_at: at.parse().unwrap(), zone: &zone };
    subject.get(&name(field)).unwrap().to_string()
}

#[test]
fn weekdays_and_times_are_local() {
    for (zone, at, weekday, time) in [
        ("UTC", "2026-07-20T22:00:00Z", "monday", "22:00:00"),
        // The same moment is Tuesday in Berlin.
        ("Europe/Berlin", "2026-07-20T22:00:00Z", "tuesday", "00:00:00"),
        ("Europe/Berlin", "2026-07-20T21:59:59.999Z", "monday", "23:59:59"),
        ("America/New_York", "2026-07-26T03:59:59Z", "saturday", "23:59:59"),
        ("America/New_York", "2026-07-26T04:00:00Z", "sunday", "00:00:00"),
        ("Asia/Kathmandu", "2026-07-22T18:15:00Z", "thursday", "00:00:00"),
        // The clocks of Berlin go from 02:00 to 03:00 in March, and from 03:00 back to 02:00 in October.
        ("Europe/Berlin", "2026-03-29T00:59:59Z", "sunday", "01:59:59"),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", "sunday", "03:00:00"),
        ("Europe/Berlin", "2026-10-25T00:30:00Z", "sunday", "02:30:00"),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "sunday", "02:30:00"),
        // Samoa has no 30 December 2011.
        ("Pacific/Apia", "2011-12-30T09:59:59Z", "thursday", "23:59:59"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", "saturday", "00:00:00"),
    ] {
        assert_eq!(received(zone, at, "received.weekday"), weekday, "{zone} {at}");
        assert_eq!(received(zone, at, "received.time"), time, "{zone} {at}");
    }
}

/// 22:00 to 06:00 is the night, on whichever day it began, and both ends belong to it.
#[test]
fn a_night_goes_over_midnight() {
    let night = json!({ "field": "received.time", "op": "between", "value": ["22:00", "06:00"] });
    for (zone, at, holds) in [
        ("Europe/Berlin", "2026-01-15T20:59:59Z", false),
        ("Europe/Berlin", "2026-01-15T21:00:00Z", true),
        ("Europe/Berlin", "2026-01-15T23:00:00Z", true),
        ("Europe/Berlin", "2026-01-16T05:00:00Z", true),
        ("Europe/Berlin", "2026-01-16T05:00:00.9Z", true),
        ("Europe/Berlin", "2026-01-16T05:00:01Z", false),
        ("Europe/Berlin", "2026-01-16T12:00:00Z", false),
        // In summer the same local hours are an hour earlier.
        ("Europe/Berlin", "2026-07-15T20:00:00Z", true),
        ("Europe/Berlin", "2026-07-15T19:59:59Z", false),
        ("Europe/Berlin", "2026-07-16T04:00:01Z", false),
        ("America/New_York", "2026-03-08T02:59:59Z", false),
        ("America/New_York", "2026-03-08T03:00:00Z", true),
        // After the clocks went forward that night, 06:00 is 10:00 UTC and no longer 11:00.
        ("America/New_York", "2026-03-08T10:00:00Z", true),
        ("America/New_York", "2026-03-08T10:00:01Z", false),
    ] {
        let zone_of = TimeZone::get(zone).unwrap();
        let outcome = check_in(night.clone(), &full_lead(), &zone_of, at.parse().unwrap());
        assert_eq!(outcome.is_ok(), holds, "{zone} {at}: {outcome:?}");
    }
}

/// A person may write times with or without quotes.
#[test]
fn times_in_yaml() {
    use crate::config::document::{Syntax, parse};

    for value in ["[22:00, 06:00]", "['22:00', \"06:00:00\"]", "\n          - 22:00\n          - 06:00:00"] {
        let yaml = format!(
            "profiles:\n- id: p\n  rules:\n  - id: r\n    then: [park]\n    when:\n      field: received.time\n      op: between\n      value: {value}\n"
        );
        let config = parse(&yaml, Syntax::Yaml).unwrap_or_else(|error| panic!("{yaml}{error}"));
        let when = config.profiles[0].rules[0].when.clone().unwrap();
        let (fields, zone, lists) = (table(), berlin(), Lists::default());
        let scope =
            Scope { fields: &fields, zone: &zone, lists: KnownLists::Loaded(&lists), patterns: &Patterns::default() };
        let mut problems = Vec::new();
        assert!(compile(&when, &scope, "when", &mut problems).is_some(), "{yaml}{problems:?}");
    }
}

#[test]
fn office_hours() {
    let open = json!({ "all": [
        { "field": "received.weekday", "op": "not_in", "value": ["Saturday", "sunday"] },
        { "field": "received.time", "op": "gte", "value": "09:00" },
        { "field": "received.time", "op": "lt", "value": "17:30" },
    ] });
    for (at, holds) in [
        ("2026-07-20T07:00:00Z", true),
        ("2026-07-20T06:59:59Z", false),
        ("2026-07-20T15:29:59Z", true),
        ("2026-07-20T15:30:00Z", false),
        ("2026-07-18T10:00:00Z", false),
        // Friday evening in UTC is Saturday in no zone of Europe.
        ("2026-07-17T15:00:00Z", true),
    ] {
        let outcome = check_in(open.clone(), &full_lead(), &berlin(), at.parse().unwrap());
        assert_eq!(outcome.is_ok(), holds, "{at}: {outcome:?}");
    }
}

/// A day of a rule or a lead begins at midnight of the account's zone, where it has one that day.
#[test]
fn days_begin_in_the_accounts_zone() {
    let on = |zone: &str, day: &str, value: &str| {
        let lead = lead([("day", FieldValue::Date { date: day.parse().unwrap() })]);
        let condition = json!({ "field": "day", "op": "eq", "value": value });
        check_in(condition, &lead, &TimeZone::get(zone).unwrap(), Timestamp::UNIX_EPOCH).is_ok()
    };
    assert!(on("Europe/Berlin", "2026-07-21", "2026-07-20T22:00:00Z"));
    assert!(on("Europe/Berlin", "2026-01-21", "2026-01-20T23:00:00Z"));
    assert!(on("America/New_York", "2026-07-21", "2026-07-21T04:00:00Z"));
    assert!(!on("UTC", "2026-07-21", "2026-07-20T22:00:00Z"));
    // In Beirut the clocks go forward at midnight: that day begins at 01:00.
    assert!(on("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z"));
    assert!(on("Asia/Beirut", "2026-03-29", "2026-03-29"));
}
