//! Backfills: how far they are, stopping them and letting them go on.

mod view;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use leadyard_domain::backfill::{Backfill, BackfillState};
use leadyard_domain::id::{AccountId, BackfillId};
use leadyard_domain::message::LeadsMessage;
use leadyard_runtime::{Outgoing, SendError, backoff, now};
use leadyard_store::StoreError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use view::{BackfillView, ProgressView};

use crate::app::{App, send};
use crate::auth::{Caller, Operator, Viewer};
use crate::body::{Id, Parameters};
use crate::listing;
use crate::problem::{Kind, Problem};

/// Most times that a change is tried against a step that is recorded at the same moment.
const TRIES_MAX: u32 = 16;
/// When the next step is asked for once more. The function ends within 29 s.
const FOLLOW_UP_S: u16 = 30;

/// Asks for the next step of a backfill before it is on record that it runs: the message arrives after this request is over,
/// whatever became of it. So one that runs has somebody to take its steps; one that was not recorded has none to take.
///
/// # Errors
/// The queue is away. Then nothing is to be recorded.
pub(super) async fn announce(app: &App, backfill: &Backfill) -> Result<(), Problem> {
    send(&app.queues.leads, step(backfill).map(|message| message.delayed(FOLLOW_UP_S))).await
}

/// Asks for the next step of a backfill that was [announced](announce), when it may tell of leads.
pub(super) async fn begin(app: &App, backfill: &Backfill) {
    let message = step(backfill).map(|message| message.delayed(backfill.interval_s()));
    if let Err(problem) = send(&app.queues.leads, message).await {
        let (account, backfill) = (&backfill.account, &backfill.id);
        tracing::warn!(%account, %backfill, problem = problem.detail(), "the backfill's step is asked for again in a moment");
    }
}

/// One for a step that is still to come takes the one that is due, whichever it is then.
fn step(backfill: &Backfill) -> Result<Outgoing, SendError> {
    let (account, id) = (backfill.account.clone(), backfill.id.clone());
    let message = LeadsMessage::Backfill { account, backfill: id, from: backfill.step + 1 };
    Outgoing::json(backfill.id.as_str(), backfill.group(), &message)
}

/// What the domain says, as a sentence.
pub(super) fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).chain(['.']).collect()
}

/// Which backfills.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BackfillsQuery {
    /// Entries of a page, 1 to 100; 50 where none is given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before.
    cursor: Option<String>,
}

/// A page of backfills, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackfillsPage {
    /// The backfills.
    backfills: Vec<BackfillView>,
    /// Leads to the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// The backfills
///
/// The latest first, each with how far it is. One that is over is kept as long as the log.
#[utoipa::path(
    get,
    path = "/v1/backfills",
    tag = "automations",
    operation_id = "list_backfills",
    security(("api_key" = ["viewer"])),
    params(BackfillsQuery),
    responses(
        (status = 200, description = "A page.", body = BackfillsPage),
        (status = 400, description = "A parameter does not fit; the detail names it."),
    )
)]
pub(crate) async fn list(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Parameters(BackfillsQuery { limit, cursor }): Parameters<BackfillsQuery>,
) -> Result<Json<BackfillsPage>, Problem> {
    let (limit, cursor) = (listing::limit(limit)?, listing::cursor(cursor)?);
    let page = app.store.list_backfills(&caller.account, limit, cursor.as_ref()).await?;
    let backfills = page.rows.into_iter().map(BackfillView::from).collect();
    Ok(Json(BackfillsPage { backfills, next_cursor: page.next.map(|next| next.to_string()) }))
}

/// One backfill
///
/// Where it stands and how far it is.
#[utoipa::path(
    get,
    path = "/v1/backfills/{id}",
    tag = "automations",
    operation_id = "read_backfill",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The backfill.")),
    responses(
        (status = 200, description = "The backfill.", body = BackfillView),
        (status = 404, description = "The account has no such backfill."),
    )
)]
pub(crate) async fn read(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<BackfillId>,
) -> Result<Json<BackfillView>, Problem> {
    Ok(Json(find(&app, &caller.account, &id).await?.into()))
}

