//! An import as the API shows it.

use jiff::Timestamp;
use leadyard_domain::import::{Counts, Import, ImportState, Layout, Part};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{ObjectBuilder, Schema, Type};

/// An import.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// Its id.
    id: String,
    /// What people call it.
    name: Option<String>,
    /// Whose rows they are.
    source: String,
    /// Where it stands.
    #[schema(schema_with = state_schema)]
    state: &'static str,
    /// Why it failed. When that is mended, start it again: it goes on where it was.
    reason: Option<String>,
    /// When it was made.
    created_at: Timestamp,
    /// By whom: the name of the API key.
    created_by: String,
    /// When it was started.
    started_at: Option<Timestamp>,
    /// When it came to its end: nothing of it is under way since.
    finished_at: Option<Timestamp>,
    /// The bytes of the parts that are there.
    bytes: u64,
    /// The parts that are there.
    parts: Vec<PartView>,
    /// Parts that are missing before the last one.
    missing_parts: Vec<u32>,
    /// How the file is read; `null` before it is started.
    layout: Option<LayoutView>,
    /// How far it is.
    progress: Progress,
}

/// A part of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartView {
    /// Its number, from 1.
    number: u32,
    /// How long it is.
    bytes: u64,
    /// The SHA-256 of its bytes, as hex.
    sha256: String,
}

/// How a file is read.
#[derive(Debug, Serialize, ToSchema)]
pub struct LayoutView {
    /// `utf-8`, `utf-16le`, `utf-16be` or `windows-1252`.
    encoding: &'static str,
    /// `comma`, `semicolon`, `tab` or `pipe`.
    delimiter: &'static str,
    /// The names of the columns.
    header: Vec<String>,
}

/// How far an import is. Rows without any value are not counted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Progress {
    /// Bytes of the file that are read.
    bytes_read: u64,
    /// Rows that are read.
    rows_read: u64,
    /// Of those, the ones that are bad: no event was made of them.
    refused: u64,
    /// Of those, the ones that became events.
    taken: u64,
    /// Of the events, the ones that are in the queue.
    waiting: usize,
    /// Of the events, the ones that made a lead.
    created: u64,
    /// Of the events, the ones that changed a known lead.
    updated: u64,
    /// Of the events, the ones that met a known lead which stays as it is.
    unchanged: u64,
    /// Of the events, the ones that came before.
    duplicate: u64,
    /// Of the events, the ones that met a known lead and wait for review.
    flagged: u64,
    /// Of the events, the ones that met a known lead and were rejected.
    rejected: u64,
    /// Of the events, the ones that failed; each can be retried.
    failed: u64,
    /// Of the events, the ones that nothing was heard of for a day.
    unsettled: u64,
}

fn state_schema() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("Where it stands."))
        .enum_values(Some(ImportState::ALL.map(ImportState::name)))
        .into()
}

impl From<Import> for ImportView {
    fn from(import: Import) -> Self {
        let (bytes, missing_parts) = (import.bytes(), import.missing());
        let Counts {
            read,
            refused,
            taken,
            created,
            updated,
            unchanged,
            duplicate,
            flagged,
            rejected,
            failed,
            unsettled,
        } = import.counts;
        let progress = Progress {
            bytes_read: import.place.offset,
            rows_read: read,
            refused,
            taken,
            waiting: import.pending.len(),
            created,
            updated,
            unchanged,
            duplicate,
            flagged,
            rejected,
            failed,
            unsettled,
        };
        let part = |Part { number, bytes, sha256, .. }| PartView { number, bytes, sha256 };
        let layout = |Layout { encoding, delimiter, header, .. }: Layout| LayoutView {
            encoding: encoding.name(),
            delimiter: delimiter.name(),
            header,
        };
        Self {
            id: import.id.into(),
            name: import.name,
            source: import.source.into(),
            state: import.state.name(),
            reason: import.reason,
            created_at: import.created_at,
            created_by: import.created_by,
            started_at: import.started_at,
            finished_at: import.finished_at,
            bytes,
            parts: import.parts.into_iter().map(part).collect(),
            missing_parts,
            layout: import.layout.map(layout),
            progress,
        }
    }
}
