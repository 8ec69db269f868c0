//! `leadsquared`: a lead or an activity by a webhook or an automation of LeadSquared (apidocs.leadsquared.com/webhooks,
//! help.leadsquared.com/webhooks-best-practices).
//!
//! A lead is flat, every value a text: `ProspectID`, `EmailAddress`, `mx_…`. An automation sends `Before` and `Current` (or
//! `After`) with the lead, and `Data` with the activity. It comes as JSON, as JSON under another media type, or as an
//! urlencoded form. LeadSquared tries an endpoint by `HEAD` and expects `{"Status": "Success"}` with 200; it disables a
//! webhook that answers otherwise.

use http::StatusCode;
use leadyard_domain::config::Source;
use serde_json::{Map, Value, json};

use super::answers::Answers;
use super::{Format, PLAIN, body, json, reply};
use crate::request::{Malformed, Part, Place, Request, Split, id_text, part};

/// Leads and activities of LeadSquared.
pub(super) const FORMAT: Format = Format {
    name: "leadsquared",
    title: "LeadSquared: a lead or an activity",
    split,
    reply: |_, _| {
        let body = json!({ "Status": "Success", "StatusReason": "" });
        reply(StatusCode::OK, "application/json", body.to_string())
    },
    proof: "a custom header: `verify: { header: { header: X-Api-Key, secret: NAME } }`",
    answer: "200 `{\"Status\":\"Success\",\"StatusReason\":\"\"}`, always",
    forgiving: true,
    answers_head: true,
    names: true,
    usual_keys: &[
        ("street", &["mxstreet1"]),
        ("city", &["mxcity"]),
        ("state", &["mxstate"]),
        ("postal_code", &["mxzip"]),
        ("country", &["mxcountry"]),
        ("lead_source", &["source"]),
        ("utm.medium", &["sourcemedium"]),
        ("utm.campaign", &["sourcecampaign"]),
        ("utm.content", &["sourcecontent"]),
        ("referrer", &["sourcereferrerurl"]),
        ("stage", &["prospectstage"]),
        ("message", &["notes", "activityeventnote"]),
    ],
    ..PLAIN
};

fn split(source: &Source, request: &Request<'_>) -> Result<Split, Malformed> {
    let events = json::objects(body::read(request)?.flat())?;
    let event = |(place, object): (_, Map<String, Value>)| event(source, request, place, object);
    Ok(Split::Events(events.into_iter().map(event).collect::<Result<_, _>>()?))
}

fn event(
    source: &Source,
    request: &Request<'_>,
    place: Place,
    mut event: Map<String, Value>,
) -> Result<Part, Malformed> {
    let mut answers = Answers::default();
    let mut activity = Map::new();
    let lead = match ["Current", "After", "Lead"].iter().find_map(|key| take(&mut event, key)) {
        Some(lead) => {
            activity = take(&mut event, "Data").unwrap_or_default();
            answers.about_all(std::mem::take(&mut event));
            lead
        }
        None if event.get("Data").is_some_and(Value::is_object) => {
            activity = take(&mut event, "Data").unwrap_or_default();
            event
        }
        None => event,
    };
    let (id, unsure) = (id(&lead, &activity), made(&lead));
    for (key, value) in lead {
        answers.put(&[&key, &format!("Current.{key}")], value);
    }
    for (key, value) in activity {
        answers.put(&[&key, &format!("Data.{key}")], value);
    }
    Ok(part(source, request, place, answers.into_payload())?.named(id).named_with_content(unsure))
}

/// An object of an automation; a form has it as a text.
fn take(event: &mut Map<String, Value>, key: &str) -> Option<Map<String, Value>> {
    let parsed = match event.get(key)? {
        Value::Object(object) => object.clone(),
        Value::String(text) => match json::parse::parse(text.as_bytes()) {
            Ok(Value::Object(object)) => object,
            _ => return None,
        },
        _ => return None,
    };
    event.remove(key);
    Some(parsed)
}

/// The activity, or the lead and when it was changed: a lead comes each time that it changes.
fn id(lead: &Map<String, Value>, activity: &Map<String, Value>) -> Option<String> {
    let of = |object: &Map<String, Value>, key: &str| object.get(key).and_then(id_text);
    let of_activity = || of(activity, "ProspectActivityId").or_else(|| of(lead, "ProspectActivityId"));
    let of_lead = || {
        let changed = ["ModifiedOn", "LastModifiedOn"].iter().find_map(|key| of(lead, key))?;
        Some(format!("{}/{changed}", of(lead, "ProspectID")?))
    };
    of_activity().or_else(of_lead)
}

/// The lead and when it was made, which is the same at each of its changes.
fn made(lead: &Map<String, Value>) -> Option<String> {
    let of = |key: &str| lead.get(key).and_then(id_text);
    Some(format!("{}/{}", of("ProspectID")?, of("CreatedOn")?))
}
