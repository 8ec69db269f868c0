//! What travels through the queues.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::activity::Activity;
use crate::assignment::Ending;
use crate::event::Received;
use crate::field::{FieldName, FieldValue};
use crate::id::{AccountId, AssigneeId, BackfillId, DeliveryId, ImportId, LeadId, QueueId};

/// A message of the leads queue. Each may come twice, and late: what it names tells whether there is still something to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LeadsMessage {
    /// A raw event of a source.
    Received {
        /// The event.
        event: Box<Received>,
        /// Whether a person asked for a failed event to be tried again.
        #[serde(default)]
        retry: bool,
    },
    /// A lead has another stage.
    Changed {
        /// The tenant.
        account: AccountId,
        /// The lead.
        lead: LeadId,
        /// The stage.
        stage: String,
    },
    /// Fields of a lead are changed by hand.
    Edit {
        /// The tenant.
        account: AccountId,
        /// The lead.
        lead: LeadId,
        /// The fields with their new values; those without one are taken away.
        fields: BTreeMap<FieldName, Option<FieldValue>>,
        /// Who asks for it: the name of an API key.
        by: String,
        /// When it was asked for: a field that was changed by hand since keeps its value.
        at: Timestamp,
    },
    /// Something happened to a lead.
    Activity {
        /// The tenant.
        account: AccountId,
        /// What happened. Which version of it that makes is told where it is stored.
        activity: Box<Activity>,
    },
    /// Everything personal of a lead is to be erased.
    Erase {
        /// The tenant.
        account: AccountId,
        /// The lead.
        lead: LeadId,
        /// Who asks for it: the name of an API key.
        by: String,
        /// When it was asked for.
        at: Timestamp,
    },
    /// Somebody ceases to have a lead, and the next one is to be found.
    Reassign {
        /// The tenant.
        account: AccountId,
        /// The lead.
        lead: LeadId,
        /// The attempt that gave it to them: one that has ended is not ended again.
        attempt: u32,
        /// How it ends.
        how: Ending,
        /// Why, in the words of whoever ends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Who ends it: the name of an API key, or a destination that does not want it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// Who gets it next, where a person says so; the rules say it where nobody does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<AssigneeId>,
        /// When it was asked for.
        at: Timestamp,
    },
    /// A step of a service level is due.
    Due {
        /// The tenant.
        account: AccountId,
        /// The lead.
        lead: LeadId,
        /// The attempt that gave the lead.
        attempt: u32,
        /// The step, from 1: one that was carried out is not carried out again.
        step: u32,
    },
    /// Leads that wait are to be tried again.
    Drain {
        /// The tenant.
        account: AccountId,
        /// Where to begin, and what is known.
        #[serde(flatten)]
        drain: Drain,
    },
    /// What follows from where a lead stands is to be asked for: its deliveries and timers.
    FollowUp {
        /// The tenant.
        account: AccountId,
        /// The lead.
        lead: LeadId,
    },
    /// An import is to go on with its next rows.
    Import {
        /// The tenant.
        account: AccountId,
        /// The import.
        import: ImportId,
        /// The step that is to be taken: a message for one that was taken is late. One for a step that is still to come takes
        /// the step that is due, for it was sent before that one was on record.
        from: u64,
    },
    /// A backfill is to go on with its next leads.
    Backfill {
        /// The tenant.
        account: AccountId,
        /// The backfill.
        backfill: BackfillId,
        /// The step that is to be taken; as of an import.
        from: u64,
    },
}

/// A walk through the leads that wait, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Drain {
    /// Whether the config has changed: leads may meet other rules than those for which they wait.
    #[serde(default)]
    pub rules_changed: bool,
    /// A queue that has left the config: its leads are decided anew. Where none is named it is about parked leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueId>,
    /// The place behind which it goes on; it begins with the oldest lead where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Groups of rules for which nobody was found, whatever the lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<String>,
    /// The first moment at which one of the leads passed so far may find somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl LeadsMessage {
    /// The tenant.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Received { event, .. } => &event.account,
            Self::Changed { account, .. }
            | Self::Edit { account, .. }
            | Self::Activity { account, .. }
            | Self::Erase { account, .. }
            | Self::Reassign { account, .. }
            | Self::Due { account, .. }
            | Self::Drain { account, .. }
            | Self::FollowUp { account, .. }
            | Self::Import { account, .. }
            | Self::Backfill { account, .. } => account,
        }
    }

    /// What it is called in logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::Changed { .. } => "changed",
            Self::Edit { .. } => "edit",
            Self::Activity { .. } => "activity",
            Self::Erase { .. } => "erase",
            Self::Reassign { .. } => "reassign",
            Self::Due { .. } => "due",
            Self::Drain { .. } => "drain",
            Self::FollowUp { .. } => "follow_up",
            Self::Import { .. } => "import",
            Self::Backfill { .. } => "backfill",
        }
    }
}

/// A message of a delivery queue: the ids; what to send is read from the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryMessage {
    /// The tenant.
    pub account: AccountId,
    /// The delivery, which tells its lead and destination.
    pub delivery: DeliveryId,
    /// Which try this message asks for, from 1. A message for an earlier try than the delivery has had is old.
    pub number: u32,
    /// The place in the line of a destination that takes only so much at a time: from then on it may go. One that has a
    /// place does not line up again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Timestamp>,
}

impl DeliveryMessage {
    /// Asks for the first try of a delivery.
    #[must_use]
    pub fn first(account: &AccountId, delivery: &DeliveryId) -> Self {
        Self::try_number(account, delivery, 1)
    }

    /// Asks for one try of a delivery.
    #[must_use]
    pub fn try_number(account: &AccountId, delivery: &DeliveryId, number: u32) -> Self {
        Self { account: account.clone(), delivery: delivery.clone(), number, slot: None }
    }

    /// The message group: the destination, so that a busy or broken one does not delay the others.
    #[must_use]
    pub fn group(&self) -> String {
        format!("{}/{}", self.account, self.delivery.destination())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_edit_keeps_apart_what_is_taken_away() {
        let written = json!({
            "type": "edit", "account": "main", "lead": "lead_00000000000000000000000000", "by": "anna",
            "at": "2026-07-21T10:00:00Z",
            "fields": { "city": null, "company": "ACME", "score": { "number": "7.50" }, "tags": ["a"] },
        });
        let message: LeadsMessage = serde_json::from_value(written.clone()).unwrap();
        let LeadsMessage::Edit { fields, .. } = &message else { panic!("{message:?}") };
        let value =
            |name: &str| fields.iter().find(|(field, _)| field.as_str() == name).map(|(_, value)| value.clone());
        assert_eq!(value("city"), Some(None));
        assert_eq!(value("score"), Some(Some(FieldValue::Number { number: "7.50".parse().unwrap() })));
        assert_eq!((message.name(), message.account().as_str()), ("edit", "main"));
        assert_eq!(serde_json::to_value(&message).unwrap(), written);
    }
}
