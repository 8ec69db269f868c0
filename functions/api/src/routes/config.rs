//! The config: publish, read, check.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use leadyard_domain::config::document::{self, Syntax};
use leadyard_domain::config::{self, Checked, Config, Problems};
use leadyard_store::Cause;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sources;
use crate::app::App;
use crate::auth::{Admin, Viewer};
use crate::body::{ConfigText, Parameters};
use crate::etag::etag;
use crate::openapi::ConfigDocument;
use crate::problem::{Finding, Kind, Problem};
use crate::prove::{WarningView, prove};
use crate::publish::{self, Base, Draft, PublishedConfig};
use crate::rules::Beside;

/// What a publisher says.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NoteQuery {
    /// What the history says about the version, at most 200 characters.
    #[param(max_length = 200)]
    pub(super) note: Option<String>,
}

/// What the check of a config came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Validation {
    /// Whether it could be published.
    valid: bool,
    /// Everything that is wrong with it; once nothing else is, the routing tests that fail.
    problems: Vec<Finding>,
    /// What is allowed and most likely not meant; told of a config that is valid.
    warnings: Vec<WarningView>,
}

/// What keeps a text from being published.
enum Fault {
    /// It is not of its syntax.
    Malformed(String),
    /// It does not hold together.
    Unsound(Problems),
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed(detail) => Self::new(Kind::BadRequest, detail),
            Fault::Unsound(problems) => Self::config(Finding::all(problems)),
        }
    }
}

impl From<Fault> for Validation {
    fn from(fault: Fault) -> Self {
        let problems = match fault {
            Fault::Malformed(message) => vec![Finding { path: "document".to_owned(), message }],
            Fault::Unsound(problems) => Finding::all(problems),
        };
        Self { valid: false, problems, warnings: Vec::new() }
    }
}

/// Reads a text of its syntax, and only then as a config: a slip of the pen is another fault than a wrong name.
fn read_config(ConfigText { text, syntax }: &ConfigText) -> Result<Config, Fault> {
    let name = match syntax {
        Syntax::Json => "JSON",
        Syntax::Yaml => "YAML",
    };
    let value = document::value(text, *syntax)
        .map_err(|error| Fault::Malformed(format!("The body is no valid {name}: {error}.")))?;
    document::from_value(value).map_err(Fault::Unsound)
}

/// The whole check: the same for publishing and for asking whether one could.
fn check(beside: &Beside, body: &ConfigText) -> Result<Checked, Fault> {
    beside.check(read_config(body)?).map_err(Fault::Unsound)
}

/// Publish a config
///
/// The document replaces the one in force as a whole, or not at all. Send the `ETag` of the version you started from as
/// `If-Match`, and nobody's change is lost; without it the last one to look wins, and of two at once one gets 409.
///
/// Secrets and lists are named in the document and set on their own, before. The version pins what each list holds now, so
/// that a decision's version tells the lists too. Routing tests of the document run first; one that fails refuses it.
///
/// Each source that has no endpoint yet gets one; its
/// URL holds a key that is kept hashed, so it is shown this once.
#[utoipa::path(
    put,
    path = "/v1/config",
    tag = "config",
    operation_id = "publish_config",
    security(("api_key" = ["admin"])),
    params(
        NoteQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that this replaces."),
    ),
    request_body(
        description = "The config document.",
        content((ConfigDocument = "application/yaml"), (ConfigDocument = "application/json"))
    ),
    responses(
        (status = 200, description = "It is in force.", body = PublishedConfig,
            headers(("ETag" = String, description = "Its version as an entity tag."))),
        (status = 400, description = "The body is not of its syntax; the detail has the line and the column."),
        (status = 409, description = "Someone else published in between."),
        (status = 412, description = "`If-Match` names another version than the one in force."),
        (status = 413, description = "The document is over 4 MiB, or does not fit when packed."),
        (status = 415, description = "The body is neither YAML nor JSON."),
        (status = 422, description = "The config is refused whole; `problems` has everything that is wrong."),
    )
)]
pub(crate) async fn publish(
    Admin(caller): Admin,
    State(app): State<App>,
    Parameters(NoteQuery { note }): Parameters<NoteQuery>,
    headers: HeaderMap,
    body: ConfigText,
) -> Result<impl IntoResponse, Problem> {
    let note = publish::note(note)?;
    let base = Base::read(&app, &caller.account, &headers).await?;
    let beside = Beside::read(&app, &caller.account).await?;
    let checked = check(&beside, &body)?;
    let pins = beside.pins(checked.config());
    let endpoints = sources::new_endpoints(&app, &caller.account, checked.config()).await?;
    let draft = Draft { checked, pins, lists: beside.index, endpoints, cause: Cause::Document, note };
    let published = publish::put_in_force(&app, caller, base, draft).await?;
    Ok(([(header::ETAG, etag(published.version))], Json(published)))
}

