//! What a list holds: reading it, adding to it, taking from it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use form_urlencoded::Serializer;
use leadyard_domain::id::ListName;
use leadyard_store::RevisionId;
use serde::Deserialize;

use crate::app::App;
use crate::auth::{Admin, Viewer};
use crate::body::{Id, Parameters};
use crate::entries::EntriesBody;
use crate::list_change::{self, Change, ChangedList};
use crate::problem::{Kind, Problem};

/// Most bytes of one answer. Lambda answers at most 6 MB, and writes a line feed with two characters and a quotation mark too.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// Which part of which content.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntriesQuery {
    /// A revision that the list held once, as a config version names it; what it holds now where none is given.
    revision: Option<String>,
    /// The last entry of the part before.
    after: Option<String>,
}

/// What a list holds
///
/// One entry a line, sorted. An answer has at most 2 MiB: a longer list comes in parts, and the header `Link` of each part
/// leads to the next one (`rel="next"`), to the same revision whatever is changed meanwhile.
#[utoipa::path(
    get,
    path = "/v1/lists/{name}/entries",
    tag = "lists",
    operation_id = "read_entries",
    security(("api_key" = ["viewer"])),
    params(("name" = String, Path, description = "The name by which rules mean it."), EntriesQuery),
    responses(
        (status = 200, description = "A part of its entries.", body = String, content_type = "text/plain", headers(
            ("ETag" = String, description = "The revision as an entity tag."),
            ("Link" = String, description = "The address of the next part; not there on the last one."),
        )),
        (status = 400, description = "A parameter does not fit."),
        (status = 404, description = "The account has no such list, or the list never held that."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(name): Id<ListName>,
    Parameters(EntriesQuery { revision, after }): Parameters<EntriesQuery>,
) -> Result<impl IntoResponse, Problem> {
    let revision: RevisionId = match revision {
        Some(text) => text.parse().map_err(|error| {
            Problem::new(Kind::BadRequest, format!("In the query, 'revision' does not fit: {error}."))
        })?,
        None => {
            let index = app.store.list_index(&caller.account).await?;
            let current = index.current(&name).ok_or_else(|| Problem::unknown("list", &name))?;
            current.id.clone()
        }
    };
    let lines = app.store.list_text(&caller.account, &name, &revision).await?.ok_or_else(|| {
        Problem::new(Kind::NotFound, format!("The list '{name}' of this account never held a revision {revision}."))
    })?;
    let (part, more) = part(&lines, after.as_deref(), PAGE_BYTES);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::ETAG, header_value(&format!("\"{revision}\""))?);
    if let Some(last) = part.lines().next_back().filter(|_| more) {
        let query = Serializer::new(String::new())
            .append_pair("revision", revision.as_str())
            .append_pair("after", last)
            .finish();
        headers.insert(header::LINK, header_value(&format!("</v1/lists/{name}/entries?{query}>; rel=\"next\""))?);
    }
    Ok((headers, part.to_owned()))
}

fn header_value(text: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(text).map_err(|error| Problem::behind(false, &error))
}

/// The lines after one, at most so many bytes, and whether there are more behind them.
fn part<'a>(lines: &'a str, after: Option<&str>, bytes_max: usize) -> (&'a str, bool) {
    let mut begin = 0;
    if let Some(after) = after {
        let passed = lines.split_inclusive('\n').take_while(|line| line.trim_end_matches('\n') <= after);
        begin = passed.map(str::len).sum();
    }
    let rest = &lines[begin..];
    let mut end = 0;
    // An entry is far shorter than a part, so that each part has some.
    for line in rest.split_inclusive('\n') {
        if end + line.len() > bytes_max {
            break;
        }
        end += line.len();
    }
    (&rest[..end], end < rest.len())
}

/// Add to a list
///
/// What it holds already stays; a list that is not there begins with these. Bodies and answers are as of
/// `PUT /v1/lists/{name}`. The body may be the part of a list that is too long for one.
#[utoipa::path(
    post,
    path = "/v1/lists/{name}/entries",
    tag = "lists",
    operation_id = "add_entries",
    security(("api_key" = ["admin"])),
    params(
        ("name" = String, Path, description = "The name by which rules mean it."),
        ("Content-Encoding" = Option<String>, Header, description = "`gzip`, or nothing.")
    ),
    request_body(
        description = "As for `PUT /v1/lists/{name}`.",
        content((String = "text/plain"), (String = "text/csv"), (Vec<String> = "application/json"))
    ),
    responses(
        (status = 200, description = "It holds these too now.", body = ChangedList),
        (status = 400, description = "The body is not of its type, no UTF-8 or no gzip; the detail has the place."),
        (status = 404, description = "The name is none."),
        (status = 409, description = "Someone else changed the list at the same moment."),
        (status = 413, description = "The body is over 4 MiB, or unpacks to more than 64 MiB."),
        (status = 415, description = "The body is of a type or an encoding that is not read here."),
        (status = 422, description = "There is no entry, there would be too many, some cannot be entries, or a routing test fails."),
    )
)]
pub(crate) async fn add(
    Admin(caller): Admin,
    State(app): State<App>,
    Id(name): Id<ListName>,
    EntriesBody(entries): EntriesBody,
) -> Result<Json<ChangedList>, Problem> {
    list_change::change(&app, &caller, &name, Change::Add, &entries).await.map(Json)
}

/// Take from a list
///
/// Entries that it does not hold are passed over. Bodies and answers are as of `PUT /v1/lists/{name}`.
#[utoipa::path(
    delete,
    path = "/v1/lists/{name}/entries",
    tag = "lists",
    operation_id = "remove_entries",
    security(("api_key" = ["admin"])),
    params(
        ("name" = String, Path, description = "The name by which rules mean it."),
        ("Content-Encoding" = Option<String>, Header, description = "`gzip`, or nothing.")
    ),
    request_body(
        description = "As for `PUT /v1/lists/{name}`.",
        content((String = "text/plain"), (String = "text/csv"), (Vec<String> = "application/json"))
    ),
    responses(
        (status = 200, description = "It does not hold these any more.", body = ChangedList),
        (status = 400, description = "The body is not of its type, no UTF-8 or no gzip; the detail has the place."),
        (status = 404, description = "The account has no such list."),
        (status = 409, description = "Someone else changed the list at the same moment."),
        (status = 413, description = "The body is over 4 MiB, or unpacks to more than 64 MiB."),
        (status = 415, description = "The body is of a type or an encoding that is not read here."),
        (status = 422, description = "There is no entry in the body, none would be left, or a routing test fails."),
    )
)]
pub(crate) async fn remove(
    Admin(caller): Admin,
    State(app): State<App>,
    Id(name): Id<ListName>,
    EntriesBody(entries): EntriesBody,
) -> Result<Json<ChangedList>, Problem> {
    list_change::change(&app, &caller, &name, Change::Remove, &entries).await.map(Json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other() {
        let lines = "a\nbb\nccc\n";
        assert_eq!(part(lines, None, 100), (lines, false));
        assert_eq!(part(lines, None, 9), (lines, false));
        assert_eq!(part(lines, None, 8), ("a\nbb\n", true));
        assert_eq!(part(lines, None, 4), ("a\n", true));
        assert_eq!(part(lines, Some("a"), 3), ("bb\n", true));
        assert_eq!(part(lines, Some("bb"), 4), ("ccc\n", false));
        // One that is not there, as when it is typed by hand.
        assert_eq!(part(lines, Some("b"), 3), ("bb\n", true));
        assert_eq!(part(lines, Some("z"), 9), ("", false));
    }
}
