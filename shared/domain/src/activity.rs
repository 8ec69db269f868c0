//! Something that happened to a lead: a call, a visit, a form that was sent again. And what becomes of one that is told
//! again, by the same sender or by another account. Pure.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::field::{FIELD_BYTES_MAX, FIELDS_MAX};
use crate::handover::CLOCK_SKEW;
use crate::id::{AccountId, AccountName, ActivityId, ActivityType, LeadId};
use crate::sync::HOPS_MAX;

#[cfg(test)]
mod tests;

/// Most activities of one lead.
pub const ACTIVITIES_MAX: u32 = 1_000;
/// Most bytes of a field's name.
pub const FIELD_NAME_BYTES_MAX: usize = 200;
/// Most bytes of an id that a sender gave.
pub const EXTERNAL_ID_BYTES_MAX: usize = 200;

/// An activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Derived from what the sender calls it, or from what it is.
    pub id: ActivityId,
    /// The tenant.
    pub account: AccountId,
    /// The lead that it happened to.
    pub lead: LeadId,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ActivityType,
    /// When it happened.
    pub at: Timestamp,
    /// What is said of it, as it came.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
    /// Who made it first.
    pub origin: ActivityOrigin,
    /// Moves by one with each stored change, from 1.
    pub version: u64,
    /// When it was last changed, by whoever changed it: of two tellings the later one counts.
    pub updated_at: Timestamp,
    /// The accounts that it came through to here, the one that told it first; empty where it was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<AccountName>,
    /// When it was first stored here.
    pub created_at: Timestamp,
}

/// Who made an activity first, and its id there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityOrigin {
    /// The account; this one for what was made here.
    pub account: AccountName,
    /// Its id there.
    pub id: String,
}

impl ActivityOrigin {
    /// The id that such an activity has in an account: its own where it was made there.
    #[must_use]
    pub fn id_in(&self, own: &AccountName) -> ActivityId {
        let made_here = (self.account == *own).then(|| self.id.parse().ok()).flatten();
        made_here.unwrap_or_else(|| ActivityId::from_origin(&self.account, &self.id))
    }
}

/// Why an activity is not taken. Names fields and sizes, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidActivity {
    /// It has more fields than it may.
    #[error("the activity has {fields} fields; at most {FIELDS_MAX} are kept")]
    TooManyFields {
        /// How many it has.
        fields: usize,
    },
    /// A field's name is empty or too long.
    #[error("a field of the activity has a name of {bytes} bytes; give it one of 1 to {FIELD_NAME_BYTES_MAX}")]
    FieldName {
        /// How long it is.
        bytes: usize,
    },
    /// A value is longer than a field may be.
    #[error("field '{field}' of the activity has {bytes} bytes; at most {FIELD_BYTES_MAX} are kept")]
    TooLong {
        /// The field.
        field: String,
        /// The size of its value: of a text its bytes, of anything else those of its JSON.
        bytes: usize,
    },
    /// It is said to have happened ahead of now, or before anybody kept such records.
    #[error("the activity is said to have happened at {at}, and it is {now} here: give a moment between 1970 and now")]
    OutOfRange {
        /// When it is said to have happened.
        at: Timestamp,
        /// When that was said.
        now: Timestamp,
    },
    /// The id that its maker gave it is empty or too long.
    #[error("the activity's own id has {bytes} bytes; give it one of 1 to {EXTERNAL_ID_BYTES_MAX}")]
    ExternalId {
        /// How long it is.
        bytes: usize,
    },
    /// It came through more accounts than any sensible set-up has.
    #[error("the activity came through {accounts} accounts; at most {HOPS_MAX} are taken")]
    TooFar {
        /// How many.
        accounts: usize,
    },
}

