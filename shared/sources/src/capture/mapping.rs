//! Which outside field fills which field of the lead.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use leadyard_domain::config::{FieldInfo, FieldTable, Mapping, Source, Zone};
use leadyard_domain::field::{FIELD_BYTES_MAX, FieldName, FieldType, FieldValue};
use serde_json::{Map, Value, json};

use super::convert::{Setting, convert, is_nothing};
use super::error::{CaptureError, Shape};
use super::label::{LABELS, asked};
use super::names::Names;
use super::usual::{USUAL_KEYS, squash};
use super::{place, transform};
use crate::{format, path};

/// What an event gives.
#[derive(Debug, Default)]
pub(super) struct Mapped {
    /// The lead's fields.
    pub(super) fields: BTreeMap<FieldName, FieldValue>,
    /// The mapping's defaults for fields that the event has no value for.
    pub(super) defaults: BTreeMap<FieldName, FieldValue>,
    /// What filled no field.
    pub(super) extra: BTreeMap<String, Value>,
    /// Where the event has the value of each field, by path.
    pub(super) from: BTreeMap<FieldName, String>,
}

/// First the source's own mapping; then, for fields that it leaves empty, the usual keys; then keys that are called as a
/// declared field; then what labels seem to ask for. What is left is extra.
pub(super) fn map(
    source: &Source,
    table: &FieldTable,
    setting: Setting<'_>,
    payload: &Map<String, Value>,
) -> Result<Mapped, CaptureError> {
    let (payload, names) = Names::apart(source, payload);
    let mut event = Event {
        table,
        setting,
        payload: &payload,
        names: &names,
        taken: BTreeSet::new(),
        fields: BTreeMap::new(),
        from: BTreeMap::new(),
    };
    for mapping in source.mapping.iter().filter(|mapping| mapping.enabled) {
        if let Some((at, value)) = names.find(&payload, &mapping.from) {
            event.fill_mapped(mapping, at, value)?;
        }
    }
    // What a person mapped, or switched off, is not guessed at.
    event.guess(source)?;
    let (fields, taken, from) = (event.fields, event.taken, event.from);
    let mut rest = payload.into_owned();
    for path in &taken {
        path::remove(&mut rest, path);
    }
    let extra = rest.into_iter().filter(|(_, value)| !is_nothing(value)).collect();
    let defaults = defaults(source, table, setting, &fields)?;
    Ok(Mapped { fields, defaults, extra, from })
}

/// Whether events of a source are expected to fill a field: by its mapping, or by a usual name. A source without any
/// mapping lives on names alone, so its senders may fill every field.
///
/// A sender may always call a key like a declared field; where the source has a mapping that does not name the field,
/// nothing says that one does.
#[must_use]
pub fn fills(source: &Source, field: &FieldName) -> bool {
    let mut mapped = source.mapping.iter().filter(|mapping| mapping.enabled);
    source.mapping.is_empty()
        || USUAL_KEYS.iter().any(|(usual, _)| *usual == field.as_str())
        || mapped.any(|mapping| mapping.to == *field)
}

struct Event<'a> {
    table: &'a FieldTable,
    setting: Setting<'a>,
    payload: &'a Map<String, Value>,
    names: &'a Names,
    /// The paths whose values fill a field.
    taken: BTreeSet<String>,
    fields: BTreeMap<FieldName, FieldValue>,
    from: BTreeMap<FieldName, String>,
}

