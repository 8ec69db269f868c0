//! Tables in files: which form they have ([`detect`]), their rows one after another ([`Reader`]), and what a row says
//! ([`payload`]).
//!
//! The rows are found in the raw bytes, before they are decoded: so a place in a file is a number of bytes in every encoding,
//! reading can go on there, and a file is never in memory as a whole. That, the numbers of empty rows, and quotes that nobody
//! closed are why there is no CSV library here; the tests hold the two together.

mod cells;
mod detect;
mod encoding;
mod reader;
mod row;
mod scan;
#[cfg(test)]
mod tests;

pub use cells::Cells;
pub use detect::{Detected, detect};
pub use encoding::may_be_utf8;
pub use reader::{Fault, Line, Reader};
pub use row::{column_of, payload};

/// Most characters (units of two bytes in UTF-16) of a row: as much as a request to a source may have.
pub const ROW_UNITS_MAX: usize = 256 * 1024;
/// Most rows of the beginning of a file that are looked at to find its delimiter.
pub(crate) const SAMPLE_ROWS: usize = 50;
