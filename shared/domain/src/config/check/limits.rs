//! Checking sizes.

use super::Check;
use crate::config::{
    ABSENCES_MAX, ACTIONS_MAX, ASSIGNEES_MAX, AUTOMATIONS_MAX, CALENDAR_DAYS_MAX, CALENDARS_MAX, CLOSED_STAGES_MAX,
    CUSTOM_FIELDS_MAX, HOLIDAYS_MAX, OPTIONS_MAX, POOLS_MAX, QUEUES_MAX, RULES_MAX, SCHEDULES_MAX, TEXT_CHARS_MAX,
};
use crate::field::FieldType;

/// Fewer days would let a repeat of an old event make a second lead.
const LOG_DAYS_MIN: u16 = 30;

impl Check<'_> {
    pub(super) fn limits(&mut self) {
        let config = self.config;
        let rules: usize = config.profiles.iter().map(|profile| profile.rules.len()).sum();
        self.at_most("profiles", rules, RULES_MAX, "rules");
        self.at_most("assignees", config.assignees.len(), ASSIGNEES_MAX, "assignees");
        self.at_most("pools", config.pools.len(), POOLS_MAX, "pools");
        self.at_most("queues", config.queues.len(), QUEUES_MAX, "queues");
        self.at_most("automations", config.automations.len(), AUTOMATIONS_MAX, "automations");
        let stages = config.account.closed_stages.len();
        self.at_most("account.closed_stages", stages, CLOSED_STAGES_MAX, "stages");
        self.value_field();
        self.at_most("calendars", config.calendars.len(), CALENDARS_MAX, "calendars");
        self.at_most("schedules", config.schedules.len(), SCHEDULES_MAX, "schedules");
        for (index, calendar) in config.calendars.iter().enumerate() {
            self.at_most(&format!("calendars[{index}].days"), calendar.days.len(), CALENDAR_DAYS_MAX, "days");
        }
        for (index, assignee) in config.assignees.iter().enumerate() {
            let path = format!("assignees[{index}]");
            self.at_most(&format!("{path}.holidays"), assignee.holidays.len(), HOLIDAYS_MAX, "calendars");
            self.at_most(&format!("{path}.absences"), assignee.absences.len(), ABSENCES_MAX, "absences");
        }
        self.at_most("fields", config.fields.len(), CUSTOM_FIELDS_MAX, "fields");
        for (index, profile) in config.profiles.iter().enumerate() {
            for (at, rule) in profile.rules.iter().enumerate() {
                let path = format!("profiles[{index}].rules[{at}]");
                self.at_most(&format!("{path}.then"), rule.then.len(), ACTIONS_MAX, "actions");
                let then = rule.attempts.as_ref().map_or(0, |attempts| attempts.then.len());
                self.at_most(&format!("{path}.attempts.then"), then, ACTIONS_MAX, "actions");
            }
            let then = profile.attempts.as_ref().map_or(0, |attempts| attempts.then.len());
            self.at_most(&format!("profiles[{index}].attempts.then"), then, ACTIONS_MAX, "actions");
            let default = profile.default.as_ref().map_or(0, |default| default.0.len());
            self.at_most(&format!("profiles[{index}].default"), default, ACTIONS_MAX, "actions");
        }
        for (index, field) in config.fields.iter().enumerate() {
            self.at_most(&format!("fields[{index}].options"), field.options.len(), OPTIONS_MAX, "options");
        }
        if config.account.log_days < LOG_DAYS_MIN {
            let message = format!(
                "found {} days, expected at least {LOG_DAYS_MIN}: the event log also tells repeats apart",
                config.account.log_days
            );
            self.problem("account.log_days", message);
        }
    }

    /// The field that says what a lead is worth.
    fn value_field(&mut self) {
        let Some(field) = &self.config.account.value_field else { return };
        let path = "account.value_field";
        match self.fields.get(field) {
            None => self.problem(path, self.fields.unknown(field)),
            Some(info) if info.kind != FieldType::Number || info.derived => {
                self.problem(path, format!("'{field}' is no number field of a lead: name one"));
            }
            Some(_) => {}
        }
    }

    /// The names for people: they are shown in a line and stored with every trace.
    pub(super) fn names_for_people(&mut self) {
        let config = self.config;
        self.short("account.name", Some(&config.account.name));
        for (index, field) in config.fields.iter().enumerate() {
            self.short(format!("fields[{index}].label"), field.label.as_ref());
        }
        for (index, automation) in config.automations.iter().enumerate() {
            self.short(format!("automations[{index}].name"), automation.name.as_ref());
        }
        for (index, source) in config.sources.iter().enumerate() {
            self.short(format!("sources[{index}].name"), source.name.as_ref());
        }
        for (index, calendar) in config.calendars.iter().enumerate() {
            self.short(format!("calendars[{index}].name"), calendar.name.as_ref());
        }
        for (index, schedule) in config.schedules.iter().enumerate() {
            self.short(format!("schedules[{index}].name"), schedule.name.as_ref());
        }
        for (index, assignee) in config.assignees.iter().enumerate() {
            self.short(format!("assignees[{index}].name"), Some(&assignee.name));
            self.short(format!("assignees[{index}].public_name"), assignee.public_name.as_ref());
            self.short(format!("assignees[{index}].external_id"), assignee.external_id.as_ref());
            for (at, absence) in assignee.absences.iter().enumerate() {
                self.short(format!("assignees[{index}].absences[{at}].reason"), absence.reason.as_ref());
            }
        }
        for (index, pool) in config.pools.iter().enumerate() {
            self.short(format!("pools[{index}].name"), pool.name.as_ref());
        }
        for (index, queue) in config.queues.iter().enumerate() {
            self.short(format!("queues[{index}].name"), queue.name.as_ref());
        }
        for (index, destination) in config.destinations.iter().enumerate() {
            self.short(format!("destinations[{index}].name"), destination.name.as_ref());
        }
        for (index, profile) in config.profiles.iter().enumerate() {
            self.short(format!("profiles[{index}].name"), profile.name.as_ref());
            for (at, rule) in profile.rules.iter().enumerate() {
                self.short(format!("profiles[{index}].rules[{at}].name"), rule.name.as_ref());
            }
        }
    }

    fn short(&mut self, path: impl Into<String>, text: Option<&String>) {
        let chars = text.map_or(0, |text| text.chars().count());
        if chars > TEXT_CHARS_MAX {
            self.problem(path, format!("found {chars} characters, expected at most {TEXT_CHARS_MAX}"));
        }
    }

    pub(super) fn at_most(&mut self, path: &str, found: usize, most: usize, what: &str) {
        if found > most {
            self.problem(path, format!("found {found} {what}, expected at most {most}"));
        }
    }
}
