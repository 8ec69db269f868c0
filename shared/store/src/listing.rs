//! Lists by day: newest first, a page at a time.
//!
//! A day of one kind is spread over a few shards of the index by time. A page is merged from them, day by day backwards.
//! The cursor is the place of the last row, so it holds whatever is written meanwhile.

mod filter;

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use leadyard_domain::id::AccountId;

use crate::Store;
use crate::codec::{Item, text};
use crate::error::StoreError;
use crate::keys::{self, BY_TIME, Kind, SHARDS, TIME_PK, TIME_SK};
use crate::read::SortKey;

pub(crate) use filter::Test;
use filter::Written;

/// Days in UTC, both included. Nothing is listed when `from` is after `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRange {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows; there may be fewer than were asked for, even none, with more behind them.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

/// The place behind a page. To callers an opaque text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

/// A text that is no cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is no cursor: take it unchanged from the page before, or leave it out to begin anew")]
pub struct InvalidCursor;

impl Cursor {
    /// Behind a row, given by its sort key `{time}#{id}`.
    pub(crate) fn behind(sort_key: impl Into<String>) -> Self {
        Self(sort_key.into())
    }

    /// The sort key of the row that it stands behind.
    pub(crate) fn position(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        data_encoding::BASE64URL_NOPAD.encode_display(self.0.as_bytes()).fmt(f)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;
    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| InvalidCursor)?;
        let position = String::from_utf8(bytes).map_err(|_| InvalidCursor)?;
        match keys::split_timed(&position) {
            Some(_) => Ok(Self(position)),
            None => Err(InvalidCursor),
        }
    }
}

/// What to list.
pub(crate) struct Listing<'a> {
    pub(crate) account: &'a AccountId,
    pub(crate) kind: Kind,
    pub(crate) days: DayRange,
    /// What the attributes of the index have to hold, all of it.
    pub(crate) filters: Vec<Test>,
    pub(crate) limit: usize,
    pub(crate) cursor: Option<&'a Cursor>,
}

/// Most queries for one page: a page of a long range without rows ends early, with a cursor to go on.
const QUERIES_MAX: usize = 200;
/// Most rows of a page.
pub const ROWS_MAX: usize = 1_000;
/// Rows that a filtered query looks at, at least: most of them may not fit the filter.
const SCANNED_MIN: usize = 500;

/// One shard of a day while it is read.
struct Shard {
    partition: String,
    rows: VecDeque<(String, Item)>,
    reached: Reached,
}

/// How far a shard was read, from its latest row backwards.
enum Reached {
    /// Down to this sort key, the bound itself included.
    Down(String),
    End,
}

impl Shard {
    /// The sort key down to which more has to be read before anything older may be given out.
    fn starved_at(&self) -> Option<&str> {
        match &self.reached {
            Reached::Down(bound) if self.rows.is_empty() => Some(bound),
            _ => None,
        }
    }

    fn head(&self) -> Option<&str> {
        self.rows.front().map(|(position, _)| position.as_str())
    }
}

impl Store {
    /// Lists one page of the index by time.
    pub(crate) async fn list_by_time<T>(
        &self,
        listing: &Listing<'_>,
        row: impl Fn(Timestamp, &str, Item) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let limit = listing.limit.clamp(1, ROWS_MAX);
        let mut rows = Vec::new();
        let mut queries = 0;
        let mut day = listing.days.to;
        if let Some((at, _)) = listing.cursor.and_then(|cursor| keys::split_timed(cursor.position())) {
            day = day.min(at.to_zoned(TimeZone::UTC).date());
        }
        while day >= listing.days.from {
            let mut shards = first_shards(listing, day);
            loop {
                match newest(&shards) {
                    Newest::Nothing => break,
                    Newest::Starved(bound) if queries >= QUERIES_MAX => {
                        return Ok(Page { rows, next: Some(Cursor(bound)) });
                    }
                    Newest::Starved(_) => queries += self.feed(listing, &mut shards, limit - rows.len()).await?,
                    Newest::Row(index) => {
                        let Some((position, item)) = shards[index].rows.pop_front() else { break };
                        let (at, id) = keys::split_timed(&position).ok_or_else(|| {
                            StoreError::corrupt(format!("index entry {position}"), "it is no time and id")
                        })?;
                        rows.push(row(at, id, item)?);
                        if rows.len() == limit {
                            return Ok(Page { rows, next: Some(Cursor(position)) });
                        }
                    }
                }
            }
            match day.checked_sub(1.day()) {
                Ok(before) => day = before,
                // The calendar begins here.
                Err(_) => break,
            }
        }
        Ok(Page { rows, next: None })
    }

