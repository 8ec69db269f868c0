//! The history of the config: its versions, what they differ in, and going back to one.

mod view;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use leadyard_domain::config::diff::diff;
use leadyard_domain::config::document;
use leadyard_store::{Cause, ConfigVersion};
use serde::Deserialize;
use serde_json::Value;

use self::view::{Differences, Number, VersionPage, VersionSummary, VersionView};
use super::config::NoteQuery;
use super::sources;
use crate::app::App;
use crate::auth::{Admin, Caller, Viewer};
use crate::body::{Id, Ids, Parameters};
use crate::etag::etag;
use crate::listing;
use crate::problem::{Finding, Kind, Problem};
use crate::publish::{self, Base, Draft, PublishedConfig};
use crate::rules::Beside;

/// Which versions.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionsQuery {
    /// Entries of a page, 1 to 100; 50 where none is given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before.
    cursor: Option<String>,
}

/// The history of the config
///
/// Every version that was published, the newest first: by whom, why, and what its lists held.
#[utoipa::path(
    get,
    path = "/v1/config/versions",
    tag = "config",
    operation_id = "list_versions",
    security(("api_key" = ["viewer"])),
    params(VersionsQuery),
    responses(
        (status = 200, description = "A page.", body = VersionPage),
        (status = 400, description = "A parameter does not fit; the detail names it."),
    )
)]
pub(crate) async fn list(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Parameters(VersionsQuery { limit, cursor }): Parameters<VersionsQuery>,
) -> Result<Json<VersionPage>, Problem> {
    let limit = listing::limit(limit)?;
    let before = cursor.map(|text| text.parse()).transpose().map_err(|_| {
        let detail = "In the query, 'cursor' does not fit: take it unchanged from the page before, or leave it out.";
        Problem::new(Kind::BadRequest, detail)
    })?;
    let in_force = in_force(&app, &caller).await?;
    let page = app.store.config_versions(&caller.account, before, limit).await?;
    let versions = page.versions.into_iter().map(|version| VersionSummary::of(version, in_force)).collect();
    Ok(Json(VersionPage { versions, next_cursor: page.next.map(|next| next.to_string()) }))
}

/// One version
///
/// With its document, as `GET /v1/config` has the one in force.
#[utoipa::path(
    get,
    path = "/v1/config/versions/{version}",
    tag = "config",
    operation_id = "read_version",
    security(("api_key" = ["viewer"])),
    params(("version" = u64, Path, description = "Its number.")),
    responses(
        (status = 200, description = "The version.", body = VersionView,
            headers(("ETag" = String, description = "Its number as an entity tag."))),
        (status = 404, description = "The account has no such version."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(Number(number)): Id<Number>,
) -> Result<impl IntoResponse, Problem> {
    let (version, document) = version(&app, &caller, number).await?;
    let summary = VersionSummary::of(version, in_force(&app, &caller).await?);
    Ok(([(header::ETAG, etag(number))], Json(VersionView { summary, document })))
}

/// What two versions differ in
///
/// Node by node: a thing that has an id is known by it, so that a rule that moved is one that moved, and one that changed
/// shows only what changed in it. Either version may be the older one.
#[utoipa::path(
    get,
    path = "/v1/config/versions/{from}/diff/{to}",
    tag = "config",
    operation_id = "compare_versions",
    security(("api_key" = ["viewer"])),
    params(
        ("from" = u64, Path, description = "The number of the version that is the old one."),
        ("to" = u64, Path, description = "The number of the version that is the new one.")
    ),
    responses(
        (status = 200, description = "What is different in the new one.", body = Differences),
        (status = 404, description = "The account has no such version."),
    )
)]
pub(crate) async fn compare(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Ids(Number(from), Number(to)): Ids<Number, Number>,
) -> Result<Json<Differences>, Problem> {
    let (old, old_document) = version(&app, &caller, from).await?;
    let (new, new_document) = version(&app, &caller, to).await?;
    Ok(Json(Differences::of(&old, &new, diff(&old_document, &new_document))))
}

/// Go back to a version
///
/// Publishes its document and what its lists held as a new version. It is checked like any other: secrets that it names
/// must still be there, and its routing tests must pass. Lists that were changed since hold again what they held.
#[utoipa::path(
    post,
    path = "/v1/config/versions/{version}/rollback",
    tag = "config",
    operation_id = "roll_back_config",
    security(("api_key" = ["admin"])),
    params(
        ("version" = u64, Path, description = "The number of the version to go back to."),
        NoteQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that this replaces."),
    ),
    responses(
        (status = 200, description = "It is in force, as a new version.", body = PublishedConfig,
            headers(("ETag" = String, description = "The new version as an entity tag."))),
        (status = 400, description = "A parameter or a header does not fit."),
        (status = 404, description = "The account has no such version."),
        (status = 409, description = "It is in force already, or someone else published in between."),
        (status = 412, description = "`If-Match` names another version than the one in force."),
        (status = 422, description = "It would be refused today; `problems` has everything that is wrong."),
    )
)]
pub(crate) async fn roll_back(
    Admin(caller): Admin,
    State(app): State<App>,
    Id(Number(number)): Id<Number>,
    Parameters(NoteQuery { note }): Parameters<NoteQuery>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let note = publish::note(note)?;
    let base = Base::read(&app, &caller.account, &headers).await?;
    let (version, document) = version(&app, &caller, number).await?;
    if base.version == number {
        return Err(Problem::new(Kind::WrongState, format!("Version {number} is in force already.")));
    }
    let refuse = |problems| {
        let findings = Finding::all(problems);
        let detail = format!(
            "Version {number} would be refused today, with {} problem(s), each listed with its place; the version in \
             force stays. Mend what it needs, or publish its document with changes.",
            findings.len()
        );
        Problem::refused(detail, findings)
    };
    let config = document::from_value(document).map_err(refuse)?;
    let beside = Beside::read(&app, &caller.account).await?.with_lists_of(&version.pins);
    let checked = beside.check(config).map_err(refuse)?;
    let endpoints = sources::new_endpoints(&app, &caller.account, checked.config()).await?;
    let cause = Cause::RollBack { version: number };
    let draft = Draft { checked, pins: version.pins, lists: beside.index, endpoints, cause, note };
    let published = publish::put_in_force(&app, caller, base, draft).await?;
    Ok(([(header::ETAG, etag(published.version))], Json(published)))
}

/// The number of the version in force; 0 for none.
async fn in_force(app: &App, caller: &Caller) -> Result<u64, Problem> {
    let pointer = app.store.config_pointer(&caller.account).await?;
    Ok(pointer.map_or(0, |pointer| pointer.version))
}

/// A version with its document.
async fn version(app: &App, caller: &Caller, number: u64) -> Result<(ConfigVersion, Value), Problem> {
    let (version, document) = futures_util::try_join!(
        app.store.config_version(&caller.account, number),
        app.store.config_document(&caller.account, number)
    )?;
    let (Some(version), Some(document)) = (version, document) else {
        let detail = format!("This account has no config version {number}: GET /v1/config/versions lists them.");
        return Err(Problem::new(Kind::NotFound, detail));
    };
    let document = serde_json::from_str(&document).map_err(|error| Problem::behind(false, &error))?;
    Ok((version, document))
}
