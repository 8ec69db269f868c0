//! Which rows of an import are bad, as a table.

use std::borrow::Cow;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use leadyard_domain::id::{EventId, ImportId};
use leadyard_domain::import::BadRow;
use serde::Deserialize;

use crate::app::App;
use crate::auth::Viewer;
use crate::body::{Id, Parameters};
use crate::problem::Problem;

/// About the most bytes of one answer: Lambda answers at most 6 MB, and writes some characters with two or more.
const PAGE_BYTES: usize = 1024 * 1024;

/// Which part of a report.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// Where the part begins, as the header `Link` of the one before names it.
    after: Option<u64>,
}

/// The bad rows of an import
///
/// A table with the columns `row` (as a spreadsheet shows it), `column` (its name, where one is to blame), `reason`, `stage` and
/// `event`. A stage `refused` was found when the row was read, and no event was made of it; `failed` later: that event can be
/// retried; `rejected` and `flagged` met a known lead; of `unsettled` nothing was heard for a day. No line holds a value of the
/// file. Lines stand in the order in which the rows were found to be bad. A long report comes in parts: the header `Link` leads
/// to the next one (`rel="next"`); only the first one begins with the names of the columns.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}/report",
    tag = "imports",
    operation_id = "report_import",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The import."), ReportQuery),
    responses(
        (status = 200, description = "A part of the report; the import may still find more.", body = String,
            content_type = "text/csv", headers(
                ("Link" = String, description = "The address of the next part; not there on the last one."),
            )),
        (status = 400, description = "The parameter does not fit."),
        (status = 404, description = "The account has no such import."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<ImportId>,
    Parameters(ReportQuery { after }): Parameters<ReportQuery>,
) -> Result<impl IntoResponse, Problem> {
    super::find(&app, &caller.account, &id).await?;
    let found = app.store.bad_rows(&caller.account, &id, after, PAGE_BYTES).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Some(next) = found.next {
        let link = format!("</v1/imports/{id}/report?after={next}>; rel=\"next\"");
        headers.insert(header::LINK, HeaderValue::from_str(&link).map_err(|error| Problem::behind(false, &error))?);
    }
    Ok((headers, table(&found.rows, after.is_none()).map_err(|error| Problem::behind(false, &error))?))
}

fn table(rows: &[BadRow], with_header: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if with_header {
        writer.write_record(["row", "column", "reason", "stage", "event"])?;
    }
    for BadRow { row, column, reason, stage, event } in rows {
        let (row, column) = (row.to_string(), as_text(column.as_deref().unwrap_or_default()));
        let (reason, event) = (as_text(reason), event.as_ref().map_or("", EventId::as_str));
        writer.write_record([row.as_str(), &column, &reason, stage.name(), event])?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A text that a spreadsheet takes for one: what begins like a formula it would carry out.
fn as_text(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}").into() } else { cell.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_with_the_name_of_a_formula_is_a_text() {
        let rows = [BadRow::refused(7, Some("=1+1"), "no, \"never\"")];
        let text = |with_header| String::from_utf8(table(&rows, with_header).unwrap()).unwrap();
        assert_eq!(text(false), "7,'=1+1,\"no, \"\"never\"\"\",refused,\n");
        assert!(text(true).starts_with("row,column,reason,stage,event\n7,"));
        assert_eq!(table(&[], false).unwrap(), b"");
    }
}
