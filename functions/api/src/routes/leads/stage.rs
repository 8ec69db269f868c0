//! A lead's stage, as a CRM or a person moves it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use leadyard_domain::id::LeadId;
use leadyard_domain::message::LeadsMessage;
use leadyard_runtime::{Outgoing, now};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::lead_of;
use crate::app::{App, send};
use crate::auth::Operator;
use crate::body::{Id, JsonBody};
use crate::problem::{Kind, Problem};

/// Most characters of a stage.
const STAGE_CHARS_MAX: usize = 100;

/// The new stage.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StageBody {
    /// Its name, such as `won`. One of the account's `closed_stages` closes the lead.
    #[schema(min_length = 1, max_length = 100)]
    stage: String,
}

/// A stage that a lead will have.
#[derive(Debug, Serialize, ToSchema)]
pub struct StageAsked {
    /// The lead.
    lead: String,
    /// Its stage in a moment.
    stage: String,
}

/// Move a lead to a stage
///
/// In one of the account's `closed_stages` it is no longer open with anybody, waits for nobody, and no timer of it runs. To
/// ask again is harmless.
#[utoipa::path(
    put,
    path = "/v1/leads/{id}/stage",
    tag = "leads",
    operation_id = "set_stage",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The lead's id.")),
    request_body = StageBody,
    responses(
        (status = 202, description = "It will have the stage in a moment.", body = StageAsked),
        (status = 400, description = "The body does not fit, or the stage is empty or too long."),
        (status = 404, description = "The account has no such lead."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
    )
)]
pub(crate) async fn set(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<LeadId>,
    JsonBody(StageBody { stage }): JsonBody<StageBody>,
) -> Result<(StatusCode, Json<StageAsked>), Problem> {
    let stage = stage.trim().to_owned();
    let chars = stage.chars().count();
    if !(1..=STAGE_CHARS_MAX).contains(&chars) {
        let detail = format!("'stage' has {chars} characters; give a name of 1 to {STAGE_CHARS_MAX}, such as \"won\".");
        return Err(Problem::new(Kind::BadRequest, detail));
    }
    let lead = lead_of(&app, &caller.account, &id).await?;
    app.store.put_audit(&caller.account, now(), &caller.name, "lead.stage", &lead.id).await?;
    let message = LeadsMessage::Changed { account: caller.account.clone(), lead: id.clone(), stage: stage.clone() };
    send(&app.queues.leads, Outgoing::json(id.as_str(), caller.account.as_str(), &message)).await?;
    Ok((StatusCode::ACCEPTED, Json(StageAsked { lead: id.into(), stage })))
}
