//! What happened to a lead: calls, visits, forms that were sent again.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use leadyard_domain::activity::{ACTIVITIES_MAX, Activity, ActivityOrigin, check_external_id};
use leadyard_domain::id::{AccountId, AccountName, ActivityId, ActivityType, LeadId};
use leadyard_domain::message::LeadsMessage;
use leadyard_runtime::{Outgoing, now};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{lead_of, living_lead_of};
use crate::app::{App, send};
use crate::auth::{Operator, Viewer};
use crate::body::{Id, JsonBody, Parameters};
use crate::listing;
use crate::problem::{Kind, Problem};

/// What happened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivityBody {
    /// What it is, such as `call`, `visit` or `form_submission`: 1 to 64 characters of a-z, 0-9, '-' and '_'.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "call")]
    kind: ActivityType,
    /// When it happened (RFC 3339), not ahead of now; now where nothing is given.
    #[serde(default)]
    at: Option<Timestamp>,
    /// What you call it: told again under the same name it is the same activity, and what is told last counts. Without one it is
    /// the same when its type and its moment are.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    external_id: Option<String>,
    /// What else is to be said of it: at most 200 fields, of 8 KiB each. Kept as they come.
    #[serde(default)]
    #[schema(value_type = Object)]
    fields: BTreeMap<String, Value>,
}

/// An activity that a lead will have.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivityAsked {
    /// The lead.
    lead: String,
    /// The activity's id.
    activity: String,
    /// When it happened.
    at: Timestamp,
}

/// Which activities.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActivitiesQuery {
    /// Entries of a page, 1 to 100; 50 where none is given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the one before.
    cursor: Option<String>,
}

/// A page of a lead's activities, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivityPage {
    /// The activities.
    activities: Vec<ActivityView>,
    /// Leads to the next page; `null` on the last one.
    next_cursor: Option<String>,
}

/// Something that happened to a lead.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivityView {
    /// Its id, unique within the lead.
    id: String,
    /// What it is.
    #[serde(rename = "type")]
    #[schema(example = "call")]
    kind: String,
    /// When it happened.
    at: Timestamp,
    /// What is said of it, as it came.
    #[schema(value_type = Object)]
    fields: BTreeMap<String, Value>,
    /// Who made it first.
    origin: ActivityOriginView,
    /// The accounts that it came through; empty where it was made.
    via: Vec<String>,
    /// Moves by one with each change, from 1.
    version: u64,
    /// When it was first stored here.
    created_at: Timestamp,
    /// When it was last changed, by whoever changed it.
    updated_at: Timestamp,
}

/// Who made an activity.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivityOriginView {
    /// The account.
    account: String,
    /// Its id there.
    id: String,
}

impl From<Activity> for ActivityView {
    fn from(activity: Activity) -> Self {
        let Activity { id, account: _, lead: _, kind, at, fields, origin, version, updated_at, via, created_at } =
            activity;
        Self {
            id: id.into(),
            kind: kind.into(),
            at,
            fields,
            origin: ActivityOriginView { account: origin.account.into(), id: origin.id },
            via: via.into_iter().map(String::from).collect(),
            version,
            created_at,
            updated_at,
        }
    }
}

