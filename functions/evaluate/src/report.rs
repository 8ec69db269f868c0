//! What is told of a commit: one line a decision, with why each lead went where it went and without a word of what it says.

use leadyard_domain::assignment::{Assignment, Outcome};
use leadyard_domain::event::{EventRecord, EventStatus};
use leadyard_domain::id::{AccountId, LeadId};
use leadyard_store::Settled;

use crate::handler::Evaluate;

impl Evaluate {
    /// Tells what was settled, by an event or without one.
    pub(crate) fn report(&self, account: &AccountId, record: Option<&EventRecord>, settled: &Settled) {
        let lead = settled.lead.as_ref().map(|write| write.lead.id.as_str());
        if let Some(EventRecord { received, status, lead, reason, settled_at, .. }) = record {
            self.metrics.millis("Settled", settled_at.duration_since(received.received_at).unsigned_abs());
            let (event, source, status_name) = (&received.event, &received.source, status.name());
            let lead = lead.as_ref().map(LeadId::as_str);
            if *status == EventStatus::Failed {
                self.metrics.count("EventsFailed", 1);
                tracing::warn!(%account, %event, %source, status = status_name, reason, "event failed");
            } else if settled.assignments.is_empty() {
                tracing::info!(%account, %event, %source, status = status_name, lead, reason, "event settled");
            }
        }
        if let Some(lead) = settled.lead.as_ref().map(|write| &write.lead) {
            for own in lead.own_deliveries.iter().filter(|own| own.version == lead.version) {
                let (lead, version, delivery) = (&lead.id, own.version, &own.delivery);
                tracing::info!(%account, %lead, version, %delivery, "delivery of the lead itself asked for");
            }
        }
        for assignment in &settled.assignments {
            self.report_decision(account, lead, record, assignment);
        }
    }

    fn report_decision(
        &self,
        account: &AccountId,
        lead: Option<&str>,
        record: Option<&EventRecord>,
        assignment: &Assignment,
    ) {
        let (assignee, pool, reason, until) = match &assignment.outcome {
            Outcome::Assigned { assignee, pool, .. } => {
                self.metrics.count("LeadsAssigned", 1);
                (Some(assignee.as_str()), pool.as_ref().map(|pool| pool.as_str()), None, None)
            }
            Outcome::Parked { reason, until, .. } => {
                self.metrics.count("LeadsParked", 1);
                (None, None, Some(reason.as_str()), until.map(|until| until.to_string()))
            }
            Outcome::Queued { .. } => {
                self.metrics.count("LeadsQueued", 1);
                (None, None, None, None)
            }
            Outcome::Nothing => (None, None, None, None),
        };
        let (event, source) =
            (record.map(|its| its.received.event.as_str()), record.map(|its| its.received.source.as_str()));
        let (outcome, cause) = (assignment.outcome.name(), assignment.cause.name());
        let rule = assignment.rule.as_ref().map_or("default", |rule| rule.as_str());
        let (attempt, config) = (assignment.attempt, assignment.config_version);
        tracing::info!(
            %account, event, source, lead, cause, attempt, config, rule, outcome, pool, assignee, reason, until,
            "lead decided"
        );
    }
}
