//! One source of the config in force: its settings, changed without sending the whole document.
//!
//! A change makes a new version of the document, by the same checks as `PUT /v1/config`: of two who publish at once one is
//! refused, and the history shows it like any other.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use leadyard_domain::config::Source;
use leadyard_domain::config::document::{self, Syntax};
use leadyard_domain::id::SourceId;
use leadyard_runtime::now;
use leadyard_store::Role;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::amend::{InForce, amend};
use crate::app::App;
use crate::auth::Viewer;
use crate::body::{ConfigText, Parameters};
use crate::connector::{ChangedConnector, Connector, SeenConnector, sees};
use crate::etag::etag;
use crate::openapi::SourceDocument;
use crate::problem::{Kind, Problem};
use crate::publish::PublishedConfig;
use crate::routes::config::NoteQuery;

/// The sources of the config in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceList {
    /// The version in force; 0 before the first one.
    version: u64,
    /// The sources that the key may see, in the config's order.
    sources: Vec<SourceSummary>,
}

/// A source as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceSummary {
    /// Its id.
    id: String,
    /// Its name for people.
    name: Option<String>,
    /// Which platform sends.
    format: String,
    /// The lead type of what arrives.
    entity: String,
    /// Whether its endpoint takes anything.
    enabled: bool,
}

/// A source with its settings.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceView {
    /// The version of the config that has them.
    version: u64,
    /// Its settings, as the config has them. They hold names of secrets, never their values.
    #[schema(value_type = SourceDocument)]
    settings: Value,
    /// Where its leads are sent.
    endpoint: EndpointState,
}

/// How a source's endpoint does.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndpointState {
    /// Its URL, without the key: only a hash of it is kept.
    #[schema(example = "https://example.com/in/{key}")]
    url: String,
    /// Whether it takes what comes; else it answers 404.
    open: bool,
}

/// The sources
///
/// Of the config in force, as far as the key may see them.
#[utoipa::path(
    get,
    path = "/v1/sources",
    tag = "sources",
    operation_id = "list_sources",
    security(("api_key" = ["viewer"])),
    responses((status = 200, description = "All of them.", body = SourceList))
)]
pub(crate) async fn list(Viewer(caller): Viewer, State(app): State<App>) -> Result<Json<SourceList>, Problem> {
    let published = app.configs.get(&caller.account, now()).await?;
    let Some(published) = published else { return Ok(Json(SourceList { version: 0, sources: Vec::new() })) };
    let summary = |source: &Source| SourceSummary {
        id: source.id.to_string(),
        name: source.name.clone(),
        format: source.format.clone(),
        entity: source.entity.to_string(),
        enabled: source.enabled,
    };
    let seen = |source: &&Source| sees(&caller, &published.checked, source);
    let sources = published.checked.config().sources.iter().filter(seen).map(summary).collect();
    Ok(Json(SourceList { version: published.version, sources }))
}

/// One source
///
/// Its settings as the config in force has them, and how its endpoint does.
#[utoipa::path(
    get,
    path = "/v1/sources/{id}",
    tag = "sources",
    operation_id = "read_source",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The source's id in the config.")),
    responses(
        (status = 200, description = "The source.", body = SourceView,
            headers(("ETag" = String, description = "The config's version as an entity tag, for `If-Match`."))),
        (status = 404, description = "The config in force has no such source."),
    )
)]
pub(crate) async fn read(
    SeenConnector(connector): SeenConnector,
    State(app): State<App>,
) -> Result<impl IntoResponse, Problem> {
    let Connector { caller, id, .. } = &connector;
    // Who is about to change it sees it as it is, not as it was two seconds ago.
    app.configs.forget(&caller.account);
    let published = app.configs.get(&caller.account, now()).await?.ok_or_else(|| absent(id))?;
    let source = published.checked.source(id).ok_or_else(|| absent(id))?;
    let settings = serde_json::to_value(source).map_err(|error| Problem::behind(false, &error))?;
    let endpoint = EndpointState { url: format!("{}/in/{{key}}", app.public_url), open: source.enabled };
    let view = SourceView { version: published.version, settings, endpoint };
    Ok(([(header::ETAG, etag(published.version))], Json(view)))
}

