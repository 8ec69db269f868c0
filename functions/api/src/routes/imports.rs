//! Imports of tables in files: their parts, what they would become, how far they are, and which rows are bad.

pub mod parts;
pub mod preview;
pub mod report;
pub mod start;
mod view;

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use leadyard_domain::id::{AccountId, ImportId, SourceId};
use leadyard_domain::import::{Asked, Import, Part};
use leadyard_runtime::{backoff, now};
use leadyard_sources::csv::{detect, may_be_utf8};
use leadyard_store::StoreError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Caller, Operator, Viewer};
use crate::body::{Id, JsonBody, Parameters};
use crate::listing;
use crate::problem::{Kind, Problem};
use parts::FileBytes;
use view::ImportView;

/// The header by which a request that is sent again means the same import.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The longest value of it.
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 200;
/// Longest name of an import.
const NAME_CHARS_MAX: usize = 200;
/// Most times that a change is tried against others that change the same import.
const TRIES_MAX: u32 = 16;

/// An import that is to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewImport {
    /// Whose rows they are: the mapping, the keys and the behaviour of this source hold, whatever its format.
    source: String,
    /// What people call it.
    #[serde(default)]
    name: Option<String>,
    /// `utf-8`, `utf-16le`, `utf-16be` or `windows-1252`; found out where none is given.
    #[serde(default)]
    encoding: Option<String>,
    /// `comma`, `semicolon`, `tab` or `pipe`; found out where none is given.
    #[serde(default)]
    delimiter: Option<String>,
}

/// The same in a query, with a file of one part as the body.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NewImportQuery {
    /// With a file as the body: whose rows they are.
    source: Option<String>,
    /// With a file as the body: what people call it.
    name: Option<String>,
    /// With a file as the body: `utf-8`, `utf-16le`, `utf-16be` or `windows-1252`; found out where none is given.
    encoding: Option<String>,
    /// With a file as the body: `comma`, `semicolon`, `tab` or `pipe`; found out where none is given.
    delimiter: Option<String>,
    /// With a file as the body: whether it is started at once.
    #[serde(default)]
    start: bool,
}

