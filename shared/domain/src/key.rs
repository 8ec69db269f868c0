//! Unique keys: by them a known lead is found.

use sha2::{Digest, Sha256};

use crate::config::SearchKey;
use crate::field::{FieldName, FieldValue};
use crate::id::{AccountName, Entity, LeadId, SourceId};
use crate::text::fold;
use std::collections::BTreeMap;

/// What the fields of a link's key begin with; no field's name has a colon.
const LINK: &str = "sync:";

/// A search key with a value: at most one lead of an entity has it, or of a source where that counts its own leads only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UniqueKey {
    /// The lead type.
    pub entity: Entity,
    /// The source whose leads alone it finds; `None` for those of all sources.
    pub source: Option<SourceId>,
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
        Some(Self { entity: entity.clone(), source: None, fields: key.to_string(), digest })
    }

    /// The key of a lead that another account knows by an id of its own.
    #[must_use]
    pub fn of_link(entity: &Entity, account: &AccountName, lead: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(lead);
        let digest = data_encoding::HEXLOWER.encode(&hash.finalize());
        Self { entity: entity.clone(), source: None, fields: format!("{LINK}{account}"), digest }
    }

    /// Whether it leads to what another account knows by an id of its own.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.fields.starts_with(LINK)
    }

    /// The same key among the leads of one source.
    #[must_use]
    pub fn of_source(&self, source: &SourceId) -> Self {
        Self { source: Some(source.clone()), ..self.clone() }
    }
}

/// A key that a lead is to have from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The key.
    pub key: UniqueKey,
    /// The older lead that has it, where one does: it loses it, unless somebody else was faster.
    pub from: Option<LeadId>,
}

impl From<UniqueKey> for Claim {
    /// A key that nobody has.
    fn from(key: UniqueKey) -> Self {
        Self { key, from: None }
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
