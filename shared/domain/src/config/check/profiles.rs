//! Checking profiles: what their rules and actions name.

use super::{Check, Names};
use crate::condition::KnownLists;
use crate::config::Action;
use crate::config::profiles::compile_profiles;

impl Check<'_> {
    pub(super) fn profiles(&mut self, names: &Names) {
        let config = self.config;
        self.index("profiles", config.profiles.iter().map(|profile| &profile.id));
        for (index, profile) in config.profiles.iter().enumerate() {
            let path = format!("profiles[{index}]");
            self.index(&format!("{path}.rules"), profile.rules.iter().map(|rule| &rule.id));
            for (at, rule) in profile.rules.iter().enumerate() {
                let path = format!("{path}.rules[{at}].then");
                if rule.then.is_empty() {
                    self.problem(&path, "the list is empty: give at least one action");
                }
                self.actions(&rule.then, &path, names);
            }
            if let Some(default) = &profile.default {
                self.actions(&default.0, &format!("{path}.default"), names);
            }
        }
    }

    /// The conditions of every rule.
    pub(super) fn conditions(&mut self) {
        compile_profiles(self.config, &self.fields, KnownLists::Names(self.known.lists), &mut self.problems);
    }

    fn actions(&mut self, actions: &[Action], path: &str, names: &Names) {
        for (index, action) in actions.iter().enumerate() {
            match action {
                Action::Pool(id) => self.named(&names.pools, id, format!("{path}[{index}].pool"), "pools"),
                Action::AssignTo(id) => {
                    self.named(&names.assignees, id, format!("{path}[{index}].assign_to"), "assignees")
                }
                Action::Park | Action::DoNothing => {}
            }
        }
    }
}
