//! The fields that a config knows: built-in, derived and its own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::field::{BUILT_IN, DERIVED, Derived, FieldName, FieldType};
use crate::near;

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
        let built_in = BUILT_IN.iter().map(|(name, kind)| (*name, *kind, &[][..], false));
        let derived = DERIVED.iter().map(|Derived { name, kind, options }| (*name, *kind, *options, true));
        for (name, kind, options, derived) in built_in.chain(derived) {
            if let Ok(name) = FieldName::new(name) {
                let options = options.iter().map(|&option| option.to_owned()).collect();
                table.insert(name, FieldInfo { kind, options, derived });
            }
        }
        Self(table)
    }

    /// What is known of a field, if there is such a field.
    #[must_use]
    pub fn get(&self, name: &FieldName) -> Option<&FieldInfo> {
        self.0.get(name)
    }

    /// What is said of a name that no field has, with the known name that is most like it.
    #[must_use]
    pub fn unknown(&self, name: &FieldName) -> String {
        let hint = near::hint(name.as_str(), self.0.keys().map(FieldName::as_str));
        format!("there is no field '{name}': declare it under 'fields'{hint}")
    }

    /// Every field by name.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldName, &FieldInfo)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_answered_with_the_right_one() {
        let table = FieldTable::new(&[]);
        let nearest = |name: &str| near::nearest(name, table.iter().map(|(name, _)| name.as_str()));
        assert_eq!(nearest("emial"), Some("email"));
        assert_eq!(nearest("postalcode"), Some("postal_code"));
        assert_eq!(nearest("favourite_colour"), None);
    }
}
