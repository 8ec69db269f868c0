//! When an assignee works: weekly hours, holidays and absences.

use std::borrow::Cow;
use std::fmt;

use jiff::civil;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::field::parse;
use crate::id::{CalendarId, ScheduleId};
use crate::text;

/// Minutes of a day; `24:00` is the last one's end.
const DAY_MINUTES: u16 = 24 * 60;
/// Longest piece of a text that a message repeats, in characters.
const FOUND_CHARS_MAX: usize = 60;

/// Days on which nobody who observes them works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// Its name at assignees.
    pub id: CalendarId,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The days, each from midnight to midnight in the zone of the assignee.
    #[serde(default)]
    pub days: Vec<CalendarDay>,
}

/// Weekly hours that several assignees share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Its name at assignees.
    pub id: ScheduleId,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The hours, in the zone of the assignee.
    pub hours: WeeklyHours,
}

/// The hours of each day of the week, in local time; a day that is not named is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct WeeklyHours {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub monday: Vec<Interval>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tuesday: Vec<Interval>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wednesday: Vec<Interval>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thursday: Vec<Interval>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub friday: Vec<Interval>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saturday: Vec<Interval>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sunday: Vec<Interval>,
}

impl WeeklyHours {
    /// The hours of a day of the week.
    #[must_use]
    pub fn on(&self, day: civil::Weekday) -> &[Interval] {
        match day {
            civil::Weekday::Monday => &self.monday,
            civil::Weekday::Tuesday => &self.tuesday,
            civil::Weekday::Wednesday => &self.wednesday,
            civil::Weekday::Thursday => &self.thursday,
            civil::Weekday::Friday => &self.friday,
            civil::Weekday::Saturday => &self.saturday,
            civil::Weekday::Sunday => &self.sunday,
        }
    }

    /// Each day as it is written in a config, with its hours.
    #[must_use]
    pub fn days(&self) -> [(&'static str, &[Interval]); 7] {
        [
            ("monday", &self.monday),
            ("tuesday", &self.tuesday),
            ("wednesday", &self.wednesday),
            ("thursday", &self.thursday),
            ("friday", &self.friday),
            ("saturday", &self.saturday),
            ("sunday", &self.sunday),
        ]
    }

    /// The same hours, each day's in the order of the clock.
    pub(super) fn in_order(&self) -> Self {
        let mut hours = self.clone();
        let Self { monday, tuesday, wednesday, thursday, friday, saturday, sunday } = &mut hours;
        for day in [monday, tuesday, wednesday, thursday, friday, saturday, sunday] {
            day.sort_unstable();
        }
        hours
    }
}

/// A part of a day, such as `09:00-12:30`; `24:00` is the end of the day. It holds every minute at which the clock shows a
/// time from its start on and before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Interval {
    start: u16,
    end: u16,
}

impl Interval {
    /// A day from its beginning to its end.
    pub const WHOLE_DAY: Self = Self { start: 0, end: DAY_MINUTES };

    /// Where it starts, in minutes since midnight.
    #[must_use]
    pub fn start(self) -> u16 {
        self.start
    }

    /// Where it ends, in minutes since midnight; after its start, and at most 1,440.
    #[must_use]
    pub fn end(self) -> u16 {
        self.end
    }

    /// A part of a day from its minutes; `None` when it would be empty or end after its day.
    #[must_use]
    pub fn from_minutes(start: u16, end: u16) -> Option<Self> {
        (start < end && end <= DAY_MINUTES).then_some(Self { start, end })
    }
}

/// A text that is no part of a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidInterval(String);

impl TryFrom<String> for Interval {
    type Error = InvalidInterval;

    fn try_from(text: String) -> Result<Self, InvalidInterval> {
        let ends = text.split_once('-').and_then(|(start, end)| Some((minute(start)?, minute(end)?)));
        let Some((start, end)) = ends else {
            return Err(InvalidInterval(format!(
                "{:?} is no part of a day: write its start and end, such as '09:00-12:30'; a day ends at 24:00",
                text::shortened(&text, FOUND_CHARS_MAX)
            )));
        };
        Self::from_minutes(start, end).ok_or_else(|| {
            let (from, until) = (Clock(start), Clock(end));
            InvalidInterval(match end {
                _ if start == DAY_MINUTES => {
                    format!("{text} begins when its day is over: write '00:00-…' on the next day")
                }
                0 => format!("{text} ends before it begins: the end of a day is 24:00, write '{from}-24:00'"),
                _ if start == end => format!("{text} is empty: give a later end, or '00:00-24:00' for the whole day"),
                _ => format!(
                    "{text} ends before it begins: for a night write '{from}-24:00' and on the next day '00:00-{until}'"
                ),
            })
        })
    }
}

