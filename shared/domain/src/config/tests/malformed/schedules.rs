//! Schedules, calendars, absences.

use super::refused;
use crate::config::{
    ABSENCES_MAX, CALENDAR_DAYS_MAX, CALENDARS_MAX, HOLIDAYS_MAX, INTERVALS_MAX, SCHEDULES_MAX, TEXT_CHARS_MAX,
};

#[test]
fn schedules_and_hours() {
    let monday = |intervals: &str| format!("schedules: [{{ id: s, hours: {{ monday: [{intervals}] }} }}]");
    let own = |rest: &str| format!("assignees: [{{ id: a, name: A, {rest} }}]");
    let office = "schedules: [{ id: office, hours: {} }]\n";
    let rows: [(String, &str, &[&str]); 17] = [
        ("schedules: [{ id: S, hours: {} }]".into(), "schedules[0].id", &["\"S\" is no valid schedule id", "a-z"]),
        ("schedules: [{ id: s }]".into(), "schedules[0]", &["'hours' is missing"]),
        (
            "schedules: [{ id: s, hours: {} }, { id: s, hours: {} }]".into(),
            "schedules[1].id",
            &["'s' is already the id of schedules[0]"],
        ),
        (
            "schedules: [{ id: s, hours: { mondy: [] } }]".into(),
            "schedules[0].hours.mondy",
            &["no 'mondy' here", "did you mean 'monday'"],
        ),
        (
            "schedules: [{ id: s, hours: { monday: '09:00-17:00' } }]".into(),
            "schedules[0].hours.monday",
            &["found the text", "expected a list"],
        ),
        (
            monday("'09:00-12:00', '17:00-09:00'"),
            "schedules[0].hours.monday[1]",
            &["17:00-09:00 ends before it begins", "for a night write '17:00-24:00'", "next day '00:00-09:00'"],
        ),
        (
            monday("'17:00-00:00'"),
            "schedules[0].hours.monday[0]",
            &["17:00-00:00 ends before it begins", "write '17:00-24:00'"],
        ),
        (monday("'09:00-09:00'"), "schedules[0].hours.monday[0]", &["09:00-09:00 is empty", "later end"]),
        (monday("9-17"), "schedules[0].hours.monday[0]", &["\"9-17\" is no part of a day", "'09:00-12:30'"]),
        (monday("9"), "schedules[0].hours.monday[0]", &["found the number 9", "expected a text"]),
        (
            monday("'09:00-12:30', '12:00-17:00'"),
            "schedules[0].hours.monday[1]",
            &["12:00-17:00 overlaps 09:00-12:30 of schedules[0].hours.monday[0]", "join them"],
        ),
        // Not only neighbours, and in any order.
        (
            monday("'16:00-18:00', '10:00-11:00', '09:00-17:00'"),
            "schedules[0].hours.monday[2]",
            &["09:00-17:00 overlaps 16:00-18:00 of schedules[0].hours.monday[0]"],
        ),
        (
            monday("'16:00-18:00', '10:00-11:00', '09:00-17:00'"),
            "schedules[0].hours.monday[2]",
            &["09:00-17:00 overlaps 10:00-11:00 of schedules[0].hours.monday[1]"],
        ),
        (
            own("hours: { sunday: ['09:00-12:30', '09:00-12:30'] }"),
            "assignees[0].hours.sunday[1]",
            &["09:00-12:30 overlaps 09:00-12:30 of assignees[0].hours.sunday[0]"],
        ),
        (
            format!("{office}{}", own("schedule: offce")),
            "assignees[0].schedule",
            &["no 'offce' under 'schedules'", "did you mean 'office'"],
        ),
        (
            format!("{office}{}", own("schedule: office, hours: {}")),
            "assignees[0].hours",
            &["the schedule 'office' has hours too", "keep 'schedule' or 'hours'"],
        ),
        (own("shedule: x"), "assignees[0].shedule", &["no 'shedule' here", "did you mean 'schedule'"]),
    ];
    for (text, path, pieces) in rows {
        refused(&[(&text, path, pieces)]);
    }
}

