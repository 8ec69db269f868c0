//! What a row says: the names of its columns with its values, as an event has them.

use leadyard_domain::import::BadRow;
use serde_json::{Map, Value};

use super::reader::Line;
use crate::capture::CaptureError;

/// A row as an event of a source; empty cells are left out. `None` for a row without any value.
///
/// # Errors
/// What is wrong with the row.
#[must_use]
pub fn payload(header: &[String], line: Line) -> Option<Result<Map<String, Value>, BadRow>> {
    let Line { row, cells } = line;
    let cells = match cells {
        Ok(cells) => cells,
        Err(fault) => {
            let column = fault.column().and_then(|column| header.get(column)).map(String::as_str);
            return Some(Err(BadRow::refused(row, column, &fault.to_string())));
        }
    };
    if cells.are_empty() {
        return None;
    }
    if cells.count != header.len() {
        let (found, expected) = (columns(cells.count), columns(header.len()));
        let reason = format!("the row has {found}, the header has {expected}");
        return Some(Err(BadRow::refused(row, None, &reason)));
    }
    let values = header.iter().cloned().zip(cells.kept);
    Some(Ok(values.filter(|(_, value)| !value.trim().is_empty()).map(|(name, value)| (name, value.into())).collect()))
}

fn columns(count: usize) -> String {
    if count == 1 { "1 column".to_owned() } else { format!("{count} columns") }
}

/// The column that is to blame when a row can't be captured, as far as there is one.
#[must_use]
pub fn column_of(error: &CaptureError) -> Option<&str> {
    match error {
        CaptureError::Misfit { at, .. } => at.as_deref(),
        CaptureError::TooLong { .. }
        | CaptureError::TooManyFields { .. }
        | CaptureError::AheadOfTime { .. }
        | CaptureError::Stranger { .. }
        | CaptureError::Empty => None,
    }
}