/// The activities of a lead
///
/// Calls, visits and whatever else was told of it, in the order in which it happened, the latest first. A page may be short with
/// more behind it: go on until `next_cursor` is `null`. A lead that was erased has none.
#[utoipa::path(
    get,
    path = "/v1/leads/{id}/activities",
    tag = "leads",
    operation_id = "list_activities",
    security(("api_key" = ["viewer"])),
    params(("id" = String, Path, description = "The lead's id."), ActivitiesQuery),
    responses(
        (status = 200, description = "A page.", body = ActivityPage),
        (status = 400, description = "A parameter does not fit; the detail names it."),
        (status = 404, description = "The account has no such lead."),
    )
)]
pub(crate) async fn list(
    Viewer(caller): Viewer,
    State(app): State<App>,
    Id(id): Id<LeadId>,
    Parameters(ActivitiesQuery { limit, cursor }): Parameters<ActivitiesQuery>,
) -> Result<Json<ActivityPage>, Problem> {
    let (limit, cursor) = (listing::limit(limit)?, listing::cursor(cursor)?);
    // Those of a lead that was erased a moment ago may still be on their way out.
    if lead_of(&app, &caller.account, &id).await?.erased_at.is_some() {
        return Ok(Json(ActivityPage { activities: Vec::new(), next_cursor: None }));
    }
    let page = app.store.activities(&caller.account, &id, limit, cursor.as_ref()).await?;
    let activities = page.rows.into_iter().map(ActivityView::from).collect();
    Ok(Json(ActivityPage { activities, next_cursor: page.next.map(|cursor| cursor.to_string()) }))
}

/// Tell what happened to a lead
///
/// Told again it is the same activity when its `external_id` is, or, without one, its type and its moment; what is told last
/// counts. So a request that got no answer may be sent again, if it gives one of the two. The lead's version moves with it; nobody
/// is given the lead because of it.
#[utoipa::path(
    post,
    path = "/v1/leads/{id}/activities",
    tag = "leads",
    operation_id = "tell_activity",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The lead's id.")),
    request_body = ActivityBody,
    responses(
        (status = 202, description = "The lead will have it in a moment.", body = ActivityAsked),
        (status = 400, description = "The body does not fit, has too many fields or too long ones, or the moment lies ahead."),
        (status = 404, description = "The account has no such lead."),
        (status = 409, description = "The lead was erased, or has as many activities as one may have."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
    )
)]
pub(crate) async fn tell(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<LeadId>,
    JsonBody(body): JsonBody<ActivityBody>,
) -> Result<(StatusCode, Json<ActivityAsked>), Problem> {
    let activity = activity(&caller.account, &id, body, now())?;
    let lead = living_lead_of(&app, &caller.account, &id).await?;
    if lead.activities >= ACTIVITIES_MAX && app.store.activity(&caller.account, &id, &activity.id).await?.is_none() {
        let detail = format!("The lead '{id}' has {} activities, and {ACTIVITIES_MAX} is the most.", lead.activities);
        return Err(Problem::new(Kind::WrongState, detail));
    }
    let target = format!("{id}/{}", activity.id);
    app.store.put_audit(&caller.account, now(), &caller.name, "lead.activity", target).await?;
    let asked = ActivityAsked { lead: id.to_string(), activity: activity.id.to_string(), at: activity.at };
    let message = LeadsMessage::Activity { account: caller.account.clone(), activity: Box::new(activity) };
    send(&app.queues.leads, Outgoing::json(id.as_str(), caller.account.as_str(), &message)).await?;
    Ok((StatusCode::ACCEPTED, Json(asked)))
}

/// What is told, as an activity that is made here.
fn activity(account: &AccountId, lead: &LeadId, body: ActivityBody, now: Timestamp) -> Result<Activity, Problem> {
    let refuse =
        |error: &dyn std::fmt::Display| Problem::new(Kind::BadRequest, format!("This can't be taken: {error}."));
    let ActivityBody { kind, at, external_id, fields } = body;
    let at = at.unwrap_or(now);
    let id = match external_id.as_deref().map(str::trim) {
        Some(external) => {
            check_external_id(external).map_err(|error| refuse(&error))?;
            ActivityId::from_external(account, external)
        }
        None => ActivityId::from_what(account, lead, &kind, at),
    };
    let activity = Activity {
        origin: ActivityOrigin { account: AccountName::of(account), id: id.to_string() },
        id,
        account: account.clone(),
        lead: lead.clone(),
        kind,
        at,
        fields,
        version: 1,
        updated_at: now,
        via: Vec::new(),
        created_at: now,
    };
    activity.check(now).map_err(|error| refuse(&error))?;
    Ok(activity)
}
