//! Erasing a lead, for a person who asks to be forgotten.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use leadyard_domain::id::LeadId;
use leadyard_domain::message::LeadsMessage;
use leadyard_runtime::{Outgoing, now};
use serde::Serialize;
use utoipa::ToSchema;

use super::lead_of;
use crate::app::{App, send};
use crate::auth::Admin;
use crate::body::Id;
use crate::problem::Problem;

/// A lead that will be erased.
#[derive(Debug, Serialize, ToSchema)]
pub struct EraseAsked {
    /// The lead.
    lead: String,
}

/// Erase a lead
///
/// Everything personal goes: its fields, its search keys, its activities, the reasons of its decisions, and what the events brought that made it and that it
/// was last met by or decided for. Who had it, and when, stays on record, with its place in a capacity given back; nothing of it
/// is delivered any more. What else was written down of it ends with the account's `log_days`. It can't be undone; to ask again is
/// harmless.
#[utoipa::path(
    delete,
    path = "/v1/leads/{id}",
    tag = "leads",
    operation_id = "erase_lead",
    security(("api_key" = ["admin"])),
    params(("id" = String, Path, description = "The lead's id.")),
    responses(
        (status = 202, description = "It will be erased in a moment.", body = EraseAsked),
        (status = 404, description = "The account has no such lead."),
    )
)]
pub(crate) async fn erase(
    Admin(caller): Admin,
    State(app): State<App>,
    Id(id): Id<LeadId>,
) -> Result<(StatusCode, Json<EraseAsked>), Problem> {
    let lead = lead_of(&app, &caller.account, &id).await?.id;
    let at = now();
    app.store.put_audit(&caller.account, at, &caller.name, "lead.erase", &lead).await?;
    let (account, by) = (caller.account.clone(), caller.name.clone());
    let message = LeadsMessage::Erase { account, lead: lead.clone(), by, at };
    send(&app.queues.leads, Outgoing::json(id.as_str(), caller.account.as_str(), &message)).await?;
    Ok((StatusCode::ACCEPTED, Json(EraseAsked { lead: lead.into() })))
}
