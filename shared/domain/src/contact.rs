//! Who a lead is to a partner: the person behind it, whatever the source or lead type.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::field::{FieldName, FieldValue};
use crate::id::{LeadId, body_hash};

/// A hash of an email or a phone number: by it a partner's earlier leads of the same person are found without keeping either.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contact(String);

/// The fields that name a person.
const FIELDS: [&str; 2] = ["email", "phone"];

/// Enough of a hash to tell people apart.
const CHARS: usize = 32;

impl Contact {
    /// Every way in which a lead's fields name a person.
    #[must_use]
    pub fn of(fields: &BTreeMap<FieldName, FieldValue>) -> Vec<Self> {
        let named = |name: &&str| {
            let (field, value) = fields.iter().find(|(field, _)| field.as_str() == *name)?;
            // The case of a mailbox's name hardly ever matters, and a second lead to the same person always does.
            let value = value.to_string().to_lowercase();
            (!value.is_empty()).then(|| body_hash(format!("{field}\n{value}").as_bytes()))
        };
        FIELDS.iter().filter_map(named).map(|hash| Self(hash.chars().take(CHARS).collect())).collect()
    }

    /// The hash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// When a partner was last given a lead of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Had {
    /// The lead.
    pub lead: LeadId,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests;
