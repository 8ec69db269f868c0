//! What a receiver is told of a lead.

use serde_json::{Map, Value, json};

use crate::assignment::{Assignment, Outcome};
use crate::config::{Assignee, Checked};
use crate::id::DeliveryId;
use crate::lead::Lead;

/// The JSON that a webhook gets and an email attaches, in the shape that Standard Webhooks recommends: `type`,
/// `timestamp` (of the decision) and `data`.
#[must_use]
pub fn payload(lead: &Lead, assignment: &Assignment, delivery: &DeliveryId, config: &Checked) -> Value {
    json!({
        "type": "lead.assigned",
        "timestamp": assignment.decided_at,
        "data": {
            "delivery": delivery,
            "lead": lead_view(lead),
            "assignee": assignee_view(assignment, config),
            "assignment": assignment_view(assignment),
        },
    })
}

/// A lead as receivers and templates see it.
#[must_use]
pub fn lead_view(lead: &Lead) -> Value {
    let fields: Map<String, Value> =
        lead.fields.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect();
    json!({
        "id": lead.id,
        "entity": lead.entity,
        "source": lead.source,
        "created_at": lead.created_at,
        "fields": fields,
        "extra": lead.extra,
    })
}

/// Who gets the lead. An assignee that has left the config since keeps its id.
#[must_use]
pub fn assignee_view(assignment: &Assignment, config: &Checked) -> Value {
    let Outcome::Assigned { assignee: id, .. } = &assignment.outcome else { return Value::Null };
    match config.assignee(id) {
        Some(Assignee { name, email, .. }) => json!({ "id": id, "name": name, "email": email }),
        None => json!({ "id": id, "name": id, "email": null }),
    }
}

/// How it was decided, without the trace.
#[must_use]
pub fn assignment_view(assignment: &Assignment) -> Value {
    let pool = match &assignment.outcome {
        Outcome::Assigned { pool, .. } => pool.as_ref(),
        Outcome::Parked { .. } | Outcome::Queued { .. } | Outcome::Nothing => None,
    };
    json!({
        "attempt": assignment.attempt,
        "rule": assignment.rule,
        "pool": pool,
        "config_version": assignment.config_version,
        "decided_at": assignment.decided_at,
    })
}
