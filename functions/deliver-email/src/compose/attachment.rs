//! The lead as a file beside the text.

use leadyard_domain::config::Attachment;
use serde_json::Value;

/// A file ready to attach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// As the mail program shows it.
    pub name: &'static str,
    /// Its MIME type.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl File {
    /// The file of a delivery's payload.
    pub fn new(kind: Attachment, payload: &Value) -> Self {
        match kind {
            Attachment::Json => Self {
                name: "lead.json",
                content_type: "application/json",
                bytes: format!("{payload:#}\n").into_bytes(),
            },
            Attachment::Csv => Self { name: "lead.csv", content_type: "text/csv", bytes: csv(payload) },
        }
    }
}

/// A header row and one row: the lead's id, its time, its source, then its fields and what came without a mapping.
fn csv(payload: &Value) -> Vec<u8> {
    let lead = &payload["data"]["lead"];
    let mut names = vec!["id".to_owned(), "created_at".to_owned(), "source".to_owned()];
    let mut values: Vec<String> = names.iter().map(|name| cell(&lead[name.as_str()])).collect();
    for part in ["fields", "extra"] {
        for (name, value) in lead[part].as_object().into_iter().flatten() {
            names.push(harmless(name.clone()));
            values.push(cell(value));
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(&names).and_then(|()| writer.write_record(&values));
    written.ok().and_then(|()| writer.into_inner().ok()).expect("rows of equal length go into memory without an error")
}

fn cell(value: &Value) -> String {
    harmless(match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    })
}

/// A spreadsheet takes a cell that begins with one of these for a formula, and the cell comes from a stranger. A plain
/// number or phone number may keep its sign (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn harmless(text: String) -> String {
    let formula = match text.chars().next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some('+' | '-') => !text[1..].chars().all(|c| c.is_ascii_digit() || c == '.'),
        _ => false,
    };
    if formula { format!("'{text}") } else { text }
}
