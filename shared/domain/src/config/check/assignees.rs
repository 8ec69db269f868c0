//! Checking assignees.

use std::collections::BTreeMap;

use super::{Check, Names};
use crate::config::{Assignee, Tier};

/// Most days of a window.
pub(super) const DAYS_MAX: u16 = 3_650;

impl Check<'_> {
    pub(super) fn assignees(&mut self, names: &Names) {
        let mut external_ids = BTreeMap::new();
        for (index, assignee) in self.config.assignees.iter().enumerate() {
            self.wants(assignee, &format!("assignees[{index}]"));
            if let Some(first) = assignee.external_id.as_ref().and_then(|id| external_ids.insert(id, index)) {
                let message = format!("assignees[{first}] has the same: a lead that names it would name both");
                self.problem(format!("assignees[{index}].external_id"), message);
            }
            for (at, id) in assignee.destinations.iter().enumerate() {
                let path = format!("assignees[{index}].destinations[{at}]");
                if assignee.destinations.iter().take(at).any(|earlier| earlier == id) {
                    self.problem(path, format!("'{id}' is named twice: a lead is delivered once to a destination"));
                } else {
                    self.named(&names.destinations, id, path, "destinations");
                }
            }
            if let Some(email) = &assignee.email
                && !email_address::EmailAddress::is_valid(email)
            {
                let message = format!("'{email}' is no email address, such as anna@example.com");
                self.problem(format!("assignees[{index}].email"), message);
            }
        }
    }

    /// What an assignee can be given.
    fn wants(&mut self, assignee: &Assignee, path: &str) {
        if let Some(capacity) = &assignee.capacity
            && capacity.leads.is_none()
            && capacity.value.is_none()
        {
            self.problem(format!("{path}.capacity"), "it limits nothing: give 'leads', 'value' or both");
        }
        if assignee.capacity.is_some_and(|capacity| capacity.value.is_some())
            && self.config.account.value_field.is_none()
        {
            let message = "nothing says what a lead is worth: name a number field in 'account.value_field'";
            self.problem(format!("{path}.capacity.value"), message);
        }
        if assignee.target.is_some_and(|target| target.leads == 0) {
            self.problem(format!("{path}.target.leads"), "found 0, expected at least 1: leave the target away");
        }
        self.tier(Some(assignee.tier), &format!("{path}.tier"));
        if assignee.duplicate_days > DAYS_MAX {
            let message = format!("found {}, expected at most {DAYS_MAX} days", assignee.duplicate_days);
            self.problem(format!("{path}.duplicate_days"), message);
        }
        if assignee.return_days > DAYS_MAX {
            let message = format!("found {}, expected at most {DAYS_MAX} days", assignee.return_days);
            self.problem(format!("{path}.return_days"), message);
        }
    }

    pub(super) fn tier(&mut self, tier: Option<Tier>, path: &str) {
        if tier == Some(Tier(0)) {
            self.problem(path, "found 0: tiers begin with 1, which is served first");
        }
    }
}
