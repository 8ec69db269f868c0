//! The import of a table in a file: its parts, how it is read, how far it is, and which rows are bad.
//!
//! A file comes in parts, in any order. When it is started it is read from its first row on, some rows a step; every row
//! becomes an event of the import's source, with an id that is made of the import and the row. A step is on record only when
//! what it sent is in the queue, so a step that broke off is taken again and the events that it had sent are found settled.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{EventStatus, Identity};
use crate::id::{AccountId, EventId, ImportId, SourceId, body_hash};

/// Most bytes of one file.
pub const FILE_BYTES_MAX: u64 = 50 * 1024 * 1024;
/// Most bytes of one part: Lambda takes 6 MB in a request, and gets what is no text a third longer.
pub const PART_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most parts of one file.
pub const PARTS_MAX: u32 = 200;
/// Most rows of one import that are in the queue at a time: how many a lead that comes meanwhile may meet before it.
pub const OUTSTANDING_MAX: usize = 200;
/// How long the bytes of a file are kept, in days. It holds people, and nothing is read of it once it is through.
pub const BYTES_DAYS: u16 = 14;
/// How long a file may wait to be started, in days: shorter, so that its bytes are there until it is through.
pub const START_DAYS: i64 = 7;
/// When nothing moves for so long, the rows that are in the queue are given up: something has become of their messages
/// that only a person can find out. In hours.
pub const GIVE_UP_HOURS: i64 = 24;

/// An import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// The tenant.
    pub account: AccountId,
    /// Whose rows they are: mapping, keys and behaviour are this source's.
    pub source: SourceId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Moves by one with each write.
    pub version: u64,
    /// Where it stands.
    pub state: ImportState,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What a person says of the file's form.
    #[serde(default)]
    pub asked: Asked,
    /// The parts that are there, by their numbers.
    pub parts: Vec<Part>,
    /// How the file is read; settled when it is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// What is read next.
    pub place: Place,
    /// Whether everything was read.
    #[serde(default)]
    pub read_all: bool,
    /// How many steps are on record.
    pub step: u64,
    /// The rows that are in the queue and, as far as is known, not settled yet.
    pub pending: Vec<u64>,
    /// What became of the rows.
    pub counts: Counts,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom: the name of the API key.
    pub created_by: String,
    /// When it was started first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When a row was last read or settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_at: Option<Timestamp>,
    /// When it came to its end: nothing of it is under way since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// Parts come.
    Uploading,
    /// Rows are read and become leads.
    Running,
    /// All rows are through.
    Done,
    /// It can't go on; when the cause is mended it can be started again, and goes on where it was.
    Failed,
    /// A person has stopped it.
    Cancelled,
}

impl ImportState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Uploading, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The state as the API writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a person says of a file's form; what is not said is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Asked {
    /// The encoding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// The delimiter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
}

/// How a file's text is written in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

/// What separates the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Delimiter {
    Comma,
    Semicolon,
    Tab,
    Pipe,
}

/// A text that names nothing of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {kind}: use one of {expected}")]
pub struct UnknownName {
    kind: &'static str,
    text: String,
    expected: &'static str,
}

macro_rules! named {
    ($type:ident, $kind:literal, $expected:literal, [$($variant:ident = $name:literal),+]) => {
        impl $type {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name as the API writes it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                let known = Self::ALL.iter().find(|one| one.name().eq_ignore_ascii_case(text));
                let unknown = || {
                    let text = text.chars().take(20).collect();
                    UnknownName { kind: $kind, text, expected: $expected }
                };
                known.copied().ok_or_else(unknown)
            }
        }

        impl TryFrom<String> for $type {
            type Error = UnknownName;
            fn try_from(text: String) -> Result<Self, UnknownName> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(one: $type) -> String {
                one.name().to_owned()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named!(
    Encoding,
    "encoding",
    "utf-8, utf-16le, utf-16be, windows-1252",
    [Utf8 = "utf-8", Utf16Le = "utf-16le", Utf16Be = "utf-16be", Windows1252 = "windows-1252"]
);
named!(
    Delimiter,
    "delimiter",
    "comma, semicolon, tab, pipe",
    [Comma = "comma", Semicolon = "semicolon", Tab = "tab", Pipe = "pipe"]
);

impl Delimiter {
    /// The character.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Pipe => b'|',
        }
    }
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its number, from 1: the file is its parts in their order.
    pub number: u32,
    /// How long it is.
    pub bytes: u64,
    /// The SHA-256 of its bytes, as hex.
    pub sha256: String,
    /// Whether its bytes may be part of a UTF-8 text.
    pub utf8: bool,
}

impl Part {
    /// A part of these bytes. `utf8` says whether they may be part of a UTF-8 text.
    #[must_use]
    pub fn of(number: u32, bytes: &[u8], utf8: bool) -> Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self { number, bytes: length, sha256: body_hash(bytes), utf8 }
    }
}

/// How a file is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The encoding.
    pub encoding: Encoding,
    /// The delimiter.
    pub delimiter: Delimiter,
    /// The names of the columns.
    pub header: Vec<String>,
    /// What stands behind the header.
    pub begin: Place,
}