impl Event<'_> {
    /// Fills a field by a person's mapping.
    fn fill_mapped(&mut self, mapping: &Mapping, at: &str, value: &Value) -> Result<(), CaptureError> {
        if mapping.transform.is_empty() || is_nothing(value) {
            return self.fill(&mapping.to, at, value);
        }
        let changed = transform::apply(&mapping.transform, value, self.setting).map_err(|expected| {
            let at = Some(at.to_owned());
            CaptureError::Misfit { field: mapping.to.clone(), at, found: Shape::of(value), expected }
        })?;
        self.fill(&mapping.to, at, &changed)
    }

    /// Fills a field that has no value yet; the first value of an event counts.
    fn fill(&mut self, name: &FieldName, at: &str, value: &Value) -> Result<(), CaptureError> {
        if is_nothing(value) || self.fields.contains_key(name) {
            return Ok(());
        }
        // A config that was published has no mapping to a field that is computed or unknown.
        let Some(info) = self.table.get(name).filter(|info| !info.derived) else { return Ok(()) };
        let value = fitting(name, Some(at), value, info, self.setting)?;
        self.fields.insert(name.clone(), value);
        self.from.insert(name.clone(), at.to_owned());
        self.taken.insert(at.to_owned());
        Ok(())
    }

    fn guess(&mut self, source: &Source) -> Result<(), CaptureError> {
        let mapped: BTreeSet<&str> =
            source.mapping.iter().map(|mapping| self.names.path(self.payload, &mapping.from)).collect();
        let candidates: Vec<Candidate<'_>> = path::leaves(self.payload)
            .into_iter()
            .filter(|(path, value)| !mapped.contains(path.as_str()) && !is_nothing(value))
            .map(|(path, value)| Candidate { squashed: squash(&path), path, value })
            .collect();
        let of_format = format(&source.format).map_or(&[][..], |format| format.usual_keys);
        for (name, usual) in of_format.iter().chain(USUAL_KEYS) {
            self.guess_one(source, &candidates, name, usual)?;
        }
        self.guess_places(source, &candidates);
        for Candidate { path, value, .. } in &candidates {
            if !self.taken.contains(path)
                && let Ok(name) = FieldName::new(path.as_str())
                && !is_left_to_source(source, &name)
            {
                self.fill_guessed(&name, path, value)?;
            }
        }
        self.guess_labels(source, &candidates);
        Ok(())
    }

    /// Fills what is still empty from values whose label seems to ask for it, where they fit.
    fn guess_labels(&mut self, source: &Source, candidates: &[Candidate<'_>]) {
        let mut labelled: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, candidate) in candidates.iter().enumerate() {
            let others = self.names.of(&candidate.path).flat_map(|name| [squash(name), asked(name)]);
            for label in others.chain([asked(&candidate.path)]).filter(|label| !label.is_empty()) {
                labelled.entry(label).or_default().push(at);
            }
        }
        let table = self.table;
        let of_format = format(&source.format).map_or(&[][..], |format| format.usual_keys);
        let usual = of_format.iter().chain(USUAL_KEYS).chain(LABELS);
        let usual = usual.flat_map(|(field, names)| names.iter().map(|name| (*field, (*name).to_owned())));
        let declared = table.iter().map(|(name, _)| (name.as_str(), squash(name.as_str())));
        for (field, label) in usual.chain(declared) {
            let Some(places) = labelled.get(&label) else { continue };
            let Some((name, info)) =
                FieldName::new(field).ok().and_then(|name| Some((name.clone(), table.get(&name)?)))
            else {
                continue;
            };
            if info.derived || self.fields.contains_key(&name) || is_left_to_source(source, &name) {
                continue;
            }
            let free = places.iter().map(|at| &candidates[*at]).filter(|one| !self.taken.contains(&one.path));
            let fits = |one: &Candidate<'_>| {
                Some((one.path.clone(), fitting(&name, Some(&one.path), one.value, info, self.setting).ok()?))
            };
            let found = free.into_iter().find_map(fits);
            if let Some((path, value)) = found {
                self.fields.insert(name.clone(), value);
                self.from.insert(name, path.clone());
                self.taken.insert(path);
            }
        }
    }

    /// Fills a field from a value that is only called like it. A place is taken from what is one: in many links `geo=de`
    /// is a country, and no mapping said otherwise.
    fn fill_guessed(&mut self, name: &FieldName, at: &str, value: &Value) -> Result<(), CaptureError> {
        let is_geo = |info: &&FieldInfo| info.kind == FieldType::Geo;
        match self.table.get(name).filter(is_geo) {
            Some(info) if convert(value, info, self.setting).is_err() => Ok(()),
            _ => self.fill(name, at, value),
        }
    }

    /// Fills places of which the sender names latitude and longitude each by itself.
    fn guess_places(&mut self, source: &Source, candidates: &[Candidate<'_>]) {
        let table = self.table;
        for (name, info) in table.iter().filter(|(_, info)| info.kind == FieldType::Geo) {
            if self.fields.contains_key(name) || source.mapping.iter().any(|mapping| mapping.to == *name) {
                continue;
            }
            let called = |squashed: &str| candidates.iter().find(|one| one.squashed == *squashed);
            let both = place::usual_pairs(name.as_str()).find_map(|(lat, lon)| called(&lat).zip(called(&lon)));
            let Some((lat, lon)) = both else { continue };
            let place = json!({ "lat": lat.value, "lon": lon.value });
            if let Ok(value) = convert(&place, info, self.setting) {
                self.fields.insert(name.clone(), value);
                self.from.insert(name.clone(), format!("{}, {}", lat.path, lon.path));
                self.taken.extend([lat.path.clone(), lon.path.clone()]);
            }
        }
    }

    fn guess_one(
        &mut self,
        source: &Source,
        candidates: &[Candidate<'_>],
        name: &str,
        usual: &[&str],
    ) -> Result<(), CaptureError> {
        let Ok(name) = FieldName::new(name) else { return Ok(()) };
        if is_left_to_source(source, &name) {
            return Ok(());
        }
        for key in usual {
            let named = candidates.iter().find(|one| one.squashed == *key && !self.taken.contains(&one.path));
            if let Some(Candidate { path, value, .. }) = named {
                return self.fill_guessed(&name, path, value);
            }
        }
        Ok(())
    }
}

/// A value that no mapping names.
struct Candidate<'a> {
    path: String,
    /// The path as usual names are written.
    squashed: String,
    value: &'a Value,
}

