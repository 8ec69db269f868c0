//! A lead that nobody sent, to show a receiver what one looks like.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use leadyard_domain::assignment::{Assignment, Cause, Outcome};
use leadyard_domain::config::{Checked, FieldInfo};
use leadyard_domain::field::FieldType;
use leadyard_domain::id::{AccountId, AssigneeId, DestinationId, EventId, LeadId};
use leadyard_domain::lead::Lead;
use leadyard_domain::sample::SampleLead;
use leadyard_domain::trace::Trace;
use serde_json::{Map, Value, json};

use crate::problem::Problem;

/// The values of the fields that every account has. The addresses and the number belong to nobody (RFC 2606, and the
/// numbers that the North American plan keeps for films).
const BUILT_IN: [(&str, &str); 14] = [
    ("email", "test.lead@example.com"),
    ("phone", "+12025550123"),
    ("first_name", "Test"),
    ("last_name", "Lead"),
    ("full_name", "Test Lead"),
    ("company", "Example Company"),
    ("job_title", "Buyer"),
    ("website", "https://example.com"),
    ("street", "1 Example Street"),
    ("city", "Springfield"),
    ("state", "IL"),
    ("postal_code", "62701"),
    ("country", "US"),
    ("message", "This is a test of a destination. Nobody asked for anything."),
];

/// A sample lead and how it was decided.
pub(super) struct Order {
    pub(super) lead: Lead,
    pub(super) assignment: Assignment,
}

/// A lead with a value in every field of the config, given to the first assignee who has the destination. Its id is another
/// at every moment: a receiver that leaves out repeats must not leave out the second test.
pub(super) fn order(
    account: &AccountId,
    config: &Checked,
    version: u64,
    destination: &DestinationId,
    now: Timestamp,
) -> Result<Order, Problem> {
    let broken = |error: &dyn std::fmt::Display| Problem::behind(false, error);
    let source = config.config().sources.first();
    let mut written = json!({ "fields": fields(config, now) });
    if let Some(source) = source {
        written["entity"] = json!(source.entity);
    }
    let written: SampleLead = serde_json::from_value(written).map_err(|error| broken(&error))?;
    let mut problems = Vec::new();
    let sample = written
        .read(config, now, "lead", &mut problems)
        .ok_or_else(|| broken(&format!("a sample lead does not fit the config: {problems:?}")))?;
    let sample = sample.subject(&TimeZone::UTC).lead.clone();
    let event = EventId::from_external(account, &sample.source, &format!("test-{destination}-{now}"));
    let lead = Lead {
        id: LeadId::from_event(&event),
        account: account.clone(),
        // Whoever looks for it finds that it is a test, whatever fields they read.
        extra: [("test".to_owned(), json!(true))].into(),
        ..sample
    };
    let assignees = &config.config().assignees;
    let assignee = match assignees.iter().find(|assignee| assignee.destinations.contains(destination)) {
        Some(assignee) => assignee.id.clone(),
        None => AssigneeId::new("test").map_err(|error| broken(&error))?,
    };
    let assignment = Assignment {
        lead: lead.id.clone(),
        attempt: 1,
        cause: Cause::Event { event },
        config_version: version,
        profile: None,
        rule: None,
        outcome: Outcome::Assigned {
            assignee,
            pool: None,
            picks: Vec::new(),
            price: None,
            destinations: vec![destination.clone()],
        },
        decided_at: now,
        trace: Trace::default(),
    };
    Ok(Order { lead, assignment })
}

/// A value for every field of the config that a sender may fill.
pub(in crate::routes) fn fields(config: &Checked, now: Timestamp) -> Map<String, Value> {
    let built_in = BUILT_IN.into_iter().map(|(name, value)| (name.to_owned(), json!(value)));
    let own = config.config().fields.iter().filter_map(|definition| {
        let info = config.fields().get(&definition.name)?;
        Some((definition.name.to_string(), value(info, now)?))
    });
    built_in.chain(own).collect()
}

fn value(info: &FieldInfo, now: Timestamp) -> Option<Value> {
    Some(match info.kind {
        FieldType::Text => json!("Test"),
        FieldType::Number => json!(1),
        FieldType::Boolean => json!(true),
        FieldType::Date => json!(now.to_zoned(TimeZone::UTC).date().to_string()),
        FieldType::Datetime => json!(now.to_string()),
        FieldType::Phone => json!("+12025550123"),
        FieldType::Email => json!("test.lead@example.com"),
        FieldType::Choice => json!(info.options.first()?),
        FieldType::List => json!(["Test"]),
        FieldType::Time => json!("12:00"),
        FieldType::Geo => json!({ "lat": 39.8, "lon": -89.65 }),
    })
}

#[cfg(test)]
mod tests {
    use leadyard_domain::config::document::from_value;

    use super::*;

    #[test]
    fn every_type_of_a_field_has_a_value_that_fits() {
        let kinds =
            ["text", "number", "boolean", "date", "datetime", "phone", "email", "choice", "list", "time", "geo"];
        let fields: Vec<Value> = kinds
            .iter()
            .map(|kind| match *kind {
                "choice" => json!({ "name": "my_choice", "type": kind, "options": ["a", "b"] }),
                kind => json!({ "name": format!("my_{kind}"), "type": kind }),
            })
            .collect();
        let config = from_value(json!({ "fields": fields })).unwrap().check_published().unwrap();
        let now = "2026-07-21T10:00:00Z".parse().unwrap();
        let account = "main".parse().unwrap();
        let destination = "crm".parse().unwrap();
        let first = order(&account, &config, 3, &destination, now).unwrap();
        assert_eq!(first.lead.fields.len(), BUILT_IN.len() + kinds.len(), "{:?}", first.lead.fields);
        let later = now.saturating_add(jiff::SignedDuration::from_millis(1)).unwrap();
        assert_ne!(order(&account, &config, 3, &destination, later).unwrap().lead.id, first.lead.id);
    }
}
