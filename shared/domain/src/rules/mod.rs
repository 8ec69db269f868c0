//! The rules of a config, ready to be tried: compiled into an index, so that the work for a lead grows with the rules that
//! could match it and not with all of them.
//!
//! What a rule means is written in [`crate::condition`]; here it is only made fast. The answer is always that of trying
//! the rules one by one, which a property test holds over random rules and leads.

mod facts;
mod index;
mod profile;
mod tree;
mod window;

#[cfg(test)]
mod tests;

pub use profile::{CompiledProfile, CompiledRule, PassedOver};
pub use window::Window;

use std::collections::HashMap;

use crate::condition::{KnownLists, Test};
use crate::config::{AutomationState, Checked, CheckedAutomation, Problems};
use crate::id::{AssigneeId, AutomationId, Entity};
use crate::list::Lists;

/// A sound config with its rules compiled. Only such a one decides anything.
#[derive(Debug)]
pub struct Rules {
    checked: Checked,
    /// The enabled ones, in their order.
    profiles: Vec<CompiledProfile>,
    /// What assignees take, where it is not everything.
    filters: HashMap<AssigneeId, Test>,
    /// Those that are no drafts.
    automations: Vec<CheckedAutomation>,
}

impl Rules {
    /// The config.
    #[must_use]
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// What an assignee takes; `None` for one that takes everything.
    #[must_use]
    pub fn filter(&self, assignee: &AssigneeId) -> Option<&Test> {
        self.filters.get(assignee)
    }

    /// The automations that are at work, in their order.
    pub fn automations(&self) -> impl Iterator<Item = &CheckedAutomation> {
        self.automations.iter().filter(|checked| checked.automation.state == AutomationState::Published)
    }

    /// An automation that is no draft: one that is paused is there, too.
    #[must_use]
    pub fn automation(&self, id: &AutomationId) -> Option<&CheckedAutomation> {
        self.automations.iter().find(|checked| checked.automation.id == *id)
    }

    /// The enabled profiles of an entity, in their order.
    pub fn profiles_of(&self, entity: &Entity) -> impl Iterator<Item = &CompiledProfile> {
        self.profiles.iter().filter(move |profile| profile.entity == *entity)
    }
}

impl Checked {
    /// Compiles the rules. `lists` holds what [`crate::config::Config::lists`] names.
    ///
    /// # Errors
    /// A list that is not there; everything else was proved before.
    pub fn compile(self, lists: &Lists) -> Result<Rules, Problems> {
        let profiles = self.profiles(KnownLists::Loaded(lists))?;
        let filters = self.filters(KnownLists::Loaded(lists))?;
        let automations = self.automations(KnownLists::Loaded(lists))?;
        let enabled = profiles.into_iter().filter(|profile| profile.enabled);
        let profiles = enabled.map(CompiledProfile::new).collect();
        Ok(Rules { checked: self, profiles, filters, automations })
    }
}