/// A source that names its lead source means all leads from there: only its own mapping may say otherwise.
pub(super) fn is_left_to_source(source: &Source, name: &FieldName) -> bool {
    source.lead_source.is_some() && name.as_str() == "lead_source"
}

fn defaults(
    source: &Source,
    table: &FieldTable,
    setting: Setting<'_>,
    fields: &BTreeMap<FieldName, FieldValue>,
) -> Result<BTreeMap<FieldName, FieldValue>, CaptureError> {
    let mut defaults = BTreeMap::new();
    for mapping in source.mapping.iter().filter(|mapping| mapping.enabled) {
        if let Some(value) = mapping.default.as_ref().filter(|value| !is_nothing(value))
            && let Some(info) = table.get(&mapping.to).filter(|info| !info.derived)
            && !fields.contains_key(&mapping.to)
            && !defaults.contains_key(&mapping.to)
        {
            defaults.insert(mapping.to.clone(), fitting(&mapping.to, None, value, info, setting)?);
        }
    }
    Ok(defaults)
}

/// A value that a person gives a field of a known lead, in the field's type, as its source would read it: `source` is that of
/// the lead, as long as it is in the config.
///
/// # Errors
/// A value that does not fit; see [`CaptureError`].
pub fn typed(
    name: &FieldName,
    value: &Value,
    info: &FieldInfo,
    source: Option<&Source>,
    account_zone: &TimeZone,
) -> Result<FieldValue, CaptureError> {
    let zone = source.and_then(|source| source.timezone.as_ref()).map_or(account_zone, Zone::time_zone);
    let setting = Setting { zone, country: source.and_then(|source| source.default_country.as_deref()) };
    fitting(name, None, value, info, setting)
}

/// What the fields of a consent begin with.
const CONSENT: &str = "consent.";

/// The value in its field's type and size; `at` is `None` for a default.
fn fitting(
    name: &FieldName,
    at: Option<&str>,
    value: &Value,
    info: &FieldInfo,
    setting: Setting<'_>,
) -> Result<FieldValue, CaptureError> {
    let converted = match value {
        // What somebody agreed to counts letter by letter.
        Value::String(text) if info.kind == FieldType::Text && name.as_str().starts_with(CONSENT) => {
            FieldValue::Text(text.clone())
        }
        _ => convert(value, info, setting).map_err(|expected| CaptureError::Misfit {
            field: name.clone(),
            at: at.map(str::to_owned),
            found: Shape::of(value),
            expected,
        })?,
    };
    let bytes = match &converted {
        FieldValue::Text(text) => text.len(),
        FieldValue::List(items) => items.iter().map(String::len).sum(),
        _ => 0,
    };
    if bytes > FIELD_BYTES_MAX {
        return Err(CaptureError::TooLong { field: name.clone(), bytes });
    }
    Ok(converted)
}
