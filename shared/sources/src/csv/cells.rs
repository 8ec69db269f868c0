//! The cells of a row.

use super::reader::Fault;

/// Most cells of a row that are kept; a row with more is bad anyway, and its cells are only counted.
const CELLS_KEPT: usize = leadyard_domain::field::FIELDS_MAX + 1;

/// A row's cells, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    /// The first of them, as many as a row may have and one more.
    pub kept: Vec<String>,
    /// How many there are.
    pub count: usize,
}

impl Cells {
    fn push(&mut self, cell: impl Into<String>) {
        if self.kept.len() < CELLS_KEPT {
            self.kept.push(cell.into());
        }
        self.count += 1;
    }

    /// Whether there is no value in any of them.
    #[must_use]
    pub fn are_empty(&self) -> bool {
        self.kept.iter().all(|cell| cell.trim().is_empty())
    }
}

/// Takes the text of one row apart.
pub(super) fn cells(text: &str, delimiter: char) -> Result<Cells, Fault> {
    let mut cells = Cells::default();
    let mut rest = text;
    loop {
        let behind = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (cell, behind) = unquote(quoted).ok_or(Fault::Unclosed { column: cells.count })?;
                let column = cells.count;
                cells.push(cell);
                if !behind.is_empty() && !behind.starts_with(delimiter) {
                    return Err(Fault::BehindQuote { column });
                }
                behind
            }
            None => {
                let (cell, behind) = rest.split_at(rest.find(delimiter).unwrap_or(rest.len()));
                cells.push(cell);
                behind
            }
        };
        match behind.strip_prefix(delimiter) {
            Some(next) => rest = next,
            None => return Ok(cells),
        }
    }
}

/// What stands between quotes, and what behind them; two quotes mean one.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let (before, behind) = rest.split_once('"')?;
        cell.push_str(before);
        match behind.strip_prefix('"') {
            Some(more) => {
                cell.push('"');
                rest = more;
            }
            None => return Some((cell, behind)),
        }
    }
}
