//! What a delivery function needs to know of a delivery.

use leadyard_domain::activity::Activity;
use leadyard_domain::assignment::Assignment;
use leadyard_domain::delivery::Told;
use leadyard_domain::id::{AccountId, DeliveryId, DeliveryKind};
use leadyard_domain::lead::Lead;

use crate::Store;
use crate::error::StoreError;
use crate::keys::{self, Key, LeadPart};
use crate::lead::{read_assignment, read_lead};

/// The lead that is to be delivered, and the decision that asked for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The lead.
    pub lead: Lead,
    /// The decision; for what is about nobody who has the lead, one by which nobody got it.
    pub assignment: Assignment,
    /// What happened to the lead, where that is delivered.
    pub activity: Option<Activity>,
}

impl Order {
    /// What a delivery is made of.
    #[must_use]
    pub fn told(&self) -> Told<'_> {
        Told { lead: &self.lead, assignment: &self.assignment, activity: self.activity.as_ref() }
    }

    /// Why a delivery of it is not sent any more: whoever has the lead no more is not sent it, for the next one may have it.
    /// What tells of a missed service level goes out all the same, for that was missed.
    #[must_use]
    pub fn over(&self, delivery: &DeliveryId) -> Option<String> {
        // What tells of a missed service level holds the lead's fields, too. That it was erased is told others.
        let tells_of_it = delivery.kind() == DeliveryKind::Push { version: self.lead.version };
        if self.lead.erased_at.is_some() && !tells_of_it {
            return Some("the lead was erased: nothing of it is sent any more".to_owned());
        }
        let DeliveryKind::Assigned { attempt } = delivery.kind() else { return None };
        let how = self.lead.ended(attempt)?;
        Some(format!("the assignee has the lead no more ({}): it is not sent", how.name()))
    }
}

impl Store {
    /// Reads what a delivery delivers; `None` when the lead or the decision is not there. The message is sent after the
    /// commit, so the read is consistent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn order(&self, account: &AccountId, delivery: &DeliveryId) -> Result<Option<Order>, StoreError> {
        let lead = delivery.lead();
        let decision = delivery.attempt().map(|attempt| keys::assignment(account, &lead, attempt));
        let keys: Vec<Key> = [keys::lead(account, &lead)].into_iter().chain(decision).collect();
        let (mut lead, mut assignment) = (None, None);
        for item in self.get_many(&keys, true).await? {
            match keys::lead_part(&item) {
                LeadPart::Lead => lead = Some(read_lead(account, item)?),
                LeadPart::Assignment => assignment = Some(read_assignment(account, item)?),
                LeadPart::Delivery(_) | LeadPart::Other => {}
            }
        }
        if delivery.attempt().is_none() {
            assignment = lead.as_ref().map(Assignment::of_nobody);
        }
        let (Some(found), Some(assignment)) = (lead, assignment) else { return Ok(None) };
        let activity = match delivery.activity() {
            Some(id) if found.erased_at.is_none() => self.activity(account, &found.id, &id).await?,
            _ => None,
        };
        Ok(Some(Order { lead: found, assignment, activity }))
    }
}
