//! Unique keys: by them a known lead is found.

use sha2::{Digest, Sha256};

use crate::config::SearchKey;
use crate::field::{FieldName, FieldValue};
use crate::id::Entity;
use crate::text::fold;
use std::collections::BTreeMap;

/// A search key with a value: at most one lead of an entity has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueKey {
    /// The lead type.
    pub entity: Entity,
    /// The fields, as the config writes them: `email`, `email+company`.
    pub fields: String,
    /// SHA-256 of the folded values, as hex: keys of a table hold no personal data.
    pub digest: String,
}

impl UniqueKey {
    /// The key of a lead's fields; `None` when one of them is empty, for an empty value never matches.
    #[must_use]
    pub fn of(entity: &Entity, key: &SearchKey, fields: &BTreeMap<FieldName, FieldValue>) -> Option<Self> {
        let mut hash = Sha256::new();
        for name in key.fields() {
            let value = fields.get(name).filter(|value| !value.is_empty())?;
            let folded = fold(&value.to_string());
            hash.update((folded.len() as u64).to_be_bytes());
            hash.update(folded);
        }
        let digest = data_encoding::HEXLOWER.encode(&hash.finalize());
        Some(Self { entity: entity.clone(), fields: key.to_string(), digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_part_makes_no_key() {
        let entity = Entity::new("lead").unwrap();
        let key = SearchKey::try_from("email+company".to_owned()).unwrap();
        let of = |email: &str, company: &str| {
            let field = |name: &str, text: &str| (FieldName::new(name).unwrap(), FieldValue::Text(text.to_owned()));
            UniqueKey::of(&entity, &key, &BTreeMap::from([field("email", email), field("company", company)]))
        };
        assert!(of("a@x.example", " ").is_none());
        assert_eq!(of("a@x.example", "ACME"), of("A@x.example", "acme "));
        assert_ne!(of("ab", "c"), of("a", "bc"));
    }
}
