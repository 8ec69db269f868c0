//! A lead's fields, as a person corrects them.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use leadyard_domain::config::Checked;
use leadyard_domain::field::{FIELDS_MAX, FieldName, FieldValue};
use leadyard_domain::id::LeadId;
use leadyard_domain::lead::Lead;
use leadyard_domain::message::LeadsMessage;
use leadyard_runtime::{Outgoing, now};
use leadyard_sources::CaptureError;
use leadyard_sources::capture::{is_nothing, typed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::living_lead_of;
use crate::app::{App, send};
use crate::auth::Operator;
use crate::body::{Id, JsonBody};
use crate::problem::{Finding, Kind, Problem};

/// What is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditBody {
    /// The fields by name with their new values, each read as the lead's source reads it; `null` and an empty value take a field
    /// away. Fields that are not named stay as they are.
    #[schema(value_type = Object, example = json!({"email": "anna@example.com", "company_size": 120, "message": null}))]
    fields: BTreeMap<String, Value>,
}

/// What a lead will say.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditAsked {
    /// The lead.
    lead: String,
    /// The fields that will be changed, typed and normalised; `null` for those that are taken away.
    #[schema(value_type = Object)]
    fields: BTreeMap<String, Value>,
}

/// Change a lead's fields
///
/// Whoever has the lead keeps it, and it is not decided anew; one that waits is tried with its new fields the next time. Another
/// `stage` means what it means everywhere: a closed one frees its place. Another email or phone number makes the lead known by it,
/// unless another lead is; it stays known by the former one, too. Of two changes of a field the one that was asked for last counts.
#[utoipa::path(
    patch,
    path = "/v1/leads/{id}",
    tag = "leads",
    operation_id = "edit_lead",
    security(("api_key" = ["operator"])),
    params(("id" = String, Path, description = "The lead's id.")),
    request_body = EditBody,
    responses(
        (status = 202, description = "It will be done in a moment.", body = EditAsked),
        (status = 400, description = "The body does not fit, or names no field."),
        (status = 404, description = "The account has no such lead, or no config yet."),
        (status = 409, description = "The lead was erased, or would have more than 200 fields."),
        (status = 413, description = "The body is over 64 KiB."),
        (status = 415, description = "The body is not JSON."),
        (status = 422, description = "Fields that nobody declared, that are computed, or whose value is not of their type; each is \
            listed. Nothing is changed."),
    )
)]
pub(crate) async fn edit(
    Operator(caller): Operator,
    State(app): State<App>,
    Id(id): Id<LeadId>,
    JsonBody(EditBody { fields }): JsonBody<EditBody>,
) -> Result<(StatusCode, Json<EditAsked>), Problem> {
    if fields.is_empty() || fields.len() > FIELDS_MAX {
        let detail = format!("'fields' names {} fields; name 1 to {FIELDS_MAX}.", fields.len());
        return Err(Problem::new(Kind::BadRequest, detail));
    }
    let lead = living_lead_of(&app, &caller.account, &id).await?;
    let published = app.configs.get(&caller.account, now()).await?.ok_or_else(|| {
        Problem::new(Kind::NotFound, "This account has not published a config yet: PUT /v1/config publishes one.")
    })?;
    let fields = read(&published.checked, &lead, &fields)?;
    let new = fields.iter().filter(|(name, value)| value.is_some() && !lead.fields.contains_key(*name)).count();
    let removed = fields.iter().filter(|(name, value)| value.is_none() && lead.fields.contains_key(*name)).count();
    if new > removed && lead.fields.len() + lead.extra.len() + new - removed > FIELDS_MAX {
        let detail = format!(
            "The lead '{id}' would have more than {FIELDS_MAX} fields, those without a mapping included: take some away in the \
             same request."
        );
        return Err(Problem::new(Kind::WrongState, detail));
    }
    app.store.put_audit(&caller.account, now(), &caller.name, "lead.edit", &id).await?;
    let (account, by, at) = (caller.account.clone(), caller.name.clone(), now());
    let asked =
        fields.iter().map(|(name, value)| (name.to_string(), value.as_ref().map_or(Value::Null, FieldValue::to_json)));
    let asked = EditAsked { lead: id.to_string(), fields: asked.collect() };
    let message = LeadsMessage::Edit { account, lead: id.clone(), fields, by, at };
    send(&app.queues.leads, Outgoing::json(id.as_str(), caller.account.as_str(), &message)).await?;
    Ok((StatusCode::ACCEPTED, Json(asked)))
}

/// The values in the types of their fields, or everything that is wrong with them.
fn read(
    config: &Checked,
    lead: &Lead,
    fields: &BTreeMap<String, Value>,
) -> Result<BTreeMap<FieldName, Option<FieldValue>>, Problem> {
    let mut findings = Vec::new();
    let mut typed = BTreeMap::new();
    for (name, value) in fields {
        match read_one(config, lead, name, value) {
            Ok((name, value)) => drop(typed.insert(name, value)),
            Err(message) => findings.push(Finding { path: format!("fields.{name}"), message }),
        }
    }
    if findings.is_empty() {
        return Ok(typed);
    }
    Err(Problem::refused(
        format!("{} field(s) can't be changed so, each listed with why; nothing was changed.", findings.len()),
        findings,
    ))
}

fn read_one(
    config: &Checked,
    lead: &Lead,
    name: &str,
    value: &Value,
) -> Result<(FieldName, Option<FieldValue>), String> {
    let name = FieldName::new(name).map_err(|error| error.to_string())?;
    let info = match config.fields().get(&name) {
        Some(info) => info,
        // What a lead has of a field that has left the config may be taken away.
        None if lead.fields.contains_key(&name) && is_nothing(value) => return Ok((name, None)),
        None => return Err(config.fields().unknown(&name)),
    };
    if info.derived {
        return Err(format!("'{name}' is computed from the lead and can't be set: change what it is computed from"));
    }
    if is_nothing(value) {
        return Ok((name, None));
    }
    let zone = config.config().account.timezone.time_zone();
    match typed(&name, value, info, config.source(&lead.source), zone) {
        Ok(value) => Ok((name, Some(value))),
        Err(CaptureError::Misfit { found, expected, .. }) => {
            Err(format!("'{name}' is a field of type {} and expects {expected}, not {found}", info.kind.name()))
        }
        Err(error) => Err(error.to_string()),
    }
}
