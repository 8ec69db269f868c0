//! The form of a file, by its beginning.

use std::collections::BTreeMap;

use leadyard_domain::field::FIELDS_MAX;
use leadyard_domain::import::{Asked, Delimiter, Encoding, Layout, Place};

use super::SAMPLE_ROWS;
use super::cells::Cells;
use super::encoding::{decode, encoding, mark_bytes};
use super::reader::{Line, Reader};
use super::scan::{Units, unit_bytes};

/// Longest name of a column, as of a value in a request.
const NAME_BYTES_MAX: usize = 512;
/// The first line by which Excel is told the delimiter, without the delimiter.
const HINT: &str = "sep=";

/// What was found out about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// The encoding.
    pub encoding: Encoding,
    /// The delimiter.
    pub delimiter: Delimiter,
    /// The number of the header's row; `None` without one.
    pub header_row: Option<u64>,
    /// The names of the columns. One without a name is called `column_` and its number.
    pub header: Vec<String>,
    /// Where the first row behind the header begins.
    pub begin: Place,
    /// Why the file can't be imported, in words for a person.
    pub problems: Vec<String>,
}

impl Detected {
    /// How the file is read.
    ///
    /// # Errors
    /// Why it can't be.
    pub fn layout(self) -> Result<Layout, Vec<String>> {
        let Self { encoding, delimiter, header, begin, problems, .. } = self;
        if problems.is_empty() { Ok(Layout { encoding, delimiter, header, begin }) } else { Err(problems) }
    }
}

/// Finds out the form of a file.
///
/// `sample` is its beginning, `whole` says whether it is all of it, `utf8` whether all of it may be UTF-8
/// ([`may_be_utf8`](super::may_be_utf8)), `asked` what a person said about it.
#[must_use]
pub fn detect(sample: &[u8], whole: bool, utf8: bool, asked: Asked) -> Detected {
    let (encoding, mark) = match asked.encoding {
        Some(encoding) => (encoding, mark_bytes(sample, encoding)),
        None => encoding(sample, utf8),
    };
    let hinted = hint(&sample[mark..], encoding);
    let begin = mark + hinted.map_or(0, |(_, bytes)| bytes);
    let delimiter = asked
        .delimiter
        .or(hinted.map(|(delimiter, _)| delimiter))
        .unwrap_or_else(|| likeliest(&sample[begin..], encoding, whole));
    let place = Place { offset: u64::try_from(begin).unwrap_or(u64::MAX), row: 1, skipping: false };
    let mut reader = Reader::new(encoding, delimiter, place);
    reader.feed(&sample[begin..]);
    if whole {
        reader.end();
    }
    let mut found =
        Detected { encoding, delimiter, header_row: None, header: Vec::new(), begin: place, problems: Vec::new() };
    while let Some(Line { row, cells }) = reader.next_line() {
        match cells {
            Ok(cells) if cells.are_empty() => {}
            Ok(cells) => {
                (found.header, found.problems) = names(cells, row);
                (found.header_row, found.begin) = (Some(row), reader.place());
                return found;
            }
            Err(fault) => {
                found.problems.push(format!("The header in row {row} can't be read: {fault}."));
                return found;
            }
        }
    }
    let problem = if whole { "The file has no rows." } else { "No header was found at the beginning of the file." };
    found.problems.push(problem.to_owned());
    found
}

/// The names of the columns, and what is wrong with them.
fn names(cells: Cells, row: u64) -> (Vec<String>, Vec<String>) {
    let mut problems = Vec::new();
    if cells.count > FIELDS_MAX {
        problems.push(format!("The header in row {row} has {} columns; at most {FIELDS_MAX} are taken.", cells.count));
    }
    let name = |(index, cell): (usize, &String)| match cell.trim() {
        "" => format!("column_{}", index + 1),
        name => name.to_owned(),
    };
    let names: Vec<String> = cells.kept.iter().enumerate().map(name).collect();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        let number = index + 1;
        if name.len() > NAME_BYTES_MAX {
            let bytes = name.len();
            problems
                .push(format!("The name of column {number} has {bytes} bytes; at most {NAME_BYTES_MAX} are taken."));
        } else if let Some(first) = known.insert(name, number) {
            problems.push(format!("Columns {first} and {number} are both called {name:?}: give one another name."));
        }
    }
    (names, problems)
}

/// The delimiter that a line `sep=;` names, and the bytes of that line.
fn hint(sample: &[u8], encoding: Encoding) -> Option<(Delimiter, usize)> {
    let width = unit_bytes(encoding);
    let units = HINT.len() + 1;
    let text = decode(sample.get(..(units + 1) * width)?, encoding)?;
    let named = text.strip_prefix(HINT)?.strip_suffix(['\r', '\n'])?;
    let delimiter = Delimiter::ALL.iter().find(|known| named.as_bytes() == [known.byte()])?;
    Some((*delimiter, Units::new(sample, encoding, true).next_line(units * width)?))
}

/// The delimiter by which the most rows have as many columns as the first; of those, the one that makes the most columns.
/// A file of one column is read by any, so it is read by commas.
fn likeliest(sample: &[u8], encoding: Encoding, whole: bool) -> Delimiter {
    let mut best = ((0, 0), Delimiter::Comma);
    for delimiter in Delimiter::ALL {
        let mut reader = Reader::new(encoding, *delimiter, Place { offset: 0, row: 1, skipping: false });
        reader.feed(sample);
        if whole {
            reader.end();
        }
        let mut columns = 0;
        let mut alike = 0_u32;
        let mut rows = 0_u32;
        while let Some(line) = reader.next_line() {
            let Ok(cells) = line.cells else { continue };
            if cells.are_empty() {
                continue;
            }
            if rows == 0 {
                columns = cells.count;
            }
            rows += 1;
            alike += u32::from(cells.count == columns);
            if usize::try_from(rows).is_ok_and(|rows| rows >= SAMPLE_ROWS) {
                break;
            }
        }
        // In thousandths, so that two delimiters that read different numbers of rows compare.
        let share = (alike * 1_000).checked_div(rows).unwrap_or_default();
        if columns > 1 && (share, columns) > best.0 {
            best = ((share, columns), *delimiter);
        }
    }
    best.1
}
