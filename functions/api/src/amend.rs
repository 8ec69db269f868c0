//! A change to the config in force that leaves the rest of the document as it is: a new version, by the same checks as
//! `PUT /v1/config`. Of two who publish at once one is refused, and the history shows it like any other.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use leadyard_domain::config::{Config, document};
use leadyard_domain::id::AccountId;
use leadyard_store::Cause;
use serde_json::{Map, Value};

use crate::app::App;
use crate::auth::Caller;
use crate::etag::etag;
use crate::problem::{Finding, Problem};
use crate::publish::{self, Base, Draft, PublishedConfig};
use crate::routes::sources::new_endpoints;
use crate::rules::Beside;

/// What every change answers: the version that it made, also as an entity tag.
pub(crate) type InForce = ([(HeaderName, HeaderValue); 1], Json<PublishedConfig>);

/// Publishes the document in force with a change. The change answers what it did, for the history where the caller says nothing;
/// `None` where nothing has to be done, and then nothing is published.
///
/// # Errors
/// What the change refuses, and as publishing.
pub(crate) async fn amend(
    app: &App,
    caller: Caller,
    note: Option<String>,
    headers: &HeaderMap,
    change: impl FnOnce(&mut Map<String, Value>) -> Result<Option<String>, Problem>,
) -> Result<InForce, Problem> {
    let note = publish::note(note)?;
    let base = Base::read(app, &caller.account, headers).await?;
    let mut document = in_force(app, &caller.account, base.version).await?;
    let Some(did) = change(&mut document)? else {
        let unchanged = PublishedConfig { version: base.version, endpoints: Vec::new(), warnings: Vec::new() };
        return Ok(([(header::ETAG, etag(base.version))], Json(unchanged)));
    };
    let note = note.or(Some(did));
    let refuse = |problems| Problem::config(Finding::all(problems));
    let config: Config = document::from_value(Value::Object(document)).map_err(refuse)?;
    let beside = Beside::read(app, &caller.account).await?;
    let checked = beside.check(config).map_err(refuse)?;
    let pins = beside.pins(checked.config());
    let endpoints = new_endpoints(app, &caller.account, checked.config()).await?;
    let draft = Draft { checked, pins, lists: beside.index, endpoints, cause: Cause::Document, note };
    let published = publish::put_in_force(app, caller, base, draft).await?;
    Ok(([(header::ETAG, etag(published.version))], Json(published)))
}

/// The document of a version; an empty one before the first.
async fn in_force(app: &App, account: &AccountId, version: u64) -> Result<Map<String, Value>, Problem> {
    if version == 0 {
        return Ok(Map::new());
    }
    let missing = || Problem::behind(false, &format!("config version {version} has a pointer and no document"));
    let document = app.store.config_document(account, version).await?.ok_or_else(missing)?;
    serde_json::from_str(&document).map_err(|error| Problem::behind(false, &error))
}
