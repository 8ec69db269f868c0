//! What a receiver is told of a lead.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::activity::Activity;
use crate::assignment::{Assignment, Outcome};
use crate::config::{Assignee, Checked};
use crate::id::{AssigneeId, DeliveryId, DeliveryKind};
use crate::lead::Lead;
use crate::service_level::{Due, Timer};
use crate::sync::{Origin, Push, PushKind, PushedActivity};

/// What a delivery is made of.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The lead.
    pub lead: &'a Lead,
    /// The decision that asked for it.
    pub assignment: &'a Assignment,
    /// What happened to the lead, where that is told.
    pub activity: Option<&'a Activity>,
}

/// The JSON that a webhook gets and an email attaches, in the shape that Standard Webhooks recommends: `type`,
/// `timestamp` (of the decision, or when a notice was due) and `data`. The type is `lead.assigned`, or for a notice of a
/// service level `lead.reminder` or `lead.escalation`, which also has `data.notice`. The answer to who sent the lead is
/// `lead.received`. What another account is told is a [`Push`].
#[must_use]
pub fn payload(order: &Told<'_>, delivery: &DeliveryId, config: &Checked) -> Value {
    let Told { lead, assignment, activity } = *order;
    if let DeliveryKind::Push { .. } | DeliveryKind::Activity { .. } = delivery.kind() {
        return json!(Push::of(lead, activity, &config.sync_name(&lead.account)));
    }
    let mut data = json!({
        "delivery": delivery,
        "lead": lead_view(lead),
        "assignee": assignee_view(assignment, config),
        "assignment": assignment_view(assignment),
    });
    let (kind, timestamp) = match Notice::of(lead, delivery) {
        Some(notice) => {
            data["notice"] = notice.view(assignment, config);
            (format!("lead.{}", notice.kind()), notice.timer.at)
        }
        None if delivery.kind() == DeliveryKind::Reply => ("lead.received".to_owned(), lead.created_at),
        None => ("lead.assigned".to_owned(), assignment.decided_at),
    };
    json!({ "type": kind, "timestamp": timestamp, "data": data })
}

/// What the templates of a delivery see: `lead`, `assignee` (whoever is told), `assignment`, `account`, `delivery`, and for a
/// notice of a service level `notice`, with `notice.holder`, who has the lead; for what another system is told `push`, with `push.type` (`lead.created`,
/// …) and `push.origin`, and `activity` where it tells of one.
#[must_use]
pub fn template_context(order: &Told<'_>, delivery: &DeliveryId, config: &Checked) -> Value {
    let Told { lead, assignment, activity } = *order;
    let mut context = json!({
        "lead": lead_view(lead),
        "assignee": assignee_view(assignment, config),
        "assignment": assignment_view(assignment),
        "account": { "name": config.config().account.name },
        "delivery": delivery,
    });
    if let DeliveryKind::Push { .. } | DeliveryKind::Activity { .. } = delivery.kind() {
        let origin = Origin::of(lead, &config.sync_name(&lead.account));
        context["push"] = json!({ "type": PushKind::of(lead, activity), "origin": origin });
        context["activity"] = json!(activity.map(PushedActivity::of));
    }
    if let Some(notice) = Notice::of(lead, delivery) {
        // It goes to whoever is told, a manager say; who has the lead stands beside.
        let mut view = notice.view(assignment, config);
        view["holder"] = context["assignee"].take();
        context["assignee"] = view["to"].take();
        context["notice"] = view;
    }
    context
}

/// What a delivery tells of a lead that was not contacted in time.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    step: u32,
    timer: &'a Timer,
    assigned_at: Timestamp,
}

impl<'a> Notice<'a> {
    /// The notice that a delivery carries; `None` for the delivery of the lead itself.
    #[must_use]
    pub fn of(lead: &'a Lead, delivery: &DeliveryId) -> Option<Self> {
        let step = delivery.notice()?;
        let holding = lead.holding(delivery.attempt()?)?;
        let place = usize::try_from(step).ok()?.checked_sub(1)?;
        let timer = holding.timers.as_ref()?.steps.get(place)?;
        Some(Self { step, timer, assigned_at: holding.since })
    }

    /// `reminder` or `escalation`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.timer.action {
            Due::Escalate(_) => "escalation",
            Due::Remind | Due::Reassign => "reminder",
        }
    }

    /// The notice as receivers and templates see it: what, since when, and who is told.
    #[must_use]
    pub fn view(&self, assignment: &Assignment, config: &Checked) -> Value {
        let to = match &self.timer.action {
            Due::Escalate(to) => named_view(to, config),
            Due::Remind | Due::Reassign => assignee_view(assignment, config),
        };
        json!({
            "kind": self.kind(),
            "step": self.step,
            "due_at": self.timer.at,
            "assigned_at": self.assigned_at,
            "to": to,
        })
    }
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
    match &assignment.outcome {
        Outcome::Assigned { assignee, .. } => named_view(assignee, config),
        Outcome::Parked { .. } | Outcome::Queued { .. } | Outcome::Nothing => Value::Null,
    }
}

fn named_view(id: &AssigneeId, config: &Checked) -> Value {
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
