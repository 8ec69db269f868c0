//! Checking fields and sources.

use std::collections::BTreeMap;

use super::Check;
use super::assignees::DAYS_MAX;
use crate::config::{DuplicateScope, Duplicates, FieldTable, Source};
use crate::field::{FieldName, FieldType};
use crate::near;

/// The format whose senders may wait for what becomes of their lead: the others are platforms and browsers.
const WAITS: &str = "json";

impl Check<'_> {
    pub(super) fn fields(&mut self) {
        let built_in = FieldTable::new(&[]);
        let mut seen = BTreeMap::new();
        for (index, field) in self.config.fields.iter().enumerate() {
            let path = format!("fields[{index}]");
            if built_in.get(&field.name).is_some() {
                self.problem(format!("{path}.name"), format!("'{}' is a built-in field: leave it out", field.name));
            } else if let Some(first) = seen.insert(&field.name, index) {
                self.problem(format!("{path}.name"), format!("'{}' is already fields[{first}]", field.name));
            }
            match (field.kind, field.options.is_empty()) {
                (FieldType::Choice, true) => self.problem(path, "a choice needs its 'options'"),
                (FieldType::Choice, false) | (_, true) => {}
                (kind, false) => {
                    self.problem(format!("{path}.options"), format!("a {} field has no options", kind.name()));
                }
            }
        }
    }

    pub(super) fn sources(&mut self) {
        let formats = self.known.formats;
        for (index, source) in self.config.sources.iter().enumerate() {
            let path = format!("sources[{index}]");
            if !formats.contains(&source.format.as_str()) {
                let hint = near::hint(&source.format, formats.iter().copied());
                self.problem(
                    format!("{path}.format"),
                    format!("there is no format '{}': use one of {}{hint}", source.format, formats.join(", ")),
                );
            }
            self.secret(source.verify.secret(), format!("{path}.verify"));
            for (at, mapping) in source.mapping.iter().enumerate() {
                self.target_field(&mapping.to, format!("{path}.mapping[{at}].to"));
            }
            for (at, key) in source.search_by.iter().enumerate() {
                for field in key.fields() {
                    self.target_field(field, format!("{path}.search_by[{at}]"));
                }
            }
            if source.search_by.len() > 2 {
                let found = source.search_by.len();
                self.problem(
                    format!("{path}.search_by"),
                    format!("found {found} keys, expected at most two: the primary and the secondary"),
                );
            }
            self.duplicates(source, &path);
            if source.answers.assignee && !source.answers.outcome {
                let message = "an assignee is told with the outcome only: add 'outcome: true', or leave this out";
                self.problem(format!("{path}.answers.assignee"), message);
            }
            if !source.answers.is_default() && source.format != WAITS {
                let message =
                    format!("only a sender of the format '{WAITS}' can wait for an outcome: leave 'answers' out");
                self.problem(format!("{path}.answers"), message);
            }
            if let Some(country) = &source.default_country
                && !(country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()))
            {
                let message = format!("found '{country}', expected two capital letters (ISO 3166), such as DE");
                self.problem(format!("{path}.default_country"), message);
            }
        }
    }

    fn duplicates(&mut self, source: &Source, path: &str) {
        let path = format!("{path}.duplicates");
        let Duplicates { within_days, scope } = source.duplicates;
        if let Some(days) = within_days.filter(|days| !(1..=DAYS_MAX).contains(days)) {
            let message =
                format!("found {days}, expected 1 to {DAYS_MAX} days; leave it out where every known lead counts");
            self.problem(format!("{path}.within_days"), message);
        }
        if scope != DuplicateScope::Partner {
            return;
        }
        if within_days.is_some() {
            let message =
                "with the scope 'partner' each assignee says by its own 'duplicate_days' for how long: leave this out";
            self.problem(format!("{path}.within_days"), message);
        }
        if self.config.assignees.iter().all(|assignee| assignee.duplicate_days == 0) {
            let message = "with the scope 'partner' every event is a new lead, and no assignee has 'duplicate_days': the same \
                           person would be given to the same one again and again. Give them some, or take another scope";
            self.problem(format!("{path}.scope"), message);
        }
    }

    /// A field that a mapping fills or a key reads.
    pub(super) fn target_field(&mut self, name: &FieldName, path: String) {
        match self.fields.get(name).map(|info| info.derived) {
            Some(false) => {}
            Some(true) => self.problem(path, format!("'{name}' is computed and can't be filled or searched")),
            None => self.problem(path, self.fields.unknown(name)),
        }
    }
}
