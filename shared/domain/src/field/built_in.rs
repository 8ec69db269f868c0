//! The fields that every account has.

use super::FieldType;

/// The fields that every account has. Custom ones are declared in its config.
pub const BUILT_IN: &[(&str, FieldType)] = &[
    ("email", FieldType::Email),
    ("phone", FieldType::Phone),
    ("first_name", FieldType::Text),
    ("last_name", FieldType::Text),
    ("full_name", FieldType::Text),
    ("company", FieldType::Text),
    ("job_title", FieldType::Text),
    ("website", FieldType::Text),
    ("street", FieldType::Text),
    ("city", FieldType::Text),
    ("state", FieldType::Text),
    ("postal_code", FieldType::Text),
    ("country", FieldType::Text),
    ("message", FieldType::Text),
    ("lead_source", FieldType::Text),
    ("stage", FieldType::Text),
    ("utm.source", FieldType::Text),
    ("utm.medium", FieldType::Text),
    ("utm.campaign", FieldType::Text),
    ("utm.term", FieldType::Text),
    ("utm.content", FieldType::Text),
    ("click.gclid", FieldType::Text),
    ("click.fbclid", FieldType::Text),
    ("click.gbraid", FieldType::Text),
    ("click.wbraid", FieldType::Text),
    ("click.msclkid", FieldType::Text),
    ("click.ttclid", FieldType::Text),
    ("click.li_fat_id", FieldType::Text),
    ("page_url", FieldType::Text),
    ("referrer", FieldType::Text),
    ("geo", FieldType::Geo),
    ("consent.text", FieldType::Text),
    ("consent.time", FieldType::Text),
    ("consent.trustedform_cert_url", FieldType::Text),
    ("consent.jornaya_leadid", FieldType::Text),
];

/// A field that is computed from a lead and its event: rules may test it, mappings may not fill it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Derived {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldType,
    /// The values of a choice.
    pub options: &'static [&'static str],
}

/// The derived fields; [`Subject::get`](crate::condition::Subject::get) computes them.
pub const DERIVED: &[Derived] = &[
    derived("email.domain", FieldType::Text),
    derived("email.is_free", FieldType::Boolean),
    derived("lead.duplicate_count", FieldType::Number),
    derived("lead.is_new", FieldType::Boolean),
    derived("lead.owner", FieldType::Text),
    derived("phone.country", FieldType::Text),
    derived("received.time", FieldType::Time),
    Derived {
        name: "received.weekday",
        kind: FieldType::Choice,
        options: &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
    },
    derived("source.id", FieldType::Text),
];

const fn derived(name: &'static str, kind: FieldType) -> Derived {
    Derived { name, kind, options: &[] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::FieldName;

    #[test]
    fn every_listed_name_is_a_valid_name() {
        for name in BUILT_IN.iter().map(|(name, _)| name).chain(DERIVED.iter().map(|derived| &derived.name)) {
            assert!(FieldName::new(*name).is_ok(), "{name}");
        }
    }
}
