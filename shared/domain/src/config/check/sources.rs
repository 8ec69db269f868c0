//! Checking fields and sources.

use std::collections::{BTreeMap, BTreeSet};

use super::assignees::DAYS_MAX;
use super::{Check, Names};
use crate::config::{
    Channel, DuplicateScope, Duplicates, FetchSettings, FieldTable, Mapping, SEARCH_KEYS_MAX, Source, TRANSFORMS_MAX,
    Verification,
};
use crate::field::{FieldName, FieldType};
use crate::near;

/// Most requests a second to a platform.
const PER_SECOND_MAX: u32 = 1_000;
/// Most forms that are looked through for a source.
const FORMS_MAX: usize = 200;
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

    pub(super) fn sources(&mut self, names: &Names) {
        let formats = self.known.formats;
        let config = self.config;
        for (index, source) in config.sources.iter().enumerate() {
            let path = format!("sources[{index}]");
            if !formats.contains(&source.format.as_str()) {
                let hint = near::hint(&source.format, formats.iter().copied());
                self.problem(
                    format!("{path}.format"),
                    format!("there is no format '{}': use one of {}{hint}", source.format, formats.join(", ")),
                );
            }
            self.secret(source.verify.secret(), format!("{path}.verify"));
            if let Verification::Platform(platform) = &source.verify {
                self.secret(platform.challenge.as_ref(), format!("{path}.verify.platform.challenge"));
            }
            if let Some(fetch) = &source.fetch {
                self.fetch(fetch, &format!("{path}.fetch"));
            }
            for (at, mapping) in source.mapping.iter().enumerate() {
                self.target_field(&mapping.to, format!("{path}.mapping[{at}].to"));
                self.transforms(mapping, &format!("{path}.mapping[{at}]"));
            }
            self.platform(source, &path);
            for (at, key) in source.search_by.iter().enumerate() {
                for field in key.fields() {
                    self.target_field(field, format!("{path}.search_by[{at}]"));
                }
            }
            if let Some(page) = source.form.as_ref().and_then(|form| form.page.as_ref()) {
                self.form_page(page, &format!("{path}.form.page"));
            }
            let marked = source.mapping.iter().filter(|mapping| mapping.enabled && mapping.unique).count();
            if source.search_by.len() > SEARCH_KEYS_MAX {
                let found = source.search_by.len();
                self.problem(
                    format!("{path}.search_by"),
                    format!("found {found} keys, expected at most two: the primary and the secondary"),
                );
            } else if marked > SEARCH_KEYS_MAX {
                let message = format!("found {marked} unique marks, expected at most two: each is a key to search by");
                self.problem(format!("{path}.mapping"), message);
            } else if !source.searches_as_usual() && marked + source.search_by.len() > SEARCH_KEYS_MAX {
                let found = source.search_by.len();
                let message = format!(
                    "found {found} keys beside {marked} unique marks, which are keys too; expected at most two in all"
                );
                self.problem(format!("{path}.search_by"), message);
            }
            self.access(source, &path);
            if let Some(notify) = &source.notify {
                self.notify(notify, &format!("{path}.notify"), names);
            }
            self.duplicates(source, &path);
            self.auto_reply(source, &path, names);
            self.sync(source, &path);
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

    /// What is done with what another account tells.
    fn sync(&mut self, source: &Source, path: &str) {
        let Some(sync) = &source.sync else { return };
        for field in sync.fields.keys() {
            self.target_field(field, format!("{path}.sync.fields.{field}"));
        }
        if sync.account.is_some() && sync.account == self.config.account.sync_name {
            let message = "this is the account's own name: name the account that sends";
            self.problem(format!("{path}.sync.account"), message);
        }
    }

    fn fetch(&mut self, fetch: &FetchSettings, path: &str) {
        self.secret(Some(&fetch.token), format!("{path}.token"));
        if let Some(url) = &fetch.base_url {
            self.url(url, format!("{path}.base_url"));
        }
        if let Some(version) = &fetch.version
            && (version.is_empty() || !version.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.'))
        {
            self.problem(format!("{path}.version"), format!("found '{version}', expected a version such as v24.0"));
        }
        if !(1..=PER_SECOND_MAX).contains(&fetch.per_second) {
            let message = format!("found {}, expected 1 to {PER_SECOND_MAX} requests a second", fetch.per_second);
            self.problem(format!("{path}.per_second"), message);
        }
        if fetch.forms.len() > FORMS_MAX {
            let message = format!("found {} forms, expected at most {FORMS_MAX}", fetch.forms.len());
            self.problem(format!("{path}.forms"), message);
        }
        for (at, form) in fetch.forms.iter().enumerate() {
            // It becomes a part of an address.
            if form.is_empty() || !form.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-')) {
                let message =
                    format!("found '{form}', expected an id of digits, or a URN such as urn:li:organization:1");
                self.problem(format!("{path}.forms[{at}]"), message);
            }
        }
    }

    fn transforms(&mut self, mapping: &Mapping, path: &str) {
        let found = mapping.transform.len();
        if found > TRANSFORMS_MAX {
            let message = format!("found {found} transforms, expected at most {TRANSFORMS_MAX}");
            self.problem(format!("{path}.transform"), message);
        }
        for (at, transform) in mapping.transform.iter().enumerate() {
            if let Some((below, fault)) = transform.fault() {
                self.problem(format!("{path}.transform[{at}].{below}"), fault);
            }
        }
    }

    /// What belongs to one platform only.
    /// An attribute that nobody has is most likely misspelt, and would keep out those who are meant.
    fn access(&mut self, source: &Source, path: &str) {
        let Some(field) = source.access.as_ref().and_then(|access| access.user_field.as_ref()) else { return };
        let known: BTreeSet<&str> =
            self.config.assignees.iter().flat_map(|it| it.attributes.keys()).map(FieldName::as_str).collect();
        if !known.contains(field.as_str()) {
            let hint = near::hint(field.as_str(), known.iter().copied());
            let message = format!("no assignee has the attribute '{field}': set it under 'attributes' of one{hint}");
            self.problem(format!("{path}.access.user_field"), message);
        }
    }

    fn platform(&mut self, source: &Source, path: &str) {
        if let Verification::Basic(by) = &source.verify
            && (by.username.is_empty() || by.username.contains(':'))
        {
            // RFC 7617 ends the name at the first colon.
            let message = format!("found {:?}, expected a name without ':'", by.username);
            self.problem(format!("{path}.verify.basic.username"), message);
        }
        if let Verification::Header(by) = &source.verify
            && !is_header_name(&by.header)
        {
            let message = format!("found {:?}, expected the name of a header, such as X-Api-Key", by.header);
            self.problem(format!("{path}.verify.header.header"), message);
        }
        if let Some(hubspot) = &source.hubspot {
            if source.format != "hubspot" {
                let message = format!("these are settings of the format hubspot, and this source is {}", source.format);
                self.problem(format!("{path}.hubspot"), message);
            }
            if let Some(fault) = hubspot.fault() {
                self.problem(format!("{path}.hubspot.url"), fault);
            }
        }
    }

    fn auto_reply(&mut self, source: &Source, path: &str, names: &Names) {
        let Some(id) = &source.auto_reply else { return };
        let path = format!("{path}.auto_reply");
        self.named(&names.destinations, id, path.clone(), "destinations");
        let destination = self.config.destinations.iter().find(|destination| destination.id == *id);
        match destination.map(|destination| &destination.channel) {
            None => {}
            Some(Channel::Email(email)) if email.to.iter().any(|to| to.contains("lead.")) => {}
            Some(Channel::Email(_)) => {
                let message = "nobody of its recipients is the lead: write '{{ lead.fields.email }}' into its 'to'";
                self.problem(path, message);
            }
            Some(other) => {
                let message = format!("a lead is answered by email, and '{id}' is of channel '{}'", other.name());
                self.problem(path, message);
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

/// Whether a text is a header's name: a token of RFC 9110.
fn is_header_name(text: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(is_part)
}
