//! What a source whose sender is another account does with what arrives.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{is_true, yes};
use crate::activity::ActivityBehaviour;
use crate::field::FieldName;
use crate::id::{AccountName, ActivityType};
use crate::sync::{Policies, Policy};

/// What a source whose sender is another account does with what arrives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SyncSettings {
    /// The account that sends, by the name that automations give it (`peer`): for senders that do not say who they are, such
    /// as a CRM. A push of format `account_sync` says it itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountName>,
    /// Whose value a field keeps when both accounts have one.
    #[serde(skip_serializing_if = "is_newest")]
    pub conflicts: Policy,
    /// The same for single fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<FieldName, Policy>,
    /// Whether a lead that the other account deletes is erased here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deletes: bool,
    /// What becomes of activities that are told; they are left where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activities: Option<ActivitySync>,
}

/// What becomes of activities that another account tells.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ActivitySync {
    /// What may happen to activities.
    pub behaviour: ActivityBehaviour,
    /// Their names of types to ours; one that is not among them keeps its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<ActivityType, ActivityType>,
    /// Their fields to ours; one that no mapping names keeps its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mapping: Vec<ActivityMapping>,
}

/// A field of an activity and what it is called here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivityMapping {
    /// Their name.
    pub from: String,
    /// Ours.
    pub to: String,
    /// The per-field switch: a field that is off is left out.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
}

impl SyncSettings {
    /// Whose value each field keeps.
    #[must_use]
    pub fn policies(&self) -> Policies {
        Policies { usual: self.conflicts, fields: self.fields.clone() }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_newest(policy: &Policy) -> bool {
    *policy == Policy::Newest
}
