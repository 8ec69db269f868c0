//! The rows of a file, one after another, from wherever reading goes on.

use std::fmt;

use leadyard_domain::field::FIELD_BYTES_MAX;
use leadyard_domain::import::{Delimiter, Encoding, Place};

use super::ROW_UNITS_MAX;
use super::cells::{Cells, cells};
use super::encoding::decode;
use super::scan::{Found, Units, unit_bytes};
use crate::request::BODY_BYTES_MAX;

/// A row that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, as a spreadsheet shows it.
    pub row: u64,
    /// What it holds, or why it can't be read.
    pub cells: Result<Cells, Fault>,
}

/// Why a row can't be read. Columns count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A quote that is opened and not closed.
    Unclosed {
        /// Where.
        column: usize,
    },
    /// Something stands between a closing quote and the next delimiter.
    BehindQuote {
        /// Where.
        column: usize,
    },
    /// A cell of more than a field may have.
    CellTooLong {
        /// Where.
        column: usize,
        /// Its size.
        bytes: usize,
    },
    /// A row of more than [`ROW_UNITS_MAX`].
    RowTooLong,
    /// Bytes that are no text in the file's encoding.
    Encoding(Encoding),
}

impl Fault {
    /// The column that is to blame.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        match *self {
            Self::Unclosed { column } | Self::BehindQuote { column } | Self::CellTooLong { column, .. } => Some(column),
            Self::RowTooLong | Self::Encoding(_) => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclosed { .. } => f.write_str(
                "a quotation mark is opened and not closed: close it, or write it twice when it belongs to the value",
            ),
            Self::BehindQuote { .. } => f.write_str(
                "something stands behind the closing quotation mark: write those that belong to the value twice",
            ),
            Self::CellTooLong { bytes, .. } => {
                write!(f, "the cell has {bytes} bytes; at most {FIELD_BYTES_MAX} are taken")
            }
            Self::RowTooLong => write!(f, "the row has more than {} KiB", ROW_UNITS_MAX / 1024),
            Self::Encoding(encoding) => write!(
                f,
                "the row has bytes that are no {encoding} text: save the file in one encoding, or name the one that it has"
            ),
        }
    }
}

/// Reads rows from bytes that come in pieces of any size. It holds the piece that was fed last and the beginning of a row.
#[derive(Debug)]
pub struct Reader {
    encoding: Encoding,
    delimiter: Delimiter,
    bytes: Vec<u8>,
    /// How many of them are read.
    done: usize,
    place: Place,
    ended: bool,
}

impl Reader {
    /// Goes on at a place; what is fed first has to begin there.
    #[must_use]
    pub fn new(encoding: Encoding, delimiter: Delimiter, place: Place) -> Self {
        Self { encoding, delimiter, bytes: Vec::new(), done: 0, place, ended: false }
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.done);
        self.done = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Says that there are no more bytes.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Where reading goes on: behind the row that was read last.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// The next row; `None` when more bytes are needed, or everything was read.
    pub fn next_line(&mut self) -> Option<Line> {
        if self.place.skipping && !self.skip() {
            return None;
        }
        let rest = &self.bytes[self.done..];
        let units = Units::new(rest, self.encoding, self.ended);
        let row = self.place.row;
        let line = |cells| Some(Line { row, cells });
        match units.find(self.delimiter) {
            Found::More | Found::End => None,
            Found::Row { bytes, next } => {
                let read = self.read(&rest[..bytes]);
                self.advance(next);
                line(read)
            }
            Found::Unclosed { column, opened } => {
                self.leave(opened);
                line(Err(Fault::Unclosed { column }))
            }
            Found::TooLong { bytes } => {
                self.leave(bytes);
                line(Err(Fault::RowTooLong))
            }
        }
    }

    fn read(&self, bytes: &[u8]) -> Result<Cells, Fault> {
        let text = decode(bytes, self.encoding).ok_or(Fault::Encoding(self.encoding))?;
        if text.len() > BODY_BYTES_MAX {
            return Err(Fault::RowTooLong);
        }
        let cells = cells(&text, char::from(self.delimiter.byte()))?;
        match cells.kept.iter().enumerate().find(|(_, cell)| cell.len() > FIELD_BYTES_MAX) {
            Some((column, cell)) => Err(Fault::CellTooLong { column, bytes: cell.len() }),
            None => Ok(cells),
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.pass(bytes);
        self.place.row += 1;
    }

    fn pass(&mut self, bytes: usize) {
        self.done += bytes;
        self.place.offset += u64::try_from(bytes).unwrap_or(u64::MAX);
    }

    /// Leaves a row within it: the next one begins behind the next line break.
    fn leave(&mut self, bytes: usize) {
        self.advance(bytes);
        self.place.skipping = true;
    }

    /// Passes over what is left of such a row; `false` when its end has not come yet.
    fn skip(&mut self) -> bool {
        let rest = &self.bytes[self.done..];
        let width = unit_bytes(self.encoding);
        if let Some(next) = Units::new(rest, self.encoding, self.ended).next_line(0) {
            self.pass(next);
            self.place.skipping = false;
            return true;
        }
        // The last unit stays: it may be the first half of a line break.
        let whole = rest.len() / width * width;
        let passed = if self.ended { rest.len() } else { whole.saturating_sub(width) };
        self.pass(passed);
        self.place.skipping = !self.ended;
        self.ended
    }
}