impl Activity {
    /// Holds that it is within all limits and has happened.
    ///
    /// # Errors
    /// The first of them that it is not within.
    pub fn check(&self, now: Timestamp) -> Result<(), InvalidActivity> {
        check_external_id(&self.origin.id)?;
        if self.via.len() > HOPS_MAX {
            return Err(InvalidActivity::TooFar { accounts: self.via.len() });
        }
        // Two machines' clocks differ.
        let latest = now.saturating_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX);
        if self.at < Timestamp::UNIX_EPOCH || self.at > latest {
            return Err(InvalidActivity::OutOfRange { at: self.at, now });
        }
        if self.fields.len() > FIELDS_MAX {
            return Err(InvalidActivity::TooManyFields { fields: self.fields.len() });
        }
        for (field, value) in &self.fields {
            if !(1..=FIELD_NAME_BYTES_MAX).contains(&field.len()) {
                return Err(InvalidActivity::FieldName { bytes: field.len() });
            }
            let bytes = size(value);
            if bytes > FIELD_BYTES_MAX {
                return Err(InvalidActivity::TooLong { field: field.clone(), bytes });
            }
        }
        Ok(())
    }

    /// Whether another one says the same, whoever tells it and when.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        (&self.kind, self.at, &self.fields) == (&other.kind, other.at, &other.fields)
    }

    /// Whether this is the later telling of the two. Of two at the same moment the one of the account whose name is greater;
    /// of one account's the one that says the greater. So everybody agrees on it, in whatever order they came.
    fn tells_later_than(&self, other: &Self) -> bool {
        let by_time = (self.updated_at, &self.origin.account).cmp(&(other.updated_at, &other.origin.account));
        by_time.then_with(|| self.said().cmp(&other.said())) == Ordering::Greater
    }

    fn said(&self) -> (&ActivityType, Timestamp, Vec<(&String, String)>) {
        (&self.kind, self.at, self.fields.iter().map(|(name, value)| (name, value.to_string())).collect())
    }
}

/// Holds that an id of a sender's may be kept.
///
/// # Errors
/// [`InvalidActivity::ExternalId`].
pub fn check_external_id(id: &str) -> Result<(), InvalidActivity> {
    match id.len() {
        1..=EXTERNAL_ID_BYTES_MAX => Ok(()),
        bytes => Err(InvalidActivity::ExternalId { bytes }),
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        other => other.to_string().len(),
    }
}

/// What is done with activities that are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivityBehaviour {
    /// New ones are made, known ones changed.
    #[default]
    CreateAndUpdate,
    /// New ones are made, known ones stay as they are.
    CreateOnly,
    /// Known ones are changed.
    UpdateOnly,
}

/// What a telling of an activity comes to. An activity in here is its next version, to be stored.
#[derive(Debug, Clone, PartialEq)]
pub enum ActivityMet {
    /// A new one, version 1.
    Created(Activity),
    /// The known one, changed.
    Updated(Activity),
    /// The known one says the same already.
    Unchanged(&'static str),
    /// It is not taken.
    Skipped(&'static str),
}

/// Meets what is told of an activity with what is known of it.
#[must_use]
pub fn meet(known: Option<&Activity>, incoming: Activity, behaviour: ActivityBehaviour) -> ActivityMet {
    let Some(known) = known else {
        return match behaviour {
            ActivityBehaviour::CreateAndUpdate | ActivityBehaviour::CreateOnly => {
                ActivityMet::Created(Activity { version: 1, ..incoming })
            }
            ActivityBehaviour::UpdateOnly => {
                ActivityMet::Skipped("the activity is not known, and only known ones are updated")
            }
        };
    };
    if known.says_the_same_as(&incoming) {
        return ActivityMet::Unchanged("the activity already says this");
    }
    if behaviour == ActivityBehaviour::CreateOnly {
        return ActivityMet::Skipped("the activity is known, and only new ones are made");
    }
    if !incoming.tells_later_than(known) {
        return ActivityMet::Skipped("a later telling of the activity arrived before it");
    }
    let Activity { kind, at, fields, updated_at, via, .. } = incoming;
    ActivityMet::Updated(Activity { kind, at, fields, updated_at, via, version: known.version + 1, ..known.clone() })
}
