//! What is told others when leads change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::default_entity;
use crate::condition::Condition;
use crate::field::FieldName;
use crate::id::{AccountName, AutomationId, DestinationId, Entity};

/// Most automations in a config.
pub const AUTOMATIONS_MAX: usize = 200;

/// What is told another system when a lead changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Automation {
    /// Its name in logs.
    pub id: AutomationId,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it does anything.
    #[serde(default)]
    pub state: AutomationState,
    /// The lead type that it looks at.
    #[serde(default = "default_entity")]
    pub entity: Entity,
    /// What sets it off.
    pub on: Vec<Trigger>,
    /// Fields of which at least one has another value than before; any change will do where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<FieldName>,
    /// What must have held before the change. A lead that was just created was nothing before, so this never holds for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Condition>,
    /// What must hold now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// The destination that is told.
    pub push: DestinationId,
    /// The account behind the destination, by the name that it gives itself. What came from there is not told it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<AccountName>,
}

/// Whether an automation does anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AutomationState {
    /// It is being written.
    #[default]
    Draft,
    /// It is at work.
    Published,
    /// It was stopped for a while. A backfill tells of what changed meanwhile.
    Paused,
}

/// What sets an automation off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A lead was created.
    LeadCreated,
    /// A field of a lead has another value.
    LeadUpdated,
    /// A lead was erased.
    LeadDeleted,
    /// Something happened to a lead, or what is known of that has changed.
    ActivityCreated,
}