/// Stop a backfill for a while
///
/// A step that is under way is finished. What was asked for is still delivered.
#[utoipa::path(
    post,
    path = "/v1/backfills/{id}/pause",
    tag = "automations",
    operation_id = "pause_backfill",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The backfill.")),
    responses(
        (status = 200, description = "It is paused.", body = BackfillView),
        (status = 404, description = "The account has no such backfill."),
        (status = 409, description = "It does not run."),
    )
)]
pub(crate) async fn pause(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<BackfillId>,
) -> Result<Json<BackfillView>, Problem> {
    change(&app, &caller, &id, ("backfill.pause", BackfillState::Paused), Backfill::pause).await
}

/// Stop a backfill for good
///
/// What was asked for is still delivered. It can't go on: begin another one.
#[utoipa::path(
    post,
    path = "/v1/backfills/{id}/cancel",
    tag = "automations",
    operation_id = "cancel_backfill",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The backfill.")),
    responses(
        (status = 200, description = "It is cancelled.", body = BackfillView),
        (status = 404, description = "The account has no such backfill."),
        (status = 409, description = "It is done."),
    )
)]
pub(crate) async fn cancel(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<BackfillId>,
) -> Result<Json<BackfillView>, Problem> {
    change(&app, &caller, &id, ("backfill.cancel", BackfillState::Cancelled), |backfill| backfill.cancel(now())).await
}

/// Let a backfill go on
///
/// Where it was. One that failed says in `reason` what has to be mended first. One that runs is asked to go on, which is
/// harmless.
#[utoipa::path(
    post,
    path = "/v1/backfills/{id}/resume",
    tag = "automations",
    operation_id = "resume_backfill",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The backfill.")),
    responses(
        (status = 202, description = "It runs.", body = BackfillView),
        (status = 404, description = "The account has no such backfill."),
        (status = 409, description = "It is over."),
        (status = 422, description = "What it needs is not there; the detail says what to mend."),
    )
)]
pub(crate) async fn resume(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<BackfillId>,
) -> Result<(StatusCode, Json<BackfillView>), Problem> {
    // Who has just mended the config is to see that.
    app.forget_config(&caller.account);
    let ruled = app.ruled(&caller.account).await?;
    let backfill = find(&app, &caller.account, &id).await?;
    if !backfill.state.is_over() {
        backfill.teller(&ruled.rules).map_err(|why| Problem::new(Kind::Unprocessable, sentence(&why)))?;
        announce(&app, &backfill).await?;
    }
    let named = ("backfill.resume", BackfillState::Running);
    let view = change(&app, &caller, &id, named, Backfill::resume).await?;
    begin(&app, &find(&app, &caller.account, &id).await?).await;
    Ok((StatusCode::ACCEPTED, view))
}

/// Changes a backfill against steps that are recorded at the same moment, with an audit entry. Nothing is changed in one that is
/// in the state already; refused is a change that answers `false`.
async fn change(
    app: &App,
    caller: &Caller,
    id: &BackfillId,
    (action, state): (&str, BackfillState),
    change: impl Fn(&mut Backfill) -> bool,
) -> Result<Json<BackfillView>, Problem> {
    let log_days = app.ruled(&caller.account).await?.rules.checked().config().account.log_days;
    for number in 1..=TRIES_MAX {
        let mut backfill = find(app, &caller.account, id).await?;
        if backfill.state == state {
            return Ok(Json(backfill.into()));
        }
        if !change(&mut backfill) {
            let detail = match backfill.state {
                BackfillState::Failed => {
                    "The backfill has failed: mend what 'reason' says and resume it, or cancel it."
                }
                BackfillState::Done | BackfillState::Cancelled => "The backfill is over: begin another one.",
                BackfillState::Running | BackfillState::Paused => "The backfill is not in a state that allows this.",
            };
            return Err(Problem::new(Kind::WrongState, detail));
        }
        match app.store.change_backfill(&backfill, Some((action, &caller.name)), log_days, now()).await {
            Ok(()) => return Ok(Json(backfill.into())),
            Err(StoreError::Conflict { .. } | StoreError::Throttled { .. }) => {
                let seed = getrandom::u64().unwrap_or_default();
                tokio::time::sleep(backoff::full_jitter(seed, number)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::overtaken())
}

async fn find(app: &App, account: &AccountId, id: &BackfillId) -> Result<Backfill, Problem> {
    app.store.backfill(account, id).await?.ok_or_else(|| Problem::unknown("backfill", id))
}
