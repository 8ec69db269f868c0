//! Automations: what others are told when leads change, and whether they are at work.

pub mod backfill;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use leadyard_domain::config::{Automation, AutomationState, Trigger};
use leadyard_domain::id::AutomationId;
use leadyard_runtime::now;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::backfills::BackfillView;
use super::config::NoteQuery;
use crate::amend::{InForce, amend};
use crate::app::App;
use crate::auth::{Admin, Viewer};
use crate::body::{Id, Parameters};
use crate::problem::{Kind, Problem};
use crate::publish::PublishedConfig;

/// The automations of the config in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct AutomationList {
    /// The version in force; 0 before the first one.
    version: u64,
    /// The automations, in the config's order.
    automations: Vec<AutomationView>,
}

/// An automation as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AutomationView {
    /// Its id.
    id: String,
    /// Its name for people.
    name: Option<String>,
    /// `draft`, `published` or `paused`.
    #[schema(value_type = String)]
    state: AutomationState,
    /// The lead type that it looks at.
    entity: String,
    /// What sets it off: `lead_created`, `lead_updated`, `lead_deleted`, `activity_created`.
    #[schema(value_type = Vec<String>)]
    on: Vec<Trigger>,
    /// The destination that is told.
    push: String,
    /// The account behind the destination.
    peer: Option<String>,
    /// Its last backfill.
    last_backfill: Option<BackfillView>,
}

/// The automations
///
/// Of the config in force, each with its last backfill.
#[utoipa::path(
    get,
    path = "/v1/automations",
    tag = "automations",
    operation_id = "list_automations",
    security(("api_key" = ["viewer"])),
    responses((status = 200, description = "All of them.", body = AutomationList))
)]
pub(crate) async fn list(Viewer(caller): Viewer, State(app): State<App>) -> Result<Json<AutomationList>, Problem> {
    let published = app.configs.get(&caller.account, now()).await?;
    let Some(published) = published else { return Ok(Json(AutomationList { version: 0, automations: Vec::new() })) };
    let automations = &published.checked.config().automations;
    let ids: Vec<AutomationId> = automations.iter().map(|automation| automation.id.clone()).collect();
    let last = app.store.backfills_of(&caller.account, &ids).await?.into_iter();
    let mut last: BTreeMap<AutomationId, _> = last.map(|last| (last.automation.clone(), last)).collect();
    let view = |automation: &Automation| AutomationView {
        id: automation.id.to_string(),
        name: automation.name.clone(),
        state: automation.state,
        entity: automation.entity.to_string(),
        on: automation.on.clone(),
        push: automation.push.to_string(),
        peer: automation.peer.as_ref().map(ToString::to_string),
        last_backfill: last.remove(&automation.id).map(BackfillView::from),
    };
    Ok(Json(AutomationList { version: published.version, automations: automations.iter().map(view).collect() }))
}

/// Set an automation to work
///
/// As a new version of the config, with the checks of `PUT /v1/config`. Nothing is published where it is at work already. What
/// changed before is told by a backfill.
#[utoipa::path(
    post,
    path = "/v1/automations/{id}/publish",
    tag = "automations",
    operation_id = "publish_automation",
    security(("api_key" = ["admin"])),
    params(
        ("id" = String, Path, description = "The automation's id in the config."),
        NoteQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that this replaces."),
    ),
    responses(
        (status = 200, description = "It is at work, by the version that is told.", body = PublishedConfig,
            headers(("ETag" = String, description = "The version as an entity tag."))),
        (status = 400, description = "A parameter or a header does not fit."),
        (status = 404, description = "The config in force has no such automation."),
        (status = 409, description = "Someone else published in between."),
        (status = 412, description = "`If-Match` names another version than the one in force."),
        (status = 422, description = "The config would be refused today; `problems` has everything that is wrong."),
    )
)]
pub(crate) async fn publish(
    Admin(caller): Admin,
    State(app): State<App>,
    Id(id): Id<AutomationId>,
    Parameters(NoteQuery { note }): Parameters<NoteQuery>,
    headers: HeaderMap,
) -> Result<InForce, Problem> {
    amend(&app, caller, note, &headers, |document| switch(document, &id, AutomationState::Published)).await
}

/// Stop an automation for a while
///
/// As a new version of the config. A draft becomes paused, too: then a backfill can tell of all leads before it is at work.
/// Nothing is published where it is paused already.
#[utoipa::path(
    post,
    path = "/v1/automations/{id}/pause",
    tag = "automations",
    operation_id = "pause_automation",
    security(("api_key" = ["admin"])),
    params(
        ("id" = String, Path, description = "The automation's id in the config."),
        NoteQuery,
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that this replaces."),
    ),
    responses(
        (status = 200, description = "It is paused, by the version that is told.", body = PublishedConfig,
            headers(("ETag" = String, description = "The version as an entity tag."))),
        (status = 400, description = "A parameter or a header does not fit."),
        (status = 404, description = "The config in force has no such automation."),
        (status = 409, description = "Someone else published in between."),
        (status = 412, description = "`If-Match` names another version than the one in force."),
        (status = 422, description = "The config would be refused today; `problems` has everything that is wrong."),
    )
)]
pub(crate) async fn pause(
    Admin(caller): Admin,
    State(app): State<App>,
    Id(id): Id<AutomationId>,
    Parameters(NoteQuery { note }): Parameters<NoteQuery>,
    headers: HeaderMap,
) -> Result<InForce, Problem> {
    amend(&app, caller, note, &headers, |document| switch(document, &id, AutomationState::Paused)).await
}

/// Gives an automation of a document another state.
fn switch(
    document: &mut serde_json::Map<String, Value>,
    id: &AutomationId,
    state: AutomationState,
) -> Result<Option<String>, Problem> {
    let automations = document.get_mut("automations").and_then(Value::as_array_mut).into_iter().flatten();
    let mut named = automations.filter(|one| one.get("id").and_then(Value::as_str) == Some(id.as_str()));
    let automation = named.next().ok_or_else(|| absent(id))?;
    let wanted = json!(state);
    // A draft where nothing is said.
    if automation.get("state").unwrap_or(&json!(AutomationState::default())) == &wanted {
        return Ok(None);
    }
    automation["state"] = wanted;
    let did = if state == AutomationState::Published { "published" } else { "paused" };
    Ok(Some(format!("automation {id} {did}")))
}

fn absent(id: &AutomationId) -> Problem {
    let detail = format!("The config in force has no automation '{id}': GET /v1/automations lists them.");
    Problem::new(Kind::NotFound, detail)
}
