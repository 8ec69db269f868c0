//! Where a row ends, in raw bytes.

use leadyard_domain::import::{Delimiter, Encoding};

use super::ROW_UNITS_MAX;

/// The bytes of the unit that delimiters, quotes and line breaks are written in.
pub(super) fn unit_bytes(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 | Encoding::Windows1252 => 1,
        Encoding::Utf16Le | Encoding::Utf16Be => 2,
    }
}

/// What begins at the beginning of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A row of so many bytes; the next one begins behind `next`.
    Row { bytes: usize, next: usize },
    /// A row whose column (from 0) opens a quote that is not closed, or only on a later line, where something follows that a
    /// closed quote never has behind it. The next row is taken to begin on the line after the place where it was opened.
    Unclosed { column: usize, opened: usize },
    /// A row that is too long to be read; its first so many bytes were looked at.
    TooLong { bytes: usize },
    /// The row may go on.
    More,
    /// Nothing.
    End,
}

const QUOTE: u16 = b'"' as u16;
const CR: u16 = b'\r' as u16;
const LF: u16 = b'\n' as u16;

/// Units of some bytes, by where they stand in bytes.
#[derive(Clone, Copy)]
pub(super) struct Units<'a> {
    bytes: &'a [u8],
    encoding: Encoding,
    /// Whether nothing comes behind the bytes.
    ended: bool,
}

impl<'a> Units<'a> {
    pub(super) fn new(bytes: &'a [u8], encoding: Encoding, ended: bool) -> Self {
        Self { bytes, encoding, ended }
    }

    fn at(&self, place: usize) -> Option<u16> {
        match self.encoding {
            Encoding::Utf8 | Encoding::Windows1252 => self.bytes.get(place).map(|byte| u16::from(*byte)),
            Encoding::Utf16Le => Some(u16::from_le_bytes([*self.bytes.get(place)?, *self.bytes.get(place + 1)?])),
            Encoding::Utf16Be => Some(u16::from_be_bytes([*self.bytes.get(place)?, *self.bytes.get(place + 1)?])),
        }
    }

    /// What stands behind the line break at a place; `None` when that is not known yet.
    fn behind_break(&self, place: usize) -> Option<usize> {
        let behind = place + unit_bytes(self.encoding);
        if self.at(place) != Some(CR) {
            return Some(behind);
        }
        match self.at(behind) {
            Some(LF) => Some(behind + unit_bytes(self.encoding)),
            Some(_) => Some(behind),
            None => self.ended.then_some(behind),
        }
    }

    /// What stands behind the first line break from a place on.
    pub(super) fn next_line(&self, from: usize) -> Option<usize> {
        let mut place = from;
        while let Some(unit) = self.at(place) {
            if unit == CR || unit == LF {
                return self.behind_break(place);
            }
            place += unit_bytes(self.encoding);
        }
        None
    }

    /// What begins here.
    pub(super) fn find(&self, delimiter: Delimiter) -> Found {
        let (width, delimiter) = (unit_bytes(self.encoding), u16::from(delimiter.byte()));
        let (mut place, mut column, mut state) = (0, 0, State::Begin);
        // Where the quote of the present cell was opened, and whether a line break stands in it.
        let (mut opened, mut broken) = (0, false);
        while let Some(unit) = self.at(place) {
            if place / width >= ROW_UNITS_MAX {
                return match state {
                    State::Quoted => Found::Unclosed { column, opened },
                    _ => Found::TooLong { bytes: place },
                };
            }
            state = match (state, unit) {
                (State::Quoted, QUOTE) => State::Closed,
                (State::Quoted, _) => {
                    broken |= unit == CR || unit == LF;
                    State::Quoted
                }
                (State::Begin, QUOTE) => {
                    (opened, broken) = (place, false);
                    State::Quoted
                }
                (State::Closed, QUOTE) => State::Quoted,
                (_, CR | LF) => {
                    return match self.behind_break(place) {
                        Some(next) => Found::Row { bytes: place, next },
                        None => Found::More,
                    };
                }
                (_, unit) if unit == delimiter => {
                    column += 1;
                    State::Begin
                }
                (State::Closed, _) if broken => return Found::Unclosed { column, opened },
                _ => State::Plain,
            };
            place += width;
        }
        match state {
            _ if !self.ended => Found::More,
            State::Quoted => Found::Unclosed { column, opened },
            // An odd byte at the end of UTF-16 belongs to the last row, which is malformed then.
            _ if self.bytes.is_empty() => Found::End,
            _ => Found::Row { bytes: self.bytes.len(), next: self.bytes.len() },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    Begin,
    /// In a cell without quotes.
    Plain,
    /// In a cell with quotes.
    Quoted,
    /// Behind a quote within such a cell: its end, or the first of two that mean one.
    Closed,
}