    /// Reads on in the shards that have no row left; answers how many queries it took.
    async fn feed(&self, listing: &Listing<'_>, shards: &mut [Shard], wanted: usize) -> Result<usize, StoreError> {
        let starved = shards.iter_mut().filter(|shard| shard.starved_at().is_some());
        let fed = try_join_all(starved.map(|shard| self.feed_shard(listing, shard, wanted))).await?;
        Ok(fed.len())
    }

    async fn feed_shard(&self, listing: &Listing<'_>, shard: &mut Shard, wanted: usize) -> Result<(), StoreError> {
        let Reached::Down(bound) = &shard.reached else { return Ok(()) };
        let narrowed = SortKey { name: TIME_SK, test: "#sk < :sk", value: bound };
        let mut query = self.query_by(Some(BY_TIME), TIME_PK, &shard.partition, Some(narrowed));
        let mut scanned = wanted;
        if !listing.filters.is_empty() {
            scanned = scanned.max(SCANNED_MIN);
            let Written { expression, names, values } = Written::of(&listing.filters);
            for (name, attribute) in names {
                query = query.expression_attribute_names(name, attribute);
            }
            for (name, value) in values {
                query = query.expression_attribute_values(name, text(value));
            }
            query = query.filter_expression(expression);
        }
        let query = query.scan_index_forward(false).limit(i32::try_from(scanned).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(StoreError::of("Query"))?;
        shard.reached = match answer.last_evaluated_key.as_ref().and_then(position) {
            Some(bound) => Reached::Down(bound),
            None => Reached::End,
        };
        let rows = answer.items.unwrap_or_default().into_iter();
        shard.rows.extend(rows.filter_map(|item| Some((position(&item)?, item))));
        Ok(())
    }
}

/// The row or the bound that is newest of all shards of a day.
enum Newest {
    /// The first row of this shard.
    Row(usize),
    /// What stands below this bound has to be read first.
    Starved(String),
    Nothing,
}

fn newest(shards: &[Shard]) -> Newest {
    let row = shards.iter().enumerate().filter_map(|(index, shard)| Some((shard.head()?, index))).max();
    let bound = shards.iter().filter_map(Shard::starved_at).max();
    match (row, bound) {
        (None, None) => Newest::Nothing,
        (Some((head, index)), bound) if bound.is_none_or(|bound| head > bound) => Newest::Row(index),
        (_, bound) => Newest::Starved(bound.unwrap_or_default().to_owned()),
    }
}

fn first_shards(listing: &Listing<'_>, day: Date) -> Vec<Shard> {
    // Above every time and id of the day.
    let end = format!("{day}T23:59:59.999Z#~");
    let bound = match listing.cursor {
        Some(cursor) if cursor.position() < end.as_str() => cursor.position().to_owned(),
        _ => end,
    };
    (0..SHARDS)
        .map(|shard| Shard {
            partition: keys::day_partition(listing.account, listing.kind, day, shard),
            rows: VecDeque::new(),
            reached: Reached::Down(bound.clone()),
        })
        .collect()
}

/// The place of an index entry.
fn position(item: &Item) -> Option<String> {
    item.get(TIME_SK).map(AttributeValue::as_s)?.ok().cloned()
}

#[cfg(test)]
mod tests;
