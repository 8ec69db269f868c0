//! What the first rows of a file would become.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use leadyard_domain::event::{Identity, Intent, Origin, Received};
use leadyard_domain::id::ImportId;
use leadyard_domain::import::Import;
use leadyard_runtime::now;
use leadyard_sources::csv::{Detected, Line, Reader, column_of, payload};
use leadyard_store::Ruled;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Viewer;
use crate::body::Id;
use crate::problem::{Kind, Problem};

/// Rows that a preview shows.
const ROWS: usize = 20;

/// What the first rows of a file would become.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preview {
    /// `utf-8`, `utf-16le`, `utf-16be` or `windows-1252`. Parts that are still to come may tell otherwise.
    encoding: &'static str,
    /// `comma`, `semicolon`, `tab` or `pipe`.
    delimiter: &'static str,
    /// The number of the header's row; `null` when none was found.
    header_row: Option<u64>,
    /// The columns, and what they fill.
    columns: Vec<Column>,
    /// Why the file can't be imported as it is.
    problems: Vec<String>,
    /// The first rows that have a value, at most 20.
    rows: Vec<PreviewRow>,
}

/// A column of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct Column {
    /// Its name in the header.
    name: String,
    /// The field of the lead that it fills in one of the rows; `null` when it fills none: then it is kept under `extra`.
    field: Option<String>,
}

/// A row of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewRow {
    /// Its number, as a spreadsheet shows it.
    row: u64,
    /// The fields of the lead as they would be; empty for a bad row.
    #[schema(value_type = Object)]
    fields: BTreeMap<String, Value>,
    /// What fills no field, by the names of the columns.
    #[schema(value_type = Object)]
    extra: BTreeMap<String, Value>,
    /// Why the row is bad; `null` when it is good.
    error: Option<RowError>,
}

/// Why a row is bad.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowError {
    /// The column that is to blame, where it is one.
    column: Option<String>,
    /// Why, in words.
    reason: String,
}

/// Preview an import
///
/// How the file is read, which field each column fills, and the first 20 rows as they would be mapped, by the config in force.
/// Part 1 is enough. Nothing is stored.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}/preview",
    tag = "imports",
    operation_id = "preview_import",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The import.")),
    responses(
        (status = 200, description = "What the first rows would become.", body = Preview),
        (status = 404, description = "The account has no such import."),
        (status = 409, description = "Part 1 is not there."),
        (status = 422, description = "The config in force has no such source."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<ImportId>,
) -> Result<Json<Preview>, Problem> {
    let import = super::find(&app, &caller.account, &id).await?;
    let ruled = app.ruled(&caller.account).await?;
    let (detected, bytes) = super::start::form(&app, &import).await?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|length| length == import.bytes());
    preview(&ruled, &import, detected, &bytes, whole).map(Json)
}

fn preview(ruled: &Ruled, import: &Import, detected: Detected, bytes: &[u8], whole: bool) -> Result<Preview, Problem> {
    let Detected { encoding, delimiter, header_row, header, begin, problems } = detected;
    let mut filled_by = BTreeMap::new();
    let mut rows = Vec::new();
    if problems.is_empty() {
        let mut reader = Reader::new(encoding, delimiter, begin);
        let passed = usize::try_from(begin.offset).unwrap_or(usize::MAX);
        reader.feed(bytes.get(passed..).unwrap_or_default());
        if whole {
            reader.end();
        }
        while rows.len() < ROWS
            && let Some(line) = reader.next_line()
        {
            rows.extend(row(ruled, import, &header, line, &mut filled_by)?);
        }
    }
    let column = |name: String| Column { field: filled_by.remove(&name), name };
    let columns = header.into_iter().map(column).collect();
    Ok(Preview { encoding: encoding.name(), delimiter: delimiter.name(), header_row, columns, problems, rows })
}

/// A row as it would be mapped; `None` for one without any value. Notes which field each column fills.
fn row(
    ruled: &Ruled,
    import: &Import,
    header: &[String],
    line: Line,
    filled_by: &mut BTreeMap<String, String>,
) -> Result<Option<PreviewRow>, Problem> {
    let checked = ruled.rules.checked();
    let Some(source) = checked.source(&import.source) else {
        let detail = format!("The config in force has no source '{}': publish one with it.", import.source);
        return Err(Problem::new(Kind::Unprocessable, detail));
    };
    let row = line.row;
    let bad = |column: Option<String>, reason: String| PreviewRow {
        row,
        fields: BTreeMap::new(),
        extra: BTreeMap::new(),
        error: Some(RowError { column, reason }),
    };
    let payload = match payload(header, line) {
        None => return Ok(None),
        Some(Err(refused)) => return Ok(Some(bad(refused.column, refused.reason))),
        Some(Ok(payload)) => payload,
    };
    let received = received(import, row, payload);
    let draft = match leadyard_sources::capture_event(checked, source, &received) {
        Ok(draft) => draft,
        Err(error) => return Ok(Some(bad(column_of(&error).map(str::to_owned), error.to_string()))),
    };
    filled_by.extend(draft.from.iter().map(|(field, column)| (column.clone(), field.to_string())));
    // What is a default holds where nobody knows better: so it would be for a new lead.
    let values = draft.defaults.into_iter().chain(draft.fields);
    let fields = values.map(|(name, value)| (name.to_string(), value.to_json())).collect();
    Ok(Some(PreviewRow { row, fields, extra: draft.extra, error: None }))
}

fn received(import: &Import, row: u64, payload: Map<String, Value>) -> Received {
    Received {
        account: import.account.clone(),
        source: import.source.clone(),
        event: import.event_of(row),
        received_at: now(),
        identity: Identity::External(import.external_id(row)),
        payload,
        origin: Origin::default(),
        intent: Intent::Capture,
    }
}
