//! The forms in which entries are sent.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord};

use super::Entries;
use crate::problem::{Kind, Problem};

/// How a body writes entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One a line.
    Lines,
    /// The first column of each row.
    Csv {
        /// Whether the first row names the columns.
        header: bool,
    },
    /// An array of strings.
    Json,
}

impl Form {
    /// The form of a content type; `None` for a type that is none of them.
    pub(super) fn of(content_type: &str) -> Option<Self> {
        let mut parts = content_type.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        match essence.as_str() {
            "text/plain" => Some(Self::Lines),
            // RFC 4180 has the parameter. Where it says nothing, the first row is an entry like the others.
            "text/csv" => Some(Self::Csv { header: parts.any(|part| part.eq_ignore_ascii_case("header=present")) }),
            "application/json" | "text/json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// It is not of this form, or as [`Entries::of`].
    pub(super) fn read(self, text: &str) -> Result<Entries, Problem> {
        // Spreadsheets begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match self {
            Self::Lines => Entries::of((1..).zip(text.split('\n').map(Cow::Borrowed)), "line"),
            Self::Csv { header } => Entries::of(first_column(text, header)?.into_iter(), "line"),
            Self::Json => {
                let values: Vec<String> = serde_json::from_str(text).map_err(|error| {
                    Problem::new(Kind::BadRequest, format!("The body is no JSON array of strings: {error}."))
                })?;
                Entries::of((1..).zip(values.into_iter().map(Cow::Owned)), "value")
            }
        }
    }
}

fn first_column(text: &str, header: bool) -> Result<Vec<(usize, Cow<'_, str>)>, Problem> {
    let mut reader = ReaderBuilder::new().has_headers(header).flexible(true).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut values = Vec::new();
    loop {
        let more = reader
            .read_record(&mut record)
            .map_err(|error| Problem::new(Kind::BadRequest, format!("The body is no CSV: {error}.")))?;
        if !more {
            return Ok(values);
        }
        let line = record.position().map_or(0, csv::Position::line);
        if let Some(value) = record.get(0) {
            values.push((usize::try_from(line).unwrap_or(usize::MAX), Cow::Owned(value.to_owned())));
        }
    }
}