/// Change a source
///
/// The body replaces all settings of the source; what it leaves out is as where nothing is said. Its `id` may be left out. A
/// source that the config does not have is added at its end, and its URL is answered this once. One that was removed before
/// takes what comes to its old URLs again: `POST /v1/sources/{id}/endpoint` makes another.
///
/// It is published as a new version of the whole config, with the checks and the warnings of `PUT /v1/config`; paths in
/// them are paths in that. Send the `ETag` of `GET /v1/sources/{id}` as `If-Match`, and nobody's change is lost.
#[utoipa::path(
    put,
    path = "/v1/sources/{id}",
    tag = "sources",
    operation_id = "replace_source",
    security(("api_key" = ["admin"])),
    params(
        ("id" = String, Path, description = "The source's id in the config."),
        NoteQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that this replaces."),
    ),
    request_body(
        description = "The settings.",
        content((SourceDocument = "application/json"), (SourceDocument = "application/yaml"))
    ),
    responses(
        (status = 200, description = "It is in force.", body = PublishedConfig,
            headers(("ETag" = String, description = "The new version as an entity tag."))),
        (status = 400, description = "The body is not of its syntax, or names another source."),
        (status = 409, description = "Someone else published in between."),
        (status = 412, description = "`If-Match` names another version than the one in force."),
        (status = 413, description = "The document is too large."),
        (status = 415, description = "The body is neither YAML nor JSON."),
        (status = 422, description = "The config would be refused with it; `problems` has everything that is wrong."),
    )
)]
pub(crate) async fn replace(
    ChangedConnector(connector): ChangedConnector,
    State(app): State<App>,
    Parameters(NoteQuery { note }): Parameters<NoteQuery>,
    headers: HeaderMap,
    body: ConfigText,
) -> Result<InForce, Problem> {
    let settings = settings(&connector.id, &body)?;
    may_set_access(&connector, &settings)?;
    let change = |sources: &mut Vec<Value>, at: Option<usize>| match at {
        Some(at) => {
            sources[at] = Value::Object(settings);
            Ok(Some("changed"))
        }
        None => {
            sources.push(Value::Object(settings));
            Ok(Some("added"))
        }
    };
    edit(&app, connector, note, &headers, change).await
}

/// Remove a source
///
/// From the config, as a new version. Its endpoint answers 404 from then on; what came by it stays in the log, and its leads
/// stay as they are. Rules that ask for it (`source.id`) stay, and match nothing new.
#[utoipa::path(
    delete,
    path = "/v1/sources/{id}",
    tag = "sources",
    operation_id = "remove_source",
    security(("api_key" = ["admin"])),
    params(
        ("id" = String, Path, description = "The source's id in the config."),
        NoteQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that this replaces."),
    ),
    responses(
        (status = 200, description = "A version without it is in force.", body = PublishedConfig,
            headers(("ETag" = String, description = "The new version as an entity tag."))),
        (status = 400, description = "A parameter or a header does not fit."),
        (status = 404, description = "The config in force has no such source."),
        (status = 409, description = "Someone else published in between."),
        (status = 412, description = "`If-Match` names another version than the one in force."),
        (status = 422, description = "The config would be refused without it; `problems` has everything that is wrong."),
    )
)]
pub(crate) async fn remove(
    ChangedConnector(connector): ChangedConnector,
    State(app): State<App>,
    Parameters(NoteQuery { note }): Parameters<NoteQuery>,
    headers: HeaderMap,
) -> Result<InForce, Problem> {
    let id = connector.id.clone();
    let change = |sources: &mut Vec<Value>, at: Option<usize>| {
        sources.remove(at.ok_or_else(|| absent(&id))?);
        Ok(Some("removed"))
    };
    edit(&app, connector, note, &headers, change).await
}

/// Switch a source on
///
/// As a new version of the config. Nothing is published where it is on already.
#[utoipa::path(
    post,
    path = "/v1/sources/{id}/enable",
    tag = "sources",
    operation_id = "enable_source",
    security(("api_key" = ["admin"])),
    params(
        ("id" = String, Path, description = "The source's id in the config."),
        NoteQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that this replaces."),
    ),
    responses(
        (status = 200, description = "It is on, by the version that is told.", body = PublishedConfig,
            headers(("ETag" = String, description = "The version as an entity tag."))),
        (status = 400, description = "A parameter or a header does not fit."),
        (status = 404, description = "The config in force has no such source."),
        (status = 409, description = "Someone else published in between."),
        (status = 412, description = "`If-Match` names another version than the one in force."),
        (status = 422, description = "The config would be refused today; `problems` has everything that is wrong."),
    )
)]
pub(crate) async fn enable(
    ChangedConnector(connector): ChangedConnector,
    State(app): State<App>,
    Parameters(NoteQuery { note }): Parameters<NoteQuery>,
    headers: HeaderMap,
) -> Result<InForce, Problem> {
    switch(&app, connector, note, &headers, true).await
}

