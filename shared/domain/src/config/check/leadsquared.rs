//! Checking destinations that are LeadSquared accounts.

use super::Check;
use crate::config::{LeadUpdate, Leadsquared};
use crate::near;

/// Most attributes of a lead or of an activity.
const ATTRIBUTES_MAX: usize = 200;
/// Most characters of an attribute's name.
const NAME_CHARS_MAX: usize = 100;

impl Check<'_> {
    pub(super) fn leadsquared(&mut self, settings: &Leadsquared, path: &str) {
        self.secret(Some(&settings.access_key), format!("{path}.access_key"));
        self.secret(Some(&settings.secret_key), format!("{path}.secret_key"));
        self.url(&settings.host, format!("{path}.host"));
        // Whoever copies an address out of a browser copies the keys with it: it is not repeated.
        let behind = settings.base().split_once("://").map_or("", |(_, behind)| behind);
        if behind.contains(['/', '?', '#']) {
            let message = "expected the API host alone, such as https://api-in21.leadsquared.com: \
                           leave out what stands behind it";
            self.problem(format!("{path}.host"), message);
        }
        self.timeout(settings.timeout_s, format!("{path}.timeout_s"));
        self.answer_rules(&settings.answers, path);
        self.attributes(settings.fields.keys(), &format!("{path}.fields"));
        if let Some(by) = &settings.search_by
            && !settings.attributes().any(|attribute| attribute.eq_ignore_ascii_case(by))
        {
            let message = format!(
                "'{by}' is not among the attributes that are sent, so that LeadSquared could find nobody by it{}",
                near::hint(by, settings.attributes())
            );
            self.problem(format!("{path}.search_by"), message);
        }
        if let Some(activity) = &settings.activity {
            if activity.event == 0 {
                let message = "found 0, expected the code of an activity type, such as 201";
                self.problem(format!("{path}.activity.event"), message);
            }
            self.attributes(activity.fields.keys(), &format!("{path}.activity.fields"));
            if settings.update != LeadUpdate::All {
                let message = "LeadSquared knows this for leads without an activity only: leave out one of the two";
                self.problem(format!("{path}.update"), message);
            }
        }
    }

    fn attributes<'a>(&mut self, names: impl ExactSizeIterator<Item = &'a String>, path: &str) {
        if names.len() > ATTRIBUTES_MAX {
            self.problem(path, format!("expected at most {ATTRIBUTES_MAX} attributes"));
            return;
        }
        for name in names {
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if name.is_empty() || name.len() > NAME_CHARS_MAX || !plain {
                let message = "expected the attribute's schema name: letters, digits and '_', such as mx_City";
                self.problem(format!("{path}.{name}"), message);
            } else if name.eq_ignore_ascii_case("SearchBy") {
                self.problem(format!("{path}.{name}"), "this is no attribute: give it as 'search_by'");
            }
        }
    }
}
