//! The request that brings a lead into a LeadSquared account.
//!
//! Without an activity it goes to lead capture, `POST /v2/LeadManagement.svc/Lead.Capture`, whose body is a list of pairs
//! `{"Attribute", "Value"}` (`apidocs.leadsquared.com/capture-lead`, the body as in `/capture-leads-async`, which says that they
//! are the same). With one it goes to `POST /v2/ProspectActivity.svc/CreateCustom`, which finds or makes the lead by the same
//! pairs and adds the activity in one call (`/create-lead-and-activity`): one delivery stays one request. The keys go into
//! headers, as `/authentication` recommends.

mod answer;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use leadyard_domain::config::{LEADSQUARED_FIELDS, Leadsquared, LeadsquaredActivity};
use reqwest::Method;
use serde_json::{Value, json};

pub use answer::read;

use crate::exchange::OutboundRequest;
use crate::request::{PrepareError, Prepared, is_one_value};
use crate::template::{Escape, Templates};

/// The headers of the two keys (`apidocs.leadsquared.com/authentication`).
const KEY_HEADERS: [&str; 2] = ["x-lsq-accesskey", "x-lsq-secretkey"];
/// What LeadSquared looks by where a destination says nothing, in this order (`apidocs.leadsquared.com/capture-lead`).
const USUAL_SEARCH: [&str; 2] = ["EmailAddress", "Phone"];

/// The keys of an account.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The access key.
    pub access: &'a str,
    /// The secret key.
    pub secret: &'a str,
}

/// Makes the request of one try. `context` is what templates see, `payload` the lead as a webhook would get it, for its time;
/// `id` is the delivery's. LeadSquared knows no idempotency key; it stands in the request for whoever looks at both sides.
///
/// # Errors
/// [`PrepareError`].
pub fn request(
    settings: &Leadsquared,
    keys: Keys<'_>,
    context: &Value,
    payload: &Value,
    id: &str,
) -> Result<Prepared, PrepareError> {
    let templates = Templates::new(context);
    let mut pairs = match settings.fields.is_empty() {
        true => usual(&context["lead"]["fields"]),
        false => filled(&templates, "fields", &settings.fields)?,
    };
    if pairs.is_empty() {
        return Err(PrepareError::Empty);
    }
    if let Some(by) = search_by(settings, &pairs) {
        pairs.push(("SearchBy".to_owned(), by));
    }
    let lead: Vec<Value> =
        pairs.into_iter().map(|(name, value)| json!({ "Attribute": name, "Value": value })).collect();
    let base = settings.base();
    let (url, body) = match &settings.activity {
        None => {
            let behavior =
                settings.update.behavior().map_or_else(String::new, |how| format!("?LeadUpdateBehavior={how}"));
            (format!("{base}/v2/LeadManagement.svc/Lead.Capture{behavior}"), Value::Array(lead))
        }
        Some(activity) => {
            let activity = of_activity(activity, &templates, payload)?;
            let body = json!({ "LeadDetails": lead, "Activity": activity });
            (format!("{base}/v2/ProspectActivity.svc/CreateCustom"), body)
        }
    };
    let mut headers =
        vec![("content-type".to_owned(), "application/json".to_owned()), ("idempotency-key".to_owned(), id.to_owned())];
    for (header, (setting, key)) in
        KEY_HEADERS.into_iter().zip([("access_key", keys.access), ("secret_key", keys.secret)])
    {
        if key.chars().any(char::is_control) {
            return Err(PrepareError::Secret(setting));
        }
        headers.push((header.to_owned(), key.to_owned()));
    }
    let timeout = Duration::from_secs(settings.timeout_s.into());
    let body = body.to_string().into_bytes();
    let request = OutboundRequest { method: Method::POST, url, headers, body, timeout };
    Ok(Prepared { request, secret_headers: KEY_HEADERS.map(str::to_owned).into() })
}

/// The pairs of a destination that names none. Of a lead whose name is one text, that is the first name: an account asks for
/// none in particular, and guessing where a name breaks is capture's part.
fn usual(fields: &Value) -> Vec<(String, String)> {
    let value = |names: &[&str]| names.iter().find_map(|name| text(&fields[name]));
    let mut pairs: Vec<_> = LEADSQUARED_FIELDS
        .iter()
        .filter_map(|(attribute, names)| Some(((*attribute).to_owned(), value(names)?)))
        .collect();
    if !pairs.iter().any(|(name, _)| name == "FirstName" || name == "LastName")
        && let Some(whole) = value(&["full_name"])
    {
        pairs.insert(0, ("FirstName".to_owned(), whole));
    }
    pairs
}

/// The pairs of templates that yield something. An empty value would take away what LeadSquared knows already.
fn filled(
    templates: &Templates,
    part: &str,
    fields: &BTreeMap<String, String>,
) -> Result<Vec<(String, String)>, PrepareError> {
    let mut pairs = Vec::new();
    for (name, template) in fields {
        let failed = |why| PrepareError::Template { part: format!("{part}.{name}"), why };
        let fill = |escape| templates.render(template, escape).map_err(failed);
        let value = match is_one_value(template) {
            // Filled in as JSON, a list is told from a text.
            true => match serde_json::from_str::<Value>(&fill(Escape::Json)?) {
                Ok(value) => text(&value),
                Err(_) => trimmed(&fill(Escape::Text)?),
            },
            false => trimmed(&fill(Escape::Text)?),
        };
        pairs.extend(value.map(|value| (name.clone(), value)));
    }
    Ok(pairs)
}

/// A value as an attribute has it: always a text. That the values of a list have semicolons between them is from memory.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => trimmed(text),
        Value::Array(items) => trimmed(&items.iter().filter_map(text).collect::<Vec<_>>().join(";")),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Some(value.to_string()),
    }
}

fn trimmed(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What LeadSquared is told to look by: what the destination names, as far as the lead has a value of it. An activity needs
/// one: that page, unlike that of lead capture, names no order of its own.
fn search_by(settings: &Leadsquared, pairs: &[(String, String)]) -> Option<String> {
    let sent = |by: &str| pairs.iter().any(|(name, _)| name.eq_ignore_ascii_case(by));
    let named = settings.search_by.as_deref().filter(|by| sent(by));
    let usual = || USUAL_SEARCH.into_iter().find(|by| settings.activity.is_some() && sent(by));
    named.or_else(usual).map(str::to_owned)
}

/// The activity. Its time is that of what is told, the same on every try.
fn of_activity(activity: &LeadsquaredActivity, templates: &Templates, payload: &Value) -> Result<Value, PrepareError> {
    let mut made = json!({ "ActivityEvent": activity.event });
    if let Some(template) = &activity.note {
        let failed = |why| PrepareError::Template { part: "activity.note".to_owned(), why };
        let note = templates.render(template, Escape::Text).map_err(failed)?;
        if let Some(note) = trimmed(&note) {
            made["ActivityNote"] = note.into();
        }
    }
    // What an automation tells has no moment of its own: when it happened, or when the lead was last changed.
    let moments = [&payload["timestamp"], &payload["activity"]["at"], &payload["lead"]["updated_at"]];
    if let Some(at) = moments.iter().find_map(|at| at.as_str()?.parse::<Timestamp>().ok()) {
        // The one form that LeadSquared takes, in UTC (apidocs.leadsquared.com/overview).
        made["ActivityDateTime"] = at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string().into();
    }
    let fields = filled(templates, "activity.fields", &activity.fields)?;
    if !fields.is_empty() {
        made["Fields"] =
            fields.into_iter().map(|(name, value)| json!({ "SchemaName": name, "Value": value })).collect();
    }
    Ok(made)
}
