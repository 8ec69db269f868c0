//! Who is told when something goes wrong with a destination or a source.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::AssigneeId;

/// Who is told by email when something goes wrong: a destination is suspended or deliveries to it are given up, or events of
/// a source fail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// Their addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// Assignees who are told at their `email`. Nobody is told where there are neither these nor addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<AssigneeId>,
}

impl Notify {
    /// Whether it names nobody.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.emails.is_empty() && self.assignees.is_empty()
    }
}