/// A place between two rows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// The bytes before it.
    pub offset: u64,
    /// The number of the row that begins there, as a spreadsheet shows it: from 1, the header and empty rows counted.
    pub row: u64,
    /// Whether it is within a row that is too long to be read: what comes before the next line break belongs to that one.
    #[serde(default)]
    pub skipping: bool,
}

/// What became of an import's rows, as far as it is known. Rows without any value are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are those of `EventStatus`")]
pub struct Counts {
    /// Rows that were read.
    pub read: u64,
    /// Of those, the ones that are bad: no event was made of them.
    pub refused: u64,
    /// Of those, the ones that became events.
    pub taken: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub duplicate: u64,
    pub flagged: u64,
    pub rejected: u64,
    pub failed: u64,
    /// Rows that nothing was heard of for a day.
    pub unsettled: u64,
}

impl Counts {
    fn settle(&mut self, status: EventStatus) {
        let count = match status {
            EventStatus::Created => &mut self.created,
            EventStatus::Updated => &mut self.updated,
            EventStatus::Unchanged => &mut self.unchanged,
            EventStatus::Duplicate => &mut self.duplicate,
            EventStatus::Flagged => &mut self.flagged,
            EventStatus::Rejected => &mut self.rejected,
            EventStatus::Failed => &mut self.failed,
        };
        *count += 1;
    }
}

/// A row that made no lead, for the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// Its number, as a spreadsheet shows it.
    pub row: u64,
    /// The column that is to blame, by its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Why, in words for a person; never a value.
    pub reason: String,
    /// When it was found.
    pub stage: BadStage,
    /// The event that was made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
}

/// When a bad row was found to be bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadStage {
    /// When it was read: no event was made of it.
    Refused,
    /// Later: its event failed, and can be retried.
    Failed,
    /// It met a known lead, which the source rejects.
    Rejected,
    /// It met a known lead, and waits for review.
    Flagged,
    /// Nothing was heard of its event.
    Unsettled,
}

impl BadStage {
    /// The stage as the report writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Flagged => "flagged",
            Self::Unsettled => "unsettled",
        }
    }
}

/// Most characters of a column's name in a report.
const COLUMN_CHARS_MAX: usize = 120;
/// Most characters of a reason in a report: a choice may have a thousand options.
const REASON_CHARS_MAX: usize = 500;

impl BadRow {
    /// A row that was found to be bad when it was read. Names and reasons are cut at what a person reads.
    #[must_use]
    pub fn refused(row: u64, column: Option<&str>, reason: &str) -> Self {
        let cut = |text: &str, chars_max| text.chars().take(chars_max).collect::<String>();
        let column = column.map(|column| cut(column, COLUMN_CHARS_MAX));
        Self { row, column, reason: cut(reason, REASON_CHARS_MAX), stage: BadStage::Refused, event: None }
    }
}

/// Why a part is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartRefused {
    /// The import was started.
    #[error("the import is {} and takes no parts any more: make another import", .0.name())]
    Started(ImportState),
    /// The file would be too large.
    #[error(
        "the file would have {bytes} bytes with this part; at most {FILE_BYTES_MAX} are taken: split it into several files"
    )]
    TooLarge {
        /// How large it would be.
        bytes: u64,
    },
}

/// Whether an event is a row of a file; no sender of webhooks can name its events so that they look like one by accident.
#[must_use]
pub fn is_row(identity: &Identity) -> bool {
    let Identity::External(id) = identity else { return false };
    id.rsplit_once(':').is_some_and(|(import, row)| ImportId::new(import).is_ok() && row.parse::<u64>().is_ok())
}

impl Import {
    /// An import whose parts are to come.
    #[must_use]
    pub fn new(id: ImportId, account: AccountId, source: SourceId, by: &str, now: Timestamp) -> Self {
        Self {
            id,
            account,
            source,
            name: None,
            version: 1,
            state: ImportState::Uploading,
            reason: None,
            asked: Asked::default(),
            parts: Vec::new(),
            layout: None,
            place: Place::default(),
            read_all: false,
            step: 0,
            pending: Vec::new(),
            counts: Counts::default(),
            created_at: now,
            created_by: by.to_owned(),
            started_at: None,
            moved_at: None,
            finished_at: None,
        }
    }

    /// Begins to read the file, or goes on where it was when it failed.
    pub fn start(&mut self, layout: Option<Layout>, now: Timestamp) {
        if let Some(layout) = layout {
            self.place = layout.begin;
            self.layout = Some(layout);
        }
        self.state = ImportState::Running;
        self.reason = None;
        self.started_at = self.started_at.or(Some(now));
        self.moved_at = Some(now);
        self.finished_at = None;
    }

    /// Stops reading. What is in the queue is still settled.
    pub fn cancel(&mut self, now: Timestamp) {
        // Nobody takes steps of one that was never started.
        self.finished_at = self.finished_at.or((self.state == ImportState::Uploading).then_some(now));
        self.state = ImportState::Cancelled;
    }

