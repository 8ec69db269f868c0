//! Whose state a decision may touch.

use std::collections::BTreeSet;

use super::Route;
use crate::config::{Action, Checked, Pool};
use crate::contact::Contact;
use crate::id::{AssigneeId, PoolId};
use crate::lead::Lead;
use crate::rotation::Member;

/// Whose state a decision may touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Rotations.
    pub pools: BTreeSet<PoolId>,
    /// Counters.
    pub assignees: BTreeSet<AssigneeId>,
    /// What assignees that take nobody twice were given of whom.
    pub had: BTreeSet<(AssigneeId, Contact)>,
}

impl Needs {
    /// Adds another's.
    pub fn extend(&mut self, other: Self) {
        self.pools.extend(other.pools);
        self.assignees.extend(other.assignees);
        self.had.extend(other.had);
    }

    /// How many items hold it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pools.len() + self.assignees.len() + self.had.len()
    }

    /// Whether a decision touches nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What giving a lead to somebody may touch.
    pub fn add(&mut self, config: &Checked, assignee: &AssigneeId, contacts: &[Contact]) {
        self.assignees.insert(assignee.clone());
        if config.assignee(assignee).is_some_and(|assignee| assignee.duplicate_days > 0) {
            self.had.extend(contacts.iter().map(|contact| (assignee.clone(), contact.clone())));
        }
    }

    /// A pool with the pools in it and everyone in them.
    fn add_pool(&mut self, config: &Checked, pool: &Pool, contacts: &[Contact]) {
        if !self.pools.insert(pool.id.clone()) {
            return;
        }
        for member in &pool.members {
            match &member.member {
                Member::Assignee(id) => self.add(config, id, contacts),
                // The check of the config proved that it exists and that this ends.
                Member::Pool(id) => {
                    if let Some(inner) = config.pool(id) {
                        self.add_pool(config, inner, contacts);
                    }
                }
            }
        }
    }

    fn add_action(&mut self, config: &Checked, action: &Action, lead: &Lead, contacts: &[Contact]) {
        match action {
            Action::Pool(to) => {
                for pool in config.pool_and_fallbacks(&to.id) {
                    self.add_pool(config, pool, contacts);
                }
            }
            Action::AssignTo(to) => self.add(config, &to.id, contacts),
            Action::KeepOwner => {
                if let Some(owner) = &lead.owner {
                    self.add(config, owner, contacts);
                }
            }
            Action::Named(field) => {
                if let Some(Ok(named)) = config.named(lead, field) {
                    self.add(config, &named.id, contacts);
                }
            }
            Action::Queue(_) | Action::Park | Action::DoNothing => {}
        }
    }
}

impl Route<'_> {
    /// The pools and assignees whose state the actions may touch for this lead.
    #[must_use]
    pub fn needs(&self, config: &Checked, lead: &Lead) -> Needs {
        let mut needs = Needs::default();
        let contacts = Contact::of(&lead.fields);
        for branch in self.branches() {
            for action in branch.actions().chain(branch.fallback()).chain(branch.when_used_up()) {
                needs.add_action(config, action, lead, &contacts);
            }
        }
        needs
    }
}