/// Make an import
///
/// As JSON it makes an empty one: send the file with `PUT /v1/imports/{id}/parts/{n}`, look at
/// `GET /v1/imports/{id}/preview`, and start it with `POST /v1/imports/{id}/start`.
///
/// A file of at most 4 MiB can be the body itself, with what the JSON says in the query; `start=true` starts it at once. Send
/// it as `application/octet-stream`: as `text/csv` the gateway passes on UTF-8 only.
///
/// With a header `Idempotency-Key` of your own a request that is sent again answers the import that it made.
#[utoipa::path(
    post,
    path = "/v1/imports",
    tag = "imports",
    operation_id = "create_import",
    security(("api_key" = ["operator"])),
    params(
        NewImportQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "A name of your own for the request.")
    ),
    request_body(
        description = "What is to be imported, or a file of one part.",
        content((NewImport = "application/json"), (String = "application/octet-stream"), (String = "text/csv"))
    ),
    responses(
        (status = 201, description = "It is there, and its parts are to come.", body = ImportView, headers(
            ("Location" = String, description = "Where it is."),
        )),
        (status = 202, description = "It is there and started.", body = ImportView, headers(
            ("Location" = String, description = "Where it is."),
        )),
        (status = 400, description = "A parameter or the body does not fit; the detail says what."),
        (status = 413, description = "The file is over 4 MiB: send it in parts."),
        (status = 415, description = "Without `source` in the query the body has to be JSON."),
        (status = 422, description = "The config in force has no such source, or the file has no header that can be read."),
    )
)]
pub(crate) async fn create(
    Operator(caller): Operator,
    State(app): State<App>,
    Parameters(query): Parameters<NewImportQuery>,
    request: Request,
) -> Result<(StatusCode, HeaderMap, Json<ImportView>), Problem> {
    let id = import_id(&caller.account, request.headers())?;
    let NewImportQuery { source, name, encoding, delimiter, start } = query;
    let (wanted, file) = match source {
        Some(source) => {
            let file = FileBytes::from_request(request, &()).await?;
            (NewImport { source, name, encoding, delimiter }, Some(file.0))
        }
        None => (JsonBody::<NewImport>::from_request(request, &()).await?.0, None),
    };
    let mut import = wanted.read(&app, &caller, id).await?;
    let started = start && file.is_some();
    if let Some(file) = file {
        let part = Part::of(1, &file, may_be_utf8(&file, true));
        let layout = match started {
            true => Some(start::readable(detect(&file, true, part.utf8, import.asked))?),
            false => None,
        };
        app.store.write_part(&caller.account, &import.id, &part, &file, now()).await?;
        import.add_part(part).map_err(parts::refused)?;
        if started {
            import.start(layout, now());
        }
    }
    let log_days = log_days(&app, &caller.account).await?;
    if started {
        start::announce(&app, &import).await?;
    }
    if !app.store.create_import(&import, log_days).await? {
        // The same request again.
        import = find(&app, &caller.account, &import.id).await?;
    }
    if started {
        start::begin(&app, &import).await;
    }
    let location = format!("/v1/imports/{}", import.id);
    let location = HeaderValue::from_str(&location).map_err(|error| Problem::behind(false, &error))?;
    let status = if started { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    Ok((status, HeaderMap::from_iter([(header::LOCATION, location)]), Json(import.into())))
}

impl NewImport {
    async fn read(self, app: &App, caller: &Caller, id: ImportId) -> Result<Import, Problem> {
        let Self { source, name, encoding, delimiter } = self;
        let refuse = |detail: String| Problem::new(Kind::BadRequest, detail);
        let encoding = encoding.map(|text| text.parse()).transpose();
        let delimiter = delimiter.map(|text| text.parse()).transpose();
        let asked = Asked {
            encoding: encoding.map_err(|error| refuse(format!("'encoding' does not fit: {error}.")))?,
            delimiter: delimiter.map_err(|error| refuse(format!("'delimiter' does not fit: {error}.")))?,
        };
        if name.as_ref().is_some_and(|name| name.chars().count() > NAME_CHARS_MAX) {
            return Err(refuse(format!("'name' is too long: at most {NAME_CHARS_MAX} characters are kept.")));
        }
        let source: SourceId = source.parse().map_err(|error| refuse(format!("'source' does not fit: {error}.")))?;
        known_source(app, &caller.account, &source).await?;
        let import = Import::new(id, caller.account.clone(), source, &caller.name, now());
        Ok(Import { name, asked, ..import })
    }
}

/// Holds that the config in force has a source.
async fn known_source(app: &App, account: &AccountId, source: &SourceId) -> Result<(), Problem> {
    if app.ruled(account).await?.rules.checked().source(source).is_some() {
        return Ok(());
    }
    let detail = format!("The config in force has no source '{source}': name one that it has, or publish one with it.");
    Err(Problem::new(Kind::Unprocessable, detail))
}

fn import_id(account: &AccountId, headers: &HeaderMap) -> Result<ImportId, Problem> {
    match headers.get(IDEMPOTENCY_KEY).map(HeaderValue::to_str) {
        Some(Ok(key)) if (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len()) => {
            Ok(ImportId::from_name(account, &format!("key {key}")))
        }
        Some(_) => Err(Problem::new(
            Kind::BadRequest,
            format!("The header Idempotency-Key has to be a text of 1 to {IDEMPOTENCY_KEY_BYTES_MAX} characters."),
        )),
        None => {
            let random = getrandom::u64().map_err(|error| Problem::behind(true, &error))?;
            Ok(ImportId::from_name(account, &format!("{} {random}", now())))
        }
    }
}

async fn log_days(app: &App, account: &AccountId) -> Result<u16, Problem> {
    Ok(app.ruled(account).await?.rules.checked().config().account.log_days)
}

async fn find(app: &App, account: &AccountId, id: &ImportId) -> Result<Import, Problem> {
    app.store.import(account, id).await?.ok_or_else(|| Problem::unknown("import", id))
}

/// Writes an import as it was changed, with an audit entry where an action is named. `false` when somebody else has changed it
/// since it was read, after a short wait: parts that come at once are written one after another. `number` counts the tries.
async fn write(
    app: &App,
    caller: &Caller,
    import: &Import,
    action: Option<&str>,
    number: u32,
) -> Result<bool, Problem> {
    let log_days = log_days(app, &caller.account).await?;
    let audited = action.map(|action| (action, caller.name.as_str()));
    match app.store.change_import(import, audited, log_days, now()).await {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict { .. } | StoreError::Throttled { .. }) => {
            let seed = getrandom::u64().unwrap_or_default();
            tokio::time::sleep(backoff::full_jitter(seed, number)).await;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Which imports.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportsQuery {
    /// Entries of a page, 1 to 100; 50 where none is given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before.
    cursor: Option<String>,
}

/// A page of imports, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportsPage {
    /// The imports.
    imports: Vec<ImportView>,
    /// Leads to the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// The imports
///
/// The latest first, each with how far it is. They are kept as long as the log.
#[utoipa::path(
    get,
    path = "/v1/imports",
    tag = "imports",
    operation_id = "list_imports",
    security(("api_key" = ["viewer"])),
    params(ImportsQuery),
    responses(
        (status = 200, description = "A page.", body = ImportsPage),
        (status = 400, description = "A parameter does not fit; the detail names it."),
    )
)]
pub(crate) async fn list(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Parameters(ImportsQuery { limit, cursor }): Parameters<ImportsQuery>,
) -> Result<Json<ImportsPage>, Problem> {
    let (limit, cursor) = (listing::limit(limit)?, listing::cursor(cursor)?);
    let page = app.store.list_imports(&caller.account, limit, cursor.as_ref()).await?;
    let imports = page.rows.into_iter().map(ImportView::from).collect();
    Ok(Json(ImportsPage { imports, next_cursor: page.next.map(|next| next.to_string()) }))
}

/// One import
///
/// Where it stands, which parts are there, and how far it is.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}",
    tag = "imports",
    operation_id = "read_import",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The import.")),
    responses(
        (status = 200, description = "The import.", body = ImportView),
        (status = 404, description = "The account has no such import."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<ImportId>,
) -> Result<Json<ImportView>, Problem> {
    Ok(Json(find(&app, &caller.account, &id).await?.into()))
}
