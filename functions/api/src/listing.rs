//! What the two logs have in common: which days, how many, from where on.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use leadyard_store::{Cursor, DayRange, Page};

use crate::problem::{Kind, Problem};
use crate::range::{self, NamedRange, Span};

/// Most entries of one page.
pub const LIMIT_MAX: u32 = 100;
/// Entries of a page where the query names no number.
pub const LIMIT_DEFAULT: u32 = 50;
/// Most reads of the table for one page: a page that is still short then goes out with a cursor.
const READS_MAX: u32 = 10;

/// Entries of a page.
///
/// # Errors
/// The number is out of bounds.
pub fn limit(asked: Option<u32>) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(LIMIT_DEFAULT);
    match usize::try_from(limit) {
        Ok(entries) if (1..=LIMIT_MAX).contains(&limit) => Ok(entries),
        _ => Err(Problem::new(
            Kind::BadRequest,
            format!("'limit' is {limit}; a page has 1 to {LIMIT_MAX} entries, and 'cursor' leads to the next one."),
        )),
    }
}

/// Where a page begins.
///
/// # Errors
/// The text is no cursor.
pub fn cursor(asked: Option<String>) -> Result<Option<Cursor>, Problem> {
    let read = asked.map(|text| text.parse()).transpose();
    read.map_err(|error| Problem::new(Kind::BadRequest, format!("In the query, 'cursor' does not fit: {error}.")))
}

/// The common part of a query, as it came.
pub struct Asked {
    /// A range that is counted from today.
    pub range: Option<NamedRange>,
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// Entries of a page.
    pub limit: Option<u32>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

impl Asked {
    /// Understands the query; days are days in `zone`.
    ///
    /// # Errors
    /// A range that cannot be (see [`range::span`]), a number out of bounds, a text that is no cursor.
    pub fn pager<T>(self, zone: &TimeZone, now: Timestamp) -> Result<Pager<T>, Problem> {
        let (limit, cursor) = (limit(self.limit)?, cursor(self.cursor)?);
        let span = range::span(self.range, self.from, self.to, zone, now)?;
        Ok(Pager::new(span, limit, cursor))
    }
}

/// Gathers one page from the store's lists.
///
/// The store lists days of UTC, which reach beyond the days of another zone at both ends: what is outside the span is
/// left out here. Whoever has the store reads what [`Pager::next`] asks for and hands it to [`Pager::take`].
#[derive(Debug)]
pub struct Pager<T> {
    span: Span,
    limit: usize,
    rows: Vec<T>,
    cursor: Option<Cursor>,
    reads: u32,
    done: bool,
}

/// One read of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Days of UTC.
    pub days: DayRange,
    /// Most rows: never more than the page has room for, so that the cursor behind the last of them is the page's own.
    pub limit: usize,
    /// Where to begin.
    pub cursor: Option<Cursor>,
}

impl<T> Pager<T> {
    /// The page of at most `limit` rows that begins behind `cursor`.
    #[must_use]
    pub fn new(span: Span, limit: usize, cursor: Option<Cursor>) -> Self {
        Self { span, limit, rows: Vec::new(), cursor, reads: 0, done: false }
    }

    /// What to read next; `None` when the page is complete.
    #[must_use]
    pub fn next(&self) -> Option<Read> {
        if self.done || self.rows.len() == self.limit || self.reads == READS_MAX {
            return None;
        }
        let day = |moment: Timestamp| moment.to_zoned(TimeZone::UTC).date();
        let last = self.span.until.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(self.span.until);
        let days = DayRange { from: day(self.span.from), to: day(last) };
        Some(Read { days, limit: self.limit - self.rows.len(), cursor: self.cursor.clone() })
    }

    /// Takes what was read; `at` tells a row's time.
    pub fn take(&mut self, page: Page<T>, at: impl Fn(&T) -> Timestamp) {
        self.reads += 1;
        self.cursor = page.next;
        self.done = self.cursor.is_none();
        for row in page.rows {
            if at(&row) < self.span.from {
                // The rest is older still.
                (self.cursor, self.done) = (None, true);
                return;
            }
            if at(&row) < self.span.until {
                self.rows.push(row);
            }
        }
    }

    /// The page.
    #[must_use]
    pub fn page(self) -> Page<T> {
        Page { rows: self.rows, next: self.cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(limit: Option<u32>, cursor: Option<&str>) -> Asked {
        let day = Some("2026-07-21".parse().unwrap());
        Asked { range: None, from: day, to: day, limit, cursor: cursor.map(str::to_owned) }
    }

    fn pager(limit: u32) -> Pager<Timestamp> {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        asked(Some(limit), None).pager(&zone, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn cursor() -> Cursor {
        // `2026-07-21T12:00:00.000Z#x`, as the store writes it.
        "MjAyNi0wNy0yMVQxMjowMDowMC4wMDBaI3g".parse().unwrap()
    }

    fn page(times: &[&str], more: bool) -> Page<Timestamp> {
        Page { rows: times.iter().map(|time| time.parse().unwrap()).collect(), next: more.then(cursor) }
    }

    #[test]
    fn rows_outside_the_days_of_the_zone_are_left_out() {
        let mut pager = pager(3);
        let read = pager.next().unwrap();
        assert_eq!((read.days.from.to_string(), read.days.to.to_string()), ("2026-07-21".into(), "2026-07-22".into()));
        assert_eq!((read.limit, read.cursor), (3, None));

        pager.take(page(&["2026-07-22T09:00:00Z", "2026-07-22T07:00:00Z", "2026-07-22T06:59:59Z"], true), |at| *at);
        let read = pager.next().unwrap();
        assert_eq!((read.limit, read.cursor), (2, Some(cursor())));

        pager.take(page(&["2026-07-21T07:00:00Z", "2026-07-21T06:59:59Z"], true), |at| *at);
        assert_eq!(pager.next(), None);
        assert_eq!(pager.page(), page(&["2026-07-22T06:59:59Z", "2026-07-21T07:00:00Z"], false));
    }

    #[test]
    fn a_full_page_leads_on_and_a_last_one_does_not() {
        let mut full = pager(1);
        full.take(page(&["2026-07-21T12:00:00Z"], true), |at| *at);
        assert_eq!(full.next(), None);
        assert_eq!(full.page().next, Some(cursor()));

        let mut last = pager(2);
        last.take(page(&["2026-07-21T12:00:00Z"], false), |at| *at);
        assert_eq!(last.next(), None);
        assert_eq!(last.page().next, None);
    }

    #[test]
    fn a_page_that_stays_short_goes_out_with_its_cursor() {
        let mut pager = pager(5);
        for _ in 0..READS_MAX {
            assert!(pager.next().is_some());
            pager.take(page(&[], true), |at| *at);
        }
        assert_eq!(pager.next(), None);
        assert_eq!(pager.page(), page(&[], true));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (asked, expected) in [
            (asked(Some(0), None), "'limit' is 0"),
            (asked(Some(101), None), "'limit' is 101"),
            (asked(None, Some("nonsense")), "'cursor' does not fit"),
        ] {
            let error = asked.pager::<Timestamp>(&TimeZone::UTC, Timestamp::UNIX_EPOCH).unwrap_err();
            assert!(format!("{error:?}").contains(expected), "{error:?}");
        }
    }
}