#[test]
fn calendars_and_absences() {
    let days = |days: &str| format!("calendars: [{{ id: de, days: [{days}] }}]");
    let holidays = |holidays: &str| {
        format!("calendars: [{{ id: de }}]\nassignees: [{{ id: a, name: A, holidays: [{holidays}] }}]")
    };
    let absence = |absence: &str| format!("assignees: [{{ id: a, name: A, absences: [{absence}] }}]");
    let rows: [(String, &str, &[&str]); 15] = [
        ("calendars: [{ id: DE }]".into(), "calendars[0].id", &["\"DE\" is no valid calendar id", "a-z"]),
        (
            "calendars: [{ id: de }, { id: de }]".into(),
            "calendars[1].id",
            &["'de' is already the id of calendars[0]"],
        ),
        (
            days("12-25, 02-30"),
            "calendars[0].days[1]",
            &["\"02-30\" is no day of a calendar", "2026-12-25", "12-25 for every year"],
        ),
        (days("2026-02-29"), "calendars[0].days[0]", &["\"2026-02-29\" is no day of a calendar"]),
        (days("christmas"), "calendars[0].days[0]", &["\"christmas\" is no day of a calendar"]),
        (days("25"), "calendars[0].days[0]", &["found the number 25", "expected a text"]),
        (holidays("de, dee"), "assignees[0].holidays[1]", &["no 'dee' under 'calendars'"]),
        (holidays("fr"), "assignees[0].holidays[0]", &["no 'fr' under 'calendars'"]),
        (absence("{ from: 2026-12-24 }"), "assignees[0].absences[0]", &["'until' is missing"]),
        (
            absence("{ from: tomorrow, until: 2027-01-02 }"),
            "assignees[0].absences[0].from",
            &["'tomorrow' is no day or time", "2026-07-31T10:00"],
        ),
        (
            absence("{ from: 2026-12-24, until: 2026-02-30 }"),
            "assignees[0].absences[0].until",
            &["'2026-02-30' is no day or time"],
        ),
        (
            absence("{ from: 2026-12-24, until: 2026-12-23 }"),
            "assignees[0].absences[0].until",
            &["begins at 2026-12-24", "over at 2026-12-23", "the first day back"],
        ),
        (
            absence("{ from: 2026-12-24, until: 2026-12-24 }"),
            "assignees[0].absences[0].until",
            &["begins at 2026-12-24", "over at 2026-12-24", "the first day back"],
        ),
        // The zone is the assignee's: midnight there is one o'clock here.
        (
            "assignees: [{ id: a, name: A, timezone: Europe/Berlin, absences: [{ from: 2026-12-23T23:30Z, until: 2026-12-24 }] }]"
                .into(),
            "assignees[0].absences[0].until",
            &["the first day back"],
        ),
        (
            absence("{ from: 2026-12-24, untl: 2026-12-25 }"),
            "assignees[0].absences[0].untl",
            &["no 'untl' here", "'from', 'until', 'reason'", "did you mean 'until'"],
        ),
    ];
    for (text, path, pieces) in rows {
        refused(&[(&text, path, pieces)]);
    }
}

#[test]
fn sizes_of_working_time() {
    let list = |count: usize, item: fn(usize) -> String| (0..=count).map(item).collect::<Vec<_>>().join(",");
    let assignee = |rest: &str| format!("{{\"assignees\":[{{\"id\":\"a\",\"name\":\"A\",{rest}}}]}}");
    let name = "ä".repeat(TEXT_CHARS_MAX + 1);
    let rows: [(String, &str, &[&str]); 9] = [
        (
            format!(
                "{{\"schedules\":[{}]}}",
                list(SCHEDULES_MAX, |number| format!(r#"{{"id":"s{number}","hours":{{}}}}"#))
            ),
            "schedules",
            &["found 1001 schedules", "at most 1000"],
        ),
        (
            format!("{{\"calendars\":[{}]}}", list(CALENDARS_MAX, |number| format!(r#"{{"id":"c{number}"}}"#))),
            "calendars",
            &["found 1001 calendars", "at most 1000"],
        ),
        (
            format!(
                "{{\"calendars\":[{{\"id\":\"c\",\"days\":[{}]}}]}}",
                list(CALENDAR_DAYS_MAX, |number| format!("\"{}-01-01\"", 1_000 + number))
            ),
            "calendars[0].days",
            &["found 1001 days", "at most 1000"],
        ),
        (
            assignee(&format!(
                "\"hours\":{{\"monday\":[{}]}}",
                list(INTERVALS_MAX, |number| format!("\"{number:02}:00-{number:02}:30\""))
            )),
            "assignees[0].hours.monday",
            &["found 21 intervals", "at most 20"],
        ),
        (
            assignee(&format!("\"holidays\":[{}]", list(HOLIDAYS_MAX, |number| format!("\"c{number}\"")))),
            "assignees[0].holidays",
            &["found 21 calendars", "at most 20"],
        ),
        (
            assignee(&format!(
                "\"absences\":[{}]",
                list(ABSENCES_MAX, |number| format!(r#"{{"from":"{number}","until":"{number}"}}"#))
            )),
            "assignees[0].absences",
            &["found 101 absences", "at most 100"],
        ),
        (
            format!("schedules: [{{ id: s, name: {name}, hours: {{}} }}]"),
            "schedules[0].name",
            &["found 201 characters"],
        ),
        (format!("calendars: [{{ id: s, name: {name} }}]"), "calendars[0].name", &["found 201 characters"]),
        (
            assignee(&format!(r#""absences":[{{"from":"2026-12-24","until":"2026-12-25","reason":"{name}"}}]"#)),
            "assignees[0].absences[0].reason",
            &["found 201 characters"],
        ),
    ];
    for (text, path, pieces) in rows {
        refused(&[(&text, path, pieces)]);
    }
}