/// The config in force
///
/// As JSON, with every default written out. It holds names of secrets, never their values.
#[utoipa::path(
    get,
    path = "/v1/config",
    tag = "config",
    operation_id = "read_config",
    security(("api_key" = ["viewer"])),
    responses(
        (status = 200, description = "The document.", body = ConfigDocument,
            headers(("ETag" = String, description = "Its version as an entity tag, for `If-Match`."))),
        (status = 404, description = "The account has not published a config yet."),
    )
)]
pub(crate) async fn read(Viewer(caller): Viewer, State(app): State<App>) -> Result<impl IntoResponse, Problem> {
    let Some(pointer) = app.store.config_pointer(&caller.account).await? else {
        return Err(Problem::new(
            Kind::NotFound,
            "This account has not published a config yet: PUT /v1/config publishes one.",
        ));
    };
    let version = pointer.version;
    let Some(document) = app.store.config_document(&caller.account, version).await? else {
        return Err(Problem::behind(false, &format!("config version {version} has a pointer and no document")));
    };
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::ETAG, etag(version)), (header::CONTENT_TYPE, json)], document))
}

/// The JSON Schema of a config
///
/// For editors, which fetch it by its address and send no key: it holds nothing of any account.
#[utoipa::path(
    get,
    path = "/v1/config/schema",
    tag = "config",
    operation_id = "config_schema",
    security(()),
    responses((status = 200, description = "JSON Schema 2020-12.", body = Object, content_type = "application/schema+json"))
)]
pub(crate) async fn schema() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json")], config::json_schema().to_string())
}

/// Check a config
///
/// The same check as for publishing, with its routing tests, and nothing else happens. A document that is wrong is a good answer here.
#[utoipa::path(
    post,
    path = "/v1/config/validate",
    tag = "config",
    operation_id = "validate_config",
    security(("api_key" = ["viewer"])),
    request_body(
        description = "The config document.",
        content((ConfigDocument = "application/yaml"), (ConfigDocument = "application/json"))
    ),
    responses(
        (status = 200, description = "Whether it could be published, and everything that is wrong or looks so.", body = Validation),
        (status = 400, description = "The body is not UTF-8."),
        (status = 413, description = "The document is over 4 MiB."),
        (status = 415, description = "The body is neither YAML nor JSON."),
    )
)]
pub(crate) async fn validate(
    Viewer(caller): Viewer,
    State(app): State<App>,
    body: ConfigText,
) -> Result<Json<Validation>, Problem> {
    let beside = Beside::read(&app, &caller.account).await?;
    let checked = match check(&beside, &body) {
        Ok(checked) => checked,
        Err(fault) => return Ok(Json(fault.into())),
    };
    let unworkable = publish::unworkable(&app, checked.config());
    if !unworkable.is_empty() {
        return Ok(Json(Fault::Unsound(Problems(unworkable)).into()));
    }
    let pins = beside.pins(checked.config());
    Ok(Json(match prove(&app, &caller.account, &checked, &pins, &beside.lists).await? {
        Ok(warnings) => Validation { valid: true, problems: Vec::new(), warnings },
        Err(failures) => Fault::Unsound(failures).into(),
    }))
}
