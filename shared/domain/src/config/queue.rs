//! Shared lines of leads whose members claim them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AssigneeId, PoolId, QueueId};

/// A shared line of leads: nobody is given them, the members claim them, the oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Its name in rules and logs.
    pub id: QueueId,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who may claim from it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<AssigneeId>,
    /// Pools whose members may claim from it too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PoolId>,
}
