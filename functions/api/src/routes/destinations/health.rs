//! How destinations do, and letting a suspended one be tried again.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use leadyard_domain::id::{AccountId, DestinationId};
use leadyard_runtime::now;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Operator, Viewer};
use crate::body::Id;
use crate::drain;
use crate::problem::Problem;

/// The destinations of the config in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct Destinations {
    /// In the order of the config.
    destinations: Vec<DestinationRow>,
}

/// A destination in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct DestinationRow {
    /// Its id.
    id: String,
    /// Its name for people.
    name: Option<String>,
    /// `webhook`, `email`, `slack` or `leadsquared`.
    channel: String,
    /// Whether it gets new deliveries.
    enabled: bool,
    /// Whether nothing is sent until somebody resumes it.
    suspended: bool,
}

/// How a destination does.
#[derive(Debug, Serialize, ToSchema)]
pub struct DestinationHealth {
    /// Its id.
    id: String,
    /// `well`; `failing` while it fails and is tried all the same; `open` while deliveries wait and one now and then probes;
    /// `suspended` while nothing is sent until somebody resumes it.
    state: &'static str,
    /// Failures since the last success.
    failures: u32,
    /// When the first of them was.
    failing_since: Option<Timestamp>,
    /// Since when deliveries wait.
    open_since: Option<Timestamp>,
    /// When the next one may probe, while they wait.
    next_probe_at: Option<Timestamp>,
    /// Since when it is suspended.
    suspended_since: Option<Timestamp>,
    /// Why it is suspended.
    reason: Option<String>,
}

/// The destinations
#[utoipa::path(
    get,
    path = "/v1/destinations",
    tag = "destinations",
    operation_id = "list_destinations",
    security(("api_key" = ["viewer"])),
    responses((status = 200, description = "The destinations; none while no config is in force.", body = Destinations))
)]
pub(crate) async fn list(Viewer(caller): Viewer, State(app): State<App>) -> Result<Json<Destinations>, Problem> {
    let published = app.configs.get(&caller.account, now()).await?;
    let suspended = app.store.suspended_destinations(&caller.account).await?;
    let rows = published.iter().flat_map(|published| &published.checked.config().destinations);
    let destinations = rows.map(|destination| DestinationRow {
        id: destination.id.to_string(),
        name: destination.name.clone(),
        channel: destination.channel.name().to_owned(),
        enabled: destination.enabled,
        suspended: suspended.contains(&destination.id),
    });
    Ok(Json(Destinations { destinations: destinations.collect() }))
}

/// How a destination does
///
/// After ten failures in a row over at least five minutes its deliveries wait, without spending attempts, and one now and
/// then probes. One that has not answered for five days, or answered 410, is suspended.
#[utoipa::path(
    get,
    path = "/v1/destinations/{id}",
    tag = "destinations",
    operation_id = "read_destination",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The destination's id.")),
    responses(
        (status = 200, description = "How it does.", body = DestinationHealth),
        (status = 404, description = "The config in force has no such destination."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<DestinationId>,
) -> Result<Json<DestinationHealth>, Problem> {
    known(&app, &caller.account, &id).await?;
    let health = app.store.destination_health(&caller.account, &id).await?.health;
    let state = match (&health.suspended, health.open_since, health.failures) {
        (Some(_), _, _) => "suspended",
        (None, Some(_), _) => "open",
        (None, None, 0) => "well",
        (None, None, _) => "failing",
    };
    let (suspended_since, reason) = health.suspended.map(|its| (its.since, its.reason)).unzip();
    Ok(Json(DestinationHealth {
        id: id.to_string(),
        state,
        failures: health.failures,
        failing_since: health.failing_since,
        open_since: health.open_since,
        next_probe_at: health.probe_at,
        suspended_since,
        reason,
    }))
}

/// Resume a destination
///
/// It is tried again from now on, whether it was suspended or its deliveries waited. Leads that nobody could be given for it
/// are tried again; deliveries that were given up meanwhile are not: replay them (`POST /v1/deliveries/replay`).
#[utoipa::path(
    post,
    path = "/v1/destinations/{id}/resume",
    tag = "destinations",
    operation_id = "resume_destination",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The destination's id.")),
    responses(
        (status = 204, description = "It is tried again. Processes that are running see it within two seconds."),
        (status = 404, description = "The config in force has no such destination."),
        (status = 409, description = "How it does changed again and again at the same moment: ask again."),
    )
)]
pub(crate) async fn resume(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<DestinationId>,
) -> Result<StatusCode, Problem> {
    known(&app, &caller.account, &id).await?;
    app.store.resume_destination(&caller.account, &id, &caller.name, now()).await?;
    drain::ask(&app, &caller.account).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn known(app: &App, account: &AccountId, id: &DestinationId) -> Result<(), Problem> {
    let published = app.configs.get(account, now()).await?;
    let found = published.is_some_and(|published| published.checked.destination(id).is_some());
    if found { Ok(()) } else { Err(Problem::unknown("destination", id)) }
}
