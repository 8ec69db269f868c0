//! What the checks look at.

use std::collections::BTreeMap;

use super::Facts;
use super::conditions::{Condition, conditions};
use super::logic::Formula;
use crate::config::{Action, Attempts, Checked, CheckedProfile, CheckedRule, Config, Pool, ServiceLevel, StepAction};
use crate::id::{AssigneeId, Entity, PoolId, QueueId};
use crate::rotation::Member;
use crate::rules::Window;

/// A sound config, what surrounds it, and what several checks need of it.
pub struct View<'a> {
    pub(super) checked: &'a Checked,
    pub(super) facts: &'a Facts<'a>,
    /// Every profile, in the document's order.
    pub(super) profiles: Vec<ProfileView<'a>>,
}

/// A profile with what follows from the conditions of its rules.
pub struct ProfileView<'a> {
    pub(super) profile: &'a CheckedProfile,
    /// Of an enabled profile, one for each rule in their order; of a disabled one none.
    pub(super) conditions: Vec<Condition<'a>>,
}

impl<'a> View<'a> {
    pub(super) fn new(
        checked: &'a Checked,
        facts: &'a Facts<'a>,
        profiles: &'a [CheckedProfile],
        formulas: &'a [Vec<Formula<'a>>],
    ) -> Self {
        let conditions = conditions(profiles, formulas, checked.fields());
        let profiles = profiles.iter().zip(conditions);
        let profiles = profiles.map(|(profile, conditions)| ProfileView { profile, conditions }).collect();
        Self { checked, facts, profiles }
    }

    pub(super) fn config(&self) -> &'a Config {
        self.checked.config()
    }

    /// The enabled profiles by entity, in the order in which a lead meets them.
    pub(super) fn by_entity(&self) -> BTreeMap<&'a Entity, Vec<&ProfileView<'a>>> {
        let mut by_entity: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for view in self.profiles.iter().filter(|view| view.profile.enabled) {
            by_entity.entry(&view.profile.entity).or_default().push(view);
        }
        by_entity
    }

    /// What enabled profiles may give leads to, each with the node that names it first.
    pub(super) fn given(&self) -> Given<'a> {
        let mut given = Given::default();
        for ProfileView { profile, .. } in self.profiles.iter().filter(|view| view.profile.enabled) {
            for (index, rule) in profile.rules.iter().enumerate() {
                let path = format!("profiles[{}].rules[{index}]", profile.position);
                given.actions(self.checked, &rule.actions, &format!("{path}.then"));
                given.beside(self.checked, rule.sla.as_ref(), rule.attempts.as_ref(), &path);
            }
            let path = format!("profiles[{}]", profile.position);
            given.beside(self.checked, profile.sla.as_ref(), profile.attempts.as_ref(), &path);
            if let Some(default) = &profile.default {
                given.actions(self.checked, default, &format!("profiles[{}].default", profile.position));
            }
        }
        given
    }
}

/// Pools and assignees that actions reach, each with the node that names it first.
#[derive(Default)]
pub struct Given<'a> {
    pub(super) pools: BTreeMap<&'a PoolId, String>,
    pub(super) queues: BTreeMap<&'a QueueId, String>,
    pub(super) assignees: BTreeMap<&'a AssigneeId, String>,
}

impl<'a> Given<'a> {
    /// Who is asked when a lead was offered too often, or told when it is not contacted in time.
    fn beside(&mut self, checked: &'a Checked, level: Option<&ServiceLevel>, attempts: Option<&Attempts>, path: &str) {
        if let Some(attempts) = attempts {
            self.actions(checked, &attempts.then, &format!("{path}.attempts.then"));
        }
        for (at, step) in level.iter().flat_map(|level| &level.steps).enumerate() {
            if let StepAction::Escalate(to) = &step.action {
                self.assignee(checked, to, &format!("{path}.sla.steps[{at}]"));
            }
        }
    }

    fn actions(&mut self, checked: &'a Checked, actions: &[Action], path: &str) {
        for (index, action) in actions.iter().enumerate() {
            match action {
                Action::Pool(to) => self.pool(checked, &to.id, &format!("{path}[{index}]")),
                Action::AssignTo(to) => self.assignee(checked, &to.id, &format!("{path}[{index}]")),
                Action::Queue(id) => {
                    let Some(queue) = checked.queue(id) else { continue };
                    self.queues.entry(&queue.id).or_insert_with(|| format!("{path}[{index}]"));
                    for member in &queue.members {
                        self.assignee(checked, member, &format!("{path}[{index}]"));
                    }
                    for pool in &queue.pools {
                        self.pool(checked, pool, &format!("{path}[{index}]"));
                    }
                }
                // Whoever it is, is in the config: a lead can name anybody.
                Action::Named(_) => {
                    for assignee in &checked.config().assignees {
                        self.assignee(checked, &assignee.id, &format!("{path}[{index}]"));
                    }
                }
                Action::KeepOwner | Action::Park | Action::DoNothing => {}
            }
        }
    }

    fn assignee(&mut self, checked: &'a Checked, id: &AssigneeId, path: &str) {
        if let Some(assignee) = checked.assignee(id) {
            self.assignees.entry(&assignee.id).or_insert_with(|| path.to_owned());
        }
    }

    /// A pool with its members, and the pools that it falls back on.
    fn pool(&mut self, checked: &'a Checked, id: &PoolId, path: &str) {
        let mut next = checked.pool(id);
        while let Some(Pool { id, members, fallback, .. }) = next {
            if self.pools.contains_key(id) {
                return;
            }
            self.pools.insert(id, path.to_owned());
            for member in members {
                match &member.member {
                    Member::Assignee(id) => self.assignee(checked, id, path),
                    Member::Pool(id) => self.pool(checked, id, path),
                }
            }
            next = fallback.as_ref().and_then(|fallback| checked.pool(fallback));
        }
    }
}

impl<'a> ProfileView<'a> {
    /// Whether no lead that gets here goes on to the next profile.
    pub(super) fn takes_all(&self) -> bool {
        let all = |(_, rule, condition): (usize, &CheckedRule, &Condition<'_>)| {
            condition.always && rule.window == Window::default()
        };
        self.profile.default.is_some() || self.rules().any(all)
    }

    /// The rules with their places and conditions.
    pub(super) fn rules(&self) -> impl Iterator<Item = (usize, &'a CheckedRule, &Condition<'a>)> {
        let rules = self.profile.rules.iter().zip(&self.conditions).enumerate();
        rules.map(|(index, (rule, condition))| (index, rule, condition))
    }

    /// The node of a rule.
    pub(super) fn rule_path(&self, index: usize) -> String {
        format!("profiles[{}].rules[{index}]", self.profile.position)
    }

    /// How a rule is called: by its name for people, or its id.
    pub(super) fn rule_name(&self, config: &'a Config, index: usize) -> &'a str {
        let rule = config.profiles.get(self.profile.position).and_then(|profile| profile.rules.get(index));
        rule.map_or("", |rule| rule.name.as_deref().unwrap_or_else(|| rule.id.as_str()))
    }
}
