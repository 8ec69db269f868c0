//! Checking automations.

use super::{Check, Names};
use crate::config::{Automation, Channel, Trigger};

impl Check<'_> {
    pub(super) fn automations(&mut self, names: &Names) {
        let config = self.config;
        for (index, automation) in config.automations.iter().enumerate() {
            let path = format!("automations[{index}]");
            if automation.on.is_empty() {
                self.problem(format!("{path}.on"), "the list is empty: name what sets it off, such as lead_created");
            }
            for (at, field) in automation.changed.iter().enumerate() {
                let path = format!("{path}.changed[{at}]");
                match self.fields.get(field) {
                    None => self.problem(path, self.fields.unknown(field)),
                    Some(info) if info.derived => {
                        self.problem(path, format!("'{field}' is computed and never changed: name a field of a lead"));
                    }
                    Some(_) => {}
                }
            }
            self.named(&names.destinations, &automation.push, format!("{path}.push"), "destinations");
            self.earlier(automation, &path);
            self.peer(automation, &path);
        }
    }

    /// What looks at the lead before the change.
    fn earlier(&mut self, automation: &Automation, path: &str) {
        let looks_back = automation.on.iter().any(|on| matches!(on, Trigger::LeadUpdated | Trigger::LeadDeleted));
        if automation.was.is_some() && !looks_back {
            let message =
                "never holds: nothing was there before what sets this off; add lead_updated to 'on', or write 'when'";
            self.problem(format!("{path}.was"), message);
        }
        if !automation.changed.is_empty() && automation.on.iter().all(|on| *on == Trigger::ActivityCreated) {
            let message = "an activity changes no field of its lead: leave it out, or add lead_updated to 'on'";
            self.problem(format!("{path}.changed"), message);
        }
    }

    fn peer(&mut self, automation: &Automation, path: &str) {
        let destination = self.config.destinations.iter().find(|destination| destination.id == automation.push);
        if automation.peer.is_some() && destination.is_some_and(|it| matches!(it.channel, Channel::Email(_))) {
            self.problem(format!("{path}.peer"), "no account is behind an email: leave it out");
        }
        let own = &self.config.account.sync_name;
        if automation.peer.is_some() && automation.peer == *own {
            self.problem(format!("{path}.peer"), "this is the account's own name: name the other account");
        }
    }
}