/// Switch a source off
///
/// As a new version of the config: its endpoint answers 404 until it is on again. Events that were taken before are still
/// worked through. Nothing is published where it is off already.
#[utoipa::path(
    post,
    path = "/v1/sources/{id}/disable",
    tag = "sources",
    operation_id = "disable_source",
    security(("api_key" = ["admin"])),
    params(
        ("id" = String, Path, description = "The source's id in the config."),
        NoteQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that this replaces."),
    ),
    responses(
        (status = 200, description = "It is off, by the version that is told.", body = PublishedConfig,
            headers(("ETag" = String, description = "The version as an entity tag."))),
        (status = 400, description = "A parameter or a header does not fit."),
        (status = 404, description = "The config in force has no such source."),
        (status = 409, description = "Someone else published in between."),
        (status = 412, description = "`If-Match` names another version than the one in force."),
        (status = 422, description = "The config would be refused today; `problems` has everything that is wrong."),
    )
)]
pub(crate) async fn disable(
    ChangedConnector(connector): ChangedConnector,
    State(app): State<App>,
    Parameters(NoteQuery { note }): Parameters<NoteQuery>,
    headers: HeaderMap,
) -> Result<InForce, Problem> {
    switch(&app, connector, note, &headers, false).await
}

async fn switch(
    app: &App,
    connector: Connector,
    note: Option<String>,
    headers: &HeaderMap,
    on: bool,
) -> Result<InForce, Problem> {
    let id = connector.id.clone();
    let change = |sources: &mut Vec<Value>, at: Option<usize>| {
        let source = &mut sources[at.ok_or_else(|| absent(&id))?];
        // It is on where nothing is said.
        let was = source.get("enabled").and_then(Value::as_bool).unwrap_or(true);
        if was == on {
            return Ok(None);
        }
        source["enabled"] = json!(on);
        Ok(Some(if on { "switched on" } else { "switched off" }))
    };
    edit(app, connector, note, headers, change).await
}

/// Publishes the config in force with a change to its sources. The change gets them and the place of the one that it is
/// about, and answers what it did for the history; `None` where nothing has to be done.
async fn edit(
    app: &App,
    connector: Connector,
    note: Option<String>,
    headers: &HeaderMap,
    change: impl FnOnce(&mut Vec<Value>, Option<usize>) -> Result<Option<&'static str>, Problem>,
) -> Result<InForce, Problem> {
    let Connector { caller, id, .. } = connector;
    let amended = |document: &mut Map<String, Value>| {
        let sources = document.entry("sources").or_insert_with(|| json!([]));
        let sources = sources.as_array_mut().ok_or_else(|| Problem::behind(false, &"the sources are no list"))?;
        let at = sources.iter().position(|source| source.get("id").and_then(Value::as_str) == Some(id.as_str()));
        Ok(change(sources, at)?.map(|did| format!("source {id} {did}")))
    };
    amend(app, caller, note, headers, amended).await
}

/// Holds that only an admin changes who may see and change a source.
fn may_set_access(connector: &Connector, settings: &Map<String, Value>) -> Result<(), Problem> {
    if connector.caller.role == Role::Admin {
        return Ok(());
    }
    let access = connector.source().and_then(|source| source.access.as_ref());
    let access = serde_json::to_value(access).map_err(|error| Problem::behind(false, &error))?;
    if settings.get("access").unwrap_or(&Value::Null) == &access {
        return Ok(());
    }
    let detail = format!(
        "Who may use a source is changed by admins only, and the key '{}' has the role {}: send 'access' as \
         GET /v1/sources/{} has it.",
        connector.caller.name,
        connector.caller.role.name(),
        connector.id
    );
    Err(Problem::new(Kind::Forbidden, detail))
}

/// The settings that a body has, under the id that the path names.
fn settings(id: &SourceId, ConfigText { text, syntax }: &ConfigText) -> Result<Map<String, Value>, Problem> {
    let bad = |detail: String| Problem::new(Kind::BadRequest, detail);
    let name = match syntax {
        Syntax::Json => "JSON",
        Syntax::Yaml => "YAML",
    };
    let value =
        document::value(text, *syntax).map_err(|error| bad(format!("The body is no valid {name}: {error}.")))?;
    let Value::Object(mut settings) = value else {
        return Err(bad("The body is no object: send the settings of one source.".to_owned()));
    };
    match settings.get("id") {
        None => {}
        Some(named) if named.as_str() == Some(id.as_str()) => {}
        Some(_) => {
            return Err(bad(format!(
                "The body's 'id' is another than the path's '{id}': leave it out. A source keeps its id, by which its leads \
                 and its log name it."
            )));
        }
    }
    settings.insert("id".to_owned(), json!(id));
    Ok(settings)
}

fn absent(id: &SourceId) -> Problem {
    let detail = format!("The config in force has no source '{id}': PUT /v1/sources/{id} adds one.");
    Problem::new(Kind::NotFound, detail)
}
