//! Which days a log screen asks for, in the account's own zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::{Kind, Problem};

/// Most days of one listing: it bounds the partitions of the index that one request may read.
pub const DAYS_MAX: i32 = 92;

/// A range that is counted from today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NamedRange {
    /// From midnight on.
    Today,
    /// Today and the six days before it.
    #[serde(rename = "last_7_days")]
    Last7Days,
    /// From the first of this month on.
    ThisMonth,
    /// The whole month before this one.
    LastMonth,
}

/// The moments from `from` up to, not including, `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// The span of a query: a named range, or days of which either may be left out, or the last 7 days.
///
/// # Errors
/// Both at once, days in the wrong order, or more than [`DAYS_MAX`] of them.
pub fn span(
    named: Option<NamedRange>,
    from: Option<Date>,
    to: Option<Date>,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Span, Problem> {
    let bad = |detail: String| Problem::new(Kind::BadRequest, detail);
    let today = now.to_zoned(zone.clone()).date();
    let (first, last) = match (named, from, to) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            return Err(bad("The query has both 'range' and days: give 'range', or 'from' and 'to'.".to_owned()));
        }
        (Some(named), None, None) => days(named, today),
        (None, None, None) => days(NamedRange::Last7Days, today),
        (None, Some(from), to) => (from, to.unwrap_or_else(|| today.max(from))),
        (None, None, Some(to)) => (to, to),
    };
    if last < first {
        return Err(bad(format!("The range ends before it begins: 'from' is {first} and 'to' is {last}.")));
    }
    // Both are valid dates, so the days between them are at most a few million.
    let count = first.duration_until(last).as_hours() / 24 + 1;
    if count > i64::from(DAYS_MAX) {
        return Err(bad(format!(
            "The range from {first} to {last} has {count} days; one request may ask for {DAYS_MAX} at most."
        )));
    }
    days_of(first, last, zone)
}

/// All of some days, both included.
///
/// # Errors
/// Days in the wrong order, or beyond the calendar.
pub fn days_of(first: Date, last: Date, zone: &TimeZone) -> Result<Span, Problem> {
    let bad = |detail: String| Problem::new(Kind::BadRequest, detail);
    if last < first {
        return Err(bad(format!("The range ends before it begins: 'from' is {first} and 'to' is {last}.")));
    }
    match (midnight(first, zone), last.tomorrow().and_then(|next| midnight(next, zone))) {
        (Ok(from), Ok(until)) => Ok(Span { from, until }),
        _ => Err(bad(format!("The range from {first} to {last} lies beyond the calendar: use days of this century."))),
    }
}

fn days(named: NamedRange, today: Date) -> (Date, Date) {
    match named {
        NamedRange::Today => (today, today),
        NamedRange::Last7Days => (today.saturating_sub(6.days()), today),
        NamedRange::ThisMonth => (today.first_of_month(), today),
        NamedRange::LastMonth => {
            let last = today.first_of_month().saturating_sub(1.day());
            (last.first_of_month(), last)
        }
    }
}

/// The first moment of a day. Where clocks skip midnight the day begins after the gap; where midnight comes twice it
/// begins with the first one.
fn midnight(day: Date, zone: &TimeZone) -> Result<Timestamp, jiff::Error> {
    Ok(day.to_zoned(zone.clone())?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(zone: &str, now: &str, named: NamedRange) -> (String, String) {
        let zone = TimeZone::get(zone).unwrap();
        let Span { from, until } = span(Some(named), None, None, &zone, now.parse().unwrap()).unwrap();
        (from.to_string(), until.to_string())
    }

    #[test]
    fn named_ranges_are_counted_in_the_account_s_zone() {
        use NamedRange::*;
        #[rustfmt::skip]
        let cases = [
            // Already tomorrow in Auckland, still yesterday in Los Angeles.
            ("Pacific/Auckland", "2026-07-21T13:00:00Z", Today, "2026-07-21T12:00:00Z", "2026-07-22T12:00:00Z"),
            ("America/Los_Angeles", "2026-07-21T06:59:59Z", Today, "2026-07-20T07:00:00Z", "2026-07-21T07:00:00Z"),
            // A day of 23 hours and one of 25.
            ("Europe/Berlin", "2026-03-29T10:00:00Z", Today, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            ("Europe/Berlin", "2026-10-25T10:00:00Z", Today, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            // A day without a midnight: clocks went from 23:59 to 01:00.
            ("America/Asuncion", "2024-10-06T12:00:00Z", Today, "2024-10-06T04:00:00Z", "2024-10-07T03:00:00Z"),
            // A midnight that comes twice: clocks went from 00:59 back to 00:00.
            ("America/Havana", "2026-11-01T12:00:00Z", Today, "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
            ("Europe/Berlin", "2026-03-30T10:00:00Z", Last7Days, "2026-03-23T23:00:00Z", "2026-03-30T22:00:00Z"),
            ("Europe/Berlin", "2026-03-30T10:00:00Z", ThisMonth, "2026-02-28T23:00:00Z", "2026-03-30T22:00:00Z"),
            ("UTC", "2026-01-01T00:00:00Z", LastMonth, "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("UTC", "2024-03-31T23:59:59Z", LastMonth, "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            ("Europe/Berlin", "2026-04-15T10:00:00Z", LastMonth, "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
        ];
        for (zone, now, named, from, until) in cases {
            assert_eq!(asked(zone, now, named), (from.to_owned(), until.to_owned()), "{zone} {now} {named:?}");
        }
    }

    fn days_asked(from: Option<&str>, to: Option<&str>) -> Result<(String, String), String> {
        let date = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        span(None, date(from), date(to), &TimeZone::UTC, "2026-07-21T13:00:00Z".parse().unwrap())
            .map(|span| (span.from.to_string(), span.until.to_string()))
            .map_err(|problem| format!("{problem:?}"))
    }

    #[test]
    fn days_include_the_last_one_and_either_may_be_left_out() {
        let ok = |from: &str, until: &str| Ok((format!("{from}T00:00:00Z"), format!("{until}T00:00:00Z")));
        assert_eq!(days_asked(Some("2026-07-01"), Some("2026-07-01")), ok("2026-07-01", "2026-07-02"));
        assert_eq!(days_asked(Some("2026-07-19"), None), ok("2026-07-19", "2026-07-22"));
        assert_eq!(days_asked(Some("2026-07-25"), None), ok("2026-07-25", "2026-07-26"));
        assert_eq!(days_asked(None, Some("2026-07-02")), ok("2026-07-02", "2026-07-03"));
        assert_eq!(days_asked(None, None), ok("2026-07-15", "2026-07-22"));
        assert_eq!(days_asked(Some("2026-01-01"), Some("2026-04-02")), ok("2026-01-01", "2026-04-03"));
    }

    #[test]
    fn ranges_that_cannot_be() {
        for (from, to, expected) in [
            (Some("2026-07-02"), Some("2026-07-01"), "ends before it begins"),
            (Some("2026-01-01"), Some("2026-04-03"), "has 93 days"),
            (Some("9999-12-31"), Some("9999-12-31"), "beyond the calendar"),
        ] {
            let error = days_asked(from, to).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let both = span(
            Some(NamedRange::Today),
            None,
            Some("2026-07-01".parse().unwrap()),
            &TimeZone::UTC,
            Timestamp::UNIX_EPOCH,
        );
        assert!(both.is_err());
    }
}