    /// Takes a part, or another content of one that is there. `false` when it is there already.
    ///
    /// # Errors
    /// [`PartRefused`].
    pub fn add_part(&mut self, part: Part) -> Result<bool, PartRefused> {
        if self.parts.contains(&part) {
            return Ok(false);
        }
        if self.state != ImportState::Uploading {
            return Err(PartRefused::Started(self.state));
        }
        let others: u64 = self.parts.iter().filter(|known| known.number != part.number).map(|known| known.bytes).sum();
        let bytes = others + part.bytes;
        if bytes > FILE_BYTES_MAX {
            return Err(PartRefused::TooLarge { bytes });
        }
        self.parts.retain(|known| known.number != part.number);
        self.parts.push(part);
        self.parts.sort_by_key(|part| part.number);
        Ok(true)
    }

    /// The bytes of the parts that are there.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }

    /// The numbers that are missing before the last part that is there.
    #[must_use]
    pub fn missing(&self) -> Vec<u32> {
        let last = self.parts.last().map_or(0, |part| part.number);
        (1..=last).filter(|number| self.parts.iter().all(|part| part.number != *number)).collect()
    }

    /// Whether the bytes of all parts may be a UTF-8 text.
    #[must_use]
    pub fn may_be_utf8(&self) -> bool {
        self.parts.iter().all(|part| part.utf8)
    }

    /// The part that holds the byte behind so many, and how many of its own bytes stand before that one; `None` at the end of
    /// the file.
    #[must_use]
    pub fn part_at(&self, offset: u64) -> Option<(&Part, u64)> {
        let mut before = 0;
        for part in &self.parts {
            if offset < before + part.bytes {
                return Some((part, offset - before));
            }
            before += part.bytes;
        }
        None
    }

    /// How many more rows may be in the queue.
    #[must_use]
    pub fn room(&self) -> usize {
        OUTSTANDING_MAX.saturating_sub(self.pending.len())
    }

    /// The sender's id of the event of a row. A repeated step makes the same one.
    #[must_use]
    pub fn external_id(&self, row: u64) -> String {
        format!("{}:{row}", self.id)
    }

    /// The event of a row.
    #[must_use]
    pub fn event_of(&self, row: u64) -> EventId {
        EventId::from_external(&self.account, &self.source, &self.external_id(row))
    }

    /// The message group of its rows: one of their own, so that the account's other leads do not wait behind them.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{}/import", self.account)
    }

    /// Notes that a row is bad.
    pub fn refuse(&mut self) {
        self.counts.read += 1;
        self.counts.refused += 1;
    }

    /// Notes that a row goes into the queue.
    pub fn take(&mut self, row: u64) {
        self.counts.read += 1;
        self.counts.taken += 1;
        self.pending.push(row);
    }

    /// Notes what became of a row that was in the queue; answers its line of the report, if it has one.
    pub fn settle(&mut self, row: u64, status: EventStatus, reason: Option<&str>) -> Option<BadRow> {
        self.pending.retain(|pending| *pending != row);
        self.counts.settle(status);
        let stage = match status {
            EventStatus::Failed => BadStage::Failed,
            EventStatus::Rejected => BadStage::Rejected,
            EventStatus::Flagged => BadStage::Flagged,
            EventStatus::Created | EventStatus::Updated | EventStatus::Unchanged | EventStatus::Duplicate => {
                return None;
            }
        };
        Some(self.bad(row, stage, reason.unwrap_or(stage.name())))
    }

    /// Gives up the rows that are in the queue when nothing has moved for [`GIVE_UP_HOURS`]; answers their lines of the report.
    pub fn give_up(&mut self, now: Timestamp) -> Vec<BadRow> {
        let since = self.moved_at.unwrap_or(self.created_at);
        if now.duration_since(since) < jiff::SignedDuration::from_hours(GIVE_UP_HOURS) {
            return Vec::new();
        }
        let rows = std::mem::take(&mut self.pending);
        let bad: Vec<BadRow> = rows.iter().map(|row| self.bad(*row, BadStage::Unsettled, UNSETTLED)).collect();
        self.counts.unsettled += u64::try_from(rows.len()).unwrap_or(u64::MAX);
        bad
    }

    fn bad(&self, row: u64, stage: BadStage, reason: &str) -> BadRow {
        BadRow { stage, event: Some(self.event_of(row)), ..BadRow::refused(row, None, reason) }
    }

    /// Comes to an end when nothing is left to do.
    pub fn end(&mut self, now: Timestamp) {
        let nothing_to_read = self.read_all || self.state != ImportState::Running;
        if nothing_to_read && self.pending.is_empty() && self.finished_at.is_none() {
            if self.state == ImportState::Running {
                self.state = ImportState::Done;
            }
            self.finished_at = Some(now);
        }
    }
}

const UNSETTLED: &str =
    "nothing was heard of its event for a day: look for it in the log, and for its message in the dead-letter queue";

#[cfg(test)]
mod tests;