/// `HH:MM` in minutes since midnight, from `00:00` to `24:00`.
fn minute(text: &str) -> Option<u16> {
    const HOUR_AND_MINUTE: usize = "00:00".len();
    if text == "24:00" {
        return Some(DAY_MINUTES);
    }
    let time = parse::time_of_day(text).filter(|_| text.len() == HOUR_AND_MINUTE)?;
    u16::try_from(i16::from(time.hour()) * 60 + i16::from(time.minute())).ok()
}

/// Minutes since midnight as a clock shows them.
struct Clock(u16);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", Clock(self.start), Clock(self.end))
    }
}

impl From<Interval> for String {
    fn from(interval: Interval) -> Self {
        interval.to_string()
    }
}

impl JsonSchema for Interval {
    fn schema_name() -> Cow<'static, str> {
        "Interval".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A part of a day, such as 09:00-12:30; 24:00 is the end of the day.",
            "type": "string",
            "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        })
    }
}

/// A day of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CalendarDay {
    /// One day, such as `2026-12-25`.
    Once(civil::Date),
    /// A day of every year, such as `12-26`; `02-29` only of those that have it.
    Yearly {
        /// The month, from 1.
        month: i8,
        /// The day of the month, from 1.
        day: i8,
    },
}

/// A text that is no day of a calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no day of a calendar: write a day such as 2026-12-25, or 12-25 for every year")]
pub struct InvalidDay {
    text: String,
}

/// Has every day that a year can have.
const LEAP_YEAR: i16 = 2024;

impl TryFrom<String> for CalendarDay {
    type Error = InvalidDay;

    fn try_from(text: String) -> Result<Self, InvalidDay> {
        let mut parts = text.split('-');
        let day = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(year), Some(month), Some(day), None) => date(digits(year, 4), month, day).map(Self::Once),
            (Some(month), Some(day), None, None) => {
                date(Some(LEAP_YEAR), month, day).map(|date| Self::Yearly { month: date.month(), day: date.day() })
            }
            _ => None,
        };
        day.ok_or_else(|| InvalidDay { text: text::shortened(&text, FOUND_CHARS_MAX).into_owned() })
    }
}

fn date(year: Option<i16>, month: &str, day: &str) -> Option<civil::Date> {
    let two = |text| digits(text, 2).and_then(|number| i8::try_from(number).ok());
    civil::Date::new(year?, two(month)?, two(day)?).ok()
}

fn digits(text: &str, count: usize) -> Option<i16> {
    let plain = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

impl fmt::Display for CalendarDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once(date) => write!(f, "{date}"),
            Self::Yearly { month, day } => write!(f, "{month:02}-{day:02}"),
        }
    }
}

impl From<CalendarDay> for String {
    fn from(day: CalendarDay) -> Self {
        day.to_string()
    }
}

impl JsonSchema for CalendarDay {
    fn schema_name() -> Cow<'static, str> {
        "CalendarDay".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A day such as 2026-12-25, or 12-25 for every year.",
            "type": "string",
            "pattern": "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$",
        })
    }
}

/// A time in which an assignee is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// From when: a day or a time, in the assignee's zone when it names none.
    pub from: String,
    /// Until when: the first day back, or the time of being back.
    pub until: String,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_day() {
        let read = |text: &str| Interval::try_from(text.to_owned());
        for (text, start, end) in
            [("09:00-12:30", 540, 750), ("00:00-24:00", 0, 1440), ("23:59-24:00", 1439, 1440), ("00:00-00:01", 0, 1)]
        {
            let interval = read(text).unwrap();
            assert_eq!((interval.start(), interval.end(), interval.to_string().as_str()), (start, end, text));
        }
        for (text, piece) in [
            ("17:00-09:00", "write '17:00-24:00' and on the next day '00:00-09:00'"),
            ("17:00-00:00", "the end of a day is 24:00, write '17:00-24:00'"),
            ("00:00-00:00", "write '00:00-24:00'"),
            ("09:00-09:00", "is empty"),
            ("24:00-24:00", "on the next day"),
            ("24:00-09:00", "on the next day"),
            ("9:00-17:00", "such as '09:00-12:30'"),
            ("09:00:00-17:00", "no part of a day"),
            ("09:00 - 17:00", "no part of a day"),
            ("09:00-24:01", "no part of a day"),
            ("09:00-25:00", "no part of a day"),
            ("09:60-17:00", "no part of a day"),
            ("09:00-12:00-17:00", "no part of a day"),
            ("09:00", "no part of a day"),
            ("", "no part of a day"),
        ] {
            let InvalidInterval(message) = read(text).unwrap_err();
            assert!(message.contains(piece), "{text}: {message}");
        }
    }

    #[test]
    fn days_of_a_calendar() {
        let read = |text: &str| CalendarDay::try_from(text.to_owned());
        for text in ["2026-12-25", "12-26", "02-29", "2028-02-29", "0001-01-01"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        for text in ["02-30", "2026-02-29", "13-01", "1-1", "2026-1-1", "26-12-25", "+026-12-25", "12", "", "1-2-3-4"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
