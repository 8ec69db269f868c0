//! The questions of a page that names none.

use leadyard_domain::config::{Checked, FormStep, Question, Source};
use leadyard_domain::field::{FieldName, FieldType};

use crate::capture::fills;

/// How whoever sends can be met, last: first it shows whether they are the right ones.
const CONTACT: &[(&str, &str, bool)] = &[
    ("full_name", "Name", true),
    ("email", "Email", true),
    ("phone", "Phone", false),
    ("company", "Company", false),
    ("message", "Message", false),
];

/// Most fields of the account that are asked for unasked.
const OWN_MAX: usize = 12;

/// The account's own fields that the source may fill, then the usual ones.
pub(super) fn steps(config: &Checked, source: &Source) -> Vec<FormStep> {
    let ask = |field: FieldName, label: Option<&str>, required| Question {
        field,
        label: label.map(str::to_owned),
        help: None,
        required,
        choices: Vec::new(),
        when: None,
    };
    let own = config.config().fields.iter().filter(|field| field.kind != FieldType::Geo && fills(source, &field.name));
    let own: Vec<Question> = own.take(OWN_MAX).map(|field| ask(field.name.clone(), None, false)).collect();
    let contact = CONTACT.iter().filter_map(|(name, label, required)| {
        FieldName::new(*name).ok().map(|field| ask(field, Some(label), *required))
    });
    let steps = [own, contact.collect()].into_iter().filter(|questions| !questions.is_empty());
    steps.map(|questions| FormStep { title: None, questions }).collect()
}
