//! The fields that a config knows: built-in, derived and its own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::field::{BUILT_IN, DERIVED, FieldName, FieldType};

/// A custom field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldDefinition {
    /// Its name in rules, mappings and deliveries.
    pub name: FieldName,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The values of a `choice`, as they are stored. Compared without regard to case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// What is known of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldInfo {
    /// What it holds.
    pub kind: FieldType,
    /// The values of a choice.
    pub options: Vec<String>,
    /// Whether it is computed, so that no mapping may fill it.
    pub derived: bool,
}

/// All fields of a config by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldTable(BTreeMap<FieldName, FieldInfo>);

impl FieldTable {
    /// The built-in and derived fields and the given custom ones. A custom field never replaces a built-in one; the
    /// check of the config refuses such a name.
    #[must_use]
    pub fn new(custom: &[FieldDefinition]) -> Self {
        let mut table = BTreeMap::new();
        for definition in custom {
            table.insert(
                definition.name.clone(),
                FieldInfo { kind: definition.kind, options: definition.options.clone(), derived: false },
            );
        }
        for (list, derived) in [(BUILT_IN, false), (DERIVED, true)] {
            for (name, kind) in list {
                if let Ok(name) = FieldName::new(*name) {
                    table.insert(name, FieldInfo { kind: *kind, options: Vec::new(), derived });
                }
            }
        }
        Self(table)
    }

    /// What is known of a field, if there is such a field.
    #[must_use]
    pub fn get(&self, name: &FieldName) -> Option<&FieldInfo> {
        self.0.get(name)
    }

    /// The known name that is most like an unknown one, for the error message.
    #[must_use]
    pub fn nearest(&self, name: &FieldName) -> Option<&FieldName> {
        self.0
            .keys()
            .map(|known| (edit_distance(known.as_str(), name.as_str()), known))
            .filter(|(distance, known)| *distance <= 2.max(known.as_str().len() / 4))
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, known)| known)
    }
}

/// The number of inserted, removed or changed bytes between two names.
fn edit_distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in right.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_answered_with_the_right_one() {
        let table = FieldTable::new(&[]);
        let nearest = |name: &str| table.nearest(&FieldName::new(name).unwrap()).map(FieldName::as_str);
        assert_eq!(nearest("emial"), Some("email"));
        assert_eq!(nearest("postalcode"), Some("postal_code"));
        assert_eq!(nearest("favourite_colour"), None);
    }
}
