//! Checking profiles: what their rules and actions name.

use super::{Check, Names};
use crate::condition::KnownLists;
use crate::config::profiles::{compile_automations, compile_filters, compile_profiles};
use crate::config::{ATTEMPTS_MAX, Action, Attempts, STEPS_MAX, ServiceLevel, StepAction};
use crate::field::{FieldName, FieldType};

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
                let path = format!("profiles[{index}].rules[{at}]");
                self.service_level(rule.sla.as_ref(), &format!("{path}.sla"), names);
                self.attempts(rule.attempts.as_ref(), &format!("{path}.attempts"), names);
            }
            self.service_level(profile.sla.as_ref(), &format!("{path}.sla"), names);
            self.attempts(profile.attempts.as_ref(), &format!("{path}.attempts"), names);
            if let Some(default) = &profile.default {
                self.actions(&default.0, &format!("{path}.default"), names);
            }
        }
    }

    /// The conditions of every rule.
    pub(super) fn conditions(&mut self) {
        let lists = KnownLists::Names(self.known.lists);
        compile_profiles(self.config, &self.fields, lists, &mut self.problems);
        compile_filters(self.config, &self.fields, lists, &mut self.problems);
        compile_automations(self.config, &self.fields, lists, &mut self.problems);
    }

    fn service_level(&mut self, level: Option<&ServiceLevel>, path: &str, names: &Names) {
        let Some(level) = level else { return };
        match level.steps.len() {
            0 => self.problem(format!("{path}.steps"), "the list is empty: give at least one step"),
            1..=STEPS_MAX => {}
            many => self.problem(format!("{path}.steps"), format!("found {many} steps, expected at most {STEPS_MAX}")),
        }
        for (at, step) in level.steps.iter().enumerate() {
            let path = format!("{path}.steps[{at}]");
            if let Some(before) = at.checked_sub(1).and_then(|before| level.steps.get(before))
                && step.after <= before.after
            {
                let message =
                    format!("{} is not later than the step before, {}: put them in order", step.after, before.after);
                self.problem(format!("{path}.after"), message);
            }
            if let StepAction::Escalate(to) = &step.action {
                self.named(&names.assignees, to, format!("{path}.do.escalate"), "assignees");
            }
        }
    }

    fn attempts(&mut self, attempts: Option<&Attempts>, path: &str, names: &Names) {
        let Some(attempts) = attempts else { return };
        if !(1..=ATTEMPTS_MAX).contains(&attempts.at_most) {
            let message = format!("found {}, expected a number from 1 to {ATTEMPTS_MAX}", attempts.at_most);
            self.problem(format!("{path}.at_most"), message);
        }
        self.actions(&attempts.then, &format!("{path}.then"), names);
    }

    fn actions(&mut self, actions: &[Action], path: &str, names: &Names) {
        for (index, action) in actions.iter().enumerate() {
            match action {
                Action::Pool(to) => self.named(&names.pools, &to.id, format!("{path}[{index}].pool"), "pools"),
                Action::AssignTo(to) => {
                    self.named(&names.assignees, &to.id, format!("{path}[{index}].assign_to"), "assignees");
                }
                Action::Queue(id) => self.named(&names.queues, id, format!("{path}[{index}].queue"), "queues"),
                Action::Named(field) => self.naming_field(field, format!("{path}[{index}].named")),
                Action::KeepOwner | Action::Park | Action::DoNothing => {}
            }
        }
    }

    /// A field whose text can name an assignee.
    fn naming_field(&mut self, field: &FieldName, path: String) {
        match self.fields.get(field) {
            None => self.problem(path, self.fields.unknown(field)),
            Some(info) if info.derived => {
                self.problem(path, format!("'{field}' is computed: name a field of the lead"))
            }
            Some(info) if !matches!(info.kind, FieldType::Text | FieldType::Email | FieldType::Choice) => {
                let message = format!("'{field}' is a {} field: name one of text, email or choice", info.kind.name());
                self.problem(path, message);
            }
            Some(_) => {}
        }
    }
}
