//! What an event says of a lead, before the lead that it may meet is known.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use leadyard_domain::config::{FieldTable, Source, Zone};
use leadyard_domain::event::Received;
use leadyard_domain::field::{FIELD_BYTES_MAX, FIELDS_MAX, FieldName, FieldValue};
use leadyard_domain::key::UniqueKey;
use serde_json::Value;

use super::convert::Setting;
use super::error::CaptureError;
use super::mapping::{self, Mapped};
use super::push::Pushed;

/// What an event says of a lead.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// The values of the event, typed and normalised.
    pub fields: BTreeMap<FieldName, FieldValue>,
    /// Values that count only where neither the event nor the lead has one: the mapping's defaults, the lead source, and
    /// the page that posted.
    pub defaults: BTreeMap<FieldName, FieldValue>,
    /// Where the event has the value of each field: its path.
    pub from: BTreeMap<FieldName, String>,
    /// What filled no field, as it came.
    pub extra: BTreeMap<String, Value>,
    /// The keys by which a known lead is found: the primary, then the secondary; those that are empty are left out.
    pub keys: Vec<UniqueKey>,
    /// The way that it came, where another account tells of a lead of its own.
    pub push: Option<Box<Pushed>>,
}

/// Captures an event: maps it, gives each value its field's type, and makes its search keys.
///
/// `account_zone` is the zone of times where neither they nor the source have one.
///
/// # Errors
/// A value that does not fit; see [`CaptureError`].
pub fn capture(
    source: &Source,
    fields: &FieldTable,
    account_zone: &TimeZone,
    received: &Received,
) -> Result<Draft, CaptureError> {
    let zone = source.timezone.as_ref().map_or(account_zone, Zone::time_zone);
    let setting = Setting { zone, country: source.default_country.as_deref() };
    let Mapped { mut fields, mut defaults, extra, mut from } =
        mapping::map(source, fields, setting, &received.payload)?;
    if fields.is_empty() && extra.is_empty() {
        return Err(CaptureError::Empty);
    }
    split_full_name(&mut fields, &mut from);
    let mut default = |name: &str, value: Option<&str>| {
        if let (Ok(name), Some(value)) = (FieldName::new(name), value)
            && !value.trim().is_empty()
            && value.len() <= FIELD_BYTES_MAX
            && !fields.contains_key(&name)
        {
            defaults.entry(name).or_insert_with(|| FieldValue::Text(value.to_owned()));
        }
    };
    let utm_source = text(&fields, "utm.source");
    default("lead_source", source.lead_source.as_deref().or(utm_source));
    default("page_url", received.origin.referrer.as_deref());
    let keys = keys(source, &fields);
    let count = fields.len() + defaults.len() + extra.len();
    if count > FIELDS_MAX {
        return Err(CaptureError::TooManyFields { fields: count });
    }
    Ok(Draft { fields, defaults, from, extra, keys, push: None })
}

/// The search keys of a lead's fields as its source orders them, those that its mapping marks as unique first; those that are empty are left out.
#[must_use]
pub fn keys(source: &Source, fields: &BTreeMap<FieldName, FieldValue>) -> Vec<UniqueKey> {
    source.search_keys().iter().filter_map(|key| UniqueKey::of(&source.entity, key, fields)).collect()
}

fn text<'a>(fields: &'a BTreeMap<FieldName, FieldValue>, name: &str) -> Option<&'a str> {
    match fields.get(name) {
        Some(FieldValue::Text(text)) => Some(text),
        _ => None,
    }
}

/// The first word is the first name and the rest the last name, which keeps "Ludwig van Beethoven" whole; "Berg, Anna"
/// is the other way round. Only when the event has neither.
fn split_full_name(fields: &mut BTreeMap<FieldName, FieldValue>, from: &mut BTreeMap<FieldName, String>) {
    if fields.contains_key("first_name") || fields.contains_key("last_name") {
        return;
    }
    let Some(full) = text(fields, "full_name") else { return };
    let (first, last) = match full.split_once(',') {
        Some((last, first)) => (first, last),
        None => full.split_once(char::is_whitespace).unwrap_or((full, "")),
    };
    let whole = from.iter().find(|(name, _)| name.as_str() == "full_name").map(|(_, at)| at.clone());
    let parts = [("first_name", first.trim().to_owned()), ("last_name", last.trim().to_owned())];
    for (name, part) in parts {
        if let Ok(name) = FieldName::new(name)
            && !part.is_empty()
        {
            from.extend(whole.clone().map(|at| (name.clone(), at)));
            fields.insert(name, FieldValue::Text(part));
        }
    }
}
